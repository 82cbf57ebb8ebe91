"""What becomes of an opportunity: an order for an invoice, an invoice that is there already, or a reason.

The order of the questions is the order of the rules: first what a person decided, then what it is bound to,
then the stage, then what an invoice is made of. Nothing is written here.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from siigo_escala.domain import identity, money
from siigo_escala.domain.accounting import CreditNote, Invoice, InvoiceId
from siigo_escala.domain.crm import Contact, Deal
from siigo_escala.domain.mapping import contact_to_customer, deal_to_invoice, invoice_to_deal
from siigo_escala.domain.planning import Exclude, NeedsAttention, Nothing
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.selling import Basis
from siigo_escala.rest.errors import NotFound, UnexpectedAnswer
from siigo_escala.rest.writing import encode
from siigo_escala.siigo import selling
from siigo_escala.store import models
from siigo_escala.store.models import Invoicing, Opportunity
from siigo_escala.sync.invoicing import finding
from siigo_escala.sync.invoicing.customers import Buyer, Buyers
from siigo_escala.sync.invoicing.finding import Invoices
from siigo_escala.sync.invoicing.journal import LONGEST_CUSTOMER
from siigo_escala.sync.invoicing.knowing import Known
from siigo_escala.sync.invoicing.work import Order, Seen, Work
from siigo_escala.sync.session import Session

Decision = Order | Invoice | Nothing | Exclude | NeedsAttention
_UNTIL_ANSWERED = (Code.INVOICE_UNDONE, Code.INVOICE_CREDITED_PARTLY)
"""What the sweep told of an invoice waits for a person's answer."""
_DRIFT = timedelta(seconds=2)
"""So little may Escala's clock differ from ours that its whole seconds do not show it."""


