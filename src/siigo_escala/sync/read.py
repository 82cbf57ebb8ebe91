"""Reading Siigo into the ledger: what each row becomes there.

Every row read is kept by its Siigo id; an unchanged one costs nothing more. The mark up to which everything
was read moves only after the last page, and follows Siigo's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from siigo_escala.domain import money, records, stripped
from siigo_escala.domain.accounting import CreditNote, Invoice, InvoiceId, Unreadable
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied, NotFound, RemoteError, TryLater, UnexpectedAnswer
from siigo_escala.siigo.client import Page
from siigo_escala.store import models
from siigo_escala.sync import let_in, windows
from siigo_escala.sync.ahead import ahead
from siigo_escala.sync.session import Session
from siigo_escala.sync.windows import Window

FIRST_PAGES = 5
"""The first batch, from which the plan is told; later ones are a page each, decided while the one before is
written. So many pages are read ahead, too.
"""
_LARGEST_ID = 2**63
_FIELDS = [
    "name", "date", "created", "customer", "customer_id", "seller", "value", "siigo_total", "currency",
    "balance", "due_date", "annulled", "deleted", "credited", "record", "digest", "seen_run", "applied",
    "updated_at",
]  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Item:
    """An invoice of this run: its row in the ledger (unsaved in a dry run) and the record it was read as."""

    row: models.Invoice
    invoice: Invoice
    asked_for: bool = False
    amounts: tuple[Decimal | None, Decimal | None] | None = None
    """Its value as the rules choose it, and its total, in pesos; None: nobody has asked yet."""


@dataclass(slots=True, kw_only=True)
class Progressed:
    """What reading has come to: totals for the plan, and whether each part was read to its end."""

    expected: int = 0
    read: int = 0
    complete: bool = True
    notes_read: bool = False
    found_names: set[str] = field(default_factory=set)
    affected: set[str] = field(default_factory=set)
    """Siigo ids of invoices that a credit note read in this run concerns."""
    from_ledger: set[str] = field(default_factory=set)
    """Siigo ids that this run decides without having seen them in Siigo."""


def batches(session: Session, asked: Sequence[Window], progressed: Progressed) -> Iterator[list[Item]]:
    """The invoices of these windows, in batches, each upserted in the ledger; read ahead by one batch."""
    batch: list[Item] = []
    # Within one window the client itself gives nothing twice.
    seen: set[str] | None = set() if len(asked) > 1 else None
    announced = 0
    with ahead(_pages(session, asked), items=FIRST_PAGES) as coming:
        for pages, (window, page) in enumerate(coming, start=1):
            session.check_stop()
            if session.siigo_now is None:
                session.siigo_now = page.server_date
            if page.number == 1:
                announced = page.total or 0
                progressed.expected += announced
            announced -= len(page.records)
            fresh = list(_wanted(session, window, page, seen, progressed))
            # What came and is not wanted, and at the end what was announced and did not come, is not to come.
            progressed.expected -= len(page.records) - len(fresh)
            if page.is_last:
                progressed.expected -= announced
                progressed.complete = progressed.complete and page.complete
            batch += merge(session, fresh, asked_for=window.asked_for)
            progressed.from_ledger.difference_update(invoice.id for invoice in fresh)
            progressed.read += len(fresh)
            session.tell("siigo", progressed.read, progressed.expected or None)
            if pages >= FIRST_PAGES and batch:
                yield batch
                batch = []
    if batch:
        yield batch


def merge(
    session: Session, invoices: Sequence[Invoice], *, asked_for: bool = False, noticed: bool = False
) -> list[Item]:
    """Upserts invoices in the ledger by their Siigo id; an unchanged one is not written.

    `noticed`: known invoices that no list showed; nothing asks for them a second time, so an annulled one is
    due until it is decided, whatever ends this run.
    """
    if not invoices:
        return []
    connection = session.connection
    ids = [invoice.id for invoice in invoices]
    known = {
        row.siigo_id: row
        for row in models.Invoice.objects.filter(connection=connection, siigo_id__in=ids).select_related(None)
    }
    notes = credited(session, ids)
    items: list[Item] = []
    made: list[models.Invoice] = []
    changed: list[models.Invoice] = []
    for invoice in invoices:
        row = known.get(invoice.id)
        fresh = row is None
        if row is None:
            row = models.Invoice(
                connection=connection,
                escala_id=connection.escala_id,
                siigo_id=invoice.id,
                state=models.State.PENDING,
            )
        news = asked_for and let_in.mark(session, row, invoice) and row.due
        if _fill(session, row, invoice, notes=notes.get(invoice.id, ())) or news:
            (made if fresh else changed).append(row)
        items.append(Item(row=row, invoice=invoice, asked_for=asked_for))
    due = noticed and any(row.annulled for row in changed)
    if due:
        for row in changed:
            row.due = True
    if not session.dry and (made or changed):
        with session.ledger():
            _insert(session, made)
            models.save_rows(changed, [*_FIELDS, "due"] if due else _FIELDS)
    return items


def _insert(session: Session, rows: Sequence[models.Invoice]) -> None:
    """Puts new rows into the ledger; they then know their keys."""
    models.insert_rows(rows)
    keys = dict(
        models.Invoice.objects.filter(
            connection=session.connection, siigo_id__in=[row.siigo_id for row in rows]
        ).values_list("siigo_id", "pk")
    )
    for row in rows:
        row.pk = keys[row.siigo_id]


def from_ledger(session: Session, rows: Iterable[models.Invoice], *, asked_for: bool = False) -> list[Item]:
    """Rows taken up from the ledger, without a call, valued by today's rules and credit notes."""
    items = [Item(row=row, invoice=records.to_invoice(row.record), asked_for=asked_for) for row in rows]
    notes = credited(session, [item.row.siigo_id for item in items])
    for item in items:
        deleted = item.row.deleted
        _fill(session, item.row, item.invoice, notes=notes.get(item.row.siigo_id, ()))
        item.row.deleted = deleted
    return items


