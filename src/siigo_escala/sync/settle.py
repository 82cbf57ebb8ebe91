"""What became of writes without certain outcome: found and bound, or proved absent and free to send.

"Not there" needs two reads that count, both begun after the intent, the second at least `settle_seconds`
after it (docs/adr/0002). Until then the row waits and the rest of the run goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from siigo_escala.domain import matching, planning, records
from siigo_escala.domain.crm import ContactId, DealId
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.planning import Adopt, Create, NamedDeal, NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import NotFound, Rejected, UnexpectedAnswer
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import claims, decide, escala_index, look, products, read
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.read import Item
from siigo_escala.sync.session import Session, Stopped
from siigo_escala.sync.step import Step
from siigo_escala.sync.view import Reading

_SKEW = timedelta(minutes=5)
_LONGEST_CALL = timedelta(minutes=16)
"""A quarter of an hour of 429, and the call itself; lines that never stood take as long as patience lasts."""


@dataclass(slots=True, kw_only=True)
class Settlement:
    """The open outcomes of one run and what was seen of them so far."""

    session: Session
    _absent_once: set[str] = field(default_factory=set)

    def open_rows(self) -> list[models.Invoice]:
        """Invoices whose deal has no certain outcome, as far as they lie in what this run reads."""
        options = self.session.options
        rows = models.Invoice.objects.filter(connection=self.session.connection, state=State.SENDING)
        if options.invoices:
            rows = rows.filter(name__in=options.invoices)
        if options.date_from is not None:
            rows = rows.filter(date__gte=options.date_from)
        if options.date_to is not None:
            rows = rows.filter(date__lte=options.date_to)
        return list(rows)

    def open_bindings(self) -> list[models.ContactBinding]:
        """Customers whose contact has no certain outcome."""
        return list(
            models.ContactBinding.objects.filter(
                escala_id=self.session.connection.escala_id, contact_id=None, intent_at__isnull=False
            )
        )

    def ready_at(self) -> datetime | None:
        """When a second read can prove absence for all of them; None: nothing is open."""
        moments = [row.intent_at for row in self.open_rows() if row.intent_at]
        moments += [
            binding.intent_at
            for binding in self.open_bindings()
            if binding.intent_at and not binding.intent.get("refused")
        ]
        return max(map(self._counted_from, moments)) + self._patience if moments else None

    def _counted_from(self, intent_at: datetime) -> datetime:
        """When the write was certainly over: one of an earlier run, when this run took over at the latest.

        A call may have waited for long after its intent before it went out, though never without the lease
        (rest/transport.py): it was over when this run began.
        """
        taken_over = self._taken_over
        longest = _LONGEST_CALL + timedelta(seconds=self.session.environment.patience_seconds)
        return max(intent_at, min(taken_over, intent_at + longest)) if intent_at < taken_over else intent_at

    @property
    def _taken_over(self) -> datetime:
        """When this run began, by Escala's clock."""
        return self.session.started + (self.session.escala_ahead or timedelta(0))

    def examine(self) -> None:
        """Looks each open outcome up in what was read last."""
        view = look.ensure(self.session)
        self._bring_back()
        journal = Journal(self.session)
        for binding in self.open_bindings():
            self._examine_contact(journal, binding, view.contacts)
        for item in read.from_ledger(self.session, self.open_rows()):
            self.session.tally.put(
                item.row.siigo_id,
                "failed",
                value=item.row.value,
                name=item.row.name,
                code=Code.OUTCOME_UNKNOWN,
            )
            self._examine_deal(journal, item, view.deals)
        journal.flush()

    def _bring_back(self) -> None:
        """An intent of the future was noted by a clock that was wrong: it is of before this run, no later."""
        now = self.session.escala_now()
        moments = [row.intent_at for row in self.open_rows()]
        moments += [binding.intent_at for binding in self.open_bindings()]
        if all(moment is None or moment <= now for moment in moments):
            return
        account = self.session.connection.escala_id
        with self.session.ledger():
            rows = models.Invoice.objects.filter(escala_id=account, intent_at__gt=now)
            rows.update(intent_at=self._taken_over)
            bindings = models.ContactBinding.objects.filter(escala_id=account, intent_at__gt=now)
            bindings.update(intent_at=self._taken_over)

    def read_again(self) -> None:
        """A new read of what is open, then every open outcome looked up in it."""
        self.session.view = look.again(self.session, contacts=bool(self.open_bindings()))
        self.examine()

    @property
    def _patience(self) -> timedelta:
        return timedelta(seconds=self.session.environment.settle_seconds)

    def _examine_deal(self, journal: Journal, item: Item, reading: Reading | None) -> None:
        row = item.row
        step = Step(item=item, decision=Create())
        step.products = products.indexed(self.session, [line.code.strip() for line in item.invoice.lines])
        found = self._deal_of(row)
        if isinstance(found, Adopt):
            journal.settled(step, found.deal_id)
        elif isinstance(found, NeedsAttention):
            # What a person said before it was sent does not make it be sent a second time.
            row.decision = ""
            journal.decided(step, found)
        elif self._absent(f"deal:{row.siigo_id}", row.intent_at, reading):
            journal.absent(row)

    def _deal_of(self, row: models.Invoice) -> Create | Adopt | NeedsAttention:
        """The deal our write made: by name and contact or value; renamed, by contact, value and moment."""
        contact = ContactId(row.intent.get("contact", ""))
        value = Decimal(row.intent.get("value", "0"))
        # Under the mark of then: the rules may have got another one since.
        mark = row.intent.get("mark", self.session.file.opportunities.mark)
        foreign = claims.other_marks(self.session)
        named = escala_index.deals_of(self.session, [row.name.upper()]).get(row.name.upper(), [])
        free = [
            deal
            for deal in self._unbound(named)
            if _bears(deal.name, mark, foreign) and not _older(deal, row)
        ]
        decision = planning.claim(
            [
                NamedDeal(id=DealId(deal.deal_id), contact_id=ContactId(deal.contact_id), value=deal.value)
                for deal in free
            ],
            contact=contact,
            value=value,
        )
        if not isinstance(decision, Create) or row.intent_at is None:
            return decision
        renamed = self._unbound(
            models.KnownDeal.objects.filter(  # type: ignore[misc]  # a CentsField takes Decimal
                escala_id=row.escala_id,
                contact_id=contact,
                value=value,
                created__gte=row.intent_at - _SKEW,
                created__lte=self._counted_from(row.intent_at) + self._patience + _SKEW,
            )
        )
        renamed = [deal for deal in renamed if not invoice_to_deal.names_any_invoice(deal.name)]
        if len(renamed) > 1:
            return NeedsAttention(
                code=Code.DEAL_FOUND_TWICE,
                data={"candidates": [deal.deal_id for deal in renamed], "unnamed": True},
            )
        if renamed:
            return Adopt(deal_id=DealId(renamed[0].deal_id), evidence="both")
        return decision

    def _unbound(
        self, deals: Sequence[models.KnownDeal] | QuerySet[models.KnownDeal]
    ) -> list[models.KnownDeal]:
        found = list(deals)
        bound = set(
            models.Invoice.objects.filter(
                escala_id=self.session.connection.escala_id, deal_id__in=[deal.deal_id for deal in found]
            ).values_list("deal_id", flat=True)
        )
        return [deal for deal in found if deal.deal_id not in bound]

    def _examine_contact(
        self, journal: Journal, binding: models.ContactBinding, reading: Reading | None
    ) -> None:
        who = binding.identity
        customers = models.KnownCustomer.objects.filter(
            company=self.session.connection.siigo, identity=who, gone=False
        )
        # One that Siigo has deleted meanwhile matches nothing: its contact, if made, stands in the index.
        match = decide.match_customers(self.session, [records.to_customer(one.record) for one in customers])
        refused = frozenset(binding.intent.get("refused", ()))
        if isinstance(found := match.get(who), matching.Found):
            (journal.binding_found if refused else journal.binding_settled)(who, found.contact_id)
        elif isinstance(found, matching.Ambiguous):
            journal.binding_absent(who)
        elif refused:
            # Escala said that it exists; the index does not show it as ours: made without what others have.
            if proves(reading, binding.intent_at):
                self.session.refused_parts[who] = refused
                journal.binding_absent(who)
        elif self._absent(f"contact:{who}", binding.intent_at, reading):
            journal.binding_absent(who)

    def _absent(self, key: str, intent_at: datetime | None, reading: Reading | None) -> bool:
        """Whether the last read, with one before it, proves that nothing was made."""
        if reading is None or intent_at is None or not proves(reading, intent_at):
            return False
        if key in self._absent_once and reading.started >= self._counted_from(intent_at) + self._patience:
            return True
        self._absent_once.add(key)
        return False


