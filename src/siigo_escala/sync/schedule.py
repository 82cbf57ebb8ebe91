"""The schedule of a connection, on and off: in its row, in its stored file and in the audit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from siigo_escala.store.models import Connection, audit


def switch(connection: Connection, *, on: bool, who: str, now: datetime, why: str = "") -> Connection:
    """The connection with its schedule switched; rules saved since it was read stay as they were saved."""
    with transaction.atomic():
        locked = Connection.objects.select_for_update(no_key=True, of=("self",)).get(pk=connection.pk)
        before = locked.enabled
        locked.enabled = on
        locked.file = {**locked.file, "enabled": on}
        locked.save(update_fields=["enabled", "file"])
        audit.switched(locked, before=before, who=who, now=now, why=why)
    return locked
