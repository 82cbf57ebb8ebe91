"""What Siigo does not say of its catalogues, and what nobody asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from siigo_escala.domain.accounting import DocumentType, DocumentTypeId, SellerId
from siigo_escala.domain.selling import InvoiceDraft, Named, PaymentType, SiigoProduct, TaxRate


def test_an_entry_is_in_use_unless_siigo_says_otherwise() -> None:
    assert TaxRate(id=1, name="IVA", kind="IVA", percentage=Decimal(19)).active
    assert PaymentType(id=1, name="Efectivo").active
    assert not PaymentType(id=1, name="Efectivo").needs_due_date
    assert Named(id=1, name="Bodega").active
    assert SiigoProduct(code="A").active
    kind = DocumentType(id=DocumentTypeId(1), code="1", name="FV")
    assert (kind.active, kind.automatic_number, kind.needs_stamp, kind.decimals) == (True, True, True, True)
    assert (kind.cost_center_mandatory, kind.seller_by_item) == (False, False)
    assert kind.discount_by_percentage


def test_nothing_goes_to_the_dian_unless_it_is_asked_for() -> None:
    draft = InvoiceDraft(
        document_type=1, date=date(2026, 8, 27), customer="1", branch=0, seller=SellerId(1),
        seller_by_item=False, lines=(), payment_type=1, due_date=None, total=Decimal(0), observations="",
    )  # fmt: skip
    assert draft.stamp is False
    assert replace(draft, stamp=True).stamp is True
