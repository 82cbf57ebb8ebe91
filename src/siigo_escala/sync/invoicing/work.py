"""What a run of this direction works with, beside its session: what it saw, knows and still has to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from siigo_escala.domain import money
from siigo_escala.domain.crm import Contact, Deal
from siigo_escala.domain.rules import InvoiceRules
from siigo_escala.domain.selling import CustomerDraft, InvoiceDraft
from siigo_escala.store import models
from siigo_escala.sync.session import Session


@dataclass(slots=True, kw_only=True)
class Seen:
    """An opportunity of this run: its row (unsaved where it is new) and how Escala shows it in its list."""

    row: models.Opportunity
    name: str
    value: Decimal | None
    stage_id: str
    contact_id: str
    modified: datetime | None
    modified_text: str
    asked_for: bool = False
    """A person named it, or asked for a retry: what Siigo refused before may be sent again."""

    def take(self, deal: Deal) -> None:
        """What Escala shows of it at this moment."""
        self.name, self.value = deal.name, deal.value
        self.stage_id, self.contact_id = deal.stage_id or "", deal.contact_id or ""
        self.modified, self.modified_text = deal.modified, deal.modified_text

    @property
    def pesos(self) -> Decimal:
        """Its value; 0 where it is no amount of money."""
        if self.value is None or not money.is_amount(self.value):
            return Decimal(0)
        return money.round_cents(self.value)

    @property
    def is_new(self) -> bool:
        """Never seen before this run."""
        return not self.row.is_stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An invoice to be made: the draft for the row's generation, and the customer to be made before it."""

    deal: Deal
    contact: Contact
    draft: InvoiceDraft
    customer: CustomerDraft | None = None
    digest: str = ""


@dataclass(kw_only=True)
class Work:
    """The run's own state."""

    session: Session
    fresh_customers: set[str] = field(default_factory=set)
    """Customers registered in this run that no invoice of it has been counted with yet."""
    planned_customers: set[str] = field(default_factory=set)
    """Those that a dry run would register."""
    planned_draft: str = ""
    """The deal whose invoice a dry run would make first: where drafts are to be confirmed, the only one."""
    confirmed_stands: bool | None = None
    """Whether the draft that a person confirmed is still there; None: not asked in this run."""

    @property
    def rules(self) -> InvoiceRules:
        """What the user chose for this direction."""
        return self.session.file.invoices

    @property
    def stage_id(self) -> str:
        """The stage that makes invoices."""
        return self.session.connection.stage_id

    @cached_property
    def others(self) -> Mapping[int, str]:
        """Other connections of the same Escala account, by number."""
        same = models.Connection.objects.filter(escala_id=self.session.connection.escala_id)
        return dict(same.exclude(pk=self.session.connection.pk).values_list("pk", "name"))
