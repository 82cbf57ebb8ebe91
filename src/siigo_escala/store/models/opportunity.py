"""The ledger of the other direction: one row an opportunity that became, or may become, an invoice.

The map from deal to invoice is for ever. `state` drives the machine; `code` explains it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from siigo_escala.store.fields import CentsField
from siigo_escala.store.models.account import EscalaAccount, SiigoCompany
from siigo_escala.store.models.connection import Connection


class Invoicing(models.TextChoices):
    """Where an opportunity stands."""

    PENDING = "pending"
    SENDING = "sending"
    INVOICED = "invoiced"
    EXCLUDED = "excluded"
    NEEDS_ATTENTION = "needs_attention"


class Opportunity(models.Model):
    """An Escala deal and the invoice that it became."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="opportunities")
    escala = models.ForeignKey(EscalaAccount, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(SiigoCompany, on_delete=models.PROTECT, related_name="+")
    deal_id = models.CharField(max_length=100)

    name = models.TextField(default="")
    value = CentsField(default=0)
    """Pesos, as Escala showed it last; 0 where the amount is no number."""
    modified = models.DateTimeField(null=True)
    modified_text = models.CharField(max_length=60, default="")
    """`modified` of the deal when it was last decided on. It tells whole seconds, so a deal is the same as
    before where its name, value, contact and stage are, too.
    """
    contact_id = models.CharField(max_length=100, default="")
    stage_id = models.CharField(max_length=100, default="")
    customer = models.CharField(max_length=100, default="")
    """Identification as Siigo writes it, or as the contact holds it."""

    state = models.CharField(max_length=20, choices=Invoicing.choices, default=Invoicing.PENDING)
    code = models.CharField(max_length=40, default="")
    data = models.JSONField(default=dict)
    due = models.BooleanField(default=True)
    """To be decided again by every run without dates."""
    decision = models.CharField(max_length=10, default="")
    said = models.PositiveIntegerField(default=0)
    """How often a person has decided on it: a run never writes over what was said since it read the row."""

    generation = models.PositiveIntegerField(default=1)
    """Of the key and the marker of the next write, or of the one under way."""
    first_generation = models.PositiveIntegerField(default=1)
    """The first of the invoice that is wanted now: earlier ones were annulled, and a person asked again."""
    body = models.TextField(default="")
    """What was sent and has no certain outcome, byte by byte; it holds no more once there is one."""
    total = CentsField(default=0)
    """What the invoice comes to, as sent."""
    intent_at = models.DateTimeField(null=True)
    unknowns = models.PositiveSmallIntegerField(default=0)
    """Writes in a row that had no certain outcome, and were proved not to have taken place."""
    refused = models.CharField(max_length=64, default="")
    """Hash of what Siigo refused: the same is sent again only where a person asks for it."""

    siigo_id = models.CharField(max_length=100, null=True)
    invoice = models.CharField(max_length=200, default="")
    invoiced_value = CentsField(default=0)
    """The deal's value when it was invoiced, or that which a person has seen to since."""
    invoiced_at = models.DateTimeField(null=True)
    stamp = models.CharField(max_length=40, default="")
    """What the DIAN made of the invoice, in Siigo's word ("Draft", "Accepted"), as last seen."""
    earlier = models.JSONField(default=list)
    """[{"siigo_id", "invoice"}] of invoices that were undone before a person asked for another."""
    undone = models.CharField(max_length=20, default="")
    """What the sweep saw of its invoice and told: "annulled", "deleted", "credited", "part " and how much
    was credited; "": it stands."""
    number_due = models.BooleanField(default=False)
    """The invoice's number is still to be written to the deal."""
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "opportunity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "deal_id"], name="one_row_per_opportunity"),
            models.UniqueConstraint(
                fields=["company", "siigo_id"],
                condition=Q(siigo_id__isnull=False),
                name="one_opportunity_per_invoice",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "due"], condition=Q(due=True), name="opportunity_due"),
            models.Index(fields=["connection", "state"], name="opportunity_by_state"),
            models.Index(fields=["escala", "deal_id"], name="opportunity_by_deal"),
        ]

    def __str__(self) -> str:
        return self.name or self.deal_id

    @property
    def is_stored(self) -> bool:
        """Whether it stands in the database."""
        return not self._state.adding


class OpportunityEvent(models.Model):
    """One line of an opportunity's history: what was decided, sent, answered, when."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="events")
    run = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    code = models.CharField(max_length=40, default="")
    data = models.JSONField(default=dict)
    raw = models.TextField(default="")
    """The remote answer without headers, cut to 4,000 characters; emptied after 30 days."""

    class Meta:
        db_table = "opportunity_event"
        indexes: ClassVar = [models.Index(fields=["opportunity", "at"], name="event_by_opportunity")]
