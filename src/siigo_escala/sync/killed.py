"""What a run that was killed had reached, counted from its events: it never came to write its document."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from siigo_escala.domain import money
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Run
from siigo_escala.sync.account import COLUMNS, Column

_COLUMN_OF: dict[str, Column] = {
    "created": "created",
    "settled": "created",
    "invoiced": "created",
    "updated": "updated",
    "adopted": "unchanged",
}
"""What an event of a run says of its record; what a run found as it should be leaves none."""


def document_of(run: Run, *, going: bool = False) -> dict[str, Any]:
    """The document of a run, with what it made where it was killed; as it stands where it goes on."""
    document = dict(run.document)
    if going or run.exit_code is not None or not document or not _is_last(run):
        return document
    return counted(run)


def counted(run: Run) -> dict[str, Any]:
    """The document of a killed run with its counts and pesos: every record it is known to have dealt with."""
    back = run.connection.direction == "opportunities_to_invoices"
    counts: dict[str, int] = dict.fromkeys(("read", *COLUMNS), 0)
    sums = dict.fromkeys(("read", *COLUMNS), Decimal(0))
    found: dict[int, set[Column]] = {}
    worth: dict[int, Decimal] = {}
    for record, kind, value in _events(run, back=back):
        found.setdefault(record, set()).add(_COLUMN_OF[kind])
        worth[record] = value
    for record, columns in found.items():
        value = worth[record]
        for key in ("read", min(columns, key=COLUMNS.index)):
            counts[key] += 1
            sums[key] += value
    document: dict[str, Any] = run.document
    return document | {
        "opportunities" if back else "invoices": counts,
        "value": {key: money.to_text(value) for key, value in sums.items()},
    }


def keep_last(connection: Connection) -> None:
    """The next run begins: what the one before it had reached, where it was killed, is kept with it."""
    last = Run.objects.filter(connection=connection).order_by("-pk").first()
    if last is not None and last.exit_code is None and last.document:
        Run.objects.filter(pk=last.pk).update(document=counted(last))


def _is_last(run: Run) -> bool:
    """Whether no run began after it: those before were counted when the next one began."""
    return not Run.objects.filter(connection_id=run.connection_id, pk__gt=run.pk).exists()


def _events(run: Run, *, back: bool) -> Iterable[tuple[int, str, Any]]:
    if back:
        return models.OpportunityEvent.objects.filter(
            opportunity__connection=run.connection, run=run.pk, kind__in=_COLUMN_OF
        ).values_list("opportunity_id", "kind", "opportunity__value")
    return models.InvoiceEvent.objects.filter(
        invoice__connection=run.connection, run=run.pk, kind__in=_COLUMN_OF
    ).values_list("invoice_id", "kind", "invoice__value")
