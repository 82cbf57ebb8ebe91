"""Every invoice accounted for, from the ledger alone: counts, pesos and one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from siigo_escala.domain import money
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection, State
from siigo_escala.sync import summed

PARTS = ("in_escala", "excluded", "annulled", "needs_attention", "failed")
_CHUNK = 2000
UNDONE = (Code.INVOICE_ANNULLED, Code.INVOICE_ANNULLED_LATER, Code.INVOICE_DELETED, Code.INVOICE_CREDITED)
_SHOWN = (
    "siigo_id", "name", "date", "customer", "seller", "value", "siigo_total", "currency", "balance",
    "annulled", "deleted", "state", "code", "data", "deal_id", "contact_id",
)  # fmt: skip
"""What a row is shown from: a month of a large ledger is read without making a model of each."""


def report(connection: Connection, *, date_from: date | None, date_to: date | None) -> dict[str, Any]:
    """The document of `report`: one row an invoice whose date lies in the span, sums in pesos."""
    rows = rows_of(connection, date_from=date_from, date_to=date_to)
    return summed.document(
        connection, rows, key="invoices", parts=PARTS, date_from=date_from, date_to=date_to
    )


def rows_of(
    connection: Connection,
    *,
    date_from: date | None = None,
    date_to: date | None = None,
    statuses: Collection[str] = (),
    codes: Collection[str] = (),
) -> Iterator[dict[str, Any]]:
    """The ledger's rows as documents show them, oldest first."""
    chosen = models.Invoice.objects.filter(connection=connection)
    if date_from is not None:
        chosen = chosen.filter(date__gte=date_from)
    if date_to is not None:
        chosen = chosen.filter(date__lte=date_to)
    found = chosen.order_by("date", "name", "pk").values_list(*_SHOWN, named=True)
    for invoice in found.iterator(chunk_size=_CHUNK):
        row = _row(invoice)
        if statuses and row["status"] not in statuses:
            continue
        if codes and row["code"] not in codes:
            continue
        yield row


def status_of(invoice: models.Invoice) -> str:
    """Which of the five parts an invoice stands in."""
    if invoice.annulled or invoice.deleted or invoice.code in UNDONE:
        return "annulled"
    match invoice.state:
        case State.IN_ESCALA:
            return "in_escala"
        case State.EXCLUDED:
            return "excluded"
        case State.NEEDS_ATTENTION:
            return "needs_attention"
        case _:
            return "failed"


def code_of(invoice: models.Invoice) -> str | None:
    """The reason code; what was not reached or has no certain outcome says so."""
    if invoice.state == State.SENDING:
        return Code.OUTCOME_UNKNOWN.value
    if invoice.state == State.PENDING:
        return invoice.code or Code.NOT_REACHED.value
    return invoice.code or None


def is_open(invoice: models.Invoice) -> bool:
    """Whether a person must still decide or mend something."""
    return invoice.state == State.NEEDS_ATTENTION


def _row(invoice: models.Invoice) -> dict[str, Any]:
    return {
        "invoice": invoice.name,
        "siigo_id": invoice.siigo_id,
        "date": invoice.date.isoformat() if invoice.date else None,
        "customer": invoice.customer,
        "seller": invoice.seller,
        "value": money.to_text(invoice.value),
        "siigo_total": _amount(invoice.siigo_total),
        "currency": invoice.currency,
        "balance": _amount(invoice.balance),
        "status": status_of(invoice),
        "code": code_of(invoice),
        "open": is_open(invoice),
        "deal_id": invoice.deal_id,
        "contact_id": invoice.contact_id or None,
        "candidates": list(invoice.data.get("candidates", [])),
    }


def _amount(text: str) -> str | None:
    """An amount of the document, in its own currency, with two decimals."""
    return money.to_text(Decimal(text)) if text else None
