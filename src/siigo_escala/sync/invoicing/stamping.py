"""Sending to the DIAN only after a dry run and one draft that a person confirmed.

With `stamp = true` and nothing confirmed, the first invoice is made as a draft and all others wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Q, QuerySet

from siigo_escala.domain.accounting import InvoiceId
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import NotFound
from siigo_escala.store.models import Connection, Opportunity
from siigo_escala.sync.invoicing import sweeping
from siigo_escala.sync.invoicing.deciding import Decision
from siigo_escala.sync.invoicing.journal import Journal
from siigo_escala.sync.invoicing.work import Order, Seen, Work
from siigo_escala.sync.session import Session


def gate(
    work: Work, seen: Seen, decision: Decision, *, journal: Journal, known: Mapping[str, Seen]
) -> Decision:
    """The decision as far as the DIAN allows it."""
    connection = work.session.connection
    if not isinstance(decision, Order) or not decision.draft.stamp or _confirmed(work, journal, known):
        return decision
    if connection.rehearsed_at is None and not work.session.dry:
        return NeedsAttention(code=Code.DRY_RUN_NEEDED)
    first = drafts(connection).exclude(deal_id__in=[seen.row.deal_id, *work.fallen_drafts]).first()
    if first is not None:
        return NeedsAttention(
            code=Code.DRAFT_UNCONFIRMED, data={"draft": first.invoice, "confirm": first.deal_id}
        )
    return replace(decision, draft=replace(decision.draft, stamp=False))


def drafts(connection: Connection) -> QuerySet[Opportunity]:
    """Invoices of this connection that stand, or are being made, the first one first."""
    made = connection.opportunities.exclude(siigo_id=None, body="").filter(undone="")
    return made.order_by("invoiced_at", "pk")


def _confirmed(work: Work, journal: Journal, known: Mapping[str, Seen]) -> bool:
    """Whether a person confirmed a draft; before the first is stamped, Siigo is asked for it."""
    session, connection = work.session, work.session.connection
    at = connection.confirmed_at
    if at is None or work.draft_stands:
        return at is not None
    if drafts(connection).filter(Q(invoiced_at__gt=at) | Q(intent_at__gt=at)).exists():
        work.draft_stands = True
        return True
    said = connection.opportunities.filter(siigo_id__isnull=False, events__at=at, events__data__confirms=True)
    draft = said.first()
    if draft is not None and not draft.undone:
        how = _fallen(session, str(draft.siigo_id))
        if how is None:
            work.draft_stands = True
            return True
        work.fallen_drafts.add(draft.deal_id)
        sweeping.note(session, journal, draft, how, known)
        journal.flush()
    connection.confirmed_at = None
    if not session.dry:
        with session.index():
            Connection.objects.filter(pk=connection.pk, confirmed_at=at).update(confirmed_at=None)
    return False


def _fallen(session: Session, siigo_id: str) -> sweeping.Undone | None:
    try:
        return "annulled" if session.siigo.invoice(InvoiceId(siigo_id)).annulled else None
    except NotFound:
        return "deleted"


def rehearsed(session: Session) -> None:
    """A dry run took place."""
    with session.index():
        Connection.objects.filter(pk=session.connection.pk).update(rehearsed_at=session.now())
