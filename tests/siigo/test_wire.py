"""Siigo's JSON as records: the reference's own examples, and everything that real answers do to them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.accounting import (
    Adjustment,
    ContactPerson,
    CreditNote,
    Currency,
    Customer,
    Invoice,
    Tax,
    Unreadable,
)
from siigo_escala.siigo import wire

FULL = """{
  "id": "66bdca44-570b-4271-a4a7-fef85e56558e", "document": {"id": 24446}, "prefix": "SETP", "number": 1045,
  "name": "FV-2-1045", "date": "2026-08-27",
  "customer": {"id": "94790a77", "identification": "900482137", "branch_office": 0},
  "seller": 629,
  "retentions": [
    {"id": 34072, "name": "ReteIVA 15%", "type": "ReteIVA", "percentage": 15, "value": 28143.75},
    {"id": 34080, "name": "ReteICA 9.66", "type": "ReteICA", "percentage": 9.66, "value": 9539.25}],
  "total": 1110054.5, "balance": 1110054.5, "observations": "Entrega en bodega Fontibón",
  "items": [{"id": "19b566b5", "code": "CAF-500", "description": "Café tostado 500 g", "quantity": 10,
    "price": 85000, "discount": {"percentage": 5, "value": 42500},
    "taxes": [{"id": 13156, "name": "IVA 19%", "type": "IVA", "percentage": 19, "value": 153425},
              {"id": 13170, "name": "Retefuente 2.5%", "type": "Retefuente", "percentage": 2.5,
               "value": 20187.5}],
    "warehouse": {"id": 1270, "name": "Bodega principal"}, "total": 960925}],
  "payments": [{"id": 5636, "name": "Crédito", "value": 1110054.5, "due_date": "2026-09-26"}],
  "stamp": {"status": "Accepted", "cufe": "7c1f"},
  "metadata": {"created": "2026-08-27T15:04:11Z", "last_updated": "2026-08-27T15:06:40Z"}}"""


def _invoice(**changes: Any) -> Invoice:
    row = {**json.loads(FULL, parse_float=Decimal), **changes}
    found = wire.invoice({key: value for key, value in row.items() if value is not ...})
    assert isinstance(found, Invoice)
    return found


def _customer(**changes: Any) -> Customer:
    row: dict[str, Any] = {"id": "c1", "person_type": "Company", "identification": "900482137", **changes}
    found = wire.customer(row)
    assert isinstance(found, Customer)
    return found


def test_the_references_example_is_read_whole() -> None:
    invoice = _invoice()
    assert (invoice.name, invoice.date, invoice.due_date) == (
        "FV-2-1045",
        date(2026, 8, 27),
        date(2026, 9, 26),
    )
    assert (invoice.document_type, invoice.seller, invoice.branch) == (24446, 629, 0)
    assert (invoice.customer_id, invoice.customer_identification) == ("94790a77", "900482137")
    assert (invoice.total, invoice.balance) == (Decimal("1110054.5"), Decimal("1110054.5"))
    assert invoice.retentions[1] == Tax(
        kind="ReteICA", name="ReteICA 9.66", percentage=Decimal("9.66"), value=Decimal("9539.25")
    )
    (line,) = invoice.lines
    assert (line.code, line.quantity, line.price) == ("CAF-500", Decimal(10), Decimal(85000))
    assert line.discount == Decimal(42500)
    assert [tax.kind for tax in line.taxes] == ["IVA", "Retefuente"]
    assert (invoice.stamp, invoice.annulled, invoice.currency) == ("Accepted", False, None)
    assert invoice.created == datetime(2026, 8, 27, 15, 4, 11, tzinfo=UTC)
    assert invoice.updated == datetime(2026, 8, 27, 15, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize("empty", [..., None, "", [], {}])
def test_a_value_that_is_not_there_may_be_written_in_five_ways(empty: Any) -> None:
    invoice = _invoice(
        **dict.fromkeys(
            (
                "document", "customer", "seller", "retentions", "total", "balance", "observations", "items",
                "payments", "stamp", "metadata", "currency", "annulled", "date", "name", "global_discounts",
            ),
            empty,
        )
    )  # fmt: skip
    assert invoice == Invoice(
        id=invoice.id, name="", document_type=None, date=None, customer_id=None, total=None
    )


@pytest.mark.parametrize("row", [None, 5, "text", [], {}, {"id": None}, {"id": ""}, {"name": "FV-2-1"}])
def test_a_row_without_an_id_is_kept_as_unreadable(row: Any) -> None:
    assert wire.invoice(row) == Unreadable(text=json.dumps(row))


def test_an_unreadable_row_is_cut() -> None:
    found = wire.customer({"name": "x" * 1_000})
    assert isinstance(found, Unreadable)
    assert len(found.text) == 500


@pytest.mark.parametrize("total", [True, "abc", "NaN", Decimal("1e99"), [1], {"value": 1}])
def test_a_total_that_is_no_amount_is_none(total: Any) -> None:
    assert _invoice(total=total).total is None


def test_amounts_may_be_texts() -> None:
    assert _invoice(total="1250.50").total == Decimal("1250.50")


@pytest.mark.parametrize("code", ["USD", "usd"])
def test_a_foreign_currency_comes_with_its_rate(code: str) -> None:
    invoice = _invoice(currency={"code": code, "exchange_rate": Decimal("4012.55")})
    assert invoice.currency == Currency(code="USD", rate=Decimal("4012.55"))


@pytest.mark.parametrize(
    "currency", [{"code": "COP", "exchange_rate": 1}, {"code": "cop"}, "COP", {"code": ""}]
)
def test_pesos_are_no_foreign_currency(currency: Any) -> None:
    invoice = _invoice(currency=currency)
    assert invoice.currency is None
    assert invoice.total is not None


@pytest.mark.parametrize("rate", [None, 0, -1, "?", True])
def test_dollars_without_a_rate_are_never_taken_for_pesos(rate: Any) -> None:
    invoice = _invoice(currency={"code": "USD", "exchange_rate": rate})
    assert invoice.total is None
    assert {(line.price, line.total) for line in invoice.lines} == {(None, None)}


@pytest.mark.parametrize(
    "mark", [{"annulled": True}, {"Annulled": True}, {"Annul": True}, {"annulled": "true"}]
)
def test_an_annulment_shows_in_any_spelling(mark: dict[str, Any]) -> None:
    assert _invoice(**mark).annulled


@pytest.mark.parametrize("mark", [{"annulled": False}, {"annulled": None}, {"advance_payment": True}])
def test_other_invoices_are_not_annulled(mark: dict[str, Any]) -> None:
    assert not _invoice(**mark).annulled


def test_discounts_and_charges_are_read_in_both_spellings() -> None:
    one = {"id": 1, "name": "Pronto pago", "percentage": 2, "value": 1000}
    read = (Adjustment(name="Pronto pago", percentage=Decimal(2), value=Decimal(1000)),)
    assert _invoice(global_discounts=[one]).discounts == read
    assert _invoice(globaldiscounts=[one, {"name": "no value"}]).discounts == read
    assert _invoice(global_charges=[one]).charges == read


def test_a_tax_of_an_unknown_type_is_kept_and_one_without_value_is_not() -> None:
    invoice = _invoice(
        retentions=[{"type": "Nuevo", "value": 5}, {"type": "IVA"}, "x", {"type": "iva", "value": 1}]
    )
    assert [(tax.kind, tax.name) for tax in invoice.retentions] == [("other", "Nuevo"), ("IVA", "iva")]


@pytest.mark.parametrize(
    ("discount", "amount"),
    [
        ({"percentage": 5, "value": 42500}, Decimal(42500)),
        ({"percentage": 5}, Decimal("42500.00")),
        ({"percentage": Decimal("1e30")}, Decimal("8.5e33")),
        ({"value": 0}, Decimal(0)),
        (1000, Decimal(1000)),
        (None, Decimal(0)),
        ({"percentage": None}, Decimal(0)),
    ],
)
def test_a_lines_discount_is_money(discount: Any, amount: Decimal) -> None:
    item = {"code": "A", "quantity": 10, "price": 85000, "discount": discount}
    assert _invoice(items=[item]).lines[0].discount == amount


def test_a_line_that_cannot_be_read_as_numbers_stays_a_line() -> None:
    (line,) = _invoice(
        items=[{"code": 55, "quantity": "dos", "discount": {"percentage": 5}}, "no line"]
    ).lines
    assert (line.code, line.quantity, line.price, line.total) == ("55", None, None, None)


def test_seller_and_type_may_be_numbers_texts_or_objects() -> None:
    assert _invoice(seller="629", document=24446).seller == 629
    assert _invoice(seller={"id": 629}).seller == 629
    assert _invoice(document="24446").document_type == 24446


def test_the_due_date_is_the_invoices_own_else_the_first_of_its_terms() -> None:
    terms = [{"due_date": "2026-10-26"}, {"due_date": "2026-09-26"}, {"due_date": None}]
    assert _invoice(payments=terms).due_date == date(2026, 9, 26)
    assert _invoice(payments=terms, due_date="2026-12-01").due_date == date(2026, 12, 1)


def test_a_year_one_date_of_creation_is_none() -> None:
    assert _invoice(metadata={"created": "0001-01-01T00:00:00"}).created is None


def test_a_company_is_read_with_its_people_and_phones() -> None:
    customer = _customer(
        type="Customer",
        id_type={"code": "31", "name": "NIT"},
        check_digit="2",
        name=["Tostadora La Ceiba S.A.S."],
        commercial_name="La Ceiba Café",
        address={
            "address": "Cra. 27 # 14-30",
            "city": {"country_name": "Colombia", "state_name": "Bogotá", "city_name": "Bogotá"},
        },
        phones=[{"indicative": "57", "number": "6013456789", "extension": "132"}, {}, None],
        contacts=[
            {
                "first_name": "Marcela",
                "last_name": "Ibarra",
                "email": "compras@laceiba.example",
                "phone": {"indicative": "57", "number": "3004567812"},
            },
            {"first_name": ".", "phone": {}},
            None,
        ],
    )
    assert customer.is_company
    assert (customer.id_type, customer.check_digit, customer.names) == (
        "31",
        "2",
        ("Tostadora La Ceiba S.A.S.",),
    )
    assert (customer.address, customer.city, customer.country) == ("Cra. 27 # 14-30", "Bogotá", "Colombia")
    assert customer.phones == ("576013456789",)
    assert customer.contacts == (
        ContactPerson(
            first_name="Marcela", last_name="Ibarra", email="compras@laceiba.example", phone="573004567812"
        ),
        ContactPerson(),
    )


@pytest.mark.parametrize("empty", [..., None, "", [], {}])
def test_a_customer_may_be_nearly_empty(empty: Any) -> None:
    row = {
        "id": "c1",
        **dict.fromkeys(
            ("type", "person_type", "id_type", "identification", "name", "address", "phones", "contacts"),
            empty,
        ),
    }
    found = wire.customer({key: value for key, value in row.items() if value is not ...})
    assert isinstance(found, Customer)
    contactless = empty == []
    assert found == Customer(id=found.id, is_company=False, identification="", contactless=contactless)


@pytest.mark.parametrize(
    ("contacts", "contactless"), [([], True), ([{}], False), ([None], False), (None, False), ({}, False)]
)
def test_only_an_empty_list_says_that_a_customer_has_no_contact(contacts: Any, *, contactless: bool) -> None:
    assert _customer(contacts=contacts).contactless is contactless


@pytest.mark.parametrize(
    ("kind", "id_type", "name", "is_company"),
    [
        ("Company", "13", ["A", "B"], True),
        ("company", "", ["A"], True),
        ("Person", "31", ["A"], False),
        (None, "31", ["Casa SAS"], True),
        (None, {"code": "31"}, ["Ana", "Ruiz"], False),
        ("", "13", ["Ana"], False),
    ],
)
def test_whether_a_customer_is_a_company(kind: Any, id_type: Any, name: list[str], is_company: bool) -> None:
    assert _customer(person_type=kind, id_type=id_type, name=name).is_company is is_company


@pytest.mark.parametrize(
    ("name", "names"),
    [
        (["Julián", "Restrepo Mora"], ("Julián", "Restrepo Mora")),
        (["  Julián   Andrés ", None], ("Julián Andrés",)),
        ([".", "-", ""], ()),
        ("Casa SAS", ("Casa SAS",)),
        (None, ()),
    ],
)
def test_names_come_without_what_stands_for_nothing(name: Any, names: tuple[str, ...]) -> None:
    assert _customer(name=name).names == names


@pytest.mark.parametrize(
    ("phone", "joined"),
    [
        ({"indicative": "57", "number": "3001234567"}, "573001234567"),
        ({"indicative": "57", "number": "573001234567"}, "573001234567"),
        ({"number": "3001234567"}, "3001234567"),
        ({"indicative": "57", "number": "+1 305 5550100"}, "+1 305 5550100"),
        ({"indicative": "57"}, ""),
        ("3001234567", "3001234567"),
        (3001234567, "3001234567"),
        (None, ""),
    ],
)
def test_a_phone_is_indicative_and_number_once(phone: Any, joined: str) -> None:
    assert _customer(contacts=[{"phone": phone}]).contacts[0].phone == joined


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("Calle 1", ("Calle 1", "")),
        ({"address": "Calle 1", "city": "Cali"}, ("Calle 1", "Cali")),
        (None, ("", "")),
    ],
)
def test_an_address_may_be_a_text(address: Any, read: tuple[str, str]) -> None:
    customer = _customer(address=address)
    assert (customer.address, customer.city) == read


def test_a_credit_note_names_its_invoice_or_none() -> None:
    row: dict[str, Any] = {
        "id": "n1",
        "name": "NC-1-58",
        "date": "2026-09-02",
        "total": 10,
        "invoice": {"id": "i1"},
    }
    assert wire.credit_note(row) == CreditNote(
        id="n1",  # type: ignore[arg-type]
        name="NC-1-58",
        date=date(2026, 9, 2),
        invoice_id="i1",  # type: ignore[arg-type]
        total=Decimal(10),
    )
    other = wire.credit_note({**row, "invoice": None, "currency": {"code": "USD"}})
    assert isinstance(other, CreditNote)
    assert (other.invoice_id, other.total) == (None, Decimal(10)), "its invoice may say the rate"
    assert other.currency == Currency(code="USD", rate=Decimal(0))


def test_a_seller_is_known_by_mail_or_by_a_user_name_that_is_one() -> None:
    seller = wire.seller({"id": 629, "username": "v@x.example", "first_name": "Diego", "last_name": None})
    assert seller is not None
    assert (seller.name, seller.email, seller.active) == ("Diego", "v@x.example", True)
    other = wire.seller({"id": "630", "username": "ventas", "active": False})
    assert other is not None
    assert (other.id, other.email, other.active) == (630, "", False)
    assert wire.seller({"id": None}) is None


def test_document_types_keep_their_zeros_and_say_whether_they_are_stamped() -> None:
    kind = wire.document_type(
        {"id": 1, "code": "003", "description": "Venta", "electronic_type": "Electronicvoice"}
    )
    assert kind is not None
    assert (kind.code, kind.name, kind.needs_stamp) == ("003", "Venta", True)
    plain = wire.document_type({"id": 2, "code": "1", "name": "Mostrador", "electronic_type": "NoElectronic"})
    assert plain is not None
    assert not plain.needs_stamp
    assert wire.document_type([]) is None
