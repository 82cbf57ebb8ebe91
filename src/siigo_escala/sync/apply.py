"""Carrying out a batch of decisions: what writes nothing first, then contacts and deals, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, assert_never

from siigo_escala.domain import matching
from siigo_escala.domain.planning import Adopt, Create, Exclude, NeedsAttention, Nothing, Update
from siigo_escala.domain.reasons import Code
from siigo_escala.sync import drafts, look, registering, sellers
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.session import Foreseen, Session
from siigo_escala.sync.step import Step
from siigo_escala.sync.writer import Writer

_EVIDENCE = {
    "both": "la nombra, y coinciden el contacto y el valor",
    "contact": "la nombra y coincide el contacto; el valor no",
    "value": "la nombra y coincide el valor; el contacto no",
    "person": "usted lo dijo",
}


def apply(session: Session, writer: Writer, steps: Sequence[Step]) -> None:
    """Carries out a batch, newest invoices first; its last writes may still be under way. A dry run only
    counts.
    """
    journal = Journal(session)
    jobs: list[Step] = []
    for step in sorted(steps, key=_newest_first):
        match step.decision:
            case Create() | Update():
                jobs.append(step)
            case Adopt() as decision:
                journal.adopted(step, decision)
                _tell_adopted(session, step, decision)
            case Nothing():
                journal.nothing(step)
            case Exclude() | NeedsAttention() as decision:
                journal.decided(step, decision)
            case _:
                assert_never(step.decision)
    journal.flush()
    jobs = _within_limit(session, journal, [step for step in jobs if _may_be_sent(session, journal, step)])
    if session.dry:
        _predict(session, journal, jobs)
        return
    registering.register_products(session, jobs)
    writer.take(jobs)


def _tell_adopted(session: Session, step: Step, decision: Adopt) -> None:
    """A dry run says what would be taken as already there, and on what evidence."""
    if session.dry:
        why = f"la oportunidad {decision.deal_id} ya es de esta factura: {_EVIDENCE[decision.evidence]}"
        session.tally.tell(step.row.name, Code.DEAL_ADOPTED, why)
        _foretell(session, step, "linked", why=_EVIDENCE[decision.evidence])


def _foretell(
    session: Session, step: Step, kind: Literal["created", "updated", "linked"], *, why: str = ""
) -> None:
    before = step.row.applied.get("value")
    session.listener.foreseen(
        Foreseen(
            kind=kind,
            invoice=step.row.name,
            siigo_id=step.row.siigo_id,
            day=step.row.date,
            customer=drafts.customer_name(step),
            new_contact=isinstance(step.match, matching.Missing),
            owner=sellers.owner_of(session, step.item.invoice.seller),
            value=step.deal.value if step.deal is not None else step.row.value,
            before=Decimal(before) if before else None,
            why=why,
        )
    )


def _newest_first(step: Step) -> tuple[int, str]:
    return (-(step.row.date.toordinal() if step.row.date else 0), step.row.name)


def _may_be_sent(session: Session, journal: Journal, step: Step) -> bool:
    """False where something must be known first; the row says what."""
    if step.waits:
        journal.waiting(step, Code.OUTCOME_UNKNOWN)
        return False
    if isinstance(step.decision, Create) and not (view := look.ensure(session)).sure:
        session.tally.note(Code.ESCALA_LIST_INCOMPLETE, {"why": view.why})
        journal.waiting(step, Code.NOT_REACHED)
        return False
    # The row's own code may be that of a run which did not get to it.
    refused, why = step.row.data.get("refused"), step.row.data.get("refused_as")
    if refused and why and session.options.kind != "retry" and refused == drafts.fingerprint(session, step):
        # Refused data is sent again only after the data changed or a person asked.
        journal.decided(step, NeedsAttention(code=Code(why), data=step.row.data))
        return False
    return True


def _within_limit(session: Session, journal: Journal, steps: Sequence[Step]) -> list[Step]:
    kept = []
    for step in steps:
        if isinstance(step.decision, Create):
            session.gave_way = session.gave_way or session.listener.enough.is_set()
            limit = session.options.limit
            if session.gave_way or (limit is not None and session.created >= limit):
                journal.waiting(step, Code.NOT_REACHED)
                continue
            session.created += 1
        kept.append(step)
    journal.flush()
    return kept


def _predict(session: Session, journal: Journal, steps: Sequence[Step]) -> None:
    """Counts what a run would do now."""
    for step in steps:
        column: Literal["created", "updated"] = "created" if isinstance(step.decision, Create) else "updated"
        session.tally.put(step.row.siigo_id, column, value=step.row.value)
        _foretell(session, step, column)
        if isinstance(step.decision, Create):
            who = step.who if isinstance(step.match, matching.Missing) else ""
            if who and who not in session.contacts_planned:
                session.contacts_planned.add(who)
                session.tally.contacts_created += 1
            else:
                session.tally.contacts_matched += 1
            registering.count_lines(session, step, predicted=True)
        elif isinstance(step.decision, Update) and step.decision.edit is not None:
            journal.decided(step, step.decision.edit)
