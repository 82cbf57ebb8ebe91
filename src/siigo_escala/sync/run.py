"""A run: read, decide, apply, settle, account. Safe to kill anywhere, safe to call again.

Rows are counted as not reached when they are read and move on from there, so the account holds whatever
ends the run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import DatabaseError

from siigo_escala.config import memory
from siigo_escala.domain.planning import Create, Update
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.store import causes, models, retention
from siigo_escala.store import lease as leases
from siigo_escala.store.errors import LeaseLost
from siigo_escala.store.models import State
from siigo_escala.sync import (
    access,
    aftermath,
    apply,
    decide,
    document,
    drafts,
    look,
    plan,
    read,
    run_row,
    sellers,
    settle,
    sweep,
    taking_up,
    unreached,
    windows,
)
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.opening import Opened, as_stored, open_session
from siigo_escala.sync.read import Item, Progressed
from siigo_escala.sync.session import Declined, Listener, Options, Session, Stopped
from siigo_escala.sync.step import Step
from siigo_escala.sync.windows import Window
from siigo_escala.sync.writer import Writer

_ROUNDS = 5
"""How often the end of a run looks up writes without outcome and tries again: a merged contact takes four."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run ended: the document of contract.md and the exit code."""

    document: dict[str, Any]
    exit_code: int
    left_out: dict[str, int] = field(default_factory=dict)
    """How many are excluded by each reason code."""
    gave_way: bool = False
    """It left something to be made, because others wait for their turn: the same again, soon."""


@dataclass(slots=True, kw_only=True)
class _Course:
    """The run's own state while it goes on."""

    session: Session
    progressed: Progressed = field(default_factory=Progressed)
    settlement: settle.Settlement
    writer: Writer
    plan: dict[str, Any] | None = None
    sweep_calls: dict[str, int] = field(default_factory=dict)
    sweep_cost: int = 0
    sweep_done: bool = False
    unread: bool = False
    """A list of Siigo's changed while it was read in the sweep, which stays due."""
    taken_up: int = 0
    read_done: int = 0
    """Invoices read in Siigo that were decided."""


def run(
    opened: Opened,
    options: Options,
    listener: Listener,
    *,
    now: Callable[[], datetime],
    wait_s: float | None = 0.0,
) -> Result:
    """One synchronisation of one connection. LeaseTaken where another run holds it longer than `wait_s`."""
    access.must_probe(opened.connection, dry=options.dry_run, now=now())
    lease = None if options.dry_run else leases.take(opened.connection, wait_s=wait_s)
    try:
        # Once more under the lease: another run may have paused the connection, or resumed it, and whoever
        # waited for it may have waited through a change of rules or of direction.
        opened = as_stored(opened)
        probing = access.must_probe(opened.connection, dry=options.dry_run, now=now())
        session = open_session(opened, options, listener, lease=lease, now=now, probing=probing)
        try:
            if not session.dry:
                run_row.begin(session)
            with structlog.contextvars.bound_contextvars(
                connection=session.connection.name, run=session.run_id
            ):
                return _recorded(session, probing=probing)
        finally:
            session.close()
    finally:
        if lease is not None:
            lease.release()


def _recorded(session: Session, *, probing: bool) -> Result:
    course = _Course(session=session, settlement=settle.Settlement(session=session), writer=Writer(session))
    code = _guarded(course, probing=probing)
    if code == 0 and session.tally.open:
        code = 1
    finished = session.now()
    plan_told = course.plan or session.plan
    printed = document.of(
        session, finished, plan=plan_told, sweep_done=course.sweep_done, sweep_calls=course.sweep_cost
    )
    run_row.keep(session, printed, finished=finished, exit_code=code)
    if course.sweep_done and not session.dry and not session.listener.stop.is_set():
        # Once a local day; the earlier of two clocks, lest a wrong one takes away what is not old.
        moment = min(session.now(), session.siigo_now or session.now())
        retention.once_a_day(home=session.environment.home, now=moment)
    return Result(
        document=printed, exit_code=code, left_out=session.tally.left_out(), gave_way=session.gave_way
    )


