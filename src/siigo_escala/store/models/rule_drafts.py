"""Changes of rules that somebody has made and not saved yet: their effect is looked at first."""

from __future__ import annotations

from django.db import models

from siigo_escala.store.models.connection import Connection


class RuleDraft(models.Model):
    """What would change in a connection's file. One a connection: whoever changes it next goes on with it."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="rule_draft")
    who = models.CharField(max_length=254)
    at = models.DateTimeField()
    changes = models.JSONField(default=list)
    """[[path, before, after]]: `path` a list of keys; None stands for a key that is not there."""

    class Meta:
        db_table = "rule_draft"
