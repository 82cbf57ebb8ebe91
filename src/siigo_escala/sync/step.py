"""An invoice on its way through a batch: what was decided, and what carrying it out needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from siigo_escala.domain import matching
from siigo_escala.domain.accounting import Customer
from siigo_escala.domain.crm import DealDraft, ProductId
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.planning import Decision
from siigo_escala.store import models
from siigo_escala.sync.read import Item


@dataclass(slots=True, kw_only=True)
class Step:
    """An invoice with its decision and what carrying it out needs."""

    item: Item
    decision: Decision
    customer: Customer | None = None
    who: str = ""
    """The key of the customer's identity; "" where no contact was looked for."""
    match: matching.Match | None = None
    products: dict[str, ProductId] = field(default_factory=dict)
    deal: DealDraft | None = None
    """The deal to be made, its contact still open (sync/drafts.py)."""
    waits: bool = False
    """Its contact is being made and that has no certain outcome yet."""
    _block: str = field(default="", init=False, repr=False)
    _lines: tuple[Mapping[str, ProductId], invoice_to_deal.Lines] | None = field(
        default=None, init=False, repr=False
    )

    @property
    def row(self) -> models.Invoice:
        """The ledger's row."""
        return self.item.row

    @property
    def block(self) -> str:
        """Our part of the opportunity's description."""
        self._block = self._block or invoice_to_deal.block(self.item.invoice)
        return self._block

    @property
    def lines(self) -> invoice_to_deal.Lines:
        """The invoice's lines as an opportunity can carry them, by the products known now."""
        if self._lines is None or self._lines[0] is not self.products:
            self._lines = self.products, invoice_to_deal.lines(self.item.invoice, products=self.products)
        return self._lines[1]
