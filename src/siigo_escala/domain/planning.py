"""What becomes of an invoice: wanted and known in, one decision out. A dry run is a plan nobody applies.

The order of the questions is the order of the rules: first what a person decided, then what Siigo says of
the document, then what the rules of the connection leave out, then what stands in Escala.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from typing import Literal

from siigo_escala.domain import identity, money
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.crm import ContactId, DealId
from siigo_escala.domain.reasons import Code

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Nothing of ours or of anybody stands in Escala for this invoice: make it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """This deal is this invoice's; it is bound and not changed."""

    deal_id: DealId
    evidence: Literal["contact", "value", "both", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The bound deal must follow: its value, lines and our block, or the stage for what was undone."""

    code: Code | None = None
    lost: bool = False
    edit: NeedsAttention | None = None
    """An edit that the rules leave to a person: nothing of it may be shown by this update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """What stands in Escala is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """The rules leave it out; `code` says why."""

    code: Code
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsAttention:
    """A person must decide or mend; `code` says what."""

    code: Code
    data: Data = field(default_factory=dict)


Decision = Create | Adopt | Update | Nothing | Exclude | NeedsAttention


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the user chose for this direction, as far as decisions need it."""

    start: date
    zone: tzinfo
    document_types: Collection[int] = ()
    stamp: Literal["any", "accepted"] = "any"
    walk_in: Literal["skip", "one_contact"] = "skip"
    create_for_unlinked_sellers: bool = True
    linked_sellers: Collection[int] = ()
    types_without_stamp: Collection[int] = ()
    on_annulled: Literal["report", "lost_stage"] = "report"
    on_credited: Literal["report", "subtract"] = "report"
    on_edited: Literal["update", "report"] = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An invoice with what Siigo and people have said about it so far.

    `value` is in pesos, of the kind the rules chose; None where an amount is no number.
    `total` is Siigo's total in pesos, `credited` what credit notes took from the value.
    """

    invoice: Invoice
    value: Decimal | None
    total: Decimal | None
    credited: Decimal = Decimal(0)
    deleted: bool = False
    ignored: bool = False
    born_in_escala: bool = False
    asked_for: bool = False
    """Read by dates or by name: `start` does not leave it out."""

    @property
    def wholly_credited(self) -> bool:
        """Credit notes took all of it: of the value, which they lower by their share of the total."""
        if self.total is None or self.total <= 0:
            return False
        whole = self.value if self.value is not None and self.value > 0 else self.total
        return self.credited >= whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What Escala shows of a bound invoice because of us, and what a person has seen to already."""

    digest: str
    value: Decimal
    base: Decimal = Decimal(0)
    """The invoice's value of then, before credit notes; 0 where nobody kept it."""
    credited: Decimal = Decimal(0)
    adopted: bool = False
    customer: Collection[str] = ()
    """Siigo's id and the identification of the customer whose contact it has; empty where nobody kept it."""
    undone: bool = False
    """The deal was moved to the lost stage for this invoice."""
    done_code: str = ""
    done_credited: Decimal = Decimal(0)

    @property
    def lowered(self) -> Decimal:
        """How much of notes its value is without: by the rule of then, or by a person who saw to them."""
        return max(self.done_credited, self.credited if self.value < self.base else Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDeal:
    """A deal, bound to no invoice, whose name holds the invoice's name (and our mark where one is set)."""

    id: DealId
    contact_id: ContactId | None
    value: Decimal | None


def screen(subject: Subject, rules: Rules) -> Exclude | NeedsAttention | None:
    """Why an invoice without an opportunity gets none; None: it is ours to create."""
    return said_of_it(subject) or _left_out(subject, rules) or _unusable(subject)


def claim(
    named: Sequence[NamedDeal], *, contact: ContactId | None, value: Decimal
) -> Create | Adopt | NeedsAttention:
    """Which of the deals that name the invoice is its own: the name alone is not enough, nor are two."""
    agreeing = [deal for deal in named if _agrees(deal, contact=contact, value=value)]
    if len(agreeing) > 1:
        return NeedsAttention(code=Code.DEAL_FOUND_TWICE, data={"candidates": [deal.id for deal in agreeing]})
    if agreeing:
        deal = agreeing[0]
        by_contact, by_value = _same_contact(deal, contact), deal.value == value
        evidence: Literal["contact", "value", "both"] = (
            "both" if by_contact and by_value else "contact" if by_contact else "value"
        )
        return Adopt(deal_id=deal.id, evidence=evidence)
    if named:
        return NeedsAttention(code=Code.DEAL_NAME_TAKEN, data={"candidates": [deal.id for deal in named]})
    return Create()


def follow(subject: Subject, shown: Shown, rules: Rules, *, digest: str) -> Update | Nothing | NeedsAttention:
    """What a bound opportunity needs now: Siigo changed, or a person is still asked to see to it."""
    if code := _undone(subject):
        if shown.undone or shown.done_code == code:
            return Nothing()
        if rules.on_annulled == "lost_stage" and not shown.adopted:
            return Update(code=code, lost=True)
        return NeedsAttention(code=code)
    edited = _edited(subject, shown, rules) if digest != shown.digest else Nothing()
    if subject.credited > _today(max(shown.credited, shown.done_credited), subject, shown, digest=digest):
        if rules.on_credited == "subtract" and not shown.adopted:
            held = edited if isinstance(edited, NeedsAttention) else None
            return Update(code=Code.INVOICE_CREDITED_PARTLY, edit=held)
        # What its value is without already is not to be taken off once more.
        more = subject.credited - _today(shown.lowered, subject, shown, digest=digest)
        return NeedsAttention(code=Code.INVOICE_CREDITED_PARTLY, data={"credited": str(more)})
    return edited


def value_to_show(subject: Subject, rules: Rules) -> Decimal:
    """The opportunity's value in pesos: the invoice's, less credit notes where rules say so, at least 0."""
    value = subject.value or Decimal(0)
    if rules.on_credited == "subtract":
        return max(value - subject.credited, Decimal(0))
    return value


def since_start(invoice: Invoice, rules: Rules) -> bool:
    """Whether an invoice is ours to create by its date or by the moment it was made."""
    if invoice.date is not None and invoice.date >= rules.start:
        return True
    return invoice.created is not None and invoice.created.astimezone(rules.zone).date() >= rules.start


def said_of_it(subject: Subject) -> Exclude | NeedsAttention | None:
    """What a person or Siigo has said of the document itself."""
    if subject.ignored:
        return Exclude(code=Code.IGNORED_BY_PERSON)
    if subject.born_in_escala:
        return Exclude(code=Code.BORN_IN_ESCALA)
    if subject.deleted:
        return Exclude(code=Code.INVOICE_DELETED)
    if subject.invoice.annulled:
        return Exclude(code=Code.INVOICE_ANNULLED)
    if subject.wholly_credited:
        return Exclude(code=Code.INVOICE_CREDITED)
    if subject.invoice.date is None:
        return NeedsAttention(code=Code.VALUE_INVALID, data={"field": "fecha"})
    return None


def _left_out(subject: Subject, rules: Rules) -> Exclude | None:
    """What the rules of the connection leave out."""
    invoice = subject.invoice
    if not subject.asked_for and not since_start(invoice, rules):
        return Exclude(code=Code.BEFORE_START, data={"start": rules.start.isoformat()})
    if rules.document_types and invoice.document_type not in rules.document_types:
        return Exclude(code=Code.DOCUMENT_TYPE_LEFT_OUT, data={"document_type": invoice.document_type})
    if rules.stamp == "accepted" and not _accepted(invoice, rules):
        return Exclude(code=Code.NOT_ACCEPTED_YET, data={"stamp": invoice.stamp})
    if rules.walk_in == "skip" and identity.is_walk_in(invoice.customer_identification):
        return Exclude(code=Code.WALK_IN_BUYER)
    if not rules.create_for_unlinked_sellers and invoice.seller not in rules.linked_sellers:
        return Exclude(code=Code.SELLER_UNLINKED, data={"seller": invoice.seller})
    return None


def _unusable(subject: Subject) -> NeedsAttention | None:
    """What an opportunity cannot be made of."""
    if not subject.invoice.name:
        # Without its number no opportunity could be told to be this invoice's, or be found again.
        return NeedsAttention(code=Code.VALUE_INVALID, data={"field": "número"})
    if subject.value is None:
        return NeedsAttention(code=Code.VALUE_INVALID, data={"field": "total"})
    if subject.value < 0:
        return NeedsAttention(code=Code.VALUE_INVALID, data={"field": "total", "value": str(subject.value)})
    if subject.invoice.customer_id is None:
        return NeedsAttention(code=Code.CUSTOMER_MISSING)
    return None


def _edited(subject: Subject, shown: Shown, rules: Rules) -> Update | NeedsAttention:
    """What becomes of an edit in Siigo that Escala does not show."""
    invoice = subject.invoice
    if invoice.date is None:
        return NeedsAttention(code=Code.VALUE_INVALID, data={"field": "fecha"})
    if subject.value is None or subject.value < 0:
        return NeedsAttention(code=Code.VALUE_INVALID, data={"field": "total"})
    value = value_to_show(subject, rules)
    # An edit of something else is no change of the value.
    data: dict[str, object] = (
        {} if value == shown.value else {"value": str(value), "before": str(shown.value)}
    )
    if shown.customer and not set(shown.customer) & {invoice.customer_id, invoice.customer_identification}:
        # Whose contact the opportunity is of is for people to say: an update never touches it.
        data["customer"] = invoice.customer_identification
        return NeedsAttention(code=Code.INVOICE_EDITED, data=data)
    by_hand = rules.on_credited == "report" and shown.lowered > 0
    if by_hand and (credited := min(shown.lowered, subject.credited)):
        # The rule of then has lowered the value, or a person has, or has not: an update would write over it.
        data["credited"] = str(credited)
    if by_hand or rules.on_edited == "report" or shown.adopted:
        return NeedsAttention(code=Code.INVOICE_EDITED, data=data)
    return Update()


def _today(credited: Decimal, subject: Subject, shown: Shown, *, digest: str) -> Decimal:
    """How much of today's value the notes take that took so much of the one that is shown: the rules may have
    chosen a value of another kind since, of which they take another share.
    """
    value = subject.value or Decimal(0)
    if digest != shown.digest or min(value, shown.base) <= 0 or value == shown.base:
        return credited
    return money.share(value, credited, shown.base)


def _undone(subject: Subject) -> Code | None:
    if subject.deleted:
        return Code.INVOICE_DELETED
    if subject.invoice.annulled:
        return Code.INVOICE_ANNULLED_LATER
    if subject.wholly_credited:
        return Code.INVOICE_CREDITED
    return None


def _accepted(invoice: Invoice, rules: Rules) -> bool:
    if invoice.stamp:
        return invoice.stamp.casefold() == "accepted"
    return invoice.document_type in rules.types_without_stamp


def _agrees(deal: NamedDeal, *, contact: ContactId | None, value: Decimal) -> bool:
    return _same_contact(deal, contact) or deal.value == value


def _same_contact(deal: NamedDeal, contact: ContactId | None) -> bool:
    return contact is not None and deal.contact_id == contact
