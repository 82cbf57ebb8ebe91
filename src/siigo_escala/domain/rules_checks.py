"""What a value of the connection file must look like, as types that pydantic checks.

Each check raises ValueError with the end of a Spanish sentence: "debe ser ...". Wrong types carry a pydantic
error type that ends with `_type`, so that they can be told from wrong values.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, Strict
from pydantic_core import PydanticCustomError

from siigo_escala.domain import text as texts
from siigo_escala.domain.mapping import invoice_to_deal

UNASSIGNED = "unassigned"
PLACEHOLDERS = ("factura", "fecha", "cliente", "identificacion", "vendedor", "total")

_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s.<>,;\"]+")


def nearest_first(word: str, known: Sequence[str]) -> list[str]:
    """The known words, the one most like `word` in front."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return close + [one for one in known if one not in close]


def wrong_type(expected: str) -> PydanticCustomError:
    """A value of another type than the file's format has: `expected` is "una lista" and the like."""
    return PydanticCustomError("other_type", "debe ser {expected}", {"expected": expected})


def is_email(text: str) -> bool:
    """Whether a text has the form of an e-mail address."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def name(text: str) -> str:
    """A name that can stand in an address."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}", text):
        raise ValueError(
            "debe tener solo letras sin tilde, números y guiones (hasta 100), sin guion al inicio"
        )
    return text


def _zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        close = difflib.get_close_matches(text, sorted(zoneinfo.available_timezones()), n=3, cutoff=0.5)
        known = ", ".join(close or ["America/Bogota"])
        raise ValueError(f"debe ser una zona horaria que exista, como {known}") from None
    return text


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError("debe ser un código de moneda de tres letras, como COP")
    return text.upper()


def _username(text: str) -> str:
    if re.search(r"\s", text.strip()):
        raise ValueError("debe ser un usuario sin espacios, como api@empresa.co")
    return text.strip()


def _secret(text: str) -> str:
    if text.startswith("env:") and not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("debe nombrar una variable de entorno, como env:ACME_SIIGO_KEY")
    if text == "file:":
        raise ValueError("debe nombrar un archivo, como file:/ruta/clave.txt")
    return text


def description(text: str) -> str:
    """A description whose placeholders all exist."""
    for word in re.findall(r"\{(\w+)\}", text):
        if word not in PLACEHOLDERS:
            known = ", ".join(f"{{{one}}}" for one in nearest_first(word, PLACEHOLDERS))
            raise ValueError(f"usa {{{word}}}, que no existe; puede usar: {known}")
    return text


def _owner(text: str) -> str:
    if text != UNASSIGNED and not is_email(text):
        raise ValueError("debe ser el correo de un usuario de Escala o «unassigned»")
    return text


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("debe ser una lista de correos, como gerencia@empresa.co")
    return text


def _seller(text: str) -> str:
    if text and not is_email(text) and not re.fullmatch(r"[0-9]+", text):
        raise ValueError("debe ser el correo de un vendedor de Siigo, o su número entre comillas")
    return text


def _field(text: str) -> str:
    if text and not re.fullmatch(r"cf_\S+", text):
        raise ValueError("debe ser la clave de un campo personalizado de Escala, que empieza por cf_")
    return text


def mark(text: str) -> str:
    """A text that can stand inside of a name."""
    unseen = text != texts.line(text) or (text and not invoice_to_deal.folded_mark(text))
    if len(text) > 40 or re.search(r"[\[\]]", text) or unseen:
        raise ValueError(
            "debe ser un texto de hasta 40 letras, sin < > [ ], letras invisibles ni espacios dobles o en "
            "los extremos"
        )
    return text


def _day(value: object) -> object:
    if not isinstance(value, str):
        raise wrong_type('un texto entre comillas, como "2026-03-01"')
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("debe ser una fecha con la forma aaaa-mm-dd, como 2026-03-01")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("debe ser una fecha que exista, con la forma aaaa-mm-dd") from None


def _hour(text: str) -> str:
    if text and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("debe ser una hora de 00:00 a 23:59, como 02:00, o vacío")
    return text


