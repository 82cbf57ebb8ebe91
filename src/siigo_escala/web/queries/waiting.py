"""What the active direction has not brought to its end: it stays as it is when the direction turns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoicing, State
from siigo_escala.web import directions
from siigo_escala.web.told import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """`open`: not sent, held or failed; `unknown`: sent, and the answer was lost."""

    open: Amount
    unknown: Amount
    noun: str


def of(company: Connection) -> Waits:
    """Of the ledger of the direction that is active now."""
    if directions.is_back(company):
        rows = models.Opportunity.objects.filter(connection=company)
        open_ = Q(state__in=(Invoicing.PENDING, Invoicing.NEEDS_ATTENTION))
        sums = rows.aggregate(**_sums("open", open_), **_sums("unknown", Q(state=Invoicing.SENDING)))
    else:
        open_ = Q(state__in=(State.PENDING, State.NEEDS_ATTENTION, State.FAILED))
        sums = models.Invoice.objects.filter(connection=company).aggregate(
            **_sums("open", open_), **_sums("unknown", Q(state=State.SENDING))
        )
    return Waits(
        open=Amount(count=sums["open_count"], value=Decimal(sums["open_value"] or 0)),
        unknown=Amount(count=sums["unknown_count"], value=Decimal(sums["unknown_value"] or 0)),
        noun=directions.noun(company),
    )


def _sums(name: str, which: Q) -> dict[str, Count | Sum]:
    return {f"{name}_count": Count("pk", filter=which), f"{name}_value": Sum("value", filter=which)}
