"""Records survive the ledger, and only what matters makes another opportunity of an invoice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import records
from siigo_escala.domain.accounting import (
    Adjustment,
    Currency,
    Customer,
    CustomerId,
    DocumentType,
    DocumentTypeId,
    Invoice,
    InvoiceId,
    Seller,
    SellerId,
    Unreadable,
)
from siigo_escala.domain.crm import Contact, ContactId, Place
from tests.domain import examples

_amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2)
_rates = st.builds(Currency, code=st.sampled_from(["USD", "EUR"]), rate=_amounts)
_invoices = st.builds(
    Invoice,
    id=st.text().map(InvoiceId),
    name=st.text(),
    customer_id=st.none() | st.text().map(CustomerId),
    total=st.none() | _amounts,
    balance=st.none() | _amounts,
    currency=st.none() | _rates,
    discounts=st.lists(st.builds(Adjustment, name=st.text(), value=_amounts), max_size=2).map(tuple),
    created=st.none() | st.datetimes(timezones=st.just(UTC)),
)
_customers = st.builds(Customer, is_company=st.booleans(), identification=st.text())
_contacts = st.builds(
    Contact,
    custom=st.dictionaries(st.text(), st.text() | st.booleans() | st.integers(), max_size=3),
    modified=st.none() | st.datetimes(timezones=st.just(UTC)),
    place=st.none(),
)

DIGEST = "ddd180c1c30654f8d02d31b37d043c8e7cba1a00068ef418e05450cd57180cf6"
"""Of the record below, since the first ledger."""


@given(_invoices)
def test_an_invoice_comes_back_from_the_ledger_exactly(invoice: Invoice) -> None:
    stored = json.loads(json.dumps(records.from_invoice(invoice)))
    again = records.to_invoice(stored)
    assert again == invoice
    assert str(again.total) == str(invoice.total), "an amount keeps its very digits"


@given(_customers)
def test_a_customer_comes_back_exactly(customer: Customer) -> None:
    stored = json.loads(json.dumps(records.from_customer(customer)))
    assert records.to_customer(stored) == customer
    assert ("contactless" in stored) is customer.contactless, "what is as usual is left out, as of old"


@given(_contacts)
def test_a_contact_comes_back_exactly(contact: Contact) -> None:
    again = records.to_contact(json.loads(json.dumps(records.from_contact(contact))))
    assert again == contact
    assert {key: type(one) for key, one in again.custom.items()} == {
        key: type(one) for key, one in contact.custom.items()
    }


def test_the_address_of_a_contact_is_not_kept() -> None:
    contact = Contact(id=ContactId("c1"), place=Place(address="Cra 15 # 93-47", city="Bogotá"))
    assert "Cra" not in json.dumps(records.from_contact(contact))


@pytest.mark.parametrize(
    "changes",
    [
        {"balance": Decimal(0)},
        {"stamp": "Accepted"},
        {"created": datetime(2026, 8, 27, tzinfo=UTC)},
        {"updated": datetime(2026, 8, 28, tzinfo=UTC)},
        {"observations": "pagada"},
    ],
)
def test_a_payment_or_a_stamp_is_no_change_of_the_opportunity(changes: dict[str, Any]) -> None:
    assert _digest(**changes) == _digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"total": Decimal("1110054.51")},
        {"date": date(2026, 8, 28)},
        {"due_date": None},
        {"name": "FV-2-1046"},
        {"annulled": True},
        {"customer_id": CustomerId("another")},
        {"lines": ()},
        {"currency": Currency(code="USD", rate=Decimal(4000))},
    ],
)
def test_whatever_a_person_sees_of_it_is_a_change(changes: dict[str, Any]) -> None:
    assert _digest(**changes) != _digest()


def _digest(**changes: Any) -> str:
    return records.digest(records.from_invoice(examples.invoice(**changes)))


def test_a_record_of_which_little_is_known_claims_nothing() -> None:
    customer = Customer(id=CustomerId("1"), is_company=True, identification="1")
    assert (customer.branch, customer.active) == (0, True)
    assert examples.invoice().branch == 0
    assert Seller(id=SellerId(1)).active
    kind = DocumentType(id=DocumentTypeId(1), code="1", name="FV-1")
    assert (kind.active, kind.needs_stamp) == (True, True)
    assert "secreto" not in repr(Unreadable(text="secreto")), "a row may hold what no log should"


def test_a_digest_is_the_same_for_ever_and_however_a_database_orders_keys() -> None:
    record = {"id": "i1", "name": "FV-2-1", "customer": "Peña", "total": "1.00", "balance": "3"}
    shuffled = dict(reversed(record.items()))
    assert records.digest(record) == records.digest(shuffled) == DIGEST, "another would edit every invoice"


def test_what_is_as_usual_takes_no_room_in_the_ledger() -> None:
    plain = examples.contact("k-1")
    assert set(records.from_contact(plain)) <= {"id", "custom", "owner"}
