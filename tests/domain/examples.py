"""Records to begin with: an invoice of 1.110.054,50 pesos, customers, a contact. A test varies them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from siigo_escala.domain.accounting import (
    ContactPerson,
    Customer,
    CustomerId,
    DocumentTypeId,
    Invoice,
    InvoiceId,
    InvoiceLine,
    Tax,
)
from siigo_escala.domain.crm import Contact, ContactId

FIELD = "cf_contact_nit_kwzt_text"


def tax(kind: Any, percentage: str, value: str) -> Tax:
    return Tax(kind=kind, name=f"{kind} {percentage}", percentage=Decimal(percentage), value=Decimal(value))


def line(**changes: Any) -> InvoiceLine:
    whole: dict[str, Any] = {"code": "CAF-500", "quantity": Decimal(10), "price": Decimal(85000)}
    return InvoiceLine(**whole | changes)


def invoice(**changes: Any) -> Invoice:
    """The worked example of docs/reference/siigo-api.md, section 3.3."""
    whole: dict[str, Any] = {
        "id": InvoiceId("66bdca44"),
        "name": "FV-2-1045",
        "document_type": DocumentTypeId(24446),
        "date": date(2026, 8, 27),
        "due_date": date(2026, 9, 26),
        "customer_id": CustomerId("94790a77"),
        "customer_identification": "900482137",
        "total": Decimal("1110054.5"),
        "lines": (
            line(
                discount=Decimal(42500),
                taxes=(tax("IVA", "19", "153425"), tax("Retefuente", "2.5", "20187.5")),
            ),
            line(
                code="INST-01",
                quantity=Decimal(1),
                price=Decimal(180000),
                taxes=(tax("IVA", "19", "34200"), tax("Retefuente", "4", "7200")),
            ),
        ),
        "retentions": (tax("ReteIVA", "15", "28143.75"), tax("ReteICA", "9.66", "9539.25")),
    }
    return Invoice(**whole | changes)


def person(**changes: Any) -> Customer:
    whole: dict[str, Any] = {
        "id": CustomerId("c-1"),
        "is_company": False,
        "id_type": "13",
        "identification": "1032456789",
        "names": ("Julián", "Restrepo Mora"),
        "contacts": (ContactPerson(email="julian@correo.example", phone="573004567812"),),
    }
    return Customer(**whole | changes)


def company(**changes: Any) -> Customer:
    whole: dict[str, Any] = {
        "id_type": "31",
        "is_company": True,
        "identification": "900482137",
        "names": ("Tostadora La Ceiba S.A.S.",),
        "contacts": (ContactPerson(email="compras@laceiba.example"),),
    }
    return person(**whole | changes)


def contact(name: str = "k-1", *, stored: str = "", **changes: Any) -> Contact:
    custom = {FIELD: stored} if stored else {}
    return Contact(**{"id": ContactId(name), "custom": custom} | changes)
