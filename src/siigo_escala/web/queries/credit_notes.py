"""Credit notes in pesos as their invoices count them, so that a page's figures agree with each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, Sum

from siigo_escala.domain import money, records
from siigo_escala.domain.accounting import Currency
from siigo_escala.domain.accounting import Invoice as Record
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice
from siigo_escala.web.told import Amount

CHUNK = 500
_IN_PESOS = Q(currency="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A credit note of an invoice."""

    name: str
    date: date | None
    value: Decimal


def of_invoice(company: Connection, invoice: Invoice, record: Record | None) -> list[Noted]:
    """Its notes, the first one first; `record`: the invoice as it was read."""
    currency = record.currency if record is not None else None
    found = models.CreditNote.objects.filter(connection=company, invoice_siigo_id=invoice.siigo_id)
    return [
        Noted(name=one.name, date=one.date, value=_value(one, currency)) for one in found.order_by("date")
    ]


def in_span(company: Connection, date_from: date | None, date_to: date | None) -> Amount:
    """Those of the span: told beside the sum of the invoices, no part of it."""
    found = models.CreditNote.objects.filter(connection=company)
    if date_from is not None:
        found = found.filter(date__gte=date_from)
    if date_to is not None:
        found = found.filter(date__lte=date_to)
    sums = found.aggregate(count=Count("*"), value=Sum("value", filter=_IN_PESOS))
    # Only these may count by another rate than their own, so only their invoices are looked at.
    foreign = list(found.exclude(_IN_PESOS))
    currencies = _currencies(company, {one.invoice_siigo_id for one in foreign})
    others = (_value(one, currencies.get(one.invoice_siigo_id)) for one in foreign)
    return Amount(count=sums["count"], value=sum(others, Decimal(sums["value"] or 0)))


def by_total(company: Connection) -> bool:
    """Whether the rules count invoices by their total, as notes are told; else notes take off a share."""
    found: bool = company.file.get("opportunities", {}).get("value", "total") == "total"
    return found


def _value(note: models.CreditNote, currency: Currency | None) -> Decimal:
    return money.noted(note.value, note.currency, note.amount, currency)


def _currencies(company: Connection, invoices: Collection[str]) -> dict[str, Currency | None]:
    """The currency of each of these invoices, by its id in Siigo."""
    ids, found = sorted(invoices), {}
    for start in range(0, len(ids), CHUNK):
        rows = models.Invoice.objects.filter(connection=company, siigo_id__in=ids[start : start + CHUNK])
        for siigo_id, record in rows.values_list("siigo_id", "record"):
            if record.get("id"):
                found[siigo_id] = records.to_invoice(record).currency
    return found
