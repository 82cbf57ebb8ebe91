"""Which opportunities that do not name an invoice may still be it: the native app's, or people's own.

They are proposed to a person, never bound silently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from siigo_escala.domain.crm import DealId

BOGOTA = ZoneInfo("America/Bogota")
_BEFORE = timedelta(hours=1)
_AFTER = timedelta(days=3)
_PESO = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDeal:
    """A deal, bound to no invoice, of one of its `values`, and of the same contact or of none.

    `names`: invoices it names, in capitals; `words`: all its words that hold a digit.
    """

    id: DealId
    created: datetime
    names: Collection[str] = ()
    words: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when on, and until before when, a deal for this invoice would have been made."""

    start: datetime
    end: datetime


def window(*, created: datetime | None, day: date | None, connected: datetime) -> Window | None:
    """When a twin of an invoice would have been made; None where nobody knows when the invoice was.

    `created`: Siigo's `metadata.created`; else `day` at midnight in Bogotá counts. `connected`: when the
    connection was made: until the end of that day the native app may have filled in older ones.
    """
    moment = created if created is not None else _midnight(day) if day is not None else None
    if moment is None:
        return None
    following = connected.astimezone(BOGOTA).date() + timedelta(days=1)
    return Window(start=moment - _BEFORE, end=max(moment + _AFTER, _midnight(following)))


def values(shown: Iterable[Decimal]) -> set[Decimal]:
    """The values that a twin may have: those an invoice may be shown with, and each in whole pesos, as people
    type them: rounded half up, or cut.
    """
    found = set(shown)
    return found | {one.quantize(_PESO, way) for one in found for way in (ROUND_HALF_UP, ROUND_DOWN)}


def among(deals: Iterable[NearDeal], *, invoice_name: str, window: Window) -> tuple[DealId, ...]:
    """The deals that may be this invoice, oldest first; one that names another invoice is none."""
    name = invoice_name.upper()
    near = [
        deal
        for deal in deals
        if window.start <= deal.created <= window.end and (not deal.names or name in deal.names)
    ]
    return tuple(deal.id for deal in sorted(near, key=lambda deal: (deal.created, deal.id)))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BOGOTA).astimezone(UTC)
