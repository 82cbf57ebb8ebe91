"""What the active direction has not brought to its end: it stays as it is when the direction turns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import models as django
from django.db.models import Q

from siigo_escala.domain.directions import BACK
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoicing, State
from siigo_escala.sync.foretelling import Sum


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """`open`: not sent, held or failed; `unknown`: sent, and the answer was lost."""

    open: Sum
    unknown: Sum


def of(company: Connection) -> Waits:
    """Of the ledger of the direction that is active now."""
    if company.direction == BACK:
        rows = models.Opportunity.objects.filter(connection=company)
        open_ = Q(state__in=(Invoicing.PENDING, Invoicing.NEEDS_ATTENTION))
        sums = rows.aggregate(**_sums("open", open_), **_sums("unknown", Q(state=Invoicing.SENDING)))
    else:
        open_ = Q(state__in=(State.PENDING, State.NEEDS_ATTENTION, State.FAILED))
        sums = models.Invoice.objects.filter(connection=company).aggregate(
            **_sums("open", open_), **_sums("unknown", Q(state=State.SENDING))
        )
    return Waits(
        open=Sum(count=sums["open_count"], value=Decimal(sums["open_value"] or 0)),
        unknown=Sum(count=sums["unknown_count"], value=Decimal(sums["unknown_value"] or 0)),
    )


def _sums(name: str, which: Q) -> dict[str, django.Aggregate]:
    return {
        f"{name}_count": django.Count("pk", filter=which),
        f"{name}_value": django.Sum("value", filter=which),
    }
