"""Pages of a list by key, never by offset: page a thousand costs what the first does, and none is shown
twice.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, OrderBy, Q, QuerySet

from siigo_escala.web import asked
from siigo_escala.web.queries.filters import ORDERS

SIZES = (50, 25, 100)
_MOST = Decimal(10**15)
"""Pesos that no column holds."""
One = TypeVar("One", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[One]):
    """Some rows of a list; a cursor is empty where there is nothing in its direction."""

    rows: list[One]
    before: str
    after: str


def page(
    chosen: QuerySet[One],
    *,
    order: str,
    size: int,
    after: str = "",
    before: str = "",
    orders: Mapping[str, tuple[str, str]] = ORDERS,
) -> Page[One]:
    """The rows after (or before) a cursor. A cursor that is none gives the first page."""
    field, descending = orders[order.removeprefix("-")][0], order.startswith("-")
    cursor = _read(before or after, field)
    backwards = bool(before) and cursor is not None
    rows = chosen.order_by(*_order(field, descending=descending != backwards))
    if cursor is not None:
        rows = rows.filter(_beyond(field, cursor, descending=descending != backwards))
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page(rows=[], before="", after="")
    has_before = more if backwards else cursor is not None
    has_after = True if backwards else more
    return Page(
        rows=found,
        before=_cursor(found[0], field) if has_before else "",
        after=_cursor(found[-1], field) if has_after else "",
    )


def _order(field: str, *, descending: bool) -> list[OrderBy | str]:
    """Rows without a value come last in an ascending list, whatever the database thinks."""
    key = F(field).desc(nulls_first=True) if descending else F(field).asc(nulls_last=True)
    return [key, "-pk" if descending else "pk"]


def _beyond(field: str, cursor: tuple[Any, int], *, descending: bool) -> Q:
    value, number = cursor
    way = "lt" if descending else "gt"
    later = Q(**{f"pk__{way}": number})
    if value is None:
        same = Q(**{f"{field}__isnull": True}) & later
        return same | Q(**{f"{field}__isnull": False}) if descending else same
    beyond = Q(**{f"{field}__{way}": value}) | (Q(**{field: value}) & later)
    return beyond if descending else beyond | Q(**{f"{field}__isnull": True})


def _cursor(row: Model, field: str) -> str:
    value = getattr(row, field)
    plain = value if value is None or isinstance(value, str) else str(value)
    return base64.urlsafe_b64encode(json.dumps([field, plain, row.pk]).encode()).decode()


def _read(text: str, field: str) -> tuple[Any, int] | None:
    """Where a list went on that was sorted by this column; None where somebody made it up."""
    try:
        named, value, number = json.loads(base64.urlsafe_b64decode(text))
        pk = asked.number(str(number))
        if named != field or pk is None:
            return None
        return (None if value is None else _READ[field](value)), pk
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return None


def _words(value: Any) -> str:
    """A text as a column holds it."""
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    value.encode()  # half a sign is no text
    return value


def _pesos(value: str) -> Decimal:
    """An amount as a column holds it."""
    found = Decimal(value)
    if not found.is_finite() or abs(found) >= _MOST:
        raise ValueError(value)
    return found


def _moment(value: str) -> datetime:
    """A moment as a column holds it."""
    found = datetime.fromisoformat(value)
    if found.tzinfo is None or asked.day(found.date().isoformat()) is None:
        raise ValueError(value)
    return found


_READ: dict[str, Callable[[Any], Any]] = {
    "date": date.fromisoformat,
    "modified": _moment,
    "invoice": _words,
    "value": _pesos,
    "customer": _words,
    "name": _words,
}
