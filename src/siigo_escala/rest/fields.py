"""Values of a JSON answer read with tolerance: missing, null, "", [] and {} are alike, garbage is None.

Sources: siigo-api.md 2, escala-api.md 13 (U15, U19).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_LARGEST_EXPONENT = 30
_CENT = Decimal("0.01")
_ROOM = Context(prec=120)
"""Room for the product of three numbers of the largest size that is read."""
_EMPTY: Mapping[str, object] = {}


def text(value: object) -> str:
    """A text without blanks at its ends; a number as text. What no database can hold is left out."""
    if isinstance(value, str):
        cleaned = value.strip()
        if cleaned.isascii():
            return cleaned.replace("\x00", "")
        return cleaned.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return ""


def number(value: object) -> Decimal | None:
    """A number, also one in a text ("1250.50"); None for anything else and for no plausible amount."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < 10**_LARGEST_EXPONENT else None
    if isinstance(value, str):
        if len(value) > 60 or not _NUMBER.fullmatch(value.strip()):
            return None
        value = Decimal(value.strip())
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    if value and (value.adjusted() > _LARGEST_EXPONENT or value.adjusted() < -_LARGEST_EXPONENT):
        return None
    return value


def cents(value: Decimal) -> Decimal:
    """An amount of any size with two decimals, rounded half up."""
    return value.quantize(_CENT, ROUND_HALF_UP, context=_ROOM)


def integer(value: object) -> int | None:
    """A whole number, also as a text."""
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def flag(value: object, *, default: bool) -> bool:
    """A yes or no, also as a text."""
    if isinstance(value, bool):
        return value
    word = text(value).casefold()
    return {"true": True, "1": True, "false": False, "0": False}.get(word, default)


def mapping(value: object) -> Mapping[str, object]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else _EMPTY


def items(value: object) -> list[object]:
    """The elements of an array; none for anything else."""
    return value if isinstance(value, list) else []


def instant(value: object) -> datetime | None:
    """An instant, aware UTC; without offset it is UTC. Year 1 means that there is none."""
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


def day(value: object) -> date | None:
    """A calendar day, whatever time stands behind it."""
    if not isinstance(value, str):
        return None
    try:
        found = date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None
    return found if found.year > 1 else None
