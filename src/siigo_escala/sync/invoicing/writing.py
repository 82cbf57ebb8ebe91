"""Making an invoice in Siigo: intent first, one POST, and what its outcome means.

Whatever has no certain outcome stays `sending` and is settled before anything is sent again (settling.py).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from siigo_escala.domain import money, siigo_refusals_es
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.crm import Deal, DealChange
from siigo_escala.domain.mapping import deal_to_invoice
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.selling import CustomerDraft
from siigo_escala.escala.outcomes import UpdateImpossible
from siigo_escala.rest.errors import (
    AccessDenied,
    Duplicate,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    TryLater,
    UnexpectedAnswer,
)
from siigo_escala.rest.writing import encode
from siigo_escala.siigo import selling
from siigo_escala.sync import changes
from siigo_escala.sync.invoicing.deciding import Decider
from siigo_escala.sync.invoicing.journal import Journal
from siigo_escala.sync.invoicing.work import Order, Seen, Work
from siigo_escala.sync.lone import is_lone

MOST_UNKNOWN = 3
"""After so many writes without outcome in a row that made nothing, a person must look."""
_MOST_DIFFERENCE = Decimal(1)


class Writer:
    """Carries out orders, one after the other."""

    def __init__(self, work: Work, journal: Journal, decider: Decider) -> None:
        self._work = work
        self._session = work.session
        self._journal = journal
        self._decider = decider
        self.kept_back: set[str] = set()
        """Deals that could not be given their number in this run: the next one does."""

    def make(self, seen: Seen, order: Order) -> None:
        """Registers the customer where it is new, then makes the invoice."""
        if order.customer is None or self._registered(seen, order, order.customer):
            self._send(seen, order)

    def _registered(self, seen: Seen, order: Order, draft: CustomerDraft) -> bool:
        """Whether the customer is there now; a refusal, or an outcome nobody knows, is noted."""
        self._session.prove()
        try:
            made = self._session.siigo.create_customer(draft)
        except Rejected as problem:
            codes = [one.code for one in problem.problems]
            decision = siigo_refusals_es.refused(codes, said=problem.message)
            self._journal.decided(seen, decision)
            return False
        except Duplicate:
            # There, and not shown to us: inactive, or registered at this moment.
            self._journal.decided(
                seen, NeedsAttention(code=Code.CUSTOMER_INACTIVE, data={"customer": draft.identification})
            )
            return False
        except OutcomeUnknown:
            # Looked up by its identification before anything is sent again: Siigo has no two of them.
            self._journal.waiting(seen, Code.OUTCOME_UNKNOWN)
            return False
        self._decider.buyers.made(order.contact, made)
        self._session.tally.contacts_created += 1
        self._work.fresh_customers.add(made.identification)
        return True

    def _send(self, seen: Seen, order: Order, *, once_more: bool = True) -> None:
        self._journal.intent(seen, body=encode(selling.invoice_body(order.draft)), total=order.draft.total)
        try:
            self._transmit(seen)
        except Rejected as problem:
            self._refused(seen, order, problem, once_more=once_more)

    def send_again(self, seen: Seen) -> None:
        """The same key with the same bytes: Siigo gives the invoice that it made with them, or makes it."""
        self._journal.sent_again(seen)
        try:
            self._transmit(seen)
        except Rejected:
            # Certainly not there, and what was sent does not serve any more (its day has passed): anew.
            self._journal.next_generation(seen, "refused")

    def _transmit(self, seen: Seen) -> None:
        """One POST; Rejected where Siigo refuses it for certain."""
        row, session = seen.row, self._session
        session.prove()
        try:
            invoice = session.siigo.create_invoice(
                row.body.encode("utf-8"), key=deal_to_invoice.key(row.deal_id, row.generation)
            )
        except (TryLater, AccessDenied):
            self._journal.not_sent(seen)
            raise
        except OutcomeUnknown as problem:
            self._journal.unknown(seen, problem)
            return
        self.made(seen, invoice)

    def made(self, seen: Seen, invoice: Invoice) -> None:
        """The invoice that we sent is there."""
        self._count_customer(seen)
        number_due = bool(self._work.rules.number_field)
        self._journal.invoiced(seen, invoice, column="created", kind="invoiced", number_due=number_due)
        if number_due:
            self.write_number(seen)

    def _count_customer(self, seen: Seen) -> None:
        """The first invoice of a customer made in this run accounts for it; any other found it there."""
        if seen.row.customer in self._work.fresh_customers:
            self._work.fresh_customers.discard(seen.row.customer)
        else:
            self._session.tally.contacts_matched += 1

    def _refused(self, seen: Seen, order: Order, problem: Rejected, *, once_more: bool) -> None:
        calculated = selling.calculated_total(problem)
        total = order.draft.total
        if calculated is not None and once_more and abs(calculated - total) <= _MOST_DIFFERENCE:
            self._journal.next_generation(seen, "total_corrected", raw=problem.raw)
            again = self._decider.draft_again(order, seen.row)
            draft = replace(again.draft, total=calculated)
            self._send(seen, replace(again, draft=draft), once_more=False)
            return
        if calculated is not None:
            data = {"calculated": money.to_text(calculated), "value": money.to_text(total)}
            decision = NeedsAttention(code=Code.TOTAL_DIFFERS, data=data)
        else:
            codes = [one.code for one in problem.problems]
            decision = siigo_refusals_es.refused(codes, said=problem.message)
        self._journal.refused(seen, decision, problem, digest=order.digest)

    def write_number(self, seen: Seen) -> None:
        """Puts the invoice's number into the deal's custom field, where updates work."""
        row, session, field = seen.row, self._session, self._work.rules.number_field
        session.prove()
        try:
            before = session.escala.update_deal(
                row.deal_id, lambda _: DealChange(custom={field: row.invoice})
            )
            if not session.update_checked:
                self._check(before, row.deal_id, field)
                session.update_checked = True
        except TryLater as problem:
            if not is_lone(session, problem):
                raise
            self.kept_back.add(row.deal_id)
            why = "Escala no respondió; la próxima sincronización lo intenta otra vez"
            data = {"made": row.invoice, "why": why}
            session.tally.note(Code.NUMBER_NOT_WRITTEN, data, invoice=row.deal_id)
            return
        except (AccessDenied, OutcomeUnknown):
            raise
        except (UpdateImpossible, Rejected, UnexpectedAnswer) as problem:
            self._not_written(seen, problem)
            return
        self._journal.number_written(seen)

    def _check(self, before: Deal, deal_id: str, field: str) -> None:
        """An update that touches what is not ours is the last one; one that writes nothing is told."""
        after = self._session.escala.deal(deal_id)
        ours, theirs = (
            replace(deal, custom={key: value for key, value in deal.custom.items() if key != field})
            for deal in (before, after)
        )
        if changes.moved_something(ours, theirs, stage_moved=False) or before.value != after.value:
            self._session.escala.learn(update_deals="none")
        if field not in after.custom:
            raise UpdateImpossible(
                f"Escala no guardó el campo «{field}»", system="escala", raw="the field was not kept"
            )

    def _not_written(self, seen: Seen, problem: RemoteError) -> None:
        data = {"made": seen.row.invoice, "why": problem.message}
        self._session.tally.note(Code.NUMBER_NOT_WRITTEN, data, invoice=seen.row.deal_id)
        self._journal.number_written(seen, why=problem.raw or problem.message)
