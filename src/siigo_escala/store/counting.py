"""Calls of one Siigo user, hour by hour: what the brake looks at, kept over restarts and processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from siigo_escala.store.models import CallHour

WINDOW = timedelta(days=7)
_TABLE = CallHour._meta.db_table


class CallCounter:
    """Counts calls and refusals as they happen, from whatever thread makes them."""

    def __init__(self, account: str, *, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now
        self._lock = threading.Lock()
        self._database: BaseDatabaseWrapper | None = None

    def add(self, *, refused: bool) -> None:
        """One more call."""
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        with self._lock:
            if self._database is None:
                self._database = connections.create_connection("default")
                self._database.inc_thread_sharing()
            with self._database.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {_TABLE} (account, hour, calls, refused) VALUES (%s, %s, 1, %s) "
                    "ON CONFLICT (account, hour) DO UPDATE SET "
                    f"calls = {_TABLE}.calls + 1, refused = {_TABLE}.refused + excluded.refused",
                    [self._account, hour, int(refused)],
                )

    def totals(self) -> tuple[int, int]:
        """Calls and refusals of the last seven days."""
        rows = CallHour.objects.filter(account=self._account, hour__gt=self._now() - WINDOW)
        counted = list(rows.values_list("calls", "refused"))
        return sum(calls for calls, _ in counted), sum(refused for _, refused in counted)

    def begin_anew(self) -> None:
        """Forgets what was counted: a person, or a probe that succeeded, says that all is well again."""
        CallHour.objects.filter(account=self._account).delete()

    def close(self) -> None:
        """Gives the database connection back."""
        if self._database is not None:
            self._database.close()