class Decider:
    """Decides one opportunity after the other. `hold`: what holds every invoice of this run."""

    def __init__(self, work: Work, *, hold: NeedsAttention | None) -> None:
        self._work = work
        self._session = work.session
        self._hold = hold
        self.known = Known(work.session)
        self.buyers = Buyers(work.session)
        self._looked: dict[str, Invoices] = {}

    def decide(self, seen: Seen) -> Decision:
        """The decision, with everything that had to be asked for it."""
        row = seen.row
        if row.siigo_id is not None:
            return self._bound(seen)
        # Escala's list shows it no more, or nowhere: asked for by its id before anything is said of it.
        nowhere = not seen.stage_id
        return (None if nowhere else self._left_out(seen)) or self._made_of(seen)

    def draft_again(self, order: Order, row: Opportunity) -> Order:
        """The same order for the row's next generation."""
        marker = deal_to_invoice.marker(order.deal.id, row.generation)
        head = order.draft.observations.rpartition("\n")[0]
        return replace(order, draft=replace(order.draft, observations=f"{head}\n{marker}"))

    def _bound(self, seen: Seen) -> Nothing | NeedsAttention:
        row = seen.row
        if row.state == Invoicing.NEEDS_ATTENTION and row.code in _UNTIL_ANSWERED:
            return NeedsAttention(code=Code(row.code), data=row.data)
        if seen.pesos != row.invoiced_value:
            data = {
                "value": money.to_text(seen.pesos),
                "before": money.to_text(row.invoiced_value),
                "made": row.invoice,
            }
            return NeedsAttention(code=Code.OPPORTUNITY_EDITED, data=data)
        return Nothing()

    def _left_out(self, seen: Seen) -> Exclude | NeedsAttention | None:
        """What keeps it from being invoiced whatever it is made of."""
        row = seen.row
        if row.decision == "ignore":
            return Exclude(code=Code.IGNORED_BY_PERSON)
        if self._hold is not None:
            return self._hold
        if seen.stage_id != self._work.stage_id:
            return Exclude(code=Code.NOT_IN_STAGE)
        born = self._born(seen)
        if born is not None:
            return born
        elsewhere = self._elsewhere(seen)
        if elsewhere is not None:
            return elsewhere
        if row.decision not in ("create", "again") and self._stood_before(seen):
            return Exclude(code=Code.ALREADY_IN_STAGE)
        return None

    def _stood_before(self, seen: Seen) -> bool:
        """Whether it stood in the stage, unmodified since, when the direction was activated.

        One that was found so once stays so, until it is seen outside the stage.
        """
        if self._work.rules.existing == "invoice":
            return False
        if seen.row.code == Code.ALREADY_IN_STAGE:
            return True
        activated = self._session.connection.activated_at
        if not seen.is_new or seen.modified is None or activated is None:
            return False
        return seen.modified < self._by_escala(activated)

    def _by_escala(self, moment: datetime) -> datetime:
        ahead = self._session.escala_ahead or timedelta(0)
        return moment + ahead if abs(ahead) > _DRIFT else moment

    def _born(self, seen: Seen) -> Exclude | None:
        """Whether direction 1 made this deal, for any connection of this Escala account."""
        made = models.Invoice.objects.filter(escala_id=self._session.connection.escala_id)
        name = made.filter(deal_id=seen.row.deal_id).values_list("name", flat=True).first()
        if name is None:
            # One that is being made, or was and nobody knows it yet.
            name = (
                made.filter(state=models.State.SENDING, intent__name=seen.name)
                .values_list("name", flat=True)
                .first()
            )
        return None if name is None else Exclude(code=Code.BORN_IN_SIIGO, data={"born": name})

    def _elsewhere(self, seen: Seen) -> Exclude | None:
        """Whether another connection of this Escala account invoices it, or has."""
        if not self._work.others:
            return None
        other = (
            Opportunity.objects.filter(connection__in=self._work.others, deal_id=seen.row.deal_id)
            .exclude(siigo_id=None, body="")
            .values_list("connection_id", flat=True)
            .first()
        )
        if other is None:
            return None
        return Exclude(code=Code.INVOICED_ELSEWHERE, data={"other": self._work.others[other]})

    def _made_of(self, seen: Seen) -> Decision:
        try:
            deal = self._session.escala.deal(seen.row.deal_id)
        except NotFound:
            return Exclude(code=Code.DEAL_DELETED)
        seen.take(deal)
        left_out = self._left_out(seen)
        if left_out is not None:
            return left_out
        contact = self._contact(deal)
        if isinstance(contact, NeedsAttention):
            return contact
        seen.row.customer = contact_to_customer.stored(contact, self._work.rules)[:LONGEST_CUSTOMER]
        born = self._names_invoice(seen, deal)
        if born is not None:
            return born
        basis = self.known.basis()
        if isinstance(basis, NeedsAttention):
            return basis
        self.known.products_of(deal, basis)
        lines = deal_to_invoice.lines_of(deal, basis)
        if isinstance(lines, NeedsAttention):
            return lines
        buyer = self.buyers.of(contact)
        if isinstance(buyer, NeedsAttention):
            return buyer
        return self._order(seen, deal, contact, buyer, basis)

    def _contact(self, deal: Deal) -> Contact | NeedsAttention:
        if deal.contact_id is None:
            return contact_to_customer.missing("el contacto de la oportunidad (póngaselo en Escala)")
        try:
            contact = self._session.escala.contact(deal.contact_id)
        except NotFound:
            return contact_to_customer.missing("el contacto, que ya no está en Escala (póngale otro)")
        if not contact_to_customer.stored(contact, self._work.rules):
            field = self._work.rules.identification_field
            return contact_to_customer.missing(f"la identificación (campo «{field}» del contacto en Escala)")
        return contact

    def _names_invoice(self, seen: Seen, deal: Deal) -> Exclude | None:
        """Whether its name and its customer or value are those of an invoice: one that we forgot we made."""
        name = invoice_to_deal.names_any_invoice(deal.name)
        if name is None or seen.row.decision in ("create", "again"):
            return None
        typed = identity.stored_keys(seen.row.customer)
        for page in self._session.siigo.invoices(name=name):
            for one in page.records:
                if not isinstance(one, Invoice) or one.name.upper() != name:
                    continue
                same = bool(typed & identity.stored_keys(one.customer_identification))
                if same or money.value_of(one, "total") == seen.pesos:
                    return Exclude(code=Code.BORN_IN_SIIGO, data={"born": one.name})
        return None

    def _order(self, seen: Seen, deal: Deal, contact: Contact, buyer: Buyer, basis: Basis) -> Decision:
        row, session = seen.row, self._session
        draft = deal_to_invoice.draft(
            deal,
            customer=buyer.identification,
            branch=buyer.branch,
            generation=row.generation,
            basis=basis,
            today=session.now().astimezone(session.zone).date(),
        )
        if isinstance(draft, NeedsAttention):
            return draft
        row.customer = buyer.identification
        digest = _digest(selling.invoice_body(replace(draft, stamp=False)))
        asked = seen.asked_for or row.decision in ("create", "again")
        if row.refused == digest and row.state == Invoicing.NEEDS_ATTENTION and not asked:
            return NeedsAttention(code=Code(row.code), data=row.data)
        if buyer.draft is None:
            known = self._there(buyer.identification, deal.created)
            there = known.of_deal(deal.id, since_generation=row.first_generation)
            if there is not None:
                return there
            if row.is_stored and row.decision not in ("create", "again"):
                # It waited, and whoever could not wait may have made the invoice in Siigo.
                theirs = finding.by_hand(known, total=draft.total)
                if theirs is not None:
                    data = {"made": theirs.name, "calculated": money.to_text(draft.total)}
                    return NeedsAttention(code=Code.INVOICE_BY_HAND, data=data)
        if row.code == Code.SIIGO_ERROR and row.state == Invoicing.NEEDS_ATTENTION and not asked:
            return NeedsAttention(code=Code.SIIGO_ERROR, data=row.data)
        return Order(deal=deal, contact=contact, draft=draft, customer=buyer.draft, digest=digest)

    def _there(self, customer: str, since: datetime | None) -> Invoices:
        """The customer's invoices since the deal was made, read before anything is sent."""
        known = self._looked.get(customer)
        if known is None or not known.reaches(since):
            known = self._looked[customer] = finding.invoices_of(self._session, customer, since=since)
        return known


def undone(session: Session, siigo_id: str) -> bool:
    """Whether an invoice was deleted, annulled or wholly credited, so that another may be made."""
    try:
        invoice = session.siigo.invoice(InvoiceId(siigo_id))
    except NotFound:
        return True
    except UnexpectedAnswer:
        return False
    if invoice.annulled:
        return True
    begin = invoice.created or session.connection.created_at
    notes = [
        note
        for page in session.siigo.credit_notes(created_start=begin - _DRIFT)
        for note in page.records
        if isinstance(note, CreditNote) and note.invoice_id == siigo_id
    ]
    return bool(notes) and money.is_credited_whole(notes, invoice)


def _digest(body: dict[str, object]) -> str:
    """A hash of what is sent but for its day and its marker, which change by themselves."""
    kept = {key: value for key, value in body.items() if key not in ("date", "payments", "observations")}
    return hashlib.sha256(encode(kept)).hexdigest()