def _guarded(course: _Course, *, probing: bool) -> int:
    """Runs to the end or to what ends it; the exit code but for 1."""
    session = course.session
    try:
        if probing:
            aftermath.probe(session)
        if session.invoicing:
            # A tenth of what a start takes, for the one direction that needs it.
            from siigo_escala.sync.invoicing import run as invoicing  # noqa: PLC0415 - see above

            swept = invoicing.go(session)
            course.sweep_done, course.sweep_cost = swept is not None, swept or 0
        else:
            with course.writer:
                _course(course)
    except Declined:
        return 0
    except (Stopped, KeyboardInterrupt):
        return 130
    except AccessDenied as problem:
        aftermath.refused(session, problem)
        return 3
    except RemoteError as problem:
        code = Code.SIIGO_UNREACHABLE if problem.system == "siigo" else Code.ESCALA_UNREACHABLE
        session.tally.note(code, {"why": problem.message})
        return 4
    except LeaseLost:
        session.tally.note(Code.RUN_IN_PROGRESS)
        return 5
    except (DatabaseError, OSError) as problem:
        log.error("storage failed", run=session.run_id, exc_info=problem)
        session.tally.note(Code.STORAGE_FAILED, {"why": causes.in_spanish(problem)})
        return 2
    if course.unread or not course.progressed.complete:
        session.tally.note(Code.SIIGO_UNREACHABLE, {"why": "su lista cambió mientras se leía"})
        return 4
    if not session.dry:
        aftermath.succeeded(session)
    return 0


def _course(course: _Course) -> None:
    session, progressed = course.session, course.progressed
    session.tell("siigo")
    _settle_first(course)
    read.credit_notes(session, progressed)
    asked = windows.of_run(session)
    taking_up.refresh_customers(session)
    _in_batches(course, asked)
    _names_not_found(session, progressed)
    if session.options.by_dates or session.first:
        _span_is_swept(course, [window.span for window in asked if window.span])
    if sweep.is_due(session):
        _sweep(course)
    _finish(course)
    if session.options.ordinary and progressed.complete and session.options.kind == "sync":
        first = session.first
        read.move_mark(session, session.siigo_now or session.started, progressed)
        if first:
            sweep.done(session)
    session.tell("done")


def _settle_first(course: _Course) -> None:
    """A successor settles before it sends anything."""
    session = course.session
    if session.dry or look.oldest_intent(session) is None:
        return
    look.ensure(session)
    course.settlement.examine()
    ready = course.settlement.ready_at()
    if ready is not None and ready <= session.escala_now():
        course.settlement.read_again()


def _in_batches(course: _Course, asked: Sequence[Window]) -> None:
    """Reads, decides and applies; the first batch takes the open rows along where it is the only one."""
    session = course.session
    batches = read.batches(session, asked, course.progressed)
    first = next(batches, [])
    # Siigo tells how many there are: where more will come, they are not waited for.
    more = course.progressed.read < course.progressed.expected
    second = None if more else next(batches, None)
    unreached.count(session, [*first, *(second or [])])
    extra = taking_up.open_rows(session, course.progressed)
    if sweep.is_due(session):
        course.sweep_calls = sweep.expected_calls(session)
    if more or second is not None:
        course.taken_up = len(taking_up.not_read(session, session.connection.invoices.filter(due=True)))
    else:
        first = [*first, *next(extra, [])]
    ready = deque([first] if second is None else [first, second])
    del first, second
    try:
        while (batch := _next(session, ready, batches, extra)) is not None:
            # No invoice is in two of these, so that one may be decided while the one before is written.
            _begin(course, batch)
            del batch  # while the next one is read, this one's memory is free
            memory.give_back()
        _written(course)
    except (RemoteError, Stopped):
        unreached.settle(session, [item for batch in ready for item in batch])
        raise


def _next(
    session: Session, ready: deque[list[Item]], batches: Iterator[list[Item]], extra: Iterator[list[Item]]
) -> list[Item] | None:
    """What is to be decided next: what was read, then open rows, unless the run is to give way to others."""
    if ready:
        return ready.popleft()
    batch = next(batches, None)
    if batch is not None or session.gave_way:
        return batch
    return next(extra, None)


def _process(course: _Course, items: Sequence[Item]) -> None:
    """Decides and applies one batch."""
    _begin(course, items)
    _written(course)


def _begin(course: _Course, items: Sequence[Item]) -> None:
    """Decides and applies one batch; of what it writes the last may be under way until `_written`."""
    session = course.session
    unreached.count(session, items)
    try:
        sellers.ensure(session, [item.invoice.seller for item in items])
        steps = _decided(session, items)
    except (RemoteError, Stopped):
        unreached.settle(session, items)
        raise
    writes = [step for step in steps if isinstance(step.decision, Create | Update)]
    if course.plan is None and writes:
        course.plan = plan.make(
            session,
            steps,
            course.progressed,
            share=_share(course, items),
            sweep=course.sweep_calls,
            taken_up=course.taken_up,
        )
        session.planned_s = float(course.plan["seconds"])
        promised = plan.promise(session, steps, share=_share(course, items), taken_up=course.taken_up)
        session.planned_writes = promised["opportunities"]
        if not session.dry and not session.listener.plan(course.plan | promised):
            raise Declined
    course.read_done += _read_among(course, items)
    apply.apply(session, course.writer, steps)


