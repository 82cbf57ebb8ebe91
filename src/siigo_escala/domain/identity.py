"""Who somebody is: one normal form for each identification, e-mail, phone and name.

Source: docs/reference/siigo-api.md, section 4 (types, walk-in buyers); escala-api.md, section 3.1 (phones).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from stdnum.co import nit

from siigo_escala.domain import text as texts

_NIT = "31"
#: Registro civil, tarjeta de identidad, cédula and NIT: numbers. All others may hold letters.
_NUMERIC_TYPES = ("11", "12", "13", _NIT)

_WITH_CHECK_DIGIT = re.compile(r"(?P<base>[\d\s.,']*\d)\s*-\s*(?P<digit>\d)", re.ASCII)
_WRITTEN_AS_DECIMAL = re.compile(r"(\d{4,})\.0{1,2}", re.ASCII)
#: "NIT", and before nothing but a number "C.C.", "Cédula de ciudadanía", "No.": "CC123AB" is a passport.
_LABEL = re.compile(
    r"\A(N\.?I\.?T(?![A-Z])[\s.:#°º]*+)?"
    r"(((C\.?\s?C|c[eé]dula(\s+de\s+ciudadan[ií]a)?)[\s.:#]*+)?(N[o°º][\s.:#]*+)?(?=[\d\s.,'-]+\Z))?",
    re.IGNORECASE,
)
_WALK_IN = re.compile(r"(\d)\1{4,}|444444\w{3}", re.ASCII)

#: Mobile and fixed lines since 2021, with or without the country code: nearly all there are. Before the code,
#: 00 or 005, 007, 009, by which a call leaves Colombia.
_COLOMBIAN = re.compile(r"(?P<country>(00[579]?)?57)?(?P<line>3\d{9}|60[1-8]\d{7})", re.ASCII)
_ABROAD = re.compile(r"[^\d+]*00", re.ASCII)
_CARRIERS = ("5", "7", "9")
_EXTENSION = re.compile(r"(?<=\d)[\s,;.(]*(extensi[oó]n|ext|x|#).*$", re.IGNORECASE | re.DOTALL)
_LONGEST_NATIONAL = 10
_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE

_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])"
)
_LEGAL_FORM = re.compile(
    r"( (s ?a ?s|s ?a|ltda|limitada|s en c|s en c ?a|s en c s|s ?c ?a|e ?u|e ?s ?p|b ?i ?c|y cia|cia"
    r"|en liquidacion))+$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A customer's identification. `key` is its one normal form, `number` what it holds of the document."""

    key: str
    number: str


def of_customer(*, id_type: str, identification: str) -> Identity | None:
    """The identity behind Siigo's identification; None where it holds nothing usable.

    Cédula, NIT, registro civil and tarjeta de identidad are their digits, whatever the type says of the four;
    all others are "TYPE:LETTERSANDDIGITS".
    """
    kind = id_type.strip().upper()
    plain = _plain(identification)
    if kind in _NUMERIC_TYPES or (not kind and plain.isdigit()):
        number = _without_check_digit(identification) or re.sub(r"\D", "", plain)
        return Identity(key=number, number=number) if number else None
    return Identity(key=f"{kind}:{plain}", number=plain) if plain else None


def customer_keys(*, id_type: str, identification: str) -> frozenset[str]:
    """The ways in which a text stored in Escala may denote this customer; see `stored_keys`.

    What we store, Siigo's own text, always does. A passport "CC1234567" is not the cédula of these digits:
    Siigo says the type, so nothing is left out as a label where it may belong to the number.
    """
    found = of_customer(id_type=id_type, identification=identification)
    if found is None:
        return frozenset()
    if found.key != found.number:
        return frozenset((found.number, _number(_without_decimals(identification))))
    keys = stored_keys(identification) | {found.number}
    return keys | {found.number + nit.calc_check_digit(found.number)} if id_type.strip() == _NIT else keys


def stored_keys(stored: str) -> frozenset[str]:
    """What a text stored in Escala may denote: it denotes a customer iff it shares one of `customer_keys`.

    The type is unknown on this side: "CC1234567" is a cédula behind its label, or else a passport. After a
    hyphen the right check digit is dropped, a wrong one is part of the number. Without hyphen the number
    stands as it is: only a NIT has a key that ends in its check digit.
    """
    text = _without_decimals(stored)
    number = _number(_LABEL.sub("", text))
    return frozenset((number, _number(text))) if number else frozenset()


