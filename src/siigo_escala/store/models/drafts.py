"""Connections that are being made in the browser, and work that a screen waits for.

A draft is a connection that is not finished: what was typed is sealed, what was chosen waits until
`sync.connect` takes all of it. An errand is work of seconds or minutes that a page shows the progress of.
"""

from __future__ import annotations

from django.db import models

from siigo_escala.store.models.connection import Connection
from siigo_escala.store.models.people import User


class DraftQuerySet(models.QuerySet["ConnectionDraft"]):
    """Drafts."""

    def for_user(self, user: User) -> DraftQuerySet:
        """Those that a person may go on with: their own, and all for administrators of the installation."""
        return self if user.is_installer else self.filter(made_by=user)


class ConnectionDraft(models.Model):
    """An unfinished connection. It goes away when the assistant comes to its end."""

    name = models.CharField(max_length=100, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(default=1)
    """The last step that was passed, of five."""
    siigo_username = models.CharField(max_length=200)
    siigo_key_sealed = models.TextField(default="")
    escala_key_sealed = models.TextField(default="")
    siigo = models.JSONField(default=dict)
    """What Siigo said of itself: {"sellers", "document_types"}, as the company's row keeps them."""
    escala = models.JSONField(default=dict)
    """What Escala said: {"pipelines", "contacts", "deals", "owners", "fields"} (sync/introduction.py)."""
    chosen = models.JSONField(default=dict)
    """Tables of the connection file: {"opportunities", "sellers", "schedule"}."""
    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, null=True, related_name="draft", related_query_name="draft"
    )
    """The connection that `sync.connect` made of it: only the preview is left."""

    objects = DraftQuerySet.as_manager()

    class Meta:
        db_table = "connection_draft"

    def __str__(self) -> str:
        return self.name


class Errand(models.Model):
    """Work that a page waits for: what was asked, how far it is, what came of it. The newest one counts."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="errands")
    draft = models.ForeignKey(ConnectionDraft, on_delete=models.CASCADE, null=True, related_name="errands")
    kind = models.CharField(max_length=20)
    asked = models.JSONField(default=dict)
    begun_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    """When it last gave a sign of life."""
    ended_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    problem = models.JSONField(default=dict)
    """{"text", "step"}: why nothing came of it."""

    class Meta:
        db_table = "errand"
