"""The invented company's customers: identities, addresses, and the ways in which real ones are untidy."""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from siigo_escala.simulators import data_calendar as calendar
from siigo_escala.simulators import data_ids as ids
from siigo_escala.simulators import data_words as words
from siigo_escala.simulators.siigo import customers as rules

Record = dict[str, Any]

WALK_IN = "222222222222"
FOREIGN_WALK_IN = "444444001"
ACCOUNTANT = "contadora@asesorias-tovar.example"
RECEPTION = "3104450021"


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer and how it buys. `since` is the share of the period that has passed when it first does."""

    record: Record
    since: float
    withholds: bool = False
    credit_days: int = 0
    is_foreign: bool = False


@dataclass(slots=True)
class _Census:
    """What has been given out already, so that nothing is shared by accident."""

    source: random.Random
    sellers: list[int]
    taken: set[str] = field(default_factory=set)

    def unique(self, make: Callable[[], str]) -> str:
        """A value that nobody has yet."""
        while (value := make()) in self.taken:
            pass
        self.taken.add(value)
        return value

    def mailbox(self, owner: str, host: str) -> str:
        """An e-mail under .example, numbered where the plain one is taken."""
        plain = f"{_slug(owner)}@{_slug(host)}.example"
        if plain in self.taken:
            plain = self.unique(
                lambda: f"{_slug(owner)}{self.source.randrange(2, 99999)}@{_slug(host)}.example"
            )
        self.taken.add(plain)
        return plain

    def mobile(self) -> str:
        """A mobile number of ten digits."""
        return self.unique(
            lambda: (
                f"3{self.source.choice('0125')}{self.source.randrange(10)}{self.source.randrange(10**7):07d}"
            )
        )


def buyers(seed: int, count: int, *, sellers: list[int], today: date, days: int) -> list[Buyer]:
    """So many customers by the moment they first buy: the two walk-ins, then the others.

    Branches count as customers of their own. Suppliers and former customers are apart (`bystanders`).
    """
    census = _Census(ids.dice(seed, "customers"), sellers)
    start = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=days)
    known = max(1, int(count * 0.6))
    made: list[Buyer] = [_walk_in(census, start), _foreign_walk_in(census, start)][:count]
    while len(made) < count:
        at = len(made)
        since = 0.0 if at < known else (at - known) / max(1, count - known)
        opened = start + timedelta(days=days * since, minutes=-30)
        if not since:
            opened = start - timedelta(minutes=census.source.randrange(60, 3 * 365 * 1440))
        buyer = _buyer(census, since, opened, at)
        made.append(buyer)
        if buyer.withholds and ids.chance(census.source, 0.15):
            made += [_branch(census, buyer, office) for office in range(1, census.source.randrange(2, 4))]
    return made[:count]


def bystanders(seed: int, count: int, *, sellers: list[int], today: date, days: int) -> list[Record]:
    """Records of the same list who buy nothing: suppliers, employees, customers switched off."""
    census = _Census(ids.dice(seed, "bystanders"), sellers)
    opened = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=days + 400)
    made = []
    for at in range(count):
        record = _buyer(census, 0.0, opened + timedelta(hours=at), at).record
        changes: tuple[Record, ...] = ({"type": "Supplier"}, {"type": "Other"}, {"active": False})
        made.append({**record, **changes[at % len(changes)]})
    return made


def _buyer(census: _Census, since: float, opened: datetime, at: int) -> Buyer:
    draw = census.source.random()
    if draw < 0.46:
        return _company(census, since, opened)
    if draw < 0.965 or at < 4:
        return _person(census, since, opened)
    return _foreigner(census, since, opened)


def _company(census: _Census, since: float, opened: datetime) -> Buyer:
    source = census.source
    name = f"{source.choice(words.TRADES)} {source.choice(words.PLACES)}"
    if ids.chance(source, 0.4):
        name += f" {source.choice(words.LAST_NAMES)}"
    nit = census.unique(lambda: f"{source.choice('89')}{source.randrange(10**8):08d}")
    first, last = source.choice(words.FIRST_NAMES), source.choice(words.LAST_NAMES)
    host = re.sub(r"^(\S+) ", "", name)
    email = census.mailbox(source.choice(("compras", "contabilidad", "facturacion", "gerencia", first)), host)
    record = _record(
        census,
        opened,
        person_type="Company",
        id_type=("31", "NIT"),
        identification=nit,
        name=[f"{name} {source.choice(words.FORMS)}"],
        contact=(first, last, email),
    )
    record["commercial_name"] = name if ids.chance(source, 0.3) else None
    record["vat_responsible"] = True
    days = source.choice((0, 15, 30, 30, 30, 45, 60))
    return Buyer(record, since, withholds=ids.chance(source, 0.3), credit_days=days)


def _person(census: _Census, since: float, opened: datetime) -> Buyer:
    source = census.source
    first, last = source.choice(words.FIRST_NAMES), " ".join(source.sample(words.LAST_NAMES, 2))
    number = census.unique(lambda: _cedula(source))
    kind = ("13", "Cédula de ciudadanía") if ids.chance(source, 0.9) else ("31", "NIT")
    email = census.mailbox(f"{first}.{last.split()[0]}", source.choice(("correo", "buzon", "micorreo")))
    record = _record(
        census,
        opened,
        person_type="Person",
        id_type=kind,
        identification=number,
        name=[first, last],
        contact=(first, last, email),
    )
    return Buyer(record, since, credit_days=30 if ids.chance(source, 0.12) else 0)


def _foreigner(census: _Census, since: float, opened: datetime) -> Buyer:
    source = census.source
    is_company = ids.chance(source, 0.4)
    if is_company:
        name, code, country = source.choice(words.FOREIGN_COMPANIES)
        names, kind = [name], ("50", "NIT de otro país")
        number = census.unique(lambda: f"{code.upper()}{source.randrange(10**8):08d}")
        contact = ("Accounts", "Payable", census.mailbox("ap", name))
    else:
        first, last = source.choice(words.FOREIGN_NAMES)
        names = [first, last]
        contact = (first, last, census.mailbox(f"{first}.{last}", "mailbox"))
        letters = "".join(source.choices("ABCDEFGHKLMNPRTUVXYZ", k=2))
        kind = source.choice(
            (("41", "Pasaporte"), ("41", "Pasaporte"), ("22", "Cédula de extranjería"), ("48", "PPT"))
        )
        prefix = letters if kind[0] == "41" else ""
        number = census.unique(lambda: f"{prefix}{source.randrange(10**6, 10**7)}")
    record = _record(
        census,
        opened,
        person_type="Company" if is_company else "Person",
        id_type=kind,
        identification=number,
        name=names,
        contact=contact,
    )
    if is_company:
        city = {"country_code": code, "country_name": country, "state_code": None, "state_name": None}
        record["address"]["city"] = {**city, "city_code": None, "city_name": None}
        record["phones"] = []
    return Buyer(record, since, credit_days=60 if is_company else 0, is_foreign=is_company)


def _branch(census: _Census, head: Buyer, office: int) -> Buyer:
    """Another branch of the same company: a customer of its own with the same identification and e-mail."""
    fresh = _address(census.source)
    record = {**head.record, "id": ids.guid(census.source), "branch_office": office, "address": fresh[0]}
    return Buyer(record, head.since, head.withholds, head.credit_days)


def _walk_in(census: _Census, start: datetime) -> Buyer:
    record = _record(
        census,
        start - timedelta(days=900),
        person_type="Person",
        id_type=("13", "Cédula de ciudadanía"),
        identification=WALK_IN,
        name=["Consumidor", "final"],
        contact=None,
    )
    return Buyer({**record, "phones": []}, 0.0)


def _foreign_walk_in(census: _Census, start: datetime) -> Buyer:
    record = _record(
        census,
        start - timedelta(days=899),
        person_type="Person",
        id_type=("43", "Sin identificación del exterior o para uso definido por la DIAN"),
        identification=FOREIGN_WALK_IN,
        name=["Cliente", "del exterior"],
        contact=None,
    )
    return Buyer({**record, "phones": []}, 0.0)


def _record(
    census: _Census,
    opened: datetime,
    *,
    person_type: str,
    id_type: tuple[str, str],
    identification: str,
    name: list[str],
    contact: tuple[str, str, str] | None,
) -> Record:
    source = census.source
    address, area = _address(source)
    seller, collector = source.choice(census.sellers), source.choice(census.sellers)
    edited = calendar.stamp(opened + timedelta(minutes=7)) if ids.chance(source, 0.2) else None
    return {
        "id": ids.guid(source),
        "type": "Customer",
        "person_type": person_type,
        "id_type": {"code": id_type[0], "name": id_type[1]},
        "identification": identification,
        "check_digit": rules.check_digit(identification) if id_type[0] in ("13", "31") else None,
        "name": [*name[:1], "."] if len(name) == 2 and ids.chance(source, 0.01) else name,
        "commercial_name": None,
        "branch_office": 0,
        "active": True,
        "vat_responsible": False,
        "fiscal_responsibilities": [{"code": "R-99-PN", "name": "No responsable"}],
        "address": address,
        "phones": _phones(census, area),
        "contacts": [] if contact is None else _contacts(census, contact),
        "comments": "Paga a 30 días" if ids.chance(source, 0.05) else None,
        "related_users": {"seller_id": seller, "collector_id": collector},
        "custom_fields": [],
        "metadata": {"created": calendar.stamp(opened), "last_updated": edited},
    }


def _contacts(census: _Census, contact: tuple[str, str, str]) -> list[Record]:
    """The billing contact: mostly with e-mail and mobile; some lack them, some have the accountant's."""
    source = census.source
    first, last, own = contact
    email: str | None = own
    draw = source.random()
    if draw < 0.02:
        return []
    if draw < 0.10:
        email = None
    elif draw < 0.14:
        email = ACCOUNTANT
    elif draw < 0.17:
        email = f" {own.capitalize()}"
    phone: Record = {"indicative": "57", "number": census.mobile()}
    draw = source.random()
    if draw < 0.02:
        phone["number"] = RECEPTION
    elif draw < 0.10:
        phone = {}
    return [{"first_name": first, "last_name": last, "email": email, "phone": phone}]


