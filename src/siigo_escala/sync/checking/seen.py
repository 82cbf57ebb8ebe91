"""What both systems said while a self-check asked them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from siigo_escala.domain.accounting import DocumentType, Invoice, Seller
from siigo_escala.domain.crm import Contact, Deal, Pipeline, Product
from siigo_escala.domain.selling import PaymentType, TaxRate
from siigo_escala.rest.errors import System

Readable = Literal["yes", "refused", "unknown"]


@dataclass(slots=True, kw_only=True)
class Seen:
    """One page of each list at most. What was not asked for, or not answered, is None or empty."""

    users: tuple[Seller, ...] = ()
    document_types: tuple[DocumentType, ...] | None = None
    payment_types: tuple[PaymentType, ...] = ()
    taxes: tuple[TaxRate, ...] = ()
    """These two only where opportunities become invoices."""
    invoices: list[Invoice] = field(default_factory=list)
    unreadable: int = 0
    """Rows of the page of invoices that are no invoices."""
    credit_notes: Readable = "unknown"
    pipelines: tuple[Pipeline, ...] = ()
    contacts: list[Contact] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    products: list[Product] | None = None
    products_cut: bool = False
    """The catalogue goes on behind the page of products."""
    clocks: dict[System, timedelta] = field(default_factory=dict)
    """How far our clock is ahead of a system's."""

    def compare(self, system: System, theirs: datetime | None, ours: datetime) -> None:
        """Keeps how far our clock is ahead of a system's, where its answer had a date."""
        if theirs is not None:
            self.clocks[system] = ours - theirs
