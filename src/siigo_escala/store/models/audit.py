"""Who changed what: append-only, each entry sealed to the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import models, transaction

from siigo_escala.store.models.connection import Connection
from siigo_escala.store.models.people import User

OFF = "Sincronización automática apagada"
ON = "Sincronización automática encendida"


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries; no way to change one."""

    def update(self, **_: Any) -> int:
        """Refused: entries stay as they were written."""
        raise TypeError("audit entries are append-only")

    def for_user(self, user: User) -> AuditQuerySet:
        """Those of the companies that a person administers; of the installation for its administrators."""
        if user.is_installer:
            return self
        return self.filter(connection__memberships__user=user, connection__memberships__role="EMP")


class AuditEntry(models.Model):
    """One change. `before` and `after` name what changed, never a secret."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="audit")
    """The company; null: the installation. A company that is forgotten takes its chain along."""
    at = models.DateTimeField()
    who = models.CharField(max_length=254)
    """E-mail of the person, or "línea de comandos"."""
    action = models.CharField(max_length=60)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    """Hash of this entry and of the digest before it, in its chain."""

    objects = AuditQuerySet.as_manager()

    class Meta:
        db_table = "audit_entry"
        indexes: ClassVar = [models.Index(fields=["connection", "at"], name="audit_by_company")]

    def sealed_to(self, previous: str) -> str:
        """What `digest` must be after an entry with the digest `previous`."""
        told = [
            previous,
            self.connection_id,
            self.at.astimezone(UTC).isoformat(),
            self.who,
            self.action,
            self.before,
            self.after,
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def record(
    action: str,
    *,
    who: str,
    now: datetime,
    connection: Connection | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Appends an entry to its company's chain."""
    with transaction.atomic():
        if connection is not None:
            # Whoever appends at the same moment waits: a chain has one end.
            Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        last = AuditEntry.objects.filter(connection=connection).order_by("-pk").first()
        entry = AuditEntry(
            connection=connection, at=now, who=who, action=action, before=before or {}, after=after or {}
        )
        entry.digest = entry.sealed_to(last.digest if last else "")
        entry.save(force_insert=True)
    return entry


def switched(connection: Connection, *, before: bool, who: str, now: datetime, why: str = "") -> None:
    """Whoever switched the schedule, which the screens tell of a pause; nothing where it stays as it was."""
    if why or before != connection.enabled:
        record(
            ON if connection.enabled else OFF,
            who=who,
            now=now,
            connection=connection,
            before={"encendida": before},
            after={"encendida": connection.enabled, **({"motivo": why} if why else {})},
        )


def first_break(entries: Iterable[AuditEntry]) -> int | None:
    """The number of the first entry of a whole chain, oldest first, that was changed or lost another."""
    previous = ""
    for entry in entries:
        if entry.digest != entry.sealed_to(previous):
            return entry.pk
        previous = entry.digest
    return None