def _written(course: _Course) -> None:
    """Everything that was applied has its outcome."""
    gone = course.writer.finish()
    if gone:
        settle.contacts_gone(course.session, gone)


def _decided(session: Session, items: Sequence[Item]) -> list[Step]:
    """Decides a batch; where something unforeseen happens, each alone, so that one record stops no other."""
    try:
        steps = decide.decide(session, items)
        _left(session, unreached.unanswered(session, items, steps), Code.UNEXPECTED_ANSWER)
        drafts.prepare(session, steps)
        return steps
    except (RemoteError, DatabaseError, OSError, Stopped, LeaseLost):
        raise
    except Exception as problem:
        if len(items) != 1:
            return [step for item in items for step in _decided(session, [item])]
        log.error("record parked", run=session.run_id, invoice=items[0].row.siigo_id, exc_info=problem)
        _left(session, [items[0].row], Code.INTERNAL_ERROR)
        return []


def _left(session: Session, rows: Sequence[models.Invoice], code: Code) -> None:
    journal = Journal(session)
    for row in rows:
        journal.left(row, code)
    journal.flush()


def _share(course: _Course, items: Sequence[Item]) -> float:
    """All invoices still to be decided, those in hand among them, over those in hand."""
    progressed = course.progressed
    others = max(progressed.expected, progressed.read) - course.read_done - _read_among(course, items)
    return 1 + max(others, 0) / len(items) if items else 1.0


def _read_among(course: _Course, items: Sequence[Item]) -> int:
    """How many of these were read in Siigo, and not taken up from the ledger."""
    return sum(item.row.siigo_id not in course.progressed.from_ledger for item in items)


def _names_not_found(session: Session, progressed: Progressed) -> None:
    for name in session.options.invoices:
        if name not in progressed.found_names:
            session.tally.put(
                f"name:{name}", "failed", value=Decimal(0), name=name, code=Code.INVOICE_NOT_FOUND
            )


def _span_is_swept(course: _Course, spans: Sequence[tuple[date, date]]) -> None:
    """A first run, and one with dates, is the sweep of its span."""
    session = course.session
    if not course.progressed.complete:
        return
    _process(course, sweep.vanished(session, spans, unread=course.progressed.from_ledger))
    gone = sweep.gone_deals(session, session.view.deals if session.view is not None else None)
    if gone:
        sweep.note_gone(session, [row for row in gone if session.tally.column(row.siigo_id) is not None])


def _sweep(course: _Course) -> None:
    session = course.session
    before = session.calls.siigo + session.calls.escala
    try:
        spans = sweep.spans(session)
        swept = Progressed()
        for batch in read.batches(session, sweep.windows(session), swept):
            _process(course, batch)
        if swept.complete:
            _process(course, sweep.vanished(session, spans, unread=course.progressed.from_ledger))
        gone = sweep.escala_side(session)
        if gone:
            sweep.note_gone(session, gone)
        if swept.complete:
            sweep.done(session)
            course.sweep_done = True
        else:
            course.unread = True
    finally:
        course.sweep_cost = session.calls.siigo + session.calls.escala - before


def _finish(course: _Course) -> None:
    """Waits for writes without outcome, looks them up, and makes what certainly was not made."""
    session = course.session
    if session.dry:
        return
    for _ in range(_ROUNDS):
        unknown = course.settlement.open_rows(), course.settlement.open_bindings()
        again = _to_do_again(session)
        if not any(unknown) and not again:
            return
        ready = course.settlement.ready_at()
        if ready is not None:
            settle.wait_until(session, ready)
        if any(unknown):
            course.settlement.read_again()
        widened = session.options.widened
        _process(course, read.from_ledger(session, _to_do_again(session), asked_for=widened))


def _to_do_again(session: Session) -> list[models.Invoice]:
    """Rows of this run whose contact or deal is certainly not there, after it was not certain."""
    rows = models.Invoice.objects.filter(
        connection=session.connection, state=State.PENDING, due=True, code__in=("", Code.OUTCOME_UNKNOWN)
    )
    return [row for row in rows if session.tally.column(row.siigo_id) == "failed"]
