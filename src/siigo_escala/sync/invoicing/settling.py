"""What became of invoices that were sent and have no certain outcome.

Found by the marker: bound. Absent from two complete reads of the customer's invoices, the second begun
`settle_seconds` after the write: the same key with the same bytes within 24 hours, else the next generation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Opportunity, OpportunityEvent
from siigo_escala.sync.invoicing import finding
from siigo_escala.sync.invoicing.journal import Journal
from siigo_escala.sync.invoicing.work import Seen, Work
from siigo_escala.sync.invoicing.writing import MOST_UNKNOWN, Writer
from siigo_escala.sync.session import Session, Stopped

_SAME_KEY_FOR = timedelta(hours=24)
_LONGEST_CALL = timedelta(minutes=16)


@dataclass(slots=True, kw_only=True)
class Settlement:
    """The open outcomes of one run and what was seen of them so far."""

    work: Work
    journal: Journal
    writer: Writer
    _absent_once: set[tuple[int, datetime]] = field(default_factory=set)

    def ready_at(self, unknown: Sequence[Seen]) -> datetime | None:
        """When a second read can prove absence for all of them; None: nothing is open."""
        moments = [self._over(seen.row.intent_at) for seen in unknown if seen.row.intent_at]
        return max(moments) + self._patience if moments else None

    def examine(self, unknown: Sequence[Seen]) -> None:
        """Looks each of them up, once."""
        for seen in unknown:
            self.work.session.check_stop()
            self._examine(seen)

    def _examine(self, seen: Seen) -> None:
        row, session = seen.row, self.work.session
        intent_at = row.intent_at or session.started
        first = min([intent_at, session.now(), *self._intents(row)])
        there = finding.invoices_of(session, row.customer, since=first)
        invoice = there.of_deal(row.deal_id, since_generation=row.first_generation)
        if invoice is not None:
            self.writer.made(seen, invoice)
        elif there.complete and self._absent(row.pk, intent_at, there.started):
            self._was_not_made(seen, intent_at)

    def _was_not_made(self, seen: Seen, intent_at: datetime) -> None:
        row, session = seen.row, self.work.session
        self.journal.absent(seen)
        if row.unknowns >= MOST_UNKNOWN:
            row.unknowns = 0
            row.generation += 1
            self.journal.decided(seen, NeedsAttention(code=Code.SIIGO_ERROR))
            self.journal.flush()
        elif session.now() - max(self._intents(row), default=intent_at) < _SAME_KEY_FOR:
            self.writer.send_again(seen)
        else:
            self.journal.next_generation(seen, "anew")

    def _intents(self, row: Opportunity) -> list[datetime]:
        """When each generation of it was sent first; `intent_at` is when the last one was sent last."""
        events = OpportunityEvent.objects.filter(opportunity=row, kind="intent")
        return list(events.values_list("at", flat=True))

    def _absent(self, key: int, intent_at: datetime, started: datetime) -> bool:
        """Whether this read, with one before it, proves that nothing was made."""
        if (key, intent_at) in self._absent_once and started >= self._over(intent_at) + self._patience:
            return True
        self._absent_once.add((key, intent_at))
        return False

    def _over(self, intent_at: datetime) -> datetime:
        """When the write was certainly sent: one of an earlier run, when this run took over at the latest."""
        begun = self.work.session.started
        return max(intent_at, min(begun, intent_at + _LONGEST_CALL)) if intent_at < begun else intent_at

    @property
    def _patience(self) -> timedelta:
        return timedelta(seconds=self.work.session.environment.settle_seconds)


def wait(session: Session, moment: datetime) -> None:
    """Waits for a moment of our clock, and says why; Stopped where somebody ends the run."""
    seconds = (moment - session.now()).total_seconds()
    if seconds <= 0:
        return
    session.listener.say(
        f"Hay facturas sin respuesta: se espera {round(seconds)} s para comprobar en Siigo qué quedó."
    )
    session.tell("settle")
    if session.listener.stop.wait(seconds + 0.05):
        raise Stopped
