"""Following an invoice that changed: what of its opportunity is ours to rewrite, and how that is checked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from siigo_escala.domain.crm import (
    Contact,
    ContactId,
    Deal,
    DealChange,
    DealId,
    DealLine,
    ProductId,
    Scalar,
    StageId,
)
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.planning import Update
from siigo_escala.escala.client import EscalaClient
from siigo_escala.escala.outcomes import UpdateImpossible
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.sync import look
from siigo_escala.sync.decide import wanted
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An update to be carried out by a network thread, which knows no ledger."""

    deal_id: DealId
    wanted: dict[str, Any]
    lost_stage: StageId | None
    verify: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An update that was done. `foreign_change`: the read-back shows a field changed that we never touch.

    `seen`: it shows that something of ours changed; False too where it was not read back.
    """

    wanted: dict[str, Any]
    lost: bool
    foreign_change: bool
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What became of a contact that was to get its customer's identification.

    `before`: as it stood just then, None where it could not be changed. Only where it holds another's
    identification by then does the deal not go on.
    """

    before: Contact | None


def fill(escala: EscalaClient, contact_id: ContactId, custom: dict[str, Scalar]) -> Filled:
    """Fills in the identification of a contact that was found by its e-mail and had none."""
    try:
        return Filled(before=escala.fill_contact(contact_id, custom))
    except AccessDenied:
        raise
    except RemoteError:
        return Filled(before=None)


def order(session: Session, step: Step) -> Order:
    """What is to be done for a step whose decision is Update."""
    lost = isinstance(step.decision, Update) and step.decision.lost
    stage = look.lost_stage(session) if lost else ""
    return Order(
        deal_id=DealId(step.row.deal_id or ""),
        wanted=wanted(session, step),
        lost_stage=StageId(stage) if stage else None,
        verify=not session.update_checked,
    )


def follow(escala: EscalaClient, order: Order) -> Followed:
    """Reads the deal, changes what is ours, and until that was seen to work reads it back.

    UpdateImpossible where Escala accepts the change and shows another value or stage.
    """
    before = escala.update_deal(order.deal_id, lambda current: _change(current, order))
    lost, foreign, seen = order.lost_stage is not None, False, False
    if order.verify:
        after = escala.deal(order.deal_id)
        foreign = moved_something(before, after, stage_moved=lost)
        if not _shows(after, order):
            if foreign:
                escala.learn(update_deals="none")
            # One deal tells nothing of the others: each is read back until one shows its change.
            raise UpdateImpossible("Escala aceptó el cambio y no lo muestra.", system="escala")
        seen = _ours(before) != _ours(after)
    return Followed(wanted=order.wanted, lost=lost, foreign_change=foreign, seen=seen)


def _shows(deal: Deal, order: Order) -> bool:
    """Whether a deal read by its id, which no list's delay concerns, holds what was written into it."""
    if order.lost_stage is not None:
        return deal.stage_id in (order.lost_stage, None)
    # An account may keep whole pesos only.
    return deal.value is None or abs(deal.value - Decimal(order.wanted["value"])) < 1


def _ours(deal: Deal) -> tuple[object, ...]:
    return deal.value, deal.stage_id, deal.lines, deal.description


def _change(current: Deal, order: Order) -> DealChange:
    if order.lost_stage is not None:
        return DealChange(value=current.value or Decimal(0), stage_id=order.lost_stage)
    description = None
    if current.description is not None:
        description = invoice_to_deal.replace_block(current.description, order.wanted["block"])
    return DealChange(
        value=Decimal(order.wanted["value"]),
        lines=tuple(
            DealLine(product_id=ProductId(product_id), quantity=Decimal(quantity))
            for product_id, quantity in order.wanted["lines"]
        ),
        description=description,
    )


def moved_something(before: Deal, after: Deal, *, stage_moved: bool) -> bool:
    """Whether an update touched what is not ours: all but value, products, description and a stage we set."""
    return not (
        (stage_moved or before.stage_id == after.stage_id)
        and before.name == after.name
        and before.contact_id == after.contact_id
        and before.pipeline_id == after.pipeline_id
        and before.owner == after.owner
        and dict(before.custom) == dict(after.custom)
        and dict(before.chosen) == dict(after.chosen)
    )
