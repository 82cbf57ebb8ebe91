"""Records as plain JSON and back: what the ledger keeps so that a later run decides without asking again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from siigo_escala.domain.accounting import Customer, Invoice
from siigo_escala.domain.crm import Contact

_invoice = TypeAdapter(Invoice)
_customer = TypeAdapter(Customer)
_contact = TypeAdapter(Contact)

#: What changes nothing in Escala: an invoice that differs in these alone is unchanged.
_WITHOUT_EFFECT = ("balance", "stamp", "created", "updated", "observations")


def from_invoice(invoice: Invoice) -> dict[str, Any]:
    """JSON of an invoice; amounts are texts, absent values are left out."""
    return _plain(_invoice, invoice)


def to_invoice(record: dict[str, Any]) -> Invoice:
    """The invoice again, exactly."""
    return _invoice.validate_python(record)


def from_customer(customer: Customer) -> dict[str, Any]:
    """JSON of a customer."""
    return _plain(_customer, customer)


def to_customer(record: dict[str, Any]) -> Customer:
    """The customer again, exactly."""
    return _customer.validate_python(record)


def from_contact(contact: Contact) -> dict[str, Any]:
    """JSON of a contact, without its address."""
    return _plain(_contact, contact if contact.place is None else replace(contact, place=None))


def to_contact(record: dict[str, Any]) -> Contact:
    """The contact again."""
    return _contact.validate_python(record)


def digest(record: dict[str, Any]) -> str:
    """A hash of what matters of an invoice's record: one digest, one and the same opportunity."""
    kept = {key: value for key, value in record.items() if key not in _WITHOUT_EFFECT}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(adapter: TypeAdapter[Any], record: object) -> dict[str, Any]:
    plain: dict[str, Any] = adapter.dump_python(record, mode="json", exclude_defaults=True)
    return plain
