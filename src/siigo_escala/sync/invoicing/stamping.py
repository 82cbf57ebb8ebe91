"""Sending to the DIAN only after a dry run and one draft that a person confirmed.

With `stamp = true` and nothing confirmed, the first invoice is made as a draft and all others wait.
"""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Opportunity
from siigo_escala.sync.invoicing.deciding import Decision, undone
from siigo_escala.sync.invoicing.work import Order, Seen, Work
from siigo_escala.sync.session import Session


def gate(work: Work, seen: Seen, decision: Decision) -> Decision:
    """The decision as far as the DIAN allows it."""
    connection = work.session.connection
    if not isinstance(decision, Order) or not decision.draft.stamp:
        return decision
    if connection.confirmed_at is not None and _stands(work):
        return decision
    if connection.rehearsed_at is None and not work.session.dry:
        return NeedsAttention(code=Code.DRY_RUN_NEEDED)
    first = drafts(connection).exclude(deal_id=seen.row.deal_id).first()
    if first is not None:
        return NeedsAttention(
            code=Code.DRAFT_UNCONFIRMED, data={"draft": first.invoice, "confirm": first.deal_id}
        )
    if work.planned_draft:
        return NeedsAttention(code=Code.DRAFT_UNCONFIRMED, data={"confirm": work.planned_draft})
    return replace(decision, draft=replace(decision.draft, stamp=False))


def drafts(connection: Connection) -> QuerySet[Opportunity]:
    """Invoices of this connection that were made, or are being made, the first one first; none that is known
    to be undone.
    """
    made = connection.opportunities.exclude(siigo_id=None, body="").filter(undone="")
    return made.order_by("invoiced_at", "pk")


def _stands(work: Work) -> bool:
    """Whether the confirmed draft is still there: asked while nothing has gone to the DIAN after it.

    A person may have said that it is dealt with after annulling or deleting it: that was no confirmation.
    """
    session = work.session
    if work.confirmed_stands is None:
        made = list(drafts(session.connection)[:2])
        alone = made[0].siigo_id if len(made) == 1 else None
        work.confirmed_stands = alone is None or not undone(session, alone)
        if not work.confirmed_stands:
            session.connection.confirmed_at = None
            with session.index():
                Connection.objects.filter(pk=session.connection.pk).update(confirmed_at=None)
    return work.confirmed_stands


def rehearsed(session: Session) -> None:
    """A dry run took place."""
    with session.index():
        Connection.objects.filter(pk=session.connection.pk).update(rehearsed_at=session.now())
