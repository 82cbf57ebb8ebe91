"""Discounts, taxes, retentions and currency in a few readable lines."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain.accounting import Adjustment, Currency, Tax
from siigo_escala.domain.mapping import breakdown
from tests.domain import examples

NUMBERS = st.decimals() | st.none()
TAXES = st.builds(
    Tax,
    kind=st.sampled_from(["IVA", "Retefuente", "ReteICA", "Autorretencion", "other"]),
    name=st.text(max_size=20),
    percentage=NUMBERS,
    value=st.decimals(),
)


def test_the_worked_example_reads_in_three_lines() -> None:
    assert breakdown.lines(examples.invoice()) == [
        "Descuentos: en líneas $ 42.500,00",
        "Impuestos: IVA 19 % $ 187.625,00",
        (
            "Retenciones: Retefuente 2,5 % $ 20.187,50; Retefuente 4 % $ 7.200,00; "
            "ReteIVA 15 % $ 28.143,75; ReteICA 9,66 ‰ $ 9.539,25"
        ),
    ]


def test_a_plain_sale_has_nothing_to_break_down() -> None:
    assert breakdown.lines(examples.invoice(lines=(examples.line(),), retentions=())) == []


def test_global_discounts_and_charges_are_named() -> None:
    invoice = examples.invoice(
        lines=(),
        retentions=(),
        discounts=(
            Adjustment(name="Pronto pago", percentage=Decimal(2), value=Decimal(1000)),
            Adjustment(name="", value=Decimal(5)),
            Adjustment(name="Sin valor"),
        ),
        charges=(Adjustment(name="Propina", value=Decimal(300)),),
    )
    assert breakdown.lines(invoice) == [
        "Descuentos: Pronto pago 2 % $ 1.000,00; global $ 5,00",
        "Cargos: Propina $ 300,00",
    ]


def test_taxes_that_reduce_nothing_and_unknown_ones_are_named_too() -> None:
    taxes = (
        Tax(kind="other", name="Bolsas", value=Decimal(70)),
        Tax(kind="other", name="", value=Decimal(1)),
        Tax(kind="AdValorem", name="x", value=Decimal(2)),
        Tax(kind="Impoconsumo", name="x", percentage=Decimal(8), value=Decimal(3)),
        Tax(kind="IVA", name="IVA 0%"),
        Tax(kind="Autorretencion", name="x", percentage=Decimal("0.55"), value=Decimal(4)),
    )
    assert breakdown.lines(examples.invoice(lines=(), retentions=taxes)) == [
        "Impuestos: Bolsas $ 70,00; otro $ 1,00; Ad valorem $ 2,00; Impoconsumo 8 % $ 3,00",
        "Retenciones: Autorretención 0,55 % $ 4,00",
    ]


def test_foreign_currency_is_told_with_its_rate() -> None:
    dollars = Currency(code="USD", rate=Decimal("4012.55"))
    invoice = examples.invoice(
        currency=dollars, total=Decimal(100), retentions=(), lines=(examples.line(discount=Decimal(2)),)
    )
    assert breakdown.lines(invoice) == [
        "Descuentos: en líneas USD 2,00",
        "Moneda: USD a 4.012,55 pesos; total USD 100,00 = $ 401.255,00",
    ]
    endless = Currency(code="ABCDEFGHIJKL", rate=Decimal(1))
    (told,) = breakdown.lines(examples.invoice(currency=endless, total=Decimal(5), retentions=(), lines=()))
    assert told == "Moneda: ABCDEFGHIJ a 1 pesos; total ABCDEFGHIJ 5,00 = $ 5,00"
    unreadable = examples.invoice(currency=dollars, total=None, retentions=(), lines=())
    assert breakdown.lines(unreadable) == ["Moneda: USD a 4.012,55 pesos"]


def test_a_long_list_is_cut_short_and_says_so() -> None:
    many = tuple(Adjustment(name=f"d{number}", value=Decimal(1)) for number in range(11))
    (told,) = breakdown.lines(examples.invoice(lines=(), retentions=(), discounts=many))
    assert told.endswith("d7 $ 1,00; y 3 más")
    (told,) = breakdown.lines(examples.invoice(lines=(), retentions=(), discounts=many[:8]))
    assert told.endswith("d7 $ 1,00"), "not a single one is left out"


@given(st.lists(TAXES, max_size=30), st.decimals(), st.builds(Currency, code=st.text(), rate=st.decimals()))
def test_no_number_and_no_name_breaks_it(taxes: list[Tax], discount: Decimal, currency: Currency) -> None:
    line = examples.line(discount=discount)
    for money_of in (None, currency):
        told = breakdown.lines(examples.invoice(lines=(line,), retentions=tuple(taxes), currency=money_of))
        assert all(one.startswith(tuple(f"{label}: " for label in breakdown.LABELS)) for one in told)
        assert all("\n" not in one and len(one) < 1000 for one in told)


def test_a_name_that_goes_on_and_on_is_cut() -> None:
    discount = Adjustment(name="x" * 61, value=Decimal(5))
    (told,) = breakdown.lines(examples.invoice(discounts=(discount,), retentions=(), lines=()))
    assert told.count("x") == 60