def proves(reading: Reading | None, intent_at: datetime | None) -> bool:
    """Whether what was made after `intent_at`, if it was, would stand in this read."""
    return (
        reading is not None
        and intent_at is not None
        and reading.counts
        and reading.started > intent_at
        and (reading.since is None or reading.since <= intent_at)
    )


def _bears(name: str, mark: str, foreign: Sequence[str]) -> bool:
    """Whether a deal of this name may be what was sent under this mark.

    What was sent without one bears none in our brackets: the words of a customer's name are no mark of a
    connection that came since.
    """
    if mark:
        return invoice_to_deal.has_mark(name, mark)
    return not any(f"[{one}]".casefold() in name.casefold() for one in foreign)


def _older(deal: models.KnownDeal, row: models.Invoice) -> bool:
    """Whether the deal stood there before our write: one that a person told us to overlook."""
    return row.intent_at is not None and deal.created is not None and deal.created < row.intent_at - _SKEW


def contacts_gone(session: Session, steps: Sequence[Step]) -> None:
    """Bound contacts that Escala refused to know: asked for once, then matched again by the next round."""
    journal = Journal(session)
    for step in steps:
        if _is_gone(session, ContactId(step.row.contact_id)):
            escala_index.forget_contact(session, step.row.contact_id)
            journal.binding_absent(step.who)
            if step.row.decision == "contact":
                why = f"el contacto {step.row.contact_id} no está en Escala"
                step.row.decision = ""
                journal.decided(step, NeedsAttention(code=Code.DECISION_NOT_POSSIBLE, data={"why": why}))
            else:
                journal.waiting(step, Code.OUTCOME_UNKNOWN)
        else:
            journal.deal_refused(step, NeedsAttention(code=Code.ESCALA_ERROR))
    journal.flush()


def _is_gone(session: Session, contact_id: ContactId) -> bool:
    try:
        session.escala.contact(contact_id)
    except NotFound:
        return True
    except (Rejected, UnexpectedAnswer):
        return False
    return False


def wait_until(session: Session, moment: datetime) -> None:
    """Waits for this moment of Escala's clock, and says why; Stopped where somebody ends the run."""
    seconds = (moment - session.escala_now()).total_seconds()
    if seconds <= 0:
        return
    session.listener.say(
        f"Hay escrituras sin respuesta: se espera {round(seconds)} s para comprobar en Escala qué quedó."
    )
    session.tell("settle")
    if session.listener.stop.wait(seconds + 0.05):
        raise Stopped
