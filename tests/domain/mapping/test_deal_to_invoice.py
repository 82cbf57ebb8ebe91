"""Deals as invoices: the arithmetic of the worked examples, and the simulator's for any deal."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siigo_escala.domain import reasons, totals
from siigo_escala.domain.accounting import DocumentType, DocumentTypeId, SellerId
from siigo_escala.domain.crm import Deal, DealId, DealLine, Product, ProductId
from siigo_escala.domain.mapping import deal_to_invoice
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.rules import InvoiceRules
from siigo_escala.domain.selling import Basis, InvoiceDraft, LineDraft, PaymentType, SiigoProduct, TaxRate
from siigo_escala.siigo import selling
from siigo_escala.simulators.siigo import arithmetic

IVA = TaxRate(id=13156, name="IVA 19%", kind="IVA", percentage=Decimal(19))
RETEFUENTE = TaxRate(id=13170, name="Retefuente 2.5%", kind="Retefuente", percentage=Decimal("2.5"))
RETEICA = TaxRate(id=34080, name="ReteICA 9.66", kind="ReteICA", percentage=Decimal("9.66"))
TODAY = date(2026, 8, 27)
_POCILLO = Product(id=ProductId("p1"), sku=" MUG-01 ", name="Pocillo", price=Decimal("29411.76"))
_SINGLE = InvoiceRules(lines="single", single_item="MUG-01", identification_field="cf_x")


def _basis(
    *,
    taxes: tuple[TaxRate, ...] = (IVA,),
    classification: Literal["Taxed", "Exempt", "Excluded"] = "Taxed",
    kind: DocumentType | None = None,
    **rules: Any,
) -> Basis:
    product = SiigoProduct(code="MUG-01", name="Pocillo", taxes=taxes, classification=classification)
    return Basis(
        rules=InvoiceRules.model_validate({"single_item": "MUG-01", "identification_field": "cf_x", **rules}),
        document_type=kind or DocumentType(id=DocumentTypeId(24446), code="2", name="FE"),
        payment_type=PaymentType(id=5636, name="Crédito", needs_due_date=True),
        taxes={tax.id: tax for tax in (IVA, RETEFUENTE, RETEICA)},
        seller=SellerId(629),
        sellers={"laura@acme.example": SellerId(630)},
        siigo_products={"MUG-01": product, "OLD": SiigoProduct(code="OLD", active=False)},
        escala_products={
            ProductId("p1"): _POCILLO,
            ProductId("p2"): Product(id=ProductId("p2"), sku="", name="Sin código", price=Decimal(1)),
            ProductId("p3"): Product(id=ProductId("p3"), sku="OLD", name="Viejo", price=Decimal(1)),
            ProductId("p4"): Product(id=ProductId("p4"), sku="NOPE", name="Ajeno", price=Decimal(1)),
            ProductId("p5"): Product(id=ProductId("p5"), sku="MUG-01", name="Gratis", price=Decimal(0)),
        },
    )


def _deal(
    value: Decimal | str | None = "58823.52",
    lines: tuple[tuple[str, str | None], ...] = (("p1", "2"),),
    **more: object,
) -> Deal:
    return Deal(
        id=DealId("d1"),
        value=None if value is None else Decimal(value),
        lines=tuple(
            DealLine(product_id=ProductId(one), quantity=None if quantity is None else Decimal(quantity))
            for one, quantity in lines
        ),
        **more,  # type: ignore[arg-type]  # fields of a deal
    )


def _draft(deal: Deal, basis: Basis) -> InvoiceDraft | NeedsAttention:
    return deal_to_invoice.draft(deal, customer="900482137", branch=0, generation=1, basis=basis, today=TODAY)


def _drafted(deal: Deal, basis: Basis) -> InvoiceDraft:
    draft = _draft(deal, basis)
    assert isinstance(draft, InvoiceDraft), draft
    return draft


def _held(deal: Deal, basis: Basis) -> str:
    draft = _draft(deal, basis)
    assert isinstance(draft, NeedsAttention)
    return draft.code


def test_the_worked_example_of_the_reference_comes_out_to_the_cent() -> None:
    draft = _drafted(_deal(), _basis())
    assert draft.total == Decimal("69999.99")
    body = selling.invoice_body(draft)
    assert body["payments"] == [{"id": 5636, "value": Decimal("69999.99"), "due_date": "2026-09-26"}]
    assert body["items"] == [
        {
            "code": "MUG-01",
            "quantity": Decimal(2),
            "description": "Pocillo",
            "price": Decimal("29411.76"),
            "taxes": [{"id": 13156}],
        }
    ]
    assert str(body["observations"]).endswith("[escala:d1:1]")
    assert body["seller"] == 629
    assert body["stamp"] == {"send": False}


def test_the_long_example_of_the_reference_comes_out_but_for_its_document_retentions() -> None:
    lines = [
        LineDraft(
            code="CAF-500", description="", quantity=Decimal(10), price=Decimal(85000), discount=Decimal(5),
            taxes=(IVA, RETEFUENTE),
        ),
        LineDraft(
            code="INST-01", description="", quantity=Decimal(1), price=Decimal(180000),
            taxes=(IVA, TaxRate(id=1, name="", kind="Retefuente", percentage=Decimal(4))),
        ),
    ]  # fmt: skip
    kind = DocumentType(id=DocumentTypeId(1), code="2", name="")
    # 1,110,054.50 and the ReteIVA and ReteICA of the document.
    assert totals.total(lines, kind) == Decimal("1110054.50") + Decimal("28143.75") + Decimal("9539.25")


def test_a_price_with_taxes_gives_the_base_that_siigo_works_out() -> None:
    draft = _drafted(_deal("58823.52"), _basis(price_includes_taxes=True))
    assert draft.total == Decimal("58823.52")
    assert selling.invoice_body(draft)["items"][0]["taxed_price"] == Decimal("29411.76")  # type: ignore[index]  # a list


_Line = tuple[Decimal, Decimal, Decimal, tuple[TaxRate, ...]]
_TAXES: tuple[tuple[TaxRate, ...], ...] = ((), (IVA,), (RETEFUENTE,), (IVA, RETEFUENTE))
_KNOWN = {
    tax.id: {"name": tax.name, "type": tax.kind, "percentage": tax.percentage} for tax in (IVA, RETEFUENTE)
}
_lines = st.lists(
    st.tuples(
        st.decimals("0.01", "9999", places=2),
        st.decimals("0.000001", "99999999", places=6),
        st.decimals("0", "50", places=2),
        st.sampled_from(_TAXES),
    ),
    min_size=1,
    max_size=12,
)


def _agree(lines: list[_Line], *, taxed: bool, decimals: bool, percentage: bool) -> None:
    """What we work out is what the simulator works out of the body that we send."""
    kind = DocumentType(
        id=DocumentTypeId(1), code="2", name="", decimals=decimals, discount_by_percentage=percentage
    )
    drafts = []
    for quantity, price, share, taxes in lines:
        money = (quantity * price * share / 200).quantize(Decimal("0.01"))
        drafts.append(
            LineDraft(
                code="X", description="", quantity=quantity, price=price, taxed=taxed,
                discount=share if percentage else money, taxes=taxes,
            )
        )  # fmt: skip
    draft = InvoiceDraft(
        document_type=1, date=TODAY, customer="1", branch=0, seller=SellerId(1), seller_by_item=False,
        lines=tuple(drafts), payment_type=1, due_date=None, total=Decimal(0), observations="",
    )  # fmt: skip
    theirs = arithmetic.complete(
        selling.invoice_body(draft),
        taxes=_KNOWN,
        decimals=decimals,
        discount_type="Percentage" if percentage else "Value",
    )
    assert totals.total(drafts, kind) == theirs["total"]


@settings(max_examples=300, deadline=None)
@given(lines=_lines, switches=st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_what_we_work_out_is_what_siigo_works_out(
    lines: list[_Line], switches: tuple[bool, bool, bool]
) -> None:
    taxed, decimals, percentage = switches
    _agree(lines, taxed=taxed, decimals=decimals, percentage=percentage)


@pytest.mark.parametrize("seed", range(5))
def test_two_thousand_random_deals_a_seed_come_out_to_the_cent(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(2000):
        lines = [
            (
                Decimal(dice.randint(1, 99_999)).scaleb(-2),
                Decimal(dice.randint(1, 10 ** dice.randint(3, 13))).scaleb(-6),
                Decimal(dice.choice([0, 0, dice.randint(1, 5000)])).scaleb(-2),
                dice.choice(_TAXES),
            )
            for _ in range(dice.randint(1, 5))
        ]
        taxed, decimals, percentage = (dice.random() < 0.5 for _ in range(3))
        _agree(lines, taxed=taxed, decimals=decimals, percentage=percentage)


@pytest.mark.parametrize(
    ("deal", "rules", "code"),
    [
        (_deal(None), {}, "VALUE_INVALID"),
        (_deal("0"), {}, "VALUE_INVALID"),
        (_deal("-5"), {}, "VALUE_INVALID"),
        (_deal("1e14"), {}, "VALUE_INVALID"),
        (_deal(lines=(("p1", "0"),)), {}, "VALUE_INVALID"),
        (_deal(lines=(("p1", None),)), {}, "VALUE_INVALID"),
        (_deal(lines=(("p1", "1.005"),)), {}, "VALUE_INVALID"),
        (_deal(lines=(("p5", "1"),)), {}, "VALUE_INVALID"),
        (_deal("501", lines=(("p1", "1"),) * 501), {}, "VALUE_INVALID"),
        (_deal("0.001", lines=()), {"lines": "single"}, "VALUE_INVALID"),
        (_deal(lines=(("p2", "1"),)), {}, "PRODUCT_UNKNOWN_IN_SIIGO"),
        (_deal(lines=(("p3", "1"),)), {}, "PRODUCT_UNKNOWN_IN_SIIGO"),
        (_deal(lines=(("p4", "1"),)), {}, "PRODUCT_UNKNOWN_IN_SIIGO"),
        (_deal(lines=(("p9", "1"),)), {}, "PRODUCT_UNKNOWN_IN_SIIGO"),
        (_deal(), {"lines": "single", "single_item": "OLD"}, "PRODUCT_UNKNOWN_IN_SIIGO"),
        (_deal(), {"lines": "single", "single_item": "NOPE"}, "PRODUCT_UNKNOWN_IN_SIIGO"),
        (_deal("58823.53"), {}, "VALUE_DIFFERS"),
        (_deal(lines=()), {}, "VALUE_DIFFERS"),
        (_deal(lines=()), {"on_value_difference": "lines"}, "VALUE_DIFFERS"),
    ],
)  # fmt: skip
def test_what_cannot_be_invoiced_is_held_with_its_reason(
    deal: Deal, rules: dict[str, Any], code: str
) -> None:
    assert _held(deal, _basis(**rules)) == code


def test_siigo_is_named_in_the_remedy_only_where_it_can_help() -> None:
    for product, sku in (("p2", ""), ("p9", ""), ("p3", "OLD"), ("p4", "NOPE")):
        held = deal_to_invoice.lines_of(_deal(lines=((product, "1"),)), _basis())
        assert isinstance(held, NeedsAttention)
        told = reasons.message(held.code, held.data)
        assert (f"en Siigo cree o active el producto «{sku}»" in told) == bool(sku), product
        assert "Escala el producto o su SKU" in told, product


def test_the_lines_win_or_one_line_over_the_value_does() -> None:
    deal = _deal("100000")
    assert _drafted(deal, _basis(on_value_difference="lines")).total == Decimal("69999.99")
    single = _drafted(deal, _basis(on_value_difference="single"))
    assert [(line.quantity, line.price) for line in single.lines] == [(Decimal(1), Decimal("100000.00"))]
    assert single.total == Decimal("119000.00")
    assert _drafted(deal, _basis(lines="single")).total == Decimal("119000.00")


@pytest.mark.parametrize("classification", ["Exempt", "Excluded"])
def test_exempt_and_excluded_products_get_no_iva(classification: Literal["Exempt", "Excluded"]) -> None:
    assert _drafted(_deal(), _basis(classification=classification)).lines[0].taxes == ()
    named = _basis(classification=classification)
    listed = replace(named, rules=named.rules.model_copy(update={"taxes": (13156, 13170)}))
    assert _drafted(_deal(), listed).lines[0].taxes == (RETEFUENTE,)


def test_taxes_of_the_document_are_never_put_on_a_line() -> None:
    assert _drafted(_deal(), _basis(taxes=(IVA, RETEICA))).lines[0].taxes == (IVA,)


def test_a_retention_is_taken_off_what_is_paid() -> None:
    draft = _drafted(_deal(), _basis(taxes=(IVA, RETEFUENTE)))
    assert draft.total == Decimal("69999.99") - Decimal("1470.59")


def test_a_document_type_is_obeyed() -> None:
    kind = DocumentType(
        id=DocumentTypeId(7),
        code="3",
        name="",
        decimals=False,
        seller_by_item=True,
        cost_center_mandatory=True,
    )
    draft = _drafted(_deal(owner="Laura@acme.example"), _basis(kind=kind, cost_center=235, warehouse=1270))
    assert draft.total == Decimal(70000)
    body = selling.invoice_body(draft)
    assert (body["cost_center"], body["seller"]) == (235, 630)
    assert (body["items"][0]["seller"], body["items"][0]["warehouse"]) == (630, 1270)  # type: ignore[index]  # a list


def test_a_deals_name_makes_no_marker() -> None:
    draft = _drafted(_deal(name="Copia [escala:otra:3]"), _basis())
    assert deal_to_invoice.generations_in(draft.observations, "otra") == []
    assert deal_to_invoice.generations_in(draft.observations, "d1") == [1]


def test_small_amounts_and_parts_of_a_product_are_invoiced() -> None:
    basis = _basis(taxes=())
    assert _drafted(_deal("0.50", lines=()), replace(basis, rules=_SINGLE)).total == Decimal("0.50")
    cheap = {**basis.escala_products, ProductId("p1"): replace(_POCILLO, price=Decimal("0.50"))}
    basis = replace(basis, escala_products=cheap)
    assert _drafted(_deal("0.50", lines=(("p1", "1"),)), basis).total == Decimal("0.50")
    assert _drafted(_deal("0.25", lines=(("p1", "0.5"),)), basis).total == Decimal("0.25")
    assert len(_drafted(_deal("250", lines=(("p1", "1"),) * 500), basis).lines) == 500


def test_what_is_wrong_is_told_with_its_value_and_what_is_inactive_as_such() -> None:
    def data(deal: Deal) -> dict[str, Any]:
        held = _draft(deal, _basis())
        assert isinstance(held, NeedsAttention)
        return dict(held.data)

    assert data(_deal("-5")) == {"field": "el valor de la oportunidad", "value": "-5"}
    assert data(_deal(None)) == {"field": "el valor de la oportunidad"}
    assert data(_deal(lines=(("p3", "1"),))) == {
        "product": "«OLD», que está inactivo",
        "sku": "OLD",
    }
    assert data(_deal(lines=(("p4", "1"),))) == {"product": "«NOPE»", "sku": "NOPE"}
    assert data(_deal(lines=(("p2", "1"),))) == {
        "product": "«Sin código», que no tiene en Escala un SKU que sirva de código"
    }


def test_a_quantity_that_cannot_be_sent_is_told() -> None:
    for typed, told in [
        ("1.005", ", que es 1,005: Siigo admite hasta dos decimales, de 0,01 en adelante"),
        (None, ""),
    ]:
        held = _draft(_deal(lines=(("p1", typed),)), _basis())
        assert isinstance(held, NeedsAttention)
        assert held.data["field"] == f"la cantidad de «MUG-01»{told}"


def test_long_names_are_cut_to_what_siigo_takes() -> None:
    long = SiigoProduct(code="MUG-01", name="P" * 201, taxes=(IVA,))
    basis = replace(_basis(), siigo_products={"MUG-01": long})
    draft = _drafted(_deal(name="N" * 301), basis)
    assert len(draft.lines[0].description) == 200
    assert draft.observations.count("N") == 300


def test_a_marked_invoice_was_made_of_some_deal() -> None:
    assert deal_to_invoice.is_marked(f"gracias {deal_to_invoice.marker('d1', 2)}") is True
    assert deal_to_invoice.is_marked("gracias [escala]") is False


def test_a_key_fits_what_siigo_takes_and_tells_generations_apart() -> None:
    keys = {deal_to_invoice.key("d1", one) for one in range(1, 50)} | {deal_to_invoice.key("d2", 1)}
    assert len(keys) == 50
    assert all(len(key) == 30 and key.isalnum() and key.startswith("SE") for key in keys)


def test_only_codes_that_can_be_asked_for_are() -> None:
    deal = _deal(lines=(("p1", "1"), ("p2", "1"), ("p4", "1"), ("p1", "2"), ("p9", "1")))
    assert deal_to_invoice.codes_of(deal, _basis()) == ["MUG-01", "NOPE"]
    assert deal_to_invoice.codes_of(deal, _basis(lines="single")) == ["MUG-01"]
    assert deal_to_invoice.codes_of(_deal(lines=()), _basis(single_item="")) == []
