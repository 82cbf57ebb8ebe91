"""What the engine has to do for each connection, who asked for it, and what people were told.

These rows are the truth about what is due; the engine's own store only carries it out and may be thrown away
(docs/adr/0013).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from siigo_escala.store.models.connection import Connection
from siigo_escala.store.models.run import Run


class Turn(models.Model):
    """Where a connection stands with the engine. One row a connection, made with it."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="turn")
    number = models.PositiveBigIntegerField(default=1)
    """Of the turn that is next or under way; it goes up when that one ends, so each is done once."""
    queued_at = models.DateTimeField(null=True)
    """When the engine was last told of this number; null: it was not, or the turn before has just ended."""
    since = models.DateTimeField()
    """The schedule as it is today counts from here: what lies before was another's."""
    last_start = models.DateTimeField(null=True)
    """Start of the last turn that ran by schedule: "every N minutes" counts from it."""
    slot_done = models.DateTimeField(null=True)
    """The last daily slot that a turn has honoured."""
    retry_at = models.DateTimeField(null=True)
    """A system was out of reach: the same again at this moment."""
    failures = models.PositiveSmallIntegerField(default=0)
    """Turns in a row that ended because a system was out of reach."""
    begun = models.PositiveSmallIntegerField(default=0)
    """Turns begun since one ended: what a process leaves when it dies. Three pause the connection."""
    unfinished = models.BooleanField(default=False)
    """The last turn gave way to others before it had made everything."""
    cancelled = models.BooleanField(default=False)
    """A person asked the run under way to end."""

    class Meta:
        db_table = "turn"


class Request(models.Model):
    """A run that somebody asked the engine for. The same one twice, while it waits, is one."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="requests")
    kind = models.CharField(max_length=20, default="sync")
    asked = models.JSONField(default=dict)
    """Options of the run, as a run keeps them."""
    key = models.CharField(max_length=64)
    """Fingerprint of kind and options."""
    why = models.CharField(max_length=20, default="person")
    """Who asked: "person" or "rules" (they changed)."""
    asked_at = models.DateTimeField()
    waiting = models.BooleanField(default=True)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    """The run that did it, once it has ended."""

    class Meta:
        db_table = "request"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "key"],
                condition=models.Q(waiting=True),
                name="the_same_request_waits_once",
            )
        ]


class Alert(models.Model):
    """What people were told of a connection and have not been told to be over."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20)
    """refused, failed, attention, stale, braked or backup."""
    since = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    """null: nobody could be reached yet."""
    tries = models.PositiveSmallIntegerField(default=0)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "alert"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "kind"], name="one_alert_of_a_kind")
        ]
