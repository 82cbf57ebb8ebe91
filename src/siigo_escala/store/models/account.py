"""The remote accounts: a Siigo company and an Escala account, whoever holds the credentials.

Limiter, brake, index of what stands in Escala, contact bindings and the uniqueness of deals hang on these
rows, not on a connection: two connections may share one of them (docs/adr/0004).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SiigoCompany(models.Model):
    """A company in Siigo, recognised by its FV document types or by invoices known to be its own."""

    epoch = models.PositiveBigIntegerField(default=0)
    document_types = models.JSONField(default=list)
    """[{"id", "code", "name", "active", "needs_stamp"}] as last read."""
    sellers = models.JSONField(default=list)
    """[{"id", "name", "email", "active"}] as last read."""
    customers_total = models.PositiveIntegerField(null=True)
    cities = models.JSONField(default=list)
    """[{"name", "state", "code", "state_code", "country_code"}] that the company's own customers have."""
    cities_at = models.DateTimeField(null=True)
    selling = models.JSONField(default=dict)
    """Lists that invoices are made with, as last read, by name (sync/catalogues.py)."""
    token_sealed = models.TextField(default="")
    token_expires = models.DateTimeField(null=True)
    token_username = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "siigo_company"


class EscalaAccount(models.Model):
    """An account in Escala, recognised by its pipelines or by deals known to be its own."""

    epoch = models.PositiveBigIntegerField(default=0)
    pipelines = models.JSONField(default=list)
    """[{"id", "name", "stages": [{"id", "name", "kind"}]}] as last read."""
    capabilities = models.JSONField(default=dict)
    deals_read_at = models.DateTimeField(null=True)
    """Start of the last complete read of all deals."""
    deals_looked_at = models.DateTimeField(null=True)
    """Start of the last read of deals that counts, complete or of what changed."""
    contacts_read_at = models.DateTimeField(null=True)
    contacts_looked_at = models.DateTimeField(null=True)
    contacts_fields = models.JSONField(default=list)
    """Custom fields by whose values contacts are indexed; another field asks for a complete read."""
    products_read_at = models.DateTimeField(null=True)
    seen_owners = models.JSONField(default=list)
    """E-mails seen as owners of contacts and deals: Escala cannot list its users."""
    seen_fields = models.JSONField(default=list)
    """Keys of custom fields seen in contacts and deals: Escala cannot list them either."""
    must_read_all = models.BooleanField(default=True)
    """No POST before one complete read: new here, restored, or another account than before."""
    read_place = models.CharField(max_length=100, default="")
    """Where this database stood when it last looked (store/place.py): a copy of it must read everything."""
    erasure_key_sealed = models.TextField(default="")
    """What erased persons are recognised with; "" while nobody was erased."""

    class Meta:
        db_table = "escala_account"


class CallHour(models.Model):
    """Calls of one Siigo user, which the brake looks at, or to one Escala account, within one hour."""

    account = models.CharField(max_length=250)
    """siigo:<company id>:<user> or escala:<account id>."""
    hour = models.DateTimeField()
    """The hour's beginning, or that of a stretch within it (domain/braking.py)."""
    calls = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "call_hour"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "hour"], name="one_row_per_account_and_hour")
        ]


class Limit(models.Model):
    """The grants of one remote account's limiter; see store/limiter.py."""

    account = models.CharField(max_length=250, primary_key=True)
    grants = models.TextField(default="[]")
    """Moments (epoch seconds) of the last grants, oldest first, as JSON."""
    not_before = models.FloatField(default=0.0)
    """A 429 was obeyed until then (epoch seconds)."""

    class Meta:
        db_table = "call_limit"
