"""A run: what it was asked, what it did, what it counted."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from siigo_escala.store.models.connection import Connection


class Run(models.Model):
    """One synchronisation. `document` is what `sync --json` printed; `progress` is kept while it lasts."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=20, default="sync")
    asked = models.JSONField(default=dict)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    exit_code = models.PositiveSmallIntegerField(null=True)
    progress = models.JSONField(default=dict)
    document = models.JSONField(default=dict)

    class Meta:
        db_table = "run"
        indexes: ClassVar = [models.Index(fields=["connection", "started"], name="run_by_start")]
