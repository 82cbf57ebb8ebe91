"""Where this database stands: a copy of it stands elsewhere, and knows less than it believes.

Whoever copies a folder, or brings an older one back, has an index of Escala that looks fresh and is not.
"""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from siigo_escala.store.models import EscalaAccount

_MACHINE = Path("/etc/machine-id")
_LONGEST = 100


def here() -> str:
    """A text that changes when the database is copied: its file and machine, or its tables' numbers."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        return f"file:{path.stat().st_ino}:{_machine()}"[:_LONGEST]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::text, "
            "%s::regclass::oid::text",
            [EscalaAccount._meta.db_table],
        )
        database, table = cursor.fetchone()
    return f"table:{database}:{table}"[:_LONGEST]


def _machine() -> str:
    try:
        return _MACHINE.read_text().strip()
    except OSError:
        return ""
