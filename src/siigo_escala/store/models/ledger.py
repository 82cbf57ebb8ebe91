"""The ledger: one row an invoice, and its history.

`state` drives the machine; `code` explains it (docs/architecture.md has the diagram).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from siigo_escala.store.fields import CentsField
from siigo_escala.store.models.account import EscalaAccount
from siigo_escala.store.models.connection import Connection


class State(models.TextChoices):
    """Where an invoice stands."""

    PENDING = "pending"
    SENDING = "sending"
    IN_ESCALA = "in_escala"
    EXCLUDED = "excluded"
    NEEDS_ATTENTION = "needs_attention"
    FAILED = "failed"


class Invoice(models.Model):
    """A Siigo invoice and what became of it. The Siigo id is its identity; its name may be used again."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="invoices")
    escala = models.ForeignKey(EscalaAccount, on_delete=models.PROTECT, related_name="+")
    siigo_id = models.CharField(max_length=100)

    name = models.CharField(max_length=200, default="")
    date = models.DateField(null=True)
    created = models.DateTimeField(null=True)
    """Siigo's `metadata.created`."""
    customer = models.CharField(max_length=100, default="")
    """Identification as Siigo writes it."""
    customer_id = models.CharField(max_length=100, default="")
    seller = models.BigIntegerField(null=True)
    value = CentsField(default=0)
    """Pesos, of the kind the rules chose; 0 where the amount is no number."""
    siigo_total = models.CharField(max_length=40, default="")
    currency = models.CharField(max_length=10, default="COP")
    balance = models.CharField(max_length=40, default="")
    due_date = models.DateField(null=True)
    annulled = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)
    credited = CentsField(default=0)
    """Pesos that credit notes took from `value`: their share of the total, where it is of another kind."""
    record = models.JSONField(default=dict)
    """The invoice as read (siigo.wire's stored form): what a later run decides on without asking again."""
    digest = models.CharField(max_length=64, default="")
    """Hash of `record` without what changes nothing in Escala (balance, stamp, time stamps)."""

    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    code = models.CharField(max_length=40, default="")
    data = models.JSONField(default=dict)
    """What the code's sentence is filled with; `candidates` for those that a person chooses among."""
    due = models.BooleanField(default=True)
    """To be decided again by every run without dates."""
    decision = models.CharField(max_length=10, default="")
    decision_target = models.CharField(max_length=100, default="")
    said = models.PositiveIntegerField(default=0)
    """How often a person has decided on it: a run never writes over what was said since it read the row."""
    done = models.JSONField(default=dict)
    """What a person has mended by hand in Escala: {"code", "credited", "typed"}; it is no longer told.

    `typed` is of `applied`, and moves there when a run decides on the invoice.
    """

    deal_id = models.CharField(max_length=100, null=True)
    contact_id = models.CharField(max_length=100, default="")
    adopted = models.BooleanField(default=False)
    applied = models.JSONField(default=dict)
    """What Escala shows of this invoice because of us: {"digest", "value", "block", "lines", "credited"}."""
    intent_at = models.DateTimeField(null=True)
    """When the write now under way, or without certain outcome, was decided, by Escala's clock."""
    intent = models.JSONField(default=dict)
    sent_at = models.DateTimeField(null=True)
    """When the deal was made or adopted, by Escala's clock."""
    seen_run = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "invoice"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "siigo_id"], name="one_row_per_invoice"),
            models.UniqueConstraint(
                fields=["escala", "deal_id"],
                condition=Q(deal_id__isnull=False),
                name="one_invoice_per_deal",
            ),
        ]
        indexes: ClassVar = [
            # Holds all that the screens count and sum, so that no sum reads the rows themselves.
            models.Index(
                fields=[
                    "connection",
                    "date",
                    "value",
                    "state",
                    "code",
                    "annulled",
                    "deleted",
                    "seller",
                    "balance",
                ],
                name="invoice_sums",
            ),
            models.Index(fields=["connection", "value"], name="invoice_by_value"),
            models.Index(fields=["connection", "customer"], name="invoice_by_identification"),
            models.Index(fields=["connection", "name", "id"], name="invoice_by_name_and_id"),
            models.Index(fields=["connection", "due"], condition=Q(due=True), name="invoice_due"),
            models.Index(fields=["connection", "customer_id"], name="invoice_by_customer"),
            models.Index(fields=["escala", "sent_at"], name="invoice_by_sent"),
            # Counted by state every few seconds (web/measures.py): without reading every invoice.
            models.Index(
                fields=["connection", "state", "code", "annulled", "deleted", "value"],
                name="invoice_by_state_sums",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.siigo_id


class InvoiceEvent(models.Model):
    """One line of an invoice's history: what was decided, sent, answered, when."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="events")
    run = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    code = models.CharField(max_length=40, default="")
    data = models.JSONField(default=dict)
    raw = models.TextField(default="")
    """The remote answer without headers, cut to 4,000 characters; emptied after 30 days."""

    class Meta:
        db_table = "invoice_event"
        indexes: ClassVar = [models.Index(fields=["invoice", "at"], name="event_by_invoice")]


class CreditNote(models.Model):
    """A credit note that names one of our invoices."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credit_notes")
    siigo_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200, default="")
    date = models.DateField(null=True)
    invoice_siigo_id = models.CharField(max_length=100)
    value = CentsField(default=0)
    """Pesos, at the note's own rate."""
    currency = models.CharField(max_length=10, default="")
    """Its foreign currency; "": pesos, or a note of before this was kept."""
    amount = CentsField(default=0)
    """In that currency."""

    class Meta:
        db_table = "credit_note"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "siigo_id"], name="one_row_per_credit_note")
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "invoice_siigo_id"], name="credit_note_by_invoice")
        ]
