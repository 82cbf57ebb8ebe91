"""The simulator's totals against every worked example of the Siigo reference."""

from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators.siigo import arithmetic

LISTED: tuple[dict[str, Any], ...] = (
    {"id": 1, "name": "IVA 19%", "type": "IVA", "percentage": 19},
    {"id": 2, "name": "IVA 5%", "type": "IVA", "percentage": 5},
    {"id": 3, "name": "Retefuente 2.5%", "type": "Retefuente", "percentage": Decimal("2.5")},
    {"id": 4, "name": "Retefuente 4%", "type": "Retefuente", "percentage": 4},
    {"id": 5, "name": "ReteIVA 15%", "type": "ReteIVA", "percentage": 15},
    {"id": 6, "name": "ReteICA 9.66", "type": "ReteICA", "percentage": Decimal("9.66")},
    {"id": 7, "name": "Autorretencion 0.8", "type": "Autorretencion", "percentage": Decimal("0.8")},
    {"id": 8, "name": "Impoconsumo 8%", "type": "Impoconsumo", "percentage": 8},
    {"id": 9, "name": "Ad valorem 25%", "type": "AdValorem", "percentage": 25},
)
TAXES = {one["id"]: one for one in LISTED}


def complete(*items: dict[str, Any], **rest: Any) -> dict[str, Any]:
    options = {key: rest.pop(key) for key in ("decimals", "discount_type") if key in rest}
    return arithmetic.complete({"items": list(items), **rest}, taxes=TAXES, **options)


def line(quantity: Any, price: Any, *taxes: int, **rest: Any) -> dict[str, Any]:
    shown = {"code": "A", "quantity": quantity, "taxes": [{"id": one} for one in taxes], **rest}
    return shown if "taxed_price" in rest else {**shown, "price": Decimal(str(price))}


def retained(*ids: int) -> list[dict[str, Any]]:
    return [{"id": one} for one in ids]


def values(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row["value"]) for row in rows]


def test_the_credit_sale_of_3_3_comes_out_to_the_cent() -> None:
    done = complete(
        line(10, 85000, 1, 3, discount=5), line(1, 180000, 1, 4), retentions=retained(5, 6), seller=629
    )
    coffee, installation = done["items"]
    assert coffee["discount"] == {"percentage": Decimal(5), "value": Decimal(42500)}
    assert values(coffee["taxes"]) == ["153425.00", "20187.50"]
    assert values(installation["taxes"]) == ["34200.00", "7200.00"]
    assert (coffee["total"], installation["total"]) == (Decimal(960925), Decimal(214200))
    assert values(done["retentions"]) == ["28143.75", "9539.25"]
    assert done["total"] == Decimal("1110054.50")
    assert done["seller"] == 629


def test_the_cash_sale_of_3_4_ends_one_cent_short_of_seventy_thousand() -> None:
    done = complete(line(2, "29411.76", 1))
    assert values(done["items"][0]["taxes"]) == ["11176.47"]
    assert done["items"][0]["total"] == done["total"] == Decimal("69999.99")
    assert done["items"][0]["discount"] is None


def test_the_real_invoice_of_3_6_comes_out_to_the_cent() -> None:
    done = complete(line(1, 1612500, 1, 4), retentions=retained(5, 6))
    assert values(done["items"][0]["taxes"]) == ["306375.00", "64500.00"]
    assert values(done["retentions"]) == ["45956.25", "15576.75"]
    assert done["total"] == Decimal("1792842.00")


def test_a_price_with_iva_is_split_as_in_3_7() -> None:
    (only,) = complete(line(1, None, 1, taxed_price=10000))["items"]
    assert only["price"] == Decimal("8403.361345")
    assert "taxed_price" not in only
    assert (only["total"] - only["taxes"][0]["value"], only["taxes"][0]["value"]) == (
        Decimal("8403.36"),
        Decimal("1596.64"),
    )


def test_six_decimals_of_a_price_count_before_the_base_is_rounded() -> None:
    assert complete(line(10, "8403.361345", 1))["total"] == Decimal(100000)
    assert complete(line(10, "8403.36", 1))["total"] == Decimal("99999.98")


def test_the_per_mil_of_reteica_is_a_tenth_of_a_per_cent() -> None:
    assert values(complete(line(1, 1000000), retentions=retained(6))["retentions"]) == ["9660.00"]


def test_the_self_withholding_does_not_reduce_the_total() -> None:
    done = complete(line(1, 1000000, 1), retentions=retained(7))
    assert values(done["retentions"]) == ["8000.00"]
    assert done["total"] == Decimal(1190000)


def test_consumption_taxes_are_part_of_line_and_total() -> None:
    done = complete(line(1, 10000, 1, 8))
    assert done["items"][0]["total"] == done["total"] == Decimal(12700)


def test_a_discount_of_type_value_is_money_of_the_line() -> None:
    done = complete(line(2, 5000, discount=Decimal(1500)), discount_type="Value")
    assert done["items"][0]["discount"] == {"percentage": Decimal(15), "value": Decimal(1500)}
    assert done["total"] == Decimal(8500)


def test_global_discounts_and_charges_change_only_the_total() -> None:
    given = {"global_discounts": [{"id": 1, "percentage": 10}], "global_charges": [{"id": 2, "value": 500}]}
    done = complete(line(1, 100000, 1), **given)
    assert values(done["global_discounts"]) == ["10000.00"]
    assert values(done["global_charges"]) == ["500.00"]
    assert done["items"][0]["total"] == Decimal(119000)
    assert done["total"] == Decimal(109500)


def test_without_decimals_totals_are_whole_pesos_and_taxes_keep_their_cents() -> None:
    done = complete(line(2, "29411.76", 1), decimals=False)
    assert values(done["items"][0]["taxes"]) == ["11176.47"]
    assert str(done["items"][0]["total"]) == str(done["total"]) == "70000"


def test_halves_are_rounded_away_from_zero() -> None:
    assert complete(line(1, "0.125"))["total"] == Decimal("0.13")
    assert complete(line(1, "-0.125"))["total"] == Decimal("-0.13")


def test_completing_a_completed_document_changes_nothing() -> None:
    once = complete(line(10, 85000, 1, 3, discount=5), retentions=retained(5, 6))
    assert arithmetic.complete(once, taxes=TAXES) == once


def test_a_draft_is_not_changed() -> None:
    draft = {"items": [line(1, 10, 1)]}
    arithmetic.complete(draft, taxes=TAXES)
    assert draft == {"items": [line(1, 10, 1)]}


@pytest.mark.parametrize(
    ("taxes", "code"),
    [
        ((1, 3, 8, 9), "invalid_array"),
        ((1, 2), "invalid_array"),
        ((1, 9), "invalid_array"),
        ((5,), "invalid_array"),
        ((6,), "invalid_array"),
        ((7,), "invalid_array"),
        ((99,), "invalid_reference"),
    ],
)
def test_taxes_a_line_must_not_have_are_named_by_code(taxes: tuple[int, ...], code: str) -> None:
    with pytest.raises(ValueError, match=code):
        complete(line(1, 1000, *taxes))


@pytest.mark.parametrize("ids", [(1,), (3,), (99,), (5, 5)])
def test_retentions_that_do_not_belong_on_a_document_are_refused(ids: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="invalid_retentions"):
        complete(line(1, 1000, 1), retentions=retained(*ids))


@pytest.mark.parametrize("discount", [Decimal(101), Decimal(-1)])
def test_a_discount_beyond_the_line_is_refused(discount: Decimal) -> None:
    with pytest.raises(ValueError, match="invalid_value"):
        complete(line(1, 1000, discount=discount))