def _city(text: str) -> str:
    if text and not re.fullmatch(r"[0-9]{5}", text):
        raise ValueError("debe ser el código DANE de una ciudad, de cinco cifras, como 11001")
    return text


def _responsibility(text: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)*", text):
        raise ValueError("debe ser un código de responsabilidad fiscal, como R-99-PN")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", text):
        raise ValueError("debe ser una lista de direcciones completas, como slack://...")
    return text


def _web_address(text: str) -> str:
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    if text and (not host or not re.fullmatch(r"https?://\S+", text)):
        raise ValueError("debe ser una dirección que empiece por https://, o vacío")
    return text


def _between(least: int, most: int) -> AfterValidator:
    def check(number: int) -> int:
        if not least <= number <= most:
            raise ValueError(f"debe ser un número entero de {least} a {most}")
        return number

    return AfterValidator(check)


def as_list(value: object) -> object:
    """A list of the file; anything else is no list."""
    if not isinstance(value, (list, tuple)):
        raise wrong_type("una lista entre corchetes")
    return tuple(value)


def _taxes(value: object) -> Literal["product"] | tuple[int, ...]:
    if value == "product":
        return "product"
    word = isinstance(value, str)
    if not word and (not isinstance(value, (list, tuple)) or any(type(one) is not int for one in value)):
        raise wrong_type("«product» o una lista de números de impuestos de Siigo")
    if word or not isinstance(value, (list, tuple)) or any(one < 1 for one in value):
        raise ValueError("debe ser «product» o una lista de números de impuestos de Siigo, mayores que cero")
    return tuple(value)


def _sellers(links: dict[str, str]) -> dict[str, str]:
    """The links with e-mails in lower case; two keys that differ in case only are one seller named twice."""
    folded: dict[str, str] = {}
    for seller, user in links.items():
        key = seller.strip().casefold()
        if not key or _seller(key) != key:
            raise ValueError("debe llevar vendedores de Siigo: su correo, o su número entre comillas")
        if key in folded:
            raise ValueError(f"nombra dos veces al vendedor {key}")
        if not is_email(user) and user != UNASSIGNED:
            raise ValueError(f"enlaza a {key} con algo que no es el correo de un usuario de Escala")
        folded[key] = user
    return folded


Name = Annotated[str, AfterValidator(name)]
Zone = Annotated[str, AfterValidator(_zone)]
CurrencyCode = Annotated[str, AfterValidator(_currency)]
Username = Annotated[str, AfterValidator(_username)]
Secret = Annotated[str, AfterValidator(_secret)]
Description = Annotated[str, AfterValidator(description)]
Owner = Annotated[str, AfterValidator(_owner)]
SellerKey = Annotated[str, AfterValidator(_seller)]
Sellers = Annotated[dict[str, str], AfterValidator(_sellers)]
CustomField = Annotated[str, AfterValidator(_field)]
Mark = Annotated[str, AfterValidator(mark)]
Day = Annotated[
    date | None,
    BeforeValidator(_day),
    PlainSerializer(lambda day: day.isoformat() if day else "", return_type=str),
]
Hour = Annotated[str, AfterValidator(_hour)]
City = Annotated[str, AfterValidator(_city)]
Responsibility = Annotated[str, AfterValidator(_responsibility)]
Taxes = Annotated[
    Literal["product"] | tuple[int, ...],
    PlainValidator(_taxes),
    PlainSerializer(lambda taxes: taxes if taxes == "product" else list(taxes)),
]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Ids = Annotated[tuple[Annotated[int, Strict(), _between(1, 10**12)], ...], BeforeValidator(as_list)]
Emails = Annotated[tuple[Annotated[str, Strict(), AfterValidator(_email)], ...], BeforeValidator(as_list)]
Addresses = Annotated[
    tuple[Annotated[str, Strict(), AfterValidator(_address)], ...], BeforeValidator(as_list)
]
Id = Annotated[int, _between(0, 10**12)]
DueDays = Annotated[int, _between(0, 3650)]
Minutes = Annotated[int, _between(0, 1440)]
Hours = Annotated[int, _between(1, 8760)]
Many = Annotated[int, _between(0, 100_000)]
