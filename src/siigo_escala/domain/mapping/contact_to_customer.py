"""An Escala contact as the customer that is registered in Siigo, where every datum is certain.

What is missing or doubtful is CUSTOMER_DATA_MISSING, naming the datum and where to type it. Source:
docs/reference/siigo-api.md, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from stdnum.co import nit

from siigo_escala.domain import identity, text
from siigo_escala.domain.crm import Contact, Place, Scalar
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.rules import InvoiceRules
from siigo_escala.domain.selling import City, CustomerDraft

_NIT: Literal["31"] = "31"
_CEDULA: Literal["13"] = "13"
_NAME_LIMIT = 100
_ADDRESS_LIMIT = 256
_COUNTRY = "Co"
_CAPITAL = "11001"
_PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "san", "santa", "y", "da", "do", "dos", "von", "van"}
)
_OF_THE_CAPITAL = re.compile(r"\b(d ?c|distrito capital)$")
_COMPANY_NIT = re.compile(r"[89][0-9]{8}", re.ASCII)
_WITH_CHECK_DIGIT = re.compile(r"(?P<number>[89][0-9]{2}[. ]?[0-9]{3}[. ]?[0-9]{3}) ?- ?[0-9]", re.ASCII)
_IN_ONE_WORD = re.compile(r"[A-Za-z]{1,3}[0-9]+", re.ASCII)
_PERSON_NUMBER = re.compile(r"[0-9]{5,8}|1[0-9]{9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An identification whose kind is certain."""

    kind: Literal["31", "13"]
    number: str


def stored(contact: Contact, rules: InvoiceRules) -> str:
    """The identification as it stands in the contact's custom field; "" where there is none."""
    value: Scalar | None = contact.custom.get(rules.identification_field)
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def numbers(typed: str) -> list[str]:
    """The ways in which Siigo may hold this identification: as a number first, then with its letters.

    What stands apart before the number is a label; "CC1234567" may be a passport.
    """
    found = sorted(identity.stored_keys(typed), key=lambda number: (not number.isdigit(), number))
    if found and found[0].isdigit() and not _IN_ONE_WORD.fullmatch(typed.strip()):
        found = [number for number in found if number.isdigit()]
    without = [
        number[:-1]
        for number in found
        if number.isdigit() and len(number) == 10 and nit.calc_check_digit(number[:-1]) == number[-1]
    ]
    return [*found, *(number for number in without if _COMPANY_NIT.fullmatch(number))]


def missing(datum: str, *, setting: str = "", customer: str = "") -> NeedsAttention:
    """A datum that Siigo demands and nobody has typed. `setting`: of the rules, that can stand in for it."""
    data = {"field": datum, "setting": setting} | ({"customer": customer} if customer else {})
    return NeedsAttention(code=Code.CUSTOMER_DATA_MISSING, data=data)


def draft(contact: Contact, *, rules: InvoiceRules, cities: Sequence[City]) -> CustomerDraft | NeedsAttention:
    """The customer for a contact; `cities` are those that this company's own customers have."""
    typed = stored(contact, rules)
    document = _document(typed)
    if document is None and (wrong := _WITH_CHECK_DIGIT.fullmatch(typed)):
        right = nit.calc_check_digit(re.sub("[^0-9]", "", wrong["number"]))
        # Outside the datum's own text, so that it can be taken out when the person is erased.
        return missing(
            f"un NIT con su dígito de verificación: el correcto es {right}, no el escrito (corríjalo en el "
            "contacto)",
            customer=typed,
        )
    if document is None:
        return missing(
            "el tipo de identificación (en el contacto, escriba el NIT con su dígito, como 900123456-8, o la "
            "cédula; si es otro documento, registre el cliente en Siigo)",
            customer=typed,
        )
    is_company = document.kind == _NIT
    names = _company_name(contact) if is_company else _person_names(contact)
    if isinstance(names, NeedsAttention):
        return names
    place = contact.place or Place()
    address = text.line(place.address, limit=_ADDRESS_LIMIT)
    if not address:
        return missing("la dirección (campo «Dirección» del contacto en Escala)")
    city = _city(place, rules, cities)
    if isinstance(city, NeedsAttention):
        return city
    valid = (identity.email(one) for one in contact.emails)
    phones = (identity.phone(one) for one in contact.phones)
    return CustomerDraft(
        is_company=is_company,
        id_type=document.kind,
        identification=document.number,
        check_digit=nit.calc_check_digit(document.number) if is_company else "",
        names=names,
        address=address,
        city=city,
        responsibility=rules.default_fiscal_responsibility,
        contact=_to_write_to(contact, names),
        email=next((one for one in valid if one), ""),
        phone=next((one for one in phones if one), ""),
    )


def is_known(place: Place, cities: Sequence[City]) -> bool:
    """Whether no other list can tell more about it: it is the capital, or stands here with its department."""
    name, state = _plain(place.city), _plain(place.state)
    return any(
        _plain(city.name) == name and (city.code == _CAPITAL or (state and _plain(city.state) == state))
        for city in cities
    )