def one_by_one(session: Session, rows: QuerySet[models.Invoice]) -> Iterator[list[Item]]:
    """Rows of the ledger, each read again in Siigo: what a person asked to be tried anew."""
    batch: list[Item] = []
    for row in rows.order_by("-date", "pk"):
        session.check_stop()
        try:
            invoice = session.siigo.invoice(InvoiceId(row.siigo_id))
        except NotFound:
            batch.append(gone(session, row))
            continue
        except UnexpectedAnswer:
            session.tally.put(
                row.siigo_id, "failed", value=row.value, name=row.name, code=Code.UNEXPECTED_ANSWER
            )
            continue
        batch += merge(session, [invoice], asked_for=True)
    if batch:
        yield batch


def gone(session: Session, row: models.Invoice) -> Item:
    """A row whose invoice Siigo does not have any more: asked for by id, it answered 404."""
    # Nothing asks for it a second time: until it is decided it is due, whatever ends this run.
    row.deleted = row.due = True
    if not session.dry:
        with session.ledger():
            models.save_rows([row], ["deleted", "due"])
    return from_ledger(session, [row])[0]


def credited(session: Session, ids: Sequence[str]) -> dict[str, list[models.CreditNote]]:
    """The credit notes of each of these invoices."""
    found: dict[str, dict[str, models.CreditNote]] = {}
    notes = models.CreditNote.objects.filter(connection=session.connection, invoice_siigo_id__in=ids)
    for note in notes.order_by("pk"):
        found.setdefault(note.invoice_siigo_id, {})[note.siigo_id] = note
    for invoice_id in session.notes_unsaved.keys() & set(ids):
        found.setdefault(invoice_id, {}).update(session.notes_unsaved[invoice_id])
    return {invoice_id: list(known.values()) for invoice_id, known in found.items()}


def credit_notes(session: Session, progressed: Progressed) -> None:
    """Reads the credit notes since the last complete read of them.

    A Siigo that does not give them is a warning, no failure; what was missed is read when it does.
    """
    connection, options = session.connection, session.options
    if options.invoices or options.kind == "retry":
        return
    if options.by_dates:
        moment = windows.day_start(session, options.date_from or windows.EVER)
    elif connection.notes_mark is None:
        moment = windows.day_start(session, connection.start)
    else:
        moment = connection.notes_mark - windows.OVERLAP
    complete = False
    try:
        for page in session.siigo.credit_notes(created_start=moment):
            session.check_stop()
            if session.siigo_now is None:
                session.siigo_now = page.server_date
            _keep_notes(session, list(_told_notes(session, page.records)), progressed)
            complete = page.is_last and page.complete
    except RemoteError as problem:
        if isinstance(problem, AccessDenied) and problem.status != 403:
            raise
        if isinstance(problem, TryLater) and problem.retry_after_s is not None:
            raise
        denied = isinstance(problem, AccessDenied)
        why = "este usuario no tiene permiso" if denied else problem.message
        session.tally.note(Code.CREDIT_NOTES_UNREADABLE, {"why": why})
        return
    progressed.notes_read = complete


def move_mark(session: Session, started: datetime, progressed: Progressed) -> None:
    """Everything before `started` (Siigo's clock) has been read."""
    if session.dry:
        return
    connection = session.connection
    connection.invoices_mark = started
    if progressed.notes_read:
        connection.notes_mark = started
    with session.ledger():
        connection.save(update_fields=["invoices_mark", "notes_mark"])


def _pages(session: Session, asked: Sequence[Window]) -> Iterator[tuple[Window, Page[Invoice | Unreadable]]]:
    for window in asked:
        # Whether the end of a span is inclusive, and whose midnight it means, is unknown: a day more on
        # each side is asked for and left out again here (docs/reference/siigo-api.md, section 3.1).
        start = window.span[0] - timedelta(days=1) if window.span else None
        end = min(window.span[1], windows.LAST) + timedelta(days=1) if window.span else None
        today = session.now().astimezone(session.zone).date()
        for page in session.siigo.invoices(
            created_start=window.created_start,
            updated_start=window.updated_start,
            date_start=start,
            date_end=end if end is not None and end <= today else None,
            name=window.name,
        ):
            yield window, page


