"""Catalogues of Siigo as records, and the figure that a refusal names."""

from __future__ import annotations

from decimal import Decimal

import pytest

from siigo_escala.rest.errors import FieldProblem, Rejected
from siigo_escala.siigo import selling

ROW = {
    "country_code": "Co",
    "state_code": "11",
    "state_name": "Bogotá",
    "city_code": "11001",
    "city_name": "Bogotá",
}


def test_rows_without_what_they_are_known_by_are_no_records() -> None:
    assert selling.tax({"id": 1}) is None
    assert selling.tax({"percentage": 19}) is None
    assert selling.payment_type({"name": "x"}) is None
    assert selling.city({"address": {"city": ROW}}) is not None
    for key in ("city_name", "city_code", "state_code", "country_code"):
        assert selling.city({"address": {"city": {**ROW, key: None}}}) is None


@pytest.mark.parametrize(
    ("word", "shown"), [("Taxed", "Taxed"), ("Exempt", "Exempt"), ("excluded", "Excluded"), (None, "Taxed")]
)
def test_a_product_is_read_with_its_taxes(word: str | None, shown: str) -> None:
    row = {
        "code": "A",
        "description": "Algo",
        "tax_classification": word,
        "taxes": [{"id": 1}, {"id": 2, "percentage": 5}],
    }
    product = selling.product(row)
    assert (product.name, product.classification, [tax.id for tax in product.taxes]) == ("Algo", shown, [2])


@pytest.mark.parametrize(
    ("code", "message", "figure"),
    [
        ("invalid_total_payments", "The total invoice calculated is 2250.91", Decimal("2250.91")),
        ("invalid_total_payments", "The total invoice calculated is 2250", Decimal(2250)),
        ("invalid_total_payments", "They do not add up", None),
        ("invalid_payment", "The total invoice calculated is 1", None),
    ],
)
def test_the_figure_of_a_refusal_is_read(code: str, message: str, figure: Decimal | None) -> None:
    refused = Rejected("x", system="siigo", problems=[FieldProblem(code=code, message=message)])
    assert selling.calculated_total(refused) == figure


def test_a_cost_centre_or_a_warehouse_without_an_id_is_none() -> None:
    assert selling.named({"name": "Tienda"}) is None
    named = selling.named({"id": 7, "name": "Tienda", "active": False})
    assert named is not None
    assert (named.id, named.name, named.active) == (7, "Tienda", False)
