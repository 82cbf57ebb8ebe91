"""Calls hour by hour, kept over restarts and processes: of a Siigo user, which the brake looks at, and of an
Escala account, for people.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from siigo_escala.store.models import CallHour

WINDOW = timedelta(days=7)
_TABLE = CallHour._meta.db_table
_ASIDE = "before "
_ADD = (
    f"INSERT INTO {_TABLE} (account, hour, calls, refused) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (account, hour) DO UPDATE SET "
    f"calls = {_TABLE}.calls + excluded.calls, refused = {_TABLE}.refused + excluded.refused"
)


def before(account: str) -> str:
    """The name under which stands what was counted of an account before the last probe."""
    return f"{_ASIDE}{account}"[:250]


def add(account: str, *, calls: int, refused: int, now: datetime) -> None:
    """So many calls more, in the transaction of whoever asks for it."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [account, _hour(now), calls, refused])


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


class CallCounter:
    """Counts calls and refusals as they happen, from whatever thread makes them."""

    def __init__(self, account: str, *, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now
        self._lock = threading.Lock()
        self._database: BaseDatabaseWrapper | None = None

    def add(self, *, refused: bool) -> None:
        """One more call."""
        with self._lock:
            if self._database is None:
                self._database = connections.create_connection("default")
                self._database.inc_thread_sharing()
            with self._database.cursor() as cursor:
                cursor.execute(_ADD, [self._account, _hour(self._now()), 1, int(refused)])

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
        return before(self._account)

    def _sum(self, account: str) -> tuple[int, int]:
        rows = CallHour.objects.filter(account=account, hour__gt=self._now() - WINDOW)
        counted = list(rows.values_list("calls", "refused"))
        return sum(calls for calls, _ in counted), sum(refused for _, refused in counted)

    def close(self) -> None:
        """Gives the database connection back, as soon as nobody is at it."""
        # A thread that reads ahead may outlive the run: closing under its hands ends the whole process.
        with self._lock:
            if self._database is not None:
                self._database.close()
