"""What Escala held when it was looked at last, and when we wrote it: what was written since is not known."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from siigo_escala.store import models
from siigo_escala.store.fields import CentsField
from siigo_escala.store.models import Connection, Invoice

FRESH = Q(there__isnull=False) & (Q(written__isnull=True) | Q(seen__gt=F("written")))
"""Of invoices that carry what `beside` adds: Escala was looked at after we wrote."""
LATER = Q(seen__isnull=False, written__isnull=False, seen__lte=F("written"))
"""The same: we wrote after Escala was looked at. What is neither, Escala shows not, or without value."""


def beside(company: Connection, chosen: QuerySet[Invoice]) -> QuerySet[Any]:
    """The same with `there`, the value as last seen, and the instants `seen` and `written`; or None."""
    deal = models.KnownDeal.objects.filter(escala_id=company.escala_id, deal_id=OuterRef("deal_id"))
    events = models.InvoiceEvent.objects.filter(invoice=OuterRef("pk"), kind__in=("created", "updated"))
    return chosen.annotate(
        there=Subquery(deal.values("value")[:1], output_field=CentsField()),
        seen=Subquery(deal.values("seen_at")[:1]),
        written=Subquery(events.order_by("-at").values("at")[:1]),
    )
