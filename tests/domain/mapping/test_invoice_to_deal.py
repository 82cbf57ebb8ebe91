"""An invoice becomes a deal that names it, is worth what Siigo says and tells what that is made of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from siigo_escala.domain import text
from siigo_escala.domain.accounting import Adjustment, Invoice, InvoiceLine
from siigo_escala.domain.crm import ContactId, DealDraft, DealLine, PipelineId, ProductId, StageId
from siigo_escala.domain.mapping import invoice_to_deal
from tests.domain import examples

INVOICE_NAMES = st.from_regex(r"FV-[0-9A-Z]{1,4}-[1-9][0-9]{0,8}", fullmatch=True)
MARKS = st.from_regex(r"[A-Za-zñÑ]{1,10}( [A-Za-z0-9]{1,5})?", fullmatch=True) | st.sampled_from(
    ["", "-", "n.º 2"]
)
PRODUCTS = {"CAF-500": ProductId("p-1"), "INST-01": ProductId("p-2")}


def test_the_number_alone_is_what_stands_after_the_last_dash() -> None:
    assert invoice_to_deal.number_of("FV-2-104") == "104"
    assert invoice_to_deal.number_of("fv\u20132\u2013104") == "104"
    assert invoice_to_deal.number_of("104") == "104"


def test_a_name_as_long_as_escala_takes_leaves_no_room_for_the_customer() -> None:
    long = "F" * invoice_to_deal.NAME_LIMIT
    assert invoice_to_deal.name(long, mark="", customer_name="Ceiba") == long


def test_a_word_of_a_hundred_letters_may_be_a_name_and_a_longer_one_is_none() -> None:
    word = "9" * 100
    assert word in invoice_to_deal.name_words(word)
    assert f"{word}9" not in invoice_to_deal.name_words(f"{word}9")
    typed = "9" * 95
    assert f"FV-1-{typed}" in invoice_to_deal.name_words(f"FV 1 {typed}")
    assert not invoice_to_deal.name_words(f"FV 1 {typed}9") & {f"FV-1-{typed}", f"FV-1-{typed}9"}
    assert max(map(len, invoice_to_deal.name_words(f"FV 1 {'1' * 300}"))) == 1


def draft(invoice: Invoice, **changes: Any) -> DealDraft:
    known: dict[str, Any] = {
        "contact_id": ContactId("k-1"),
        "pipeline_id": PipelineId("pi"),
        "stage_id": StageId("st"),
        "owner": "laura@acme.example",
        "value": Decimal("1110054.50"),
        "customer_name": "Tostadora La Ceiba",
        "seller_name": "Diego Pardo",
        "user_text": "",
        "mark": "",
        "products": PRODUCTS,
        "number_field": "cf_deal_n",
        "date_field": "cf_deal_d",
        "due_field": "cf_deal_v",
    }
    return invoice_to_deal.draft(invoice, **known | changes)


def describe(user_text: str, invoice: Invoice | None = None) -> str:
    return invoice_to_deal.description(
        user_text, invoice or examples.invoice(), customer_name="La Ceiba", seller_name="Diego"
    )


def test_a_deal_carries_name_value_lines_and_fields() -> None:
    assert draft(examples.invoice(), mark="SUR") == DealDraft(
        name="FV-2-1045 [SUR] - Tostadora La Ceiba",
        contact_id=ContactId("k-1"),
        pipeline_id=PipelineId("pi"),
        stage_id=StageId("st"),
        owner="laura@acme.example",
        value=Decimal("1110054.50"),
        description=describe(""),
        lines=(
            DealLine(product_id=ProductId("p-1"), quantity=Decimal(10)),
            DealLine(product_id=ProductId("p-2"), quantity=Decimal(1)),
        ),
        custom={"cf_deal_n": "FV-2-1045", "cf_deal_d": "2026-08-27", "cf_deal_v": "2026-09-26"},
    )


@given(st.decimals(0, 10**12, places=2), st.sampled_from([PRODUCTS, {}]))
def test_the_value_is_what_was_given_whatever_the_products(value: Decimal, products: Any) -> None:
    assert draft(examples.invoice(), value=value, products=products).value == value


def test_a_missing_due_date_and_unnamed_fields_are_not_sent() -> None:
    assert draft(examples.invoice(due_date=None), number_field="").custom == {"cf_deal_d": "2026-08-27"}


# --- lines


def test_codes_and_skus_are_compared_without_blanks_around() -> None:
    invoice = examples.invoice(lines=(examples.line(code=" CAF-500 "),))
    assert invoice_to_deal.lines(invoice, products=PRODUCTS).attached == 1


def test_codes_that_escala_lacks_are_told_once_each() -> None:
    codes = ("X-1", "CAF-500", "X-2", "X-1", "")
    lines = invoice_to_deal.lines(
        examples.invoice(lines=tuple(examples.line(code=code) for code in codes)), products=PRODUCTS
    )
    assert lines.missing_codes == ("X-1", "X-2")
    assert (lines.attached, lines.missing) == (1, 4)


@pytest.mark.parametrize("quantity", [None, Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_a_quantity_that_is_no_positive_number_is_missing_but_its_code_is_not(quantity: Any) -> None:
    lines = invoice_to_deal.lines(
        examples.invoice(lines=(examples.line(quantity=quantity),)), products=PRODUCTS
    )
    assert (lines.sent, lines.missing_codes, lines.missing) == ((), (), 1)


@given(
    st.lists(
        st.builds(
            InvoiceLine,
            code=st.sampled_from(["CAF-500", "INST-01", "OTRO", ""]),
            quantity=st.decimals() | st.none(),
            price=st.none(),
        )
    )
)
def test_every_line_is_attached_or_missing(some: list[InvoiceLine]) -> None:
    lines = invoice_to_deal.lines(examples.invoice(lines=tuple(some)), products=PRODUCTS)
    assert lines.attached + lines.missing == len(some)
    assert lines.attached == len(lines.sent)


# --- the name


@given(INVOICE_NAMES, MARKS, st.text(max_size=300))
def test_a_deals_name_names_its_invoice_and_bears_its_mark(number: str, mark: str, customer: str) -> None:
    name = invoice_to_deal.name(number, mark=mark, customer_name=customer)
    assert text.length(name) <= 255
    assert name.startswith(f"{number} [{mark}]" if mark else number)
    assert invoice_to_deal.names_invoice(name, number, mark=mark)
    assert invoice_to_deal.names_any_invoice(name) == number
    assert number in invoice_to_deal.name_words(name)


def test_only_the_customer_is_cut_from_a_long_name() -> None:
    name = invoice_to_deal.name("FV-2-1045", mark="SUR", customer_name="x" * 300)
    assert name == f"FV-2-1045 [SUR] - {'x' * 237}"


@given(INVOICE_NAMES, INVOICE_NAMES, MARKS)
def test_a_deals_name_names_no_other_invoice(number: str, other: str, mark: str) -> None:
    assume(number != other)
    name = invoice_to_deal.name(number, mark=mark, customer_name="La Ceiba")
    assert not invoice_to_deal.names_invoice(name, other)


@given(INVOICE_NAMES, MARKS.filter(bool), MARKS.filter(bool))
def test_another_mark_is_not_this_one(number: str, mark: str, other: str) -> None:
    assume(mark.upper() != other.upper())
    assert not invoice_to_deal.has_mark(invoice_to_deal.name(number, mark=mark, customer_name=other), other)


@pytest.mark.parametrize("other", ["", "\u200b", "norte", "NORTE", "Ｎorte", "nor\u200bte"])
def test_a_mark_that_is_read_as_ones_own_is_no_other(other: str) -> None:
    assert invoice_to_deal.marks_besides("Norte", [other, "sur", "Sur", "sur"]) == ["Sur", "sur"]
    assert not other or invoice_to_deal.has_mark(f"FV-2-104 [{other}] - X", other)


@pytest.mark.parametrize(
    "name",
    [
        "FV-2-104",
        "Venta fv-2-104.",
        "(FV-2-104) La Ceiba",
        "La Ceiba: FV–2–104",
        "Factura-FV-2-104-pagada",
        "FV-2-104 / FV-2-105",
        "FV-2-104- La Ceiba",
        "FV 2-104",
        "fv2-104 pagada",
        "Factura FV 2 104, La Ceiba",
        "FV2 - 104",
    ],
)
def test_whole_words_name_the_invoice(name: str) -> None:
    assert invoice_to_deal.names_invoice(name, "FV-2-104")
    assert invoice_to_deal.names_any_invoice(name) == "FV-2-104"


@pytest.mark.parametrize(
    "name",
    [
        "FV-2-1045",
        "XFV-2-104",
        "FV-2-104-1",
        "FV-2-104_2",
        "1-FV-2-104",
        "FV 2 1045",
        "FV2104",
        "FV 2 104-1",
        "Factura 104",
        "La Ceiba",
        "",
    ],
)
def test_parts_of_words_do_not(name: str) -> None:
    assert not invoice_to_deal.names_invoice(name, "FV-2-104")
    assert invoice_to_deal.names_any_invoice(name) in (None, "FV-2-1045")


def test_words_without_a_number_or_too_long_name_no_invoice() -> None:
    assert invoice_to_deal.name_words(f"La-Ceiba {'9' * 101} 2026 Ñ1") == {"2026", "Ñ1"}


@pytest.mark.parametrize(
    "name", ["FV-2-1 SUR", "FV-2-1 [sur] - Ceiba", "Ceiba FV-2-1 (Sur), pagada", "[SUR] FV-2-1"]
)
def test_the_mark_stands_in_brackets_or_after_the_invoices_name(name: str) -> None:
    assert invoice_to_deal.has_mark(name, "Sur")


@pytest.mark.parametrize(
    "name", ["FV-2-1 - Almacén Sur", "FV-2-1 SURTIDO", "FV-2-1 [SUR 2]", "SUR FV-2-1", "Bodega 5 Sur"]
)
def test_the_same_word_elsewhere_is_no_mark(name: str) -> None:
    assert not invoice_to_deal.has_mark(name, "SUR")


@pytest.mark.parametrize(
    ("marks", "borne"), [(["Norte", "Sur"], True), (["sur"], True), (["Norte"], False), ([], False)]
)
def test_a_name_that_bears_one_of_several_marks_is_told(marks: list[str], borne: bool) -> None:
    assert invoice_to_deal.has_any_mark("FV-2-1 [SUR] - Ceiba Norte", marks) is borne


def test_a_mark_of_signs_counts_only_in_brackets() -> None:
    assert not invoice_to_deal.has_mark("FV-2-1 - La Ceiba", "-")
    assert invoice_to_deal.has_mark(invoice_to_deal.name("FV-2-1", mark="-", customer_name=""), "-")


def test_a_name_of_any_length_is_read_at_once() -> None:
    endless = "A" * 200_000
    assert not invoice_to_deal.names_invoice(endless, "FV-2-1", mark="SUR")
    assert invoice_to_deal.names_any_invoice(endless) is None
    assert not invoice_to_deal.has_mark(f"{endless} SUR", "SUR")


def test_without_a_mark_every_name_will_do() -> None:
    assert invoice_to_deal.has_mark("", "")


# --- the description


def test_placeholders_are_replaced_plainly_and_once() -> None:
    invoice = examples.invoice(customer_identification="{total}")
    filled = describe("{factura} {fecha} {cliente} {identificacion} {vendedor} {total} {otro} {}", invoice)
    assert filled.startswith("FV-2-1045 27/08/2026 La Ceiba {total} Diego $ 1.110.054,50 {otro} {}\n\n")


def test_what_is_unknown_is_replaced_by_nothing() -> None:
    assert describe("[{fecha}{total}]", examples.invoice(date=None, total=None)).startswith("[]\n\n")


def test_our_block_ends_with_number_and_date() -> None:
    assert invoice_to_deal.block(examples.invoice(lines=(), retentions=())) == (
        "Datos de Siigo:\nFactura FV-2-1045 del 27/08/2026 (Siigo)"
    )
    assert invoice_to_deal.block(examples.invoice(date=None)).endswith("Factura FV-2-1045 (Siigo)")


@given(st.text(max_size=200) | st.just("á🚀" * 4000))
def test_a_description_fits_and_holds_our_block_whole(user_text: str) -> None:
    written = describe(user_text)
    assert text.length(written) <= 5000
    assert written.endswith(invoice_to_deal.block(examples.invoice()))


EDITED = examples.invoice(
    discounts=(Adjustment(name="Pronto pago", value=Decimal(9)),), date=date(2026, 9, 1)
)
NEW = invoice_to_deal.block(EDITED)


@given(st.text(max_size=100), st.text(max_size=100), st.sampled_from(["\n", "\r\n"]))
def test_replacing_our_block_keeps_what_people_wrote_around_it(before: str, after: str, end: str) -> None:
    old = invoice_to_deal.block(examples.invoice()).replace("\n", end)
    changed = invoice_to_deal.replace_block(f"{before}{end}{old}{end}{after}", NEW)
    assert changed == f"{before}{end}{NEW.replace(chr(10), end)}{end}{after}"
    assert invoice_to_deal.replace_block(changed, NEW) == changed


@pytest.mark.parametrize(
    "current",
    [
        "",
        "Datos de Siigo:",
        describe("").replace("Datos de Siigo", "Datos"),
        describe("").replace("(Siigo)", "(Siigo) pagada"),
        describe("").replace("Impuestos", "Nota mía\nImpuestos"),
        describe("") + "\n" + describe(""),
        describe("", examples.invoice(name="FV-2-1046")),
    ],
)
def test_a_block_that_is_gone_edited_doubled_or_anothers_is_left_alone(current: str) -> None:
    assert invoice_to_deal.replace_block(current, NEW) is None


def test_a_text_that_would_become_longer_than_escala_takes_is_left_alone() -> None:
    old = invoice_to_deal.block(examples.invoice())
    most = invoice_to_deal.DESCRIPTION_LIMIT - text.length(NEW) - 1
    fits = invoice_to_deal.replace_block(f"{'x' * most}\n{old}", NEW)
    assert fits is not None
    assert text.length(fits) == invoice_to_deal.DESCRIPTION_LIMIT
    assert invoice_to_deal.replace_block(f"{'x' * (most + 1)}\n{old}", NEW) is None


def test_a_block_that_differs_from_what_we_wrote_is_left_alone() -> None:
    old = invoice_to_deal.block(examples.invoice())
    current = f"Llamar el lunes\r\n{old}".replace("\n", "\r\n")
    assert invoice_to_deal.replace_block(current, NEW, old_block=old) is not None
    assert invoice_to_deal.replace_block(current.replace("IVA", "iva"), NEW, old_block=old) is None


def test_what_is_no_block_of_ours_replaces_nothing() -> None:
    assert invoice_to_deal.replace_block(describe(""), "otra cosa") is None


def test_a_text_that_would_become_too_long_is_left_alone() -> None:
    current = describe("x" * 6000)
    assert text.length(current) == 5000
    assert invoice_to_deal.replace_block(current, NEW) is None
