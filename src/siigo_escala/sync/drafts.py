"""What is sent to Escala for an invoice, made from a step once its contact is known or to be made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from siigo_escala.domain import matching, planning
from siigo_escala.domain.crm import ContactDraft, ContactId, DealDraft, PipelineId, StageId
from siigo_escala.domain.mapping import customer_to_contact, invoice_to_deal
from siigo_escala.domain.planning import Create
from siigo_escala.sync import sellers
from siigo_escala.sync.decide import subject_of, wanted
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step


def contact(session: Session, step: Step, *, without: frozenset[str] = frozenset()) -> ContactDraft:
    """The contact to be made where none matches. `without`: "email", "phone" that were refused before."""
    if step.customer is None or not isinstance(step.match, matching.Missing):
        raise ValueError("only a step without a contact makes one")
    return customer_to_contact.draft(
        step.customer,
        field=session.file.opportunities.identification_field,
        owner=sellers.owner_of(session, step.item.invoice.seller),
        send_email=step.match.send_email and "email" not in without,
        send_phone=step.match.send_phone and "phone" not in without,
    ).contact


def left_out(step: Step) -> tuple[str, ...]:
    """Sentences on what of the customer its new contact does not carry."""
    if step.customer is None or not isinstance(step.match, matching.Missing):
        return ()
    return customer_to_contact.draft(
        step.customer,
        field="",
        owner="",
        send_email=step.match.send_email,
        send_phone=step.match.send_phone,
    ).left_out


def prepare(session: Session, steps: Iterable[Step]) -> None:
    """Drafts every deal to be made, where a record that cannot be drafted stops no other one."""
    for step in steps:
        if isinstance(step.decision, Create):
            step.deal = _deal(session, step)


def deal(step: Step, contact_id: ContactId) -> DealDraft:
    """The deal to be made for a step, on its contact."""
    if step.deal is None:
        raise ValueError("the deal of a step is drafted when it is decided")
    return replace(step.deal, contact_id=contact_id)


def _deal(session: Session, step: Step) -> DealDraft:
    wanted = session.file.opportunities
    invoice = step.item.invoice
    return invoice_to_deal.draft(
        invoice,
        contact_id=ContactId(""),
        pipeline_id=PipelineId(session.connection.pipeline_id),
        stage_id=StageId(session.connection.stage_id),
        owner=sellers.owner_of(session, step.item.invoice.seller),
        value=planning.value_to_show(subject_of(session, step.item), session.rules),
        customer_name=customer_name(step),
        seller_name=session.seller_names.get(invoice.seller or 0, ""),
        user_text=wanted.description,
        mark=wanted.mark,
        products=step.products,
        number_field=wanted.number_field,
        date_field=wanted.date_field,
        due_field=wanted.due_field,
        ours=step.block,
    )


def fingerprint(session: Session, step: Step) -> str:
    """A hash of all that would be sent for a step: what was refused is not sent again unchanged."""
    made = [repr(step.deal) if step.deal else repr((step.decision, wanted(session, step)))]
    if isinstance(step.match, matching.Missing):
        made.append(repr(contact(session, step)))
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()[:32]


def customer_name(step: Step) -> str:
    """The customer's name as people read it."""
    return customer_to_contact.display_name(step.customer) if step.customer else step.row.customer
