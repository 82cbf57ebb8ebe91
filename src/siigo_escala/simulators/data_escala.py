"""What the invented company has in Escala before anything is connected: some contacts, some products."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from siigo_escala.simulators import data_ids as ids
from siigo_escala.simulators import data_people as people
from siigo_escala.simulators import data_words as words
from siigo_escala.simulators.data_catalogue import Ware

Record = dict[str, Any]

IDENTIFICATION_FIELD = "cf_contact_cedula_kwzt_text"
_KNOWN, _STRANGERS, _KNOWN_WARES = 0.35, 0.12, 0.6
_FORMS = ("plain", "plain", "plain", "digit", "digit", "dotted", "email", "email", "phone", "other")


def contacts(
    seed: int, buyers: Sequence[people.Buyer], *, owners: Sequence[str], created: str
) -> list[Record]:
    """Contacts in Escala's shape: a third of the customers in various states, and people who never bought.

    A customer is there with its identification (plain, with the check digit or with dots as well), with its
    e-mail only, with its phone only, or with its e-mail under somebody else's identification. No e-mail and
    no phone stands on two contacts, as Escala demands.
    """
    taken: set[str] = set()
    found = []
    for at, buyer in enumerate(buyers):
        source = ids.dice(seed, "contact", at)
        identification = buyer.record["identification"]
        is_walk_in = identification in (people.WALK_IN, people.FOREIGN_WALK_IN)
        if not is_walk_in and not buyer.record["branch_office"] and ids.chance(source, _KNOWN):
            found.append(_customer(source, buyer.record, owners, taken))
        if ids.chance(source, _STRANGERS):
            found.append(_stranger(source, at))
    return [{**one, "created": created, "modified": created} for one in found]


def products(seed: int, wares: Sequence[Ware]) -> list[Record]:
    """Some of the wares by SKU, at list price in pesos, and one that Siigo doesn't know."""
    known = [ware for ware in wares if ids.chance(ids.dice(seed, "escala", ware.code), _KNOWN_WARES)]
    shown = [(ware.name, ware.code, ware.price.quantize(Decimal("0.01"))) for ware in known]
    shown.append(("Bono de regalo", "BONO-REGALO", Decimal(50000)))
    return [
        {
            "id": ids.timed_guid(ids.dice(seed, "escala product", code)),
            "name": name,
            "sku": code,
            "price": price,
            "currency": "COP",
            "isDigital": False,
            "custom": {},
        }
        for name, code, price in shown
    ]


def _customer(source: random.Random, record: Record, owners: Sequence[str], taken: set[str]) -> Record:
    form = source.choice(_FORMS)
    billing = record["contacts"][0] if record["contacts"] else {}
    email = str(billing.get("email") or "").strip()
    phone = str((billing.get("phone") or {}).get("number") or "")
    names = [*record["name"], ""] if record["person_type"] == "Company" else record["name"]
    personal = {"firstName": names[0], "lastName": names[1]}
    if email and email.casefold() not in taken and (form != "phone" or not phone):
        personal["email"] = email
    if phone and phone not in taken and (form != "email" or not email):
        personal["phoneNumber"] = f"57{phone}"
    taken |= {email.casefold(), phone}
    has_way = "email" in personal or "phoneNumber" in personal
    custom = {} if form in ("email", "phone") and has_way else {IDENTIFICATION_FIELD: _written(form, record)}
    owner = source.choice(owners) if ids.chance(source, 0.7) else "unassigned"
    return {
        "id": ids.timed_guid(source),
        "assignedTo": owner,
        "personal": {key: value for key, value in personal.items() if value},
        "company": {"name": names[0]} if record["person_type"] == "Company" else {},
        "custom": custom,
    }


def _written(form: str, record: Record) -> str:
    """The identification as people type it into Escala."""
    number, digit = record["identification"], record["check_digit"]
    if form == "other":
        return str(9_000_000 + int(record["id"][:5], 16))
    if form == "digit" and digit is not None:
        return f"{number}-{digit}"
    if form == "dotted" and number.isdigit():
        return f"{int(number):,}".replace(",", ".") + (
            f"-{digit}" if record["person_type"] == "Company" else ""
        )
    return str(number)


def _stranger(source: random.Random, at: int) -> Record:
    first, last = source.choice(words.FIRST_NAMES), source.choice(words.LAST_NAMES)
    return {
        "id": ids.timed_guid(source),
        "assignedTo": "unassigned",
        "personal": {"firstName": first, "lastName": last, "email": f"interesado{at}@prospectos.example"},
        "company": {},
        "custom": {},
    }
