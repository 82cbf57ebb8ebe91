"""Amounts are Siigo's to the cent, whichever of the three values is shown and in whatever currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import money
from siigo_escala.domain.accounting import CreditNote, CreditNoteId, Currency
from tests.domain import examples

CENTS = st.decimals(-(10**12), 10**12, places=2, allow_nan=False)
DOLLARS = Currency(code="USD", rate=Decimal("4012.55"))
UNREADABLE = [Decimal("NaN"), Decimal("Infinity"), Decimal(10) ** 13, Decimal("-1E+400")]


def note(total: Decimal | None, currency: Currency | None = None) -> CreditNote:
    return CreditNote(
        id=CreditNoteId("n"), name="NC-1", date=None, invoice_id=None, total=total, currency=currency
    )


@given(CENTS)
def test_the_total_is_preserved_to_the_cent(total: Decimal) -> None:
    assert money.value_of(examples.invoice(total=total), "total") == total
    assert Decimal(money.to_text(total)) == total


@pytest.mark.parametrize(
    ("notes", "total", "whole"),
    [
        ([], "100", False),
        ([], None, True),
        (["100"], "100", True),
        (["99.99"], "100", False),
        (["60", "40"], "100", True),
        (["1", None], "100", True),
    ],
)
def test_notes_over_the_whole_total_or_of_unreadable_amounts_leave_nothing(
    notes: list[str | None], total: str | None, whole: bool
) -> None:
    known = [note(None if one is None else Decimal(one)) for one in notes]
    invoice = examples.invoice(total=None if total is None else Decimal(total))
    assert money.is_credited_whole(known, invoice) is whole


@pytest.mark.parametrize(
    ("code", "rate", "total", "whole"),
    [
        ("USD", "3900", "100", True),
        ("USD", "4300", "96", False),
        ("USD", "0", "100", True),
        ("USD", "0", "99.99", False),
        ("EUR", "4500", "90", False),
        ("EUR", "4500", "92", True),
        ("EUR", "0", "1", True),
        ("PYG", "0.55", "1000", False),
        ("PYG", "0.55", "800000", True),
    ],
)
def test_nothing_is_left_in_the_invoices_currency_whatever_the_rate_of_the_note(
    code: str, rate: str, total: str, whole: bool
) -> None:
    """A note that cannot be turned into anything is taken for the whole, as one without an amount."""
    invoice = examples.invoice(total=Decimal(100), currency=Currency(code="USD", rate=Decimal(4100)))
    known = [note(Decimal(total), Currency(code=code, rate=Decimal(rate)))]
    assert money.is_credited_whole(known, invoice) is whole


@given(st.lists(CENTS))
def test_written_cents_add_up_to_the_sum(amounts: list[Decimal]) -> None:
    assert sum(Decimal(money.to_text(amount)) for amount in amounts) == sum(amounts)


@given(CENTS)
def test_spanish_amounts_read_back_exactly(amount: Decimal) -> None:
    assert Decimal(money.to_spanish(amount).replace(".", "").replace(",", ".")) == amount


def test_the_three_values_of_the_worked_example() -> None:
    invoice = examples.invoice()
    assert money.value_of(invoice, "total") == Decimal("1110054.50")
    assert money.value_of(invoice, "gross") == Decimal("1175125.00")
    assert money.value_of(invoice, "subtotal") == Decimal("987500.00")


def test_each_lines_base_is_rounded_before_they_are_added() -> None:
    half_a_cent = examples.line(quantity=Decimal(1), price=Decimal("0.005"))
    invoice = examples.invoice(lines=(half_a_cent, half_a_cent))
    assert money.value_of(invoice, "subtotal") == Decimal("0.02")


@given(CENTS, st.lists(CENTS.map(abs), max_size=3))
def test_gross_is_the_total_with_the_retentions_given_back(total: Decimal, taken: list[Decimal]) -> None:
    retentions = tuple(
        examples.tax(kind, "1", str(value))
        for kind, value in zip(("Retefuente", "ReteIVA", "ReteICA"), taken, strict=False)
    )
    invoice = examples.invoice(total=total, lines=(), retentions=retentions)
    assert money.value_of(invoice, "gross") == total + sum(taken)


def test_an_autorretencion_is_not_given_back() -> None:
    retentions = (examples.tax("Autorretencion", "1", "500"),)
    invoice = examples.invoice(lines=(), retentions=retentions)
    assert money.value_of(invoice, "gross") == Decimal("1110054.50")


def test_foreign_currency_is_amount_times_rate_rounded_half_up_once() -> None:
    assert money.pesos(Decimal("10.01"), DOLLARS) == Decimal("40165.63")
    assert money.pesos(Decimal("0.01"), Currency(code="USD", rate=Decimal("0.5"))) == Decimal("0.01")
    assert money.pesos(Decimal("-0.01"), Currency(code="USD", rate=Decimal("0.5"))) == Decimal("-0.01")
    invoice = examples.invoice(total=Decimal("10.01"), currency=DOLLARS)
    assert money.value_of(invoice, "total") == Decimal("40165.63")


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_what_is_no_amount_of_money_has_no_value_and_counts_as_nothing(unreadable: Decimal) -> None:
    assert money.pesos(unreadable, None) == Decimal("0.00")
    assert money.value_of(examples.invoice(total=unreadable), "total") is None
    assert money.value_of(examples.invoice(total=unreadable), "gross") is None
    for key in ("quantity", "price", "discount"):
        invoice = examples.invoice(lines=(examples.line(**{key: unreadable}),))
        assert money.value_of(invoice, "subtotal") is None


@pytest.mark.parametrize("rate", [Decimal(0), Decimal(-1), *UNREADABLE])
def test_an_impossible_rate_gives_no_value(rate: Decimal) -> None:
    currency = Currency(code="USD", rate=rate)
    assert money.value_of(examples.invoice(currency=currency), "total") is None


def test_ten_billion_at_a_rate_of_thousands_is_a_mistake() -> None:
    assert money.value_of(examples.invoice(total=Decimal(10) ** 10, currency=DOLLARS), "total") is None
    assert money.value_of(examples.invoice(total=Decimal("9999999999999.999")), "total") is None
    assert money.value_of(examples.invoice(total=Decimal("9999999999999.99")), "total") is not None


@pytest.mark.parametrize("key", ["quantity", "price"])
def test_a_line_without_its_numbers_leaves_no_subtotal_but_keeps_the_total(key: str) -> None:
    invoice = examples.invoice(lines=(examples.line(), examples.line(**{key: None})))
    assert money.value_of(invoice, "subtotal") is None
    assert money.value_of(invoice, "total") == Decimal("1110054.50")


def test_missing_numbers_give_no_value() -> None:
    assert money.value_of(examples.invoice(total=None), "total") is None
    assert money.value_of(examples.invoice(total=None), "gross") is None
    assert money.value_of(examples.invoice(lines=()), "subtotal") is None


def test_a_line_too_large_has_no_base() -> None:
    line = examples.line(quantity=Decimal(10) ** 10, price=Decimal(10) ** 10)
    assert money.line_base(line) is None


@given(st.lists(CENTS.map(abs), max_size=5))
def test_credit_notes_add_up_to_the_cent(totals: list[Decimal]) -> None:
    assert money.credited([*map(note, totals), note(None)], examples.invoice()) == sum(totals)


def test_a_foreign_credit_note_counts_in_pesos() -> None:
    assert money.credited([note(Decimal(2), DOLLARS)], examples.invoice()) == Decimal("8025.10")


def test_amounts_as_people_and_machines_read_them() -> None:
    assert money.to_text(Decimal("-0.001")) == "0.00"
    assert money.to_text(Decimal("1E+3")) == "1000.00"
    assert money.to_spanish(Decimal("1234567.5")) == "1.234.567,50"
    assert money.to_pesos(Decimal("1234567.5")) == "$ 1.234.567,50"
    assert money.to_pesos(Decimal(-3)) == "-$ 3,00"
    assert money.figure_to_spanish(Decimal("4012.550")) == "4.012,55"
    assert money.figure_to_spanish(Decimal("19.00")) == "19"
    assert money.figure_to_spanish(Decimal(100)) == "100"


def _dollars(total: str, rate: str) -> tuple[Decimal, str, Decimal]:
    """A note in dollars, as the ledger keeps it."""
    amount = Decimal(total)
    return money.pesos(amount, Currency(code="USD", rate=Decimal(rate))), "USD", amount


@pytest.mark.parametrize(
    ("total", "rate", "notes", "taken"),
    [
        ("100", "4100", [("100", "3900")], "410000.00"),
        ("100", "4100", [("96", "4300")], "393600.00"),
        ("20.61", "4012.55", [("10.08", "4012.55"), ("10.53", "4012.55")], "82698.66"),
        ("20.61", "4012.55", [("10.08", "4012.55")], "40446.50"),
        ("100", "4100", [], "0.00"),
    ],
    ids=["whole at a lower rate", "part at a higher rate", "whole in two", "the first of them", "none"],
)
def test_notes_in_the_invoices_currency_are_compared_in_it(
    total: str, rate: str, notes: list[tuple[str, str]], taken: str
) -> None:
    invoice = examples.invoice(total=Decimal(total), currency=Currency(code="USD", rate=Decimal(rate)))
    value = money.value_of(invoice, "total")
    assert value is not None
    assert money.taken_off([_dollars(*one) for one in notes], invoice, value) == Decimal(taken)


def test_a_note_of_before_its_currency_was_kept_counts_in_pesos_beside_those_of_today() -> None:
    invoice = examples.invoice(total=Decimal(100), currency=Currency(code="USD", rate=Decimal(4100)))
    old = (Decimal("39000.00"), "", Decimal(0))
    assert money.taken_off([old], invoice, Decimal("410000.00")) == 39000
    assert money.taken_off([old, _dollars("10", "3900")], invoice, Decimal("410000.00")) == 80000


@pytest.mark.parametrize(
    ("code", "currency", "counts"),
    [
        ("USD", Currency(code="USD", rate=Decimal(4100)), "41000.00"),
        ("USD", Currency(code="USD", rate=Decimal(0)), "0.00"),
        ("USD", Currency(code="EUR", rate=Decimal(4500)), "39000.00"),
        ("USD", None, "39000.00"),
        ("", Currency(code="USD", rate=Decimal(4100)), "39000.00"),
        ("", None, "39000.00"),
    ],
)
def test_a_note_is_told_with_what_it_takes_off(code: str, currency: Currency | None, counts: str) -> None:
    own, amount = Decimal("39000.00"), Decimal(10)
    assert money.noted(own, code, amount, currency) == Decimal(counts)
    invoice = examples.invoice(total=Decimal(100), currency=currency)
    value = money.value_of(invoice, "total") or Decimal(0)
    assert money.taken_off([(own, code, amount)], invoice, value) == Decimal(counts)


@pytest.mark.parametrize(("total", "value"), [("0", "100"), ("-50", "100"), ("100", "0"), ("100", "-1")])
def test_where_there_is_no_share_notes_count_as_they_are_and_none_take_nothing_off(
    total: str, value: str
) -> None:
    invoice, worth = examples.invoice(total=Decimal(total)), Decimal(value)
    assert money.taken_off([], invoice, worth) == 0
    assert money.taken_off([(Decimal(30), "", Decimal(30))], invoice, worth) == 30


def test_as_long_as_a_cent_of_the_total_is_left_a_cent_of_the_value_is() -> None:
    invoice = examples.invoice(total=Decimal(1000))
    assert money.taken_off([(Decimal("999.99"), "", Decimal(0))], invoice, Decimal(400)) == Decimal("399.99")
    assert money.taken_off([(Decimal(1000), "", Decimal(0))], invoice, Decimal(400)) == 400


@given(
    value=st.integers(1, 10**9),
    total=st.integers(1, 10**9),
    parts=st.lists(st.integers(1, 10**8), max_size=3),
)
def test_a_share_is_the_whole_value_just_where_nothing_of_the_total_is_left(
    value: int, total: int, parts: list[int]
) -> None:
    invoice = examples.invoice(total=Decimal(total) / 100)
    worth, notes = Decimal(value) / 100, [(Decimal(one) / 100, "", Decimal(0)) for one in parts]
    taken = money.taken_off(notes, invoice, worth)
    assert taken >= 0
    assert (taken >= worth) is (sum(parts) >= total)
