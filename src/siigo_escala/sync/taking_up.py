"""What a run takes up from the ledger beside what Siigo shows: open rows, and whose credit changed."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.sync import customers, read, sweep, windows
from siigo_escala.sync.read import Item, Progressed
from siigo_escala.sync.session import Session

_WAITING_FOR_DATA = (
    Code.CONTACT_DATA_MISSING,
    Code.CUSTOMER_MISSING,
    Code.CONTACT_REFUSED,
    Code.CUSTOMER_DATA_MISSING,
)
_CHUNK = 1000
_BATCH = 200
"""Rows decided and written together: between two batches a long run may give way to others."""


def open_rows(session: Session, progressed: Progressed) -> Iterator[list[Item]]:
    """Rows of the ledger that this run decides although Siigo's windows did not show them."""
    rows = models.Invoice.objects.filter(connection=session.connection)
    if session.options.kind == "retry":
        if not session.options.invoices:
            yield from read.one_by_one(session, rows.filter(due=True))
        return
    wanted = []
    affected = rows.filter(siigo_id__in=progressed.affected)
    if session.options.by_dates and not session.dry:
        # Those of other days are the next ordinary run's: this one counts its span alone.
        with session.ledger():
            affected.update(due=True)
    elif progressed.affected and session.options.ordinary:
        wanted.append(affected)
    if session.options.ordinary:
        wanted.append(rows.filter(due=True))
    for chosen in wanted:
        keys = not_read(session, chosen)
        for start in range(0, len(keys), _BATCH):
            batch = list(rows.filter(pk__in=keys[start : start + _BATCH]).order_by("-date", "pk"))
            progressed.from_ledger |= {row.siigo_id for row in batch}
            yield read.from_ledger(session, batch)


def not_read(session: Session, rows: QuerySet[models.Invoice]) -> list[int]:
    """The keys of those rows that this run has not read in Siigo, newest first."""
    listed = rows.order_by("-date", "pk").values_list("pk", "siigo_id").iterator(chunk_size=_CHUNK)
    return [key for key, siigo_id in listed if session.tally.column(siigo_id) is None]


def refresh_customers(session: Session) -> None:
    """Changed customers are asked for while an invoice waits for their data, in the sweep, or by a person."""
    waiting = models.Invoice.objects.filter(connection=session.connection, due=True)
    if session.options.kind == "retry":
        if session.options.invoices:
            waiting = waiting.filter(name__in=session.options.invoices)
        customers.each(session, sorted(set(waiting.values_list("customer_id", flat=True)) - {""}))
        return
    mark = session.connection.invoices_mark
    if mark is None:
        return
    if sweep.is_due(session):
        # Before the batches: an invoice of today is to find the customer as he is today.
        mark = min(mark, windows.day_start(session, session.connection.sweep_day or mark.date()))
    elif not waiting.filter(code__in=_WAITING_FOR_DATA).exists():
        return
    customers.changed_since(session, mark - windows.OVERLAP)
