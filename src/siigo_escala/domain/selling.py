"""What an invoice to be made is: the catalogues it draws on, its lines, its customer, the document itself.

Amounts are pesos as `Decimal`. Nothing here knows Siigo's JSON. Source: docs/reference/siigo-api.md, 3.6-3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from siigo_escala.domain.accounting import DocumentType, SellerId, TaxKind
from siigo_escala.domain.crm import Product, ProductId
from siigo_escala.domain.rules import InvoiceRules

Day = date
"""A Bogotá calendar day: a name for the type inside records that have a field `date`."""

#: Taxes that a line may carry; the others belong to the document and are refused in a line.
LINE_TAXES: tuple[TaxKind, ...] = ("IVA", "Retefuente", "Impoconsumo", "AdValorem")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """A tax of the company's catalogue."""

    id: int
    name: str
    kind: TaxKind
    percentage: Decimal
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentType:
    """A way of paying. One that needs a due date must be the only payment."""

    id: int
    name: str
    active: bool = True
    needs_due_date: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A cost centre or a warehouse: an id and what people call it."""

    id: int
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SiigoProduct:
    """A product of the company, as far as a line needs it."""

    code: str
    name: str = ""
    active: bool = True
    classification: Literal["Taxed", "Exempt", "Excluded"] = "Taxed"
    taxes: tuple[TaxRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city with the codes under which Siigo knows it."""

    name: str
    state: str
    code: str
    state_code: str
    country_code: str = "Co"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """A line to be sent. `price` is with taxes where `taxed`.

    `discount` is a percentage of the line, or money of it, as its document type says.
    """

    code: str
    description: str
    quantity: Decimal
    price: Decimal
    taxed: bool = False
    discount: Decimal = Decimal(0)
    taxes: tuple[TaxRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDraft:
    """An invoice to be made. `total` is what Siigo will work out, to the cent: the payment says the same."""

    document_type: int
    date: Day
    customer: str
    """Siigo's own identification of the customer."""
    branch: int
    seller: SellerId
    seller_by_item: bool
    lines: tuple[LineDraft, ...]
    payment_type: int
    due_date: Day | None
    total: Decimal
    observations: str
    cost_center: int | None = None
    warehouse: int | None = None
    stamp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDraft:
    """A customer to be registered: a company (one name) or a person (first names, last names)."""

    is_company: bool
    id_type: str
    identification: str
    check_digit: str
    names: tuple[str, ...]
    address: str
    city: City
    responsibility: str
    contact: tuple[str, str]
    """First and last names of the person to write to; the last may be ""."""
    email: str = ""
    phone: str = ""
    """Digits with country code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a deal is translated with: the rules, and what both systems have."""

    rules: InvoiceRules
    document_type: DocumentType
    payment_type: PaymentType
    taxes: Mapping[int, TaxRate]
    seller: SellerId
    sellers: Mapping[str, SellerId] = field(default_factory=dict)
    """Siigo seller by Escala user's e-mail, in lower case."""
    siigo_products: Mapping[str, SiigoProduct] = field(default_factory=dict)
    """By code; a code that was asked for and is not here does not exist."""
    escala_products: Mapping[ProductId, Product] = field(default_factory=dict)