def _phones(census: _Census, area: str) -> list[Record]:
    source = census.source
    draw = source.random()
    if draw < 0.25:
        return []
    if draw < 0.6:
        landline = census.unique(lambda: f"{area}{source.randrange(2 * 10**6, 9 * 10**6)}")
        extension = str(source.randrange(100, 500)) if ids.chance(source, 0.3) else None
        return [{"indicative": "57", "number": landline, "extension": extension}]
    return [{"indicative": "57", "number": census.mobile(), "extension": None}]


def _address(source: random.Random) -> tuple[Record, str]:
    state_code, state, city_code, city, area = source.choice(words.CITIES)
    street = f"{source.choice(words.STREETS)} {source.randrange(1, 190)} # {source.randrange(1, 140)}"
    place = {"country_code": "Co", "country_name": "Colombia", "state_code": state_code, "state_name": state}
    return {
        "address": f"{street}-{source.randrange(1, 99):02d}",
        "city": {**place, "city_code": city_code, "city_name": city},
        "postal_code": f"{city_code}1" if ids.chance(source, 0.4) else None,
    }, area


def _cedula(source: random.Random) -> str:
    """A number of the two series: up to eight digits (older), or ten from 1.000 millions on."""
    if ids.chance(source, 0.55):
        return str(source.randrange(1_010_000_000, 1_150_000_000))
    return str(source.randrange(5_200_000, 94_000_000))


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o"))
    kept = "".join(one for one in plain if one.isascii() and (one.isalnum() or one in ". -"))
    return re.sub(r"[ .-]*\.[ .-]*|[ -]+", lambda found: "." if "." in found.group() else "", kept).strip(".")
