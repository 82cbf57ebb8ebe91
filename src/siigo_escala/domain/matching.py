"""Which contact of Escala is this customer, and on what evidence.

Stored identification wins, then e-mail, then phone. A shared e-mail or phone (the accountant's, a landline)
never merges two customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from siigo_escala.domain import identity
from siigo_escala.domain.accounting import Customer
from siigo_escala.domain.crm import Contact, ContactId
from siigo_escala.domain.mapping import customer_to_contact

Evidence = Literal["bound", "identification", "email", "phone", "decision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """This contact is the customer. `fill_identification`: it holds none and should get the customer's."""

    contact_id: ContactId
    evidence: Evidence
    fill_identification: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """No contact is the customer. False: there is none to send, or it belongs to somebody else's contact."""

    send_email: bool
    send_phone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Several contacts are the customer on equal evidence: a person must say which one."""

    candidates: tuple[ContactId, ...]


Match = Found | Missing | Ambiguous


def match(
    customer: Customer,
    candidates: Sequence[Contact],
    *,
    field: str,
    bound: ContactId | None,
    remembered: ContactId | None,
    held_by_others: Mapping[ContactId, str],
) -> Match:
    """The customer's contact among `candidates`, all that share an identification key, e-mail or phone.

    `field` is the custom field that holds the identification, `remembered` what a person decided,
    `held_by_others` the contacts bound to another identity, which are never taken.
    """
    if remembered is not None:
        return Found(contact_id=remembered, evidence="decision")
    if bound is not None:
        return Found(contact_id=bound, evidence="bound")
    free = [contact for contact in candidates if contact.id not in held_by_others]
    keys = identity.customer_keys(id_type=customer.id_type, identification=customer.identification)
    if own := [contact for contact in free if _stored(contact, field) & keys]:
        return _one(own, "identification")

    unidentified = [contact for contact in free if not _stored(contact, field)]
    email, phone = customer_to_contact.email_of(customer), customer_to_contact.phone_of(customer)
    with_email = [contact for contact in unidentified if email is not None and email in _emails(contact)]
    if same := [contact for contact in with_email if _is_nameless(contact) or _agrees(customer, contact)]:
        return _one(same, "email")
    with_phone = [contact for contact in unidentified if phone is not None and phone in _phones(contact)]
    if same := [contact for contact in with_phone if _agrees(customer, contact)]:
        return _one(same, "phone")
    return Missing(
        send_email=email is not None and not any(email in _emails(contact) for contact in candidates),
        send_phone=phone is not None and not any(phone in _phones(contact) for contact in candidates),
    )


def holds_identification(customer: Customer, contact: Contact, *, field: str) -> bool | None:
    """Whether the identification that this contact holds is the customer's; None where it holds none."""
    keys = identity.customer_keys(id_type=customer.id_type, identification=customer.identification)
    return bool(stored & keys) if (stored := _stored(contact, field)) else None


def _one(contacts: Sequence[Contact], evidence: Evidence) -> Found | Ambiguous:
    if len(contacts) > 1:
        return Ambiguous(candidates=tuple(contact.id for contact in contacts))
    return Found(contact_id=contacts[0].id, evidence=evidence, fill_identification=evidence == "email")


def _stored(contact: Contact, field: str) -> frozenset[str]:
    return identity.stored_keys(str(contact.custom.get(field, "")))


def _emails(contact: Contact) -> set[str | None]:
    return {identity.email(address) for address in contact.emails}


def _phones(contact: Contact) -> set[str | None]:
    return {identity.phone(number) for number in contact.phones}


def _is_nameless(contact: Contact) -> bool:
    return not f"{contact.first_name}{contact.last_name}{contact.company_name}".strip()


def _agrees(customer: Customer, contact: Contact) -> bool:
    return any(
        identity.same_name(
            names,
            first_name=contact.first_name,
            last_name=contact.last_name,
            company_name=contact.company_name,
        )
        for names in (customer.names, (customer.commercial_name,))
    )