def _wanted(
    session: Session,
    window: Window,
    page: Page[Invoice | Unreadable],
    seen: set[str] | None,
    progressed: Progressed,
) -> Iterator[Invoice]:
    """The page's invoices that belong to the window, each once in this run."""
    for record in page.records:
        if isinstance(record, Unreadable):
            session.tally.put_unreadable()
            continue
        if seen is not None and record.id in seen:
            continue
        if window.name is not None and record.name != window.name:
            continue
        if window.span is not None and not windows.holds(session, window, record):
            continue
        if seen is not None:
            seen.add(record.id)
        if session.options.invoices:
            progressed.found_names.add(record.name)
        yield record


def _fill(
    session: Session, row: models.Invoice, invoice: Invoice, *, notes: Sequence[models.CreditNote]
) -> bool:
    """Takes over what was read; True where anything differs from what the row held."""
    whole = record = records.from_invoice(invoice)
    if invoice.created is None and "created" in row.record:
        # Lists sometimes lack the moment of creation; it does not change.
        record["created"] = row.record["created"]
    erased = session.erased.covers_text(invoice.customer_identification)
    if erased:
        record = stripped.invoice(whole)
    value = money.value_of(invoice, session.file.opportunities.value) or Decimal(0)
    if invoice.annulled and not value:
        # Some annulled invoices show 0: they count with the value they had.
        value = row.value or value
    for one in notes:
        if one.amount and not one.value and one.currency != (invoice.currency and invoice.currency.code):
            # Neither its own rate is known nor may its invoice's serve.
            session.tally.note(Code.CREDIT_NOTE_UNREADABLE, {"note": one.name}, invoice=invoice.name)
    credit = money.taken_off(((one.value, one.currency, one.amount) for one in notes), invoice, value)
    same = row.record == record and row.value == value and row.credited == credit and not row.deleted
    if same and row.pk is not None:
        return False
    row.name = invoice.name[:200]
    row.date = invoice.date
    row.created = invoice.created or row.created
    row.customer = "" if erased else invoice.customer_identification[:100]
    row.customer_id = (invoice.customer_id or "")[:100]
    row.seller = invoice.seller if abs(invoice.seller or 0) < _LARGEST_ID else None
    row.value = value
    row.siigo_total = "" if invoice.total is None else str(invoice.total)[:40]
    row.currency = invoice.currency.code[:10] if invoice.currency else session.file.currency
    row.balance = "" if invoice.balance is None else str(invoice.balance)[:40]
    row.due_date = invoice.due_date
    row.annulled = invoice.annulled
    row.deleted = False
    row.credited = credit
    if row.record != record or not row.digest:
        # Of the whole record, whatever of it is kept: an erased customer is no edited invoice.
        digest = records.digest(whole)
        row.record, row.digest = record, session.erased.digest(digest) if erased else digest
    row.updated_at = session.now()
    return True


def _told_notes(session: Session, records: Sequence[CreditNote | Unreadable]) -> Iterator[CreditNote]:
    """The notes whose amount was read; of each other one a person is told."""
    for note in records:
        if isinstance(note, Unreadable):
            session.tally.note(Code.CREDIT_NOTE_UNREADABLE)
        elif note.total is not None and money.is_amount(note.total):
            yield note
        elif note.invoice_id is not None:
            session.tally.note(Code.CREDIT_NOTE_UNREADABLE, {"note": note.name})


def _keep_notes(session: Session, notes: Sequence[CreditNote], progressed: Progressed) -> None:
    rows = [
        models.CreditNote(
            connection=session.connection,
            siigo_id=note.id,
            name=note.name[:200],
            date=note.date,
            invoice_siigo_id=note.invoice_id,
            value=money.pesos(note.total, note.currency),  # type: ignore[misc]  # a CentsField takes Decimal
            currency=note.currency.code[:10] if note.currency else "",
            amount=money.pesos(note.total, None) if note.currency else Decimal(0),
        )
        for note in {note.id: note for note in notes}.values()
        if note.invoice_id is not None and note.total is not None
    ]
    known = {
        siigo_id: kept
        for siigo_id, *kept in models.CreditNote.objects.filter(
            connection=session.connection, siigo_id__in=[row.siigo_id for row in rows]
        ).values_list("siigo_id", "value", "amount")
    }
    fresh = [row for row in rows if known.get(row.siigo_id) != [row.value, row.amount]]
    progressed.affected |= {row.invoice_siigo_id for row in fresh}
    if session.dry:
        for row in fresh:
            unsaved = session.notes_unsaved.setdefault(row.invoice_siigo_id, {})
            unsaved[row.siigo_id] = row
        return
    if fresh:
        with session.ledger():
            models.CreditNote.objects.bulk_create(
                fresh,
                update_conflicts=True,
                unique_fields=["connection", "siigo_id"],
                update_fields=["name", "date", "invoice_siigo_id", "value", "currency", "amount"],
            )
            # Whatever ends this run before it decides them: a note that is stored is read as new no more.
            models.Invoice.objects.filter(
                connection=session.connection, siigo_id__in={row.invoice_siigo_id for row in fresh}
            ).update(due=True)
