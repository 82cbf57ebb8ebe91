"""The ledger as the screens read it: one query for the account of a span, one for a list.

The account and the lists share `states.shown_state`, so a number always equals the count of the list it links
to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, QuerySet, Sum, Value

from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice
from siigo_escala.web.states import OPEN, STATES, shown_state
from siigo_escala.web.told import Amount

_MOST_MONTHS = 36
_ALL = ""
"""In the place of a state: all of them, counted without regard to any."""


def in_span(company: Connection, date_from: date | None, date_to: date | None) -> QuerySet[Invoice]:
    """The invoices whose date lies there; both days inclusive."""
    found = models.Invoice.objects.filter(connection=company)
    if date_from is not None:
        found = found.filter(date__gte=date_from)
    return found if date_to is None else found.filter(date__lte=date_to)


def account(chosen: QuerySet[Invoice]) -> dict[str, Amount]:
    """Each state's invoices, in number and pesos; every state is there."""
    return _account(_by_state(chosen))


def checked(chosen: QuerySet[Invoice]) -> tuple[dict[str, Amount], Amount]:
    """The account, and all of them, counted apart: of one moment, whatever a run writes meanwhile."""
    everything = chosen.order_by().annotate(shown=Value(_ALL, CharField())).values_list("shown")
    both = _by_state(chosen).union(everything.annotate(count=Count("*"), value=Sum("value")), all=True)
    rows = list(both)
    parts = _account(row for row in rows if row[0] != _ALL)
    total = (Amount(count=count, value=Decimal(value or 0)) for key, count, value in rows if key == _ALL)
    return parts, next(total, Amount())


def _by_state(chosen: QuerySet[Invoice]) -> QuerySet[Any, tuple[str, int, Decimal | None]]:
    return (
        chosen.order_by()
        .annotate(shown=shown_state())
        .values_list("shown")
        # Not of a column: PostgreSQL then needs the index alone.
        .annotate(count=Count("*"), value=Sum("value"))
    )


def _account(groups: Iterable[tuple[str, int, Decimal | None]]) -> dict[str, Amount]:
    made = {key: Amount() for key in STATES}
    for key, count, value in groups:
        made[key] = Amount(count=count, value=Decimal(value or 0))
    return made


def whole(chosen: QuerySet[Any]) -> Amount:
    """All of them, counted without regard to any state: what the account is checked against."""
    sums = chosen.aggregate(count=Count("*"), value=Sum("value"))
    return Amount(count=sums["count"], value=Decimal(sums["value"] or 0))


def difference(parts: dict[str, Amount], total: Amount) -> Amount:
    """What the account lacks or has too much: nothing, unless we made a mistake."""
    count = sum(part.count for part in parts.values())
    value = sum((part.value for part in parts.values()), Decimal(0))
    return Amount(count=abs(total.count - count), value=abs(total.value - value))


def months(company: Connection) -> list[date]:
    """The first days of the months from the first invoice to the last, the newest first, 36 at most."""
    dates = models.Invoice.objects.filter(connection=company, date__isnull=False).values_list(
        "date", flat=True
    )
    first, last = dates.order_by("date").first(), dates.order_by("-date").first()
    if first is None or last is None:
        return []
    newest = last.year * 12 + last.month - 1
    oldest = max(first.year * 12 + first.month - 1, newest - _MOST_MONTHS + 1)
    return [date(one // 12, one % 12 + 1, 1) for one in range(newest, oldest - 1, -1)]


def still_open(company: Connection) -> dict[str, Amount]:
    """The account of those that have not come to rest, of any month: few, so that the others are not read."""
    return account(models.Invoice.objects.filter(connection=company, state__in=OPEN))