def is_walk_in(identification: str) -> bool:
    """Whether this stands for anybody: 222222222222, 444444xxx, or one digit repeated five times or more."""
    return _WALK_IN.fullmatch(_number(identification)) is not None


def email(text: str) -> str | None:
    """The address in lower case, without blanks around it; None where it has no valid form."""
    typed = texts.line(text)
    address = typed.lower()
    local, _, _ = address.partition("@")
    # In lower case the Kelvin sign is a plain k: another address than the one that was typed.
    valid = typed.isascii() and len(address) <= 254 and len(local) <= 64 and _EMAIL.fullmatch(address)
    return address if valid else None


def phone(text: str, *, country: str = "CO") -> str | None:
    """Digits with country code ("573001234567"), the extension dropped; None where it is no possible number.

    Escala keeps no plus sign, so a foreign number whose digits read as another one of `country` is None too.
    """
    found = _phone(text, country)
    return found if found is not None and _phone(found, country) == found else None


def dialled(phone: str) -> tuple[str, str]:
    """Country code and national number of a phone in its normal form: "57", "3001234567"."""
    code = str(phonenumbers.parse(f"+{phone}").country_code)
    return code, phone.removeprefix(code)


def same_name(names: Iterable[str], *, first_name: str, last_name: str, company_name: str) -> bool:
    """Whether every word of a customer's name stands in a contact's first, last or company name.

    Case, accents, punctuation and legal form (S.A.S., Ltda.) aside; a name without words agrees with nothing.
    """
    wanted = _name_words(" ".join(names))
    there = _words(f"{first_name} {last_name} {company_name}")
    return bool(wanted) and wanted <= set(there)


def _plain(text: str) -> str:
    """Letters and digits alone, in capitals."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", text).upper())


def _without_decimals(text: str) -> str:
    decimal = _WRITTEN_AS_DECIMAL.fullmatch(text.strip())
    return decimal[1] if decimal else text.strip()


def _number(text: str) -> str:
    return _without_check_digit(text) or _plain(text)


def _without_check_digit(text: str) -> str | None:
    """The number before a hyphen and its right check digit; None for every other text."""
    written = _WITH_CHECK_DIGIT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if written is None:
        return None
    base = re.sub(r"[^0-9]", "", written["base"])
    return base if nit.calc_check_digit(base) == written["digit"] else None


def _phone(text: str, country: str) -> str | None:
    typed = _EXTENSION.sub("", text.strip())
    if country == "CO":
        ours = _COLOMBIAN.fullmatch(re.sub(r"[^0-9]", "", typed))
        if ours and (ours["country"] or "+" not in typed):
            return f"57{ours['line']}"
    digits = re.sub(r"[^0-9]", "", typed)
    if country == "CO" and _ABROAD.match(typed):
        return _called_abroad(digits.removeprefix("00"))
    local, abroad = _parse(typed, country), _parse(f"+{digits}", country)
    valid = [number for number in (local, abroad) if number and phonenumbers.is_valid_number(number)]
    # A number that is only possible carries its country code where it is longer than a national one. All of
    # Colombia's are known: others of that length are older than 2021 ("57 1 3456789") or no phones.
    possible = [abroad] if len(digits) > _LONGEST_NATIONAL else [local] if country != "CO" else []
    for number in [*valid, *possible]:
        if number and phonenumbers.is_possible_number_with_reason(number) == _POSSIBLE:
            return _digits(number)
    return None


def _called_abroad(dialled: str) -> str | None:
    """What was dialled after 00, with or without a carrier's digit; None where both may be meant.

    "009 1 305 555 1234" is of Miami, "0051 987 654 321" of Peru: only one reading of each is valid. Where two
    are, as in "009 1 786 555 1234" (Miami, India), nobody knows; but +5… are Colombia's neighbours.
    """
    readings = (dialled, dialled[1:]) if dialled.startswith(_CARRIERS) else (dialled,)
    parsed = (_parse(f"+{one}", "CO") for one in readings)
    valid = [_digits(number) for number in parsed if number and phonenumbers.is_valid_number(number)]
    return valid[0] if len(valid) == 1 or (valid and dialled.startswith("5")) else None


def _digits(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _parse(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"(?<=\b\w)\.(?=\w\b)", "", texts.fold(texts.line(name))))


def _name_words(name: str) -> set[str]:
    return set(_LEGAL_FORM.sub("", " ".join(_words(name))).split())
