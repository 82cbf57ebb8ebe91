"""The Siigo side as records: what an accounting system knows of a sale.

Amounts are `Decimal` in the document's own currency, business dates are Bogotá
calendar days, instants are aware UTC. Nothing here knows Siigo's JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NewType

InvoiceId = NewType("InvoiceId", str)
CustomerId = NewType("CustomerId", str)
CreditNoteId = NewType("CreditNoteId", str)
SellerId = NewType("SellerId", int)
DocumentTypeId = NewType("DocumentTypeId", int)

Day = date
"""A Bogotá calendar day: a name for the type inside records that have a field `date`."""

TaxKind = Literal[
    "IVA", "Retefuente", "ReteIVA", "ReteICA", "Impoconsumo", "AdValorem", "Autorretencion", "other"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A tax or retention as the document states it; `value` counts, the percentage is never recomputed."""

    kind: TaxKind
    name: str
    percentage: Decimal | None = None
    value: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A global discount or charge of a whole document."""

    name: str
    percentage: Decimal | None = None
    value: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line. `quantity` and `price` are None where the answer could not be read as a number."""

    code: str
    description: str = ""
    quantity: Decimal | None
    price: Decimal | None
    discount: Decimal = Decimal(0)
    """The line's discount as an amount of money."""
    taxes: tuple[Tax, ...] = ()
    total: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """A foreign currency and its rate: pesos = amount x rate."""

    code: str
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A sales invoice.

    `total` is Siigo's own figure: net of Retefuente, ReteIVA and ReteICA; None where it was no number.
    `date` is None where it was not readable. `customer_id` None: the document names no customer.
    `stamp` is the DIAN state in Siigo's word, "" for a document that needs none.
    """

    id: InvoiceId
    name: str
    document_type: DocumentTypeId | None
    date: Day | None
    due_date: Day | None = None
    customer_id: CustomerId | None
    customer_identification: str = ""
    branch: int = 0
    seller: SellerId | None = None
    currency: Currency | None = None
    total: Decimal | None
    balance: Decimal | None = None
    lines: tuple[InvoiceLine, ...] = ()
    retentions: tuple[Tax, ...] = ()
    discounts: tuple[Adjustment, ...] = ()
    charges: tuple[Adjustment, ...] = ()
    observations: str = ""
    stamp: str = ""
    annulled: bool = False
    created: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPerson:
    """A contact person inside a customer's record, as typed there (nothing normalised yet)."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer or supplier. `names` is (company name,) or (first names, last names), blanks dropped."""

    id: CustomerId
    kind: str = "Customer"
    is_company: bool
    id_type: str = ""
    """DIAN code: "13" cédula, "31" NIT, "41" passport..."""
    identification: str
    check_digit: str = ""
    names: tuple[str, ...] = ()
    commercial_name: str = ""
    branch: int = 0
    active: bool = True
    address: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    phones: tuple[str, ...] = ()
    """As typed: indicative and number joined, no normal form yet."""
    contacts: tuple[ContactPerson, ...] = ()
    contactless: bool = False
    """Siigo shows that it has no contact: no invoice can be made for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A credit note. `invoice_id` None: the note does not say which invoice of this company it lowers.

    `total` is in `currency`, whose rate is 0 where the note does not say it: its invoice's may serve.
    """

    id: CreditNoteId
    name: str
    date: Day | None
    invoice_id: InvoiceId | None
    total: Decimal | None
    currency: Currency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A Siigo user. Inactive ones still stand on old invoices."""

    id: SellerId
    name: str = ""
    email: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """A kind of sales document ("FV-2"). `needs_stamp` False: no electronic invoice."""

    id: DocumentTypeId
    code: str
    name: str
    active: bool = True
    needs_stamp: bool = True
    seller_by_item: bool = False
    cost_center_mandatory: bool = False
    automatic_number: bool = True
    decimals: bool = True
    discount_by_percentage: bool = True
    """How the type reads a line's discount; else it is money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row that is no record at all (no id, not an object): counted and told, never dropped."""

    text: str = field(default="", repr=False)
    """The raw row, cut to 500 characters."""
