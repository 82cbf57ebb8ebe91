"""What the rules of invoicing name: whether Siigo has it and it can be used; else what there is, is said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain import fitness
from siigo_escala.domain.accounting import DocumentType, DocumentTypeId, Seller, SellerId
from siigo_escala.domain.fitness import Fit, Unfit
from siigo_escala.domain.rules import InvoiceRules
from siigo_escala.domain.selling import PaymentType, TaxRate

ELECTRONIC = DocumentType(id=DocumentTypeId(24446), code="2", name="FE")
ASLEEP = DocumentType(id=DocumentTypeId(1), code="1", name="Vieja", active=False)
BY_HAND = DocumentType(id=DocumentTypeId(3), code="3", name="Manual", automatic_number=False)
CENTRED = DocumentType(id=DocumentTypeId(4), code="4", name="Con centro", cost_center_mandatory=True)
CREDIT = PaymentType(id=5636, name="Crédito", needs_due_date=True)
CLOSED = PaymentType(id=5637, name="Cheque", active=False)
LAURA = Seller(id=SellerId(629), email=" Laura@Acme.example ")
GONE = Seller(id=SellerId(630), email="jaime@acme.example", active=False)
NAMELESS = Seller(id=SellerId(631))


def _tax(number: int, kind: Any, *, active: bool = True) -> TaxRate:
    return TaxRate(id=number, name=f"tax {number}", kind=kind, percentage=Decimal(19), active=active)


TAXES = (
    _tax(1, "IVA"),
    _tax(2, "Retefuente"),
    _tax(3, "ReteICA"),
    _tax(4, "IVA", active=False),
    _tax(5, "IVA"),
    _tax(6, "AdValorem"),
    _tax(7, "Impoconsumo"),
)


def _examined(**rules: Any) -> Fit | Unfit:
    return fitness.examined(
        InvoiceRules.model_validate(
            {"document_type": 24446, "payment_type": 5636, "seller": "laura@acme.example", **rules}
        ),
        document_types=[ASLEEP, BY_HAND, ELECTRONIC, CENTRED],
        payment_types=[CLOSED, CREDIT],
        taxes=TAXES,
        sellers=[GONE, LAURA, NAMELESS],
    )


@pytest.mark.parametrize(
    ("rules", "kind", "seller"),
    [
        ({}, ELECTRONIC, LAURA),
        ({"seller": "629"}, ELECTRONIC, LAURA),
        ({"seller": "LAURA@acme.EXAMPLE"}, ELECTRONIC, LAURA),
        ({"seller": "631"}, ELECTRONIC, NAMELESS),
        ({"document_type": 4, "cost_center": 7}, CENTRED, LAURA),
        ({"taxes": []}, ELECTRONIC, LAURA),
        ({"taxes": [1, 2, 7]}, ELECTRONIC, LAURA),
        ({"taxes": [6]}, ELECTRONIC, LAURA),
        ({"taxes": [1]}, ELECTRONIC, LAURA),
    ],
)
def test_what_siigo_has_fits(rules: dict[str, Any], kind: DocumentType, seller: Seller) -> None:
    assert _examined(**rules) == Fit(document_type=kind, payment_type=CREDIT, seller=seller)


_KINDS = ("24446 (FE)", "4 (Con centro)")
_LINE_TAXES = ("1 (tax 1)", "2 (tax 2)", "5 (tax 5)", "6 (tax 6)", "7 (tax 7)")
_SELLERS = (LAURA.email, "631")


@pytest.mark.parametrize(
    ("rules", "key", "why", "there"),
    [
        ({"document_type": 9}, "document_type", "Siigo no tiene el tipo de factura 9", _KINDS),
        ({"document_type": 1}, "document_type", "1 (Vieja) está inactivo", _KINDS),
        ({"document_type": 3}, "document_type", "3 (Manual) lleva numeración manual", _KINDS),
        ({"document_type": 4}, "cost_center", "4 (Con centro) exige un centro de costo", ()),
        ({"payment_type": 9}, "payment_type", "9 no existe en Siigo", ("5636 (Crédito)",)),
        ({"payment_type": 5637}, "payment_type", "5637 está inactiva en Siigo", ("5636 (Crédito)",)),
        ({"taxes": [9]}, "taxes", "Siigo no tiene el impuesto 9", _LINE_TAXES),
        ({"taxes": [1, 4]}, "taxes", "Siigo no tiene el impuesto 4", _LINE_TAXES),
        ({"taxes": [3]}, "taxes", "el impuesto 3 (tax 3) es una retención", _LINE_TAXES),
        ({"taxes": [1, 5]}, "taxes", "a lo sumo un impuesto de cada clase", _LINE_TAXES),
        ({"taxes": [6, 1]}, "taxes", "a lo sumo un impuesto de cada clase", _LINE_TAXES),
        ({"seller": "jaime@acme.example"}, "seller", "activo al vendedor «jaime@acme.example»", _SELLERS),
        ({"seller": "630"}, "seller", "activo al vendedor «630»", _SELLERS),
    ],
)
def test_what_does_not_fit_is_said_with_what_there_is(
    rules: dict[str, Any], key: str, why: str, there: tuple[str, ...]
) -> None:
    found = _examined(**rules)
    assert isinstance(found, Unfit)
    assert (found.key, found.there) == (key, there)
    assert why in found.why


def test_the_first_key_that_does_not_fit_is_named() -> None:
    assert isinstance(found := _examined(document_type=9, payment_type=9, taxes=[9], seller="9"), Unfit)
    assert found.key == "document_type"
    assert isinstance(found := _examined(payment_type=9, taxes=[9], seller="9"), Unfit)
    assert found.key == "payment_type"
    assert isinstance(found := _examined(taxes=[9], seller="9"), Unfit)
    assert found.key == "taxes"


def test_of_two_sellers_of_one_address_the_active_one_is_meant() -> None:
    away = replace(LAURA, id=SellerId(1), active=False)
    assert fitness.seller_named("laura@acme.example", [away, LAURA]) == LAURA
    assert fitness.seller_named(" 629 ", [LAURA]) == LAURA
    assert fitness.seller_named("nobody@acme.example", [LAURA]) is None
