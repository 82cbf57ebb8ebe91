"""What was erased is gone from the disk, too: a database keeps old contents of pages until it needs them.

PostgreSQL's own vacuum does the same in its time.
"""

from __future__ import annotations

from django.db import OperationalError, connection


def wipe() -> bool:
    """Writes the database anew without remains; False where others use it at this moment."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            return True
        cursor.execute("PRAGMA busy_timeout = 2000")
        try:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()[0]
        except OperationalError:
            return False
        finally:
            cursor.execute("PRAGMA busy_timeout = 30000")
    return not busy
