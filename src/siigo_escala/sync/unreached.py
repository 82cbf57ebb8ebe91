"""What was read and is not decided yet: it counts however the run ends, as what it is where that is known."""

from __future__ import annotations

from collections.abc import Sequence

from siigo_escala.domain.planning import Exclude, NeedsAttention, Nothing
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import decide
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.read import Item
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step


def count(session: Session, items: Sequence[Item]) -> None:
    """Counts these as not reached from the moment they were read."""
    for item in items:
        row = item.row
        if session.tally.column(row.siigo_id) is None:
            code = Code.OUTCOME_UNKNOWN if row.state == State.SENDING else Code.NOT_REACHED
            session.tally.put(
                row.siigo_id, "failed", value=row.value, name=row.name or row.siigo_id, code=code
            )


def unanswered(session: Session, items: Sequence[Item], steps: Sequence[Step]) -> list[models.Invoice]:
    """Those of these that were not decided, for Siigo has no answer about their customers."""
    decided = {step.row.siigo_id for step in steps}
    asked = [item for item in items if item.invoice.customer_id in session.lone_customers]
    return [item.row for item in asked if item.row.siigo_id not in decided]


def settle(session: Session, items: Sequence[Item]) -> None:
    """A system is out of reach or refuses us, or somebody stops the run: what needs no look is no failure."""
    journal = Journal(session)
    for step in decide.settled(session, items):
        match step.decision:
            case Exclude() | NeedsAttention() as decision:
                journal.decided(step, decision)
            case Nothing():
                journal.nothing(step)
            case _ if step.row.state == State.NEEDS_ATTENTION and not step.row.decision:
                # It still waits for a person, whatever would be found in Escala today.
                journal.decided(step, NeedsAttention(code=Code(step.row.code), data=step.row.data))
            case _:
                pass
    journal.flush()
