"""A connection: one Siigo company joined with one Escala account, and the rules between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from siigo_escala.store.models.account import EscalaAccount, SiigoCompany

if TYPE_CHECKING:
    from siigo_escala.store.models.people import User


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Connections."""

    def for_user(self, user: User) -> ConnectionQuerySet:
        """Those that a person may see: every read of the screens begins here."""
        return self if user.is_installer else self.filter(memberships__user=user)


class Connection(models.Model):
    """What `connect` stored. `file` is the connection file without its secrets, sealed beside it."""

    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    direction = models.CharField(max_length=40)
    file = models.JSONField()
    siigo = models.ForeignKey(SiigoCompany, on_delete=models.PROTECT, related_name="connections")
    escala = models.ForeignKey(EscalaAccount, on_delete=models.PROTECT, related_name="connections")
    siigo_username = models.CharField(max_length=200)
    siigo_key_sealed = models.TextField(default="")
    escala_key_sealed = models.TextField(default="")
    created_at = models.DateTimeField()
    start = models.DateField()
    """Invoices of this day (Bogotá) and later are ours to create."""
    pipeline_id = models.CharField(max_length=100, default="")
    stage_id = models.CharField(max_length=100, default="")
    paused = models.CharField(max_length=40, default="")
    """Reason code of a pause; empty: none."""
    paused_text = models.TextField(default="")
    paused_at = models.DateTimeField(null=True)
    refusals = models.PositiveSmallIntegerField(default=0)
    """Credential refusals in a row; two pause the connection."""
    invoices_mark = models.DateTimeField(null=True)
    """Everything created or changed in Siigo before this moment (Siigo's clock) has been read."""
    notes_mark = models.DateTimeField(null=True)
    """The same for credit notes, which Siigo may refuse for a while."""
    sweep_day = models.DateField(null=True)
    """Local day of the last completed sweep."""
    sweep_slice = models.PositiveSmallIntegerField(default=0)
    deleted_asked_day = models.DateField(null=True)
    deleted_asked = models.PositiveSmallIntegerField(default=0)
    others = models.JSONField(default=dict)
    """Deals of another writer: {"seen": [{"deal", "invoice"}], "accepted": [ids]} (sync/other_writer.py)."""
    others_since = models.DateTimeField(null=True)
    """When a person last said that no other writer is left: deals made until then are accepted."""
    activated_at = models.DateTimeField(null=True)
    """Since when this stage makes invoices: what stood in it before is left alone (`existing`)."""
    activated_for = models.CharField(max_length=100, default="")
    """The stage that was activated then; "" while opportunities make no invoices."""
    rehearsed_at = models.DateTimeField(null=True)
    """The last dry run of the direction that makes invoices."""
    confirmed_at = models.DateTimeField(null=True)
    """When a person said that the first draft is right: only then anything goes to the DIAN."""
    last_success = models.DateTimeField(null=True)
    forgotten = models.BooleanField(default=False)
    """Credentials were taken away by `disconnect`."""

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        db_table = "connection"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["siigo", "escala"], name="one_connection_per_pair_of_accounts")
        ]

    def __str__(self) -> str:
        return self.name
