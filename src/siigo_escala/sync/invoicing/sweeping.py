"""The sweep of this direction: an invoice of ours that was annulled, deleted or credited in Siigo since.

Told once, and never made again by itself. Due like the sweep of the other direction: once a local day, the
last 35 days and a thirtieth of the year before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from siigo_escala.domain import money
from siigo_escala.domain.accounting import CreditNote, Invoice, InvoiceId
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied, NotFound, RemoteError, TryLater, UnexpectedAnswer
from siigo_escala.store.models import Opportunity
from siigo_escala.sync import sweep
from siigo_escala.sync.invoicing import watching
from siigo_escala.sync.invoicing.journal import LONGEST_STAMP, Journal
from siigo_escala.sync.invoicing.work import Seen
from siigo_escala.sync.session import Session

Undone = Literal["annulled", "deleted", "credited"]
_HOW: Mapping[Undone, str] = {
    "annulled": "se anuló",
    "deleted": "ya no está",
    "credited": "tiene nota crédito por el total",
}
_PARTLY = "part "
"""So begins what a row keeps of an invoice that stands in part; how much was credited follows."""
_LONGEST = 20
_MARGIN = timedelta(days=2)
"""An invoice's own day and the moment at which we knew of it may differ by so much."""


def is_due(session: Session) -> bool:
    """Whether this run is to sweep."""
    options, connection = session.options, session.connection
    if options.kind != "sync" or options.opportunities or options.by_dates:
        return False
    if options.sweep is not None:
        return options.sweep
    return options.ordinary and connection.sweep_day != sweep.today(session)


def go(session: Session, journal: Journal, known: Mapping[str, Seen]) -> int:
    """Sweeps; how many calls it took. `known`: what this run has looked at already, by deal."""
    before = session.calls.siigo + session.calls.escala
    session.tell("settle")
    broken: list[tuple[date, date]] = []
    for span in sweep.days(session):
        rows = {str(row.siigo_id): row for row in _bound(session, span)}
        for row, how in _found(session, span, rows, broken):
            _note(session, journal, row, how, known)
    journal.flush()
    if not broken:
        sweep.done(session)
    return session.calls.siigo + session.calls.escala - before


def _found(
    session: Session,
    span: tuple[date, date],
    rows: Mapping[str, Opportunity],
    broken: list[tuple[date, date]],
) -> Iterator[tuple[Opportunity, Undone | Decimal]]:
    """Those of these rows whose invoice does not stand any more, or not whole: how much was credited.

    `broken` gets the span where Siigo did not show all of it: it is read again by the next run.
    """
    if not rows:
        return
    credited = _credited(session, span)
    seen: set[str] = set()
    complete = False
    pages = session.siigo.invoices(date_start=span[0] - _MARGIN, date_end=span[1] + _MARGIN)
    for page in pages:
        session.check_stop()
        session.siigo_now = session.siigo_now or page.server_date
        complete = page.complete
        for one in page.records:
            if not isinstance(one, Invoice) or one.id not in rows:
                continue
            seen.add(one.id)
            _stamped(session, rows[one.id], one.stamp[:LONGEST_STAMP])
            notes = credited.get(one.id, [])
            if one.annulled:
                yield rows[one.id], "annulled"
            elif notes:
                whole = money.is_credited_whole(notes, one)
                yield rows[one.id], "credited" if whole else money.credited(notes, one)
    if not complete:
        broken.append(span)
        return
    for siigo_id in sorted(set(rows) - seen):
        # Lists may leave out what was annulled: only the question by id tells it from what was deleted.
        if rows[siigo_id].undone in ("annulled", "deleted") or not sweep.may_ask(session):
            continue
        how = _gone(session, siigo_id)
        if how is not None:
            yield rows[siigo_id], how


def _stamped(session: Session, row: Opportunity, stamp: str) -> None:
    """Somebody has sent the draft to the DIAN since, or it has answered."""
    if row.stamp == stamp or session.dry:
        return
    row.stamp = stamp
    with session.ledger():
        Opportunity.objects.filter(pk=row.pk, siigo_id=row.siigo_id).update(stamp=stamp)


def _gone(session: Session, siigo_id: str) -> Undone | None:
    """What became of an invoice that its days do not show; None: it stands."""
    try:
        invoice = session.siigo.invoice(InvoiceId(siigo_id))
    except NotFound:
        return "deleted"
    except UnexpectedAnswer:
        return None
    return "annulled" if invoice.annulled else None


def _credited(session: Session, span: tuple[date, date]) -> Mapping[str, list[CreditNote]]:
    """Credit notes since, by the Siigo id of their invoice; a Siigo that gives none is told."""
    begin = datetime.combine(span[0], time.min, session.zone) - _MARGIN
    found: defaultdict[str, list[CreditNote]] = defaultdict(list)
    try:
        for page in session.siigo.credit_notes(created_start=begin):
            for note in page.records:
                if isinstance(note, CreditNote) and note.invoice_id is not None:
                    found[note.invoice_id].append(note)
    except RemoteError as problem:
        denied = isinstance(problem, AccessDenied)
        if (denied and problem.status != 403) or (isinstance(problem, TryLater) and problem.retry_after_s):
            raise
        why = "este usuario no tiene permiso" if denied else problem.message
        session.tally.note(Code.CREDIT_NOTES_UNREADABLE, {"why": why})
    return found


def _note(
    session: Session, journal: Journal, row: Opportunity, how: Undone | Decimal, known: Mapping[str, Seen]
) -> None:
    if isinstance(how, Decimal):
        # Another note takes more: told anew.
        undone, code = f"{_PARTLY}{money.to_text(how)}"[:_LONGEST], Code.INVOICE_CREDITED_PARTLY
        data = {"made": row.invoice, "credited": money.to_text(how)}
    else:
        undone, code = how, Code.INVOICE_UNDONE
        data = {"made": row.invoice, "how": _HOW[how]}
    if row.undone == undone:
        return  # told before; a person has answered, or it still waits
    seen = known.get(row.deal_id) or next(iter(watching.of_rows(session, [row])))
    seen.row.undone, seen.row.stamp = undone, row.stamp
    journal.decided(seen, NeedsAttention(code=code, data=data))


def _bound(session: Session, span: tuple[date, date]) -> list[Opportunity]:
    begin, end = (datetime.combine(day, time.min, session.zone) for day in span)
    return list(
        Opportunity.objects.filter(
            connection=session.connection,
            siigo_id__isnull=False,
            invoiced_at__gte=begin,
            # What this run has made stands: nobody has had the time to undo it.
            invoiced_at__lt=min(end + timedelta(days=1), session.started),
        )
    )
