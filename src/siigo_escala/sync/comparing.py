"""What the invoices of the last days would have become by other rules: from stored data, and none happens.

Beside what will happen (foretelling.py) it shows a change on sales that a person remembers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from siigo_escala.domain import planning, records
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.domain.mapping import customer_to_contact, invoice_to_deal
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection
from siigo_escala.sync.foretelling import Side

DAYS = 90
MOST = 5000
"""So many invoices are compared, the newest: a screen waits for it."""
_CHUNK = 500
Shown = str | Decimal | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of one invoice. `key`: "goes" (in, or the code that leaves it out), or a part of the deal."""

    siigo_id: str
    invoice: str
    key: str
    before: Shown
    after: Shown


@dataclass(slots=True, kw_only=True)
class Compared:
    """`outside`: in today, left out by the other rules; not counted among the `different`."""

    total: int = 0
    same: int = 0
    different: int = 0
    outside: int = 0
    cut: bool = False
    differences: list[Difference] = field(default_factory=list)


def compare(connection: Connection, old: Side, new: Side, *, today: date, most: int) -> Compared:
    """Every invoice of the last days by both sides; the first `most` differences, newest invoice first."""
    rows = (
        models.Invoice.objects.filter(
            connection=connection, date__gt=today - timedelta(days=DAYS), deleted=False
        )
        .exclude(record={})
        .defer("intent")
        .order_by("-date", "-pk")
    )
    found = list(rows[: MOST + 1])
    made = Compared(cut=len(found) > MOST)
    names = _customers(connection, found) if _varies(old, new) else {}
    sellers = {one["id"]: one["name"] for one in connection.siigo.sellers}
    for row in found[:MOST]:
        invoice = records.to_invoice(row.record)
        was, will = _shape(row, invoice, old), _shape(row, invoice, new)
        if names and was["goes"] is True is will["goes"]:
            for shape, one in ((was, old), (will, new)):
                shape["description"] = invoice_to_deal.filled(
                    one.file.opportunities.description,
                    invoice,
                    customer_name=names.get(row.customer_id, ""),
                    seller_name=sellers.get(invoice.seller or 0, ""),
                )
        made.total += 1
        if was == will:
            made.same += 1
            continue
        if was["goes"] is True and will["goes"] is not True:
            made.outside += 1
        else:
            made.different += 1
        for key in ("goes",) if was["goes"] != will["goes"] else dict.fromkeys([*was, *will]):
            if was.get(key) != will.get(key) and len(made.differences) < most:
                made.differences.append(
                    Difference(
                        siigo_id=row.siigo_id,
                        invoice=row.name,
                        key=key,
                        before=was.get(key),
                        after=will.get(key),
                    )
                )
    return made


def _shape(row: models.Invoice, invoice: Invoice, side: Side) -> dict[str, Shown]:
    """What an invoice is by these rules."""
    subject = side.subject(row, invoice)
    wanted = side.file.opportunities
    screened = planning.screen(subject, side.rules)
    if screened is not None:
        shape: dict[str, Shown] = {"goes": screened.code}
        if row.deal_id is not None and invoice.annulled:
            shape["on_annulled"] = wanted.on_annulled
        return shape
    if row.code == Code.POSSIBLE_TWIN and row.deal_id is None and wanted.possible_twins == "hold":
        return {"goes": Code.POSSIBLE_TWIN}
    return {
        "goes": True,
        "stage": f"{wanted.pipeline} › {wanted.stage}",
        "owner": side.owners.get(invoice.seller or 0) or wanted.default_owner or UNASSIGNED,
        "value": planning.value_to_show(subject, side.rules),
        "products": wanted.products,
        "mark": wanted.mark,
        "number_field": wanted.number_field,
        "date_field": wanted.date_field,
        "due_field": wanted.due_field,
    }


def _varies(old: Side, new: Side) -> bool:
    return old.file.opportunities.description != new.file.opportunities.description


def _customers(connection: Connection, rows: Sequence[models.Invoice]) -> dict[str, str]:
    ids = sorted({row.customer_id for row in rows})
    names: dict[str, str] = {}
    for start in range(0, len(ids), _CHUNK):
        known = models.KnownCustomer.objects.filter(
            company_id=connection.siigo_id, siigo_id__in=ids[start : start + _CHUNK]
        )
        names |= {
            one.siigo_id: customer_to_contact.display_name(records.to_customer(one.record))
            for one in known.exclude(record={})
        }
    return names
