"""Every opportunity accounted for, from the ledger alone: counts, pesos and one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count

from siigo_escala.domain import money, reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.sync import summed

PARTS = ("invoiced", "excluded", "needs_attention", "failed")
GONE = ("annulled", "deleted")
"""What the sweep saw of an invoice that does not stand any more."""
_CHUNK = 2000
_SHOWN = (
    "deal_id", "name", "value", "modified", "customer", "state", "code", "invoice", "siigo_id",
    "total", "undone",
)  # fmt: skip


def report(connection: Connection, *, date_from: date | None, date_to: date | None) -> dict[str, Any]:
    """The document of `report`: one row an opportunity that was modified in the span, sums in pesos.

    `value` adds up the opportunities' own values; `invoiced` the totals of their invoices, taxes included.
    """
    rows = rows_of(connection, date_from=date_from, date_to=date_to)
    document = summed.document(
        connection, rows, key="opportunities", parts=PARTS, date_from=date_from, date_to=date_to
    )
    totals = [Decimal(row["invoice_total"]) for row in document["rows"] if row["invoice_total"] is not None]
    return {
        **document,
        "invoiced": {"count": len(totals), "total": money.to_text(sum(totals, Decimal(0)))},
    }


def rows_of(
    connection: Connection,
    *,
    date_from: date | None = None,
    date_to: date | None = None,
    statuses: Collection[str] = (),
    codes: Collection[str] = (),
) -> Iterator[dict[str, Any]]:
    """The ledger's rows as documents show them, oldest first."""
    zone = ZoneInfo(str(connection.file.get("time_zone", "America/Bogota")))
    chosen = Opportunity.objects.filter(connection=connection)
    if date_from is not None:
        chosen = chosen.filter(modified__gte=datetime.combine(date_from, time.min, zone))
    if date_to is not None:
        chosen = chosen.filter(modified__lt=datetime.combine(date_to + timedelta(days=1), time.min, zone))
    found = chosen.order_by("modified", "pk").values_list(*_SHOWN, named=True)
    for opportunity in found.iterator(chunk_size=_CHUNK):
        row = _row(opportunity, zone)
        if statuses and row["status"] not in statuses:
            continue
        if codes and row["code"] not in codes:
            continue
        yield row


def sentences(connection: Connection, deals: Collection[str]) -> Iterator[tuple[str, str]]:
    """The reason of each of these opportunities that has one, and what it says of it."""
    found = Opportunity.objects.filter(connection=connection, deal_id__in=deals).exclude(code="")
    for code, data in found.order_by("modified", "pk").values_list("code", "data"):
        if code in reasons.catalogue:
            yield code, reasons.message(Code(code), data, of_deal=True)


def status_of(opportunity: Any) -> str:
    """Which of the four parts an opportunity stands in."""
    if opportunity.state == Invoicing.INVOICED and opportunity.undone in GONE:
        return "excluded"  # a person settled it: no invoice stands
    if opportunity.state in (Invoicing.INVOICED, Invoicing.EXCLUDED, Invoicing.NEEDS_ATTENTION):
        return str(opportunity.state)
    return "failed"


def code_of(opportunity: Any) -> str | None:
    """The reason code; what was not reached or has no certain outcome says so."""
    if opportunity.state == Invoicing.SENDING:
        return Code.OUTCOME_UNKNOWN.value
    if opportunity.state == Invoicing.PENDING:
        return opportunity.code or Code.NOT_REACHED.value
    if status_of(opportunity) == "excluded":
        # Settled by a person: its invoice does not stand any more.
        return opportunity.code or Code.INVOICE_UNDONE.value
    return opportunity.code or None


def _row(opportunity: Any, zone: ZoneInfo) -> dict[str, Any]:
    modified = opportunity.modified
    return {
        "opportunity": opportunity.deal_id,
        "name": opportunity.name,
        "date": modified.astimezone(zone).date().isoformat() if modified else None,
        "customer": opportunity.customer,
        "value": money.to_text(opportunity.value),
        "status": status_of(opportunity),
        "code": code_of(opportunity),
        "open": opportunity.state == Invoicing.NEEDS_ATTENTION,
        "invoice": opportunity.invoice or None,
        "siigo_id": opportunity.siigo_id,
        "invoice_total": (
            money.to_text(opportunity.total)
            if opportunity.siigo_id and opportunity.undone not in GONE
            else None
        ),
    }


def counted(connection: Connection) -> dict[str, int]:
    """Opportunities of the ledger by part, and how many of them wait for a person."""
    counts = {"total": 0} | dict.fromkeys(PARTS, 0) | {"open": 0}
    states = Opportunity.objects.filter(connection=connection).order_by().values("state", "undone")
    for group in states.annotate(count=Count("pk")):
        opportunity = Opportunity(state=group["state"], undone=group["undone"])
        counts["total"] += group["count"]
        counts[status_of(opportunity)] += group["count"]
        counts["open"] += group["count"] if group["state"] == Invoicing.NEEDS_ATTENTION else 0
    return counts
