"""Calls of one Siigo user, hour by hour: what the brake looks at, kept over restarts and processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from siigo_escala.store.models import CallHour

WINDOW = timedelta(days=7)
_TABLE = CallHour._meta.db_table
_ASIDE = "before "
"""Begins the name under which stands what was counted before the last probe."""


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
        """Calls and refusals of the last seven days, since the count began anew."""
        return self._sum(self._account)

    def aside(self) -> tuple[int, int]:
        """Calls and refusals of the last seven days from before the last probe: Siigo remembers them, too."""
        return self._sum(self._before)

    def begin_anew(self) -> None:
        """Forgets what was counted: a person says that all is well again."""
        CallHour.objects.filter(account__in=(self._account, self._before)).delete()

    def put_aside(self) -> None:
        """Begins anew for a probe, which nobody has answered for: what was counted is kept apart."""
        with transaction.atomic():
            for row in CallHour.objects.filter(account=self._account):
                kept, _ = CallHour.objects.get_or_create(account=self._before, hour=row.hour)
                kept.calls, kept.refused = kept.calls + row.calls, kept.refused + row.refused
                kept.save(update_fields=["calls", "refused"])
                row.delete()

    @property
    def _before(self) -> str:
        return f"{_ASIDE}{self._account}"[:250]

    def _sum(self, account: str) -> tuple[int, int]:
        rows = CallHour.objects.filter(account=account, hour__gt=self._now() - WINDOW)
        counted = list(rows.values_list("calls", "refused"))
        return sum(calls for calls, _ in counted), sum(refused for _, refused in counted)

    def close(self) -> None:
        """Gives the database connection back."""
        if self._database is not None:
            self._database.close()
