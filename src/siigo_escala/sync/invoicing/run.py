"""A run of the other direction: watch, settle, decide, make, account. Safe to kill anywhere.

What is looked at counts as not reached from then on, so the account holds whatever ends the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from django.db import DatabaseError

from siigo_escala.domain import money
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.planning import Exclude, NeedsAttention, Nothing
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import Rejected, RemoteError, UnexpectedAnswer
from siigo_escala.store.errors import LeaseLost
from siigo_escala.store.models import Invoicing
from siigo_escala.sync import access, clients
from siigo_escala.sync.invoicing import deciding, knowing, settling, stamping, sweeping, watching
from siigo_escala.sync.invoicing.deciding import Decider, Decision
from siigo_escala.sync.invoicing.journal import Journal
from siigo_escala.sync.invoicing.settling import Settlement
from siigo_escala.sync.invoicing.work import Order, Seen, Work
from siigo_escala.sync.invoicing.writing import MOST_UNKNOWN, Writer
from siigo_escala.sync.lone import is_lone
from siigo_escala.sync.session import Declined, Session, Stopped

_ROUNDS = 2 * MOST_UNKNOWN + 1
"""How often the end of a run looks up writes without outcome: two reads for each time that one is sent."""
_SIIGO_CALLS, _ESCALA_CALLS = 4, 2
"""What one invoice costs at most, its customer and the number in the deal aside."""
_NUMBER_CALLS = 2
"""The deal is read and written; the first one is read back besides."""
log = structlog.get_logger()


def go(session: Session) -> int | None:
    """The run, to its end or to what ends it; Declined where a person said no to its plan.

    How many calls the sweep took; None where none was due.
    """
    session.tell("escala")
    hold = knowing.trigger_gone(session, session.escala.pipelines())
    if not session.options.opportunities:
        watching.read(session)
    swept = _Course(session, hold=hold).go()
    if session.dry and not session.supposed:
        stamping.rehearsed(session)
    session.tell("done")
    return swept


class _Course:
    """What one run looks at, decides and writes with."""

    def __init__(self, session: Session, *, hold: NeedsAttention | None) -> None:
        self._session = session
        self._work = Work(session=session)
        self._all = watching.of_run(self._work)
        self._journal = Journal(session)
        self._decider = Decider(self._work, hold=hold)
        self._writer = Writer(self._work, self._journal, self._decider)
        self._settlement = Settlement(work=self._work, journal=self._journal, writer=self._writer)

    def go(self) -> int | None:
        """A successor settles before it sends anything."""
        for seen in self._all:
            self._count_as_before(seen)
        if self._session.dry:
            self._process(self._all)
            swept = self._sweep()
            self._plan_whole()
            return swept
        self._settlement.examine(self._unknown())
        try:
            self._process(self._all)
        finally:
            self._journal.flush()
        self._finish()
        swept = self._sweep()
        self._journal.flush()
        return swept

    def _count_as_before(self, seen: Seen) -> None:
        """Until it is decided, however the run ends: what waits for a person waits."""
        row = seen.row
        if row.state == Invoicing.NEEDS_ATTENTION and not row.decision:
            self._journal.count(seen, "needs_attention", row.code, row.data)
        else:
            unknown = row.state == Invoicing.SENDING
            self._journal.count(seen, "failed", Code.OUTCOME_UNKNOWN if unknown else Code.NOT_REACHED)

    def _sweep(self) -> int | None:
        if not sweeping.is_due(self._session):
            return None
        return sweeping.go(self._session, self._journal, {seen.row.deal_id: seen for seen in self._all})

    def _unknown(self) -> list[Seen]:
        return [seen for seen in self._all if seen.row.state == Invoicing.SENDING]

    def _finish(self) -> None:
        """Waits for writes without outcome, looks them up, and makes what certainly was not made."""
        for _ in range(_ROUNDS):
            unknown, again = self._unknown(), self._to_do_again()
            if not unknown and not again:
                break
            ready = self._settlement.ready_at(unknown)
            if ready is not None:
                settling.wait(self._session, ready)
            self._settlement.examine(unknown)
            self._process(self._to_do_again())
        if self._work.rules.number_field:
            for seen in watching.unnumbered(self._session):
                if seen.row.deal_id not in self._writer.kept_back:
                    self._writer.write_number(seen)

    def _to_do_again(self) -> list[Seen]:
        """Those whose invoice is certainly not there, after it was not certain, in this run."""
        return [
            seen
            for seen in self._all
            if seen.row.state == Invoicing.PENDING
            and seen.row.code in ("", Code.OUTCOME_UNKNOWN)
            and self._session.tally.column(seen.row.deal_id) == "failed"
        ]

    def _process(self, some: Sequence[Seen]) -> None:
        session = self._session
        for at, seen in enumerate(some):
            session.check_stop()
            session.tell("invoices", at, len(some))
            if seen.row.state == Invoicing.SENDING:
                continue
            decision = self._decided(seen)
            if decision is not None:
                self._apply(seen, decision, left=len(some) - at)
        session.tell("invoices", len(some), len(some))

    def _decided(self, seen: Seen) -> Decision | None:
        """The decision; None where something unforeseen happened, so that one record stops no other."""
        row = seen.row
        try:
            if row.decision == "again" and row.siigo_id is not None:
                if not deciding.undone(self._session, row.siigo_id):
                    return NeedsAttention(code=Code.INVOICE_STANDS, data={"made": row.invoice})
                self._journal.again(seen)
            return stamping.gate(self._work, seen, self._decider.decide(seen))
        except (Rejected, UnexpectedAnswer) as problem:
            # A question about this record alone was refused: the others go on.
            log.warning("record not decided", run=self._session.run_id, deal=row.deal_id, why=problem.message)
            self._journal.waiting(seen, Code.UNEXPECTED_ANSWER)
            return None
        except (RemoteError, DatabaseError, OSError, Stopped, LeaseLost) as problem:
            if is_lone(self._session, problem):
                self._journal.waiting(seen, Code.UNEXPECTED_ANSWER)
                return None
            raise
        except Exception as problem:
            log.error("record parked", run=self._session.run_id, deal=row.deal_id, exc_info=problem)
            self._journal.waiting(seen, Code.INTERNAL_ERROR)
            return None

    def _apply(self, seen: Seen, decision: Decision, *, left: int) -> None:
        match decision:
            case Nothing():
                self._journal.nothing(seen)
            case Exclude() | NeedsAttention():
                self._journal.decided(seen, decision)
            case Invoice():
                self._journal.invoiced(
                    seen,
                    decision,
                    column="unchanged",
                    kind="adopted",
                    number_due=bool(self._work.rules.number_field),
                )
            case _:
                self._carry_out(seen, decision, left=left)

    def _carry_out(self, seen: Seen, order: Order, *, left: int) -> None:
        session = self._session
        limit = session.options.limit
        if (limit is not None and session.created >= limit) or session.listener.enough.is_set():
            session.gave_way = session.gave_way or session.listener.enough.is_set()
            self._journal.waiting(seen, Code.NOT_REACHED)
            return
        if not session.dry and access.reads_only(session.connection, now=session.now()):
            session.tally.note(Code.WRITES_RESTED)
            self._journal.waiting(seen, Code.NOT_REACHED)
            return
        self._tell_plan(seen, left if limit is None else min(left, limit))
        session.created += 1
        if session.dry:
            self._plan(seen, order)
        else:
            self._writer.make(seen, order)

    def _plan(self, seen: Seen, order: Order) -> None:
        """What a dry run says of an invoice that would be made."""
        tally, customer = self._session.tally, order.draft.customer
        self._work.planned_draft = self._work.planned_draft or seen.row.deal_id
        self._journal.count(seen, "created")
        if order.customer is not None and customer not in self._work.planned_customers:
            self._work.planned_customers.add(customer)
            tally.contacts_created += 1
        else:
            tally.contacts_matched += 1

    def _plan_whole(self) -> None:
        """What the run after a dry one costs: its reads are those of the dry one, and each write is known."""
        session = self._session
        if session.plan is None:
            return
        created, numbered = session.created, bool(self._work.rules.number_field)
        siigo = created + session.tally.contacts_created
        escala = created * _NUMBER_CALLS + 1 if numbered else 0
        session.plan = self._foretold(siigo, escala)

    def _foretold(self, siigo: int, escala: int) -> dict[str, Any]:
        """The plan where so much is still to be called, by system."""
        session = self._session
        siigo_s = max(clients.siigo_interval_s(session.environment), session.calls.mean_s("siigo"))
        escala_s = max(clients.escala_interval_s(session.environment), session.calls.mean_s("escala"))
        elapsed = (session.now() - session.started).total_seconds()
        return {
            "calls": {"siigo": session.calls.siigo + siigo, "escala": session.calls.escala + escala},
            "seconds": round(elapsed + siigo * siigo_s + escala * escala_s),
        }

    def _tell_plan(self, seen: Seen, count: int) -> None:
        """Tells the plan before the first write; Declined where a person says no to it."""
        session = self._session
        if session.plan is not None:
            return
        session.plan = self._foretold(_SIIGO_CALLS * count, _ESCALA_CALLS * count)
        session.planned_s, session.planned_writes = float(session.plan["seconds"]), count
        promise = {
            "opportunities": count,
            "value": money.to_text(seen.pesos * count),
            "sellers": 0,
            "exact": False,
            "seen": 1,
            "of": count,
        }
        if not session.dry and not session.listener.plan(session.plan | promise):
            raise Declined