def split_name(full: str) -> tuple[str, str]:
    """First names and last names of a person's whole name; the last ones "" where nobody can tell.

    Two last names where there are four words or more, and "del", "de la" belong to the word after them.
    """
    words: list[str] = []
    pending: list[str] = []
    for word in full.split():
        pending.append(word)
        if text.fold(word) not in _PARTICLES:
            words.append(" ".join(pending))
            pending = []
    if pending:
        words = [*words[:-1], " ".join([*words[-1:], *pending])]
    first = 1 if len(words) < 4 else len(words) - 2
    return " ".join(words[:first]), " ".join(words[first:])


def _document(typed: str) -> Document | None:
    found = numbers(typed)
    certain = next((number for number in found if _COMPANY_NIT.fullmatch(number)), None)
    if certain is not None:
        # What is left after a hyphen that is not its check digit makes the number longer than nine.
        return Document(kind=_NIT, number=certain)
    # "CC 1032456789" might be a passport, too, but that is not what people mean by it.
    digits = [number for number in found if number.isdigit()]
    if len(digits) == 1 and _PERSON_NUMBER.fullmatch(digits[0]):
        return Document(kind=_CEDULA, number=digits[0])
    return None


def _company_name(contact: Contact) -> tuple[str, ...] | NeedsAttention:
    own = f"{contact.first_name} {contact.last_name}"
    name = text.line(contact.company_name, limit=_NAME_LIMIT) or text.line(own, limit=_NAME_LIMIT)
    return (name,) if name else missing("el nombre de la empresa (campo «Empresa» del contacto en Escala)")


def _person_names(contact: Contact) -> tuple[str, ...] | NeedsAttention:
    first, last = (text.line(one, limit=_NAME_LIMIT) for one in (contact.first_name, contact.last_name))
    if not (first and last):
        first, last = split_name(first or last)
    if first and last:
        return first, last
    datum = "los apellidos" if first else "el nombre"
    return missing(f"{datum} de la persona (campos «Nombre» y «Apellido» del contacto en Escala)")


def _to_write_to(contact: Contact, names: tuple[str, ...]) -> tuple[str, str]:
    first, last = (text.line(one, limit=_NAME_LIMIT) for one in (contact.first_name, contact.last_name))
    return (first, last) if first else (names[0], names[1] if len(names) > 1 else "")


def _city(place: Place, rules: InvoiceRules, cities: Sequence[City]) -> City | NeedsAttention:
    """The one city of that name and state. Where no state is known, the name will do.

    The default one stands in where Siigo's customers have none of that name: of one whose state differs, it
    would be a wrong address that nobody notices. The capital has no namesake, and people take it for
    Cundinamarca's.
    """
    wanted, state = _plain(place.city), _plain(place.state)
    named = found = {city.code: city for city in cities if wanted and _plain(city.name) == wanted}
    if state:
        exactly = {code: city for code, city in named.items() if _plain(city.state) == state}
        there = {code: city for code, city in named.items() if _is_same_state(_plain(city.state), state)}
        anywhere = {code: city for code, city in named.items() if code == _CAPITAL or not _plain(city.state)}
        found = exactly or there or anywhere
    if len(found) == 1:
        return next(iter(found.values()))
    if named and state:
        return _in_another_state(place, named.values())
    code = rules.default_city
    if code:
        known = next((city for city in cities if city.code == code), None)
        return known or City(name="", state="", code=code, state_code=code[:2], country_code=_COUNTRY)
    shown, of = text.line(place.city, limit=80), f" de «{text.line(place.state, limit=80)}»" if state else ""
    return missing(
        f"la ciudad «{shown}»{of}, que no es de ningún cliente suyo en Siigo (corríjala en el contacto)"
        if shown
        else "la ciudad (campo «Ciudad» del contacto en Escala)",
        setting="default_city",
    )


def _in_another_state(place: Place, named: Iterable[City]) -> NeedsAttention:
    city, state = (text.line(one, limit=80) for one in (place.city, place.state))
    own = "".join(f"«{one}», " for one in sorted({one.state for one in named if one.state}))
    return missing(
        f"el departamento de la ciudad «{city}», escrito como en Siigo ({own}no «{state}»; corríjalo en el "
        "contacto o, si es otra ciudad, registre el cliente en Siigo)"
    )


def _is_same_state(one: str, other: str) -> bool:
    """Whether one is the other in short: "Valle" of "Valle del Cauca", "Guajira" of "La Guajira".

    By its beginning alone: "Cauca" and "Santander" are not "Valle del Cauca" and "Norte de Santander".
    """
    one, other = one.removeprefix("la "), other.removeprefix("la ")
    return one == other or one.startswith(f"{other} ") or other.startswith(f"{one} ")


def _plain(name: str) -> str:
    """A city's name without case, accents, punctuation, nor what follows the capital's: "bogota"."""
    words = " ".join(re.findall(r"\w+", text.fold(name).replace(".", "")))
    return _OF_THE_CAPITAL.sub("", words).strip()
