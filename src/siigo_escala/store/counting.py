"""Calls, kept over restarts and processes: of a Siigo user, which the brake looks at, in stretches of at most
an hour (domain/braking.py), and of an Escala account, for people, hour by hour.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from siigo_escala.domain import braking
from siigo_escala.domain.braking import Standing, Stretch
from siigo_escala.store.models import CallHour

_TABLE = CallHour._meta.db_table
_ADD = (
    f"INSERT INTO {_TABLE} (account, hour, calls, refused) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (account, hour) DO UPDATE SET "
    f"calls = {_TABLE}.calls + excluded.calls, refused = {_TABLE}.refused + excluded.refused"
)
_STRETCHES = f"SELECT hour, calls, refused FROM {_TABLE} WHERE account = %s AND hour > %s ORDER BY hour"


def add(account: str, *, calls: int, refused: int, now: datetime) -> None:
    """So many calls more, in the transaction of whoever asks for it."""
    with connection.cursor() as cursor:
        hour = now.replace(minute=0, second=0, microsecond=0)
        cursor.execute(_ADD, [account, hour, calls, refused])


def begin_anew(account: str) -> None:
    """Forgets what was counted: a person says that all is well again."""
    CallHour.objects.filter(account=account).delete()


def stretches(account: str, *, now: datetime) -> list[Stretch]:
    """What was counted of a user in seven days, since the count began anew, oldest first."""
    rows = CallHour.objects.filter(account=account, hour__gt=braking.oldest(now)).order_by("hour")
    return [
        Stretch(since=since, calls=calls, refused=refused)
        for since, calls, refused in rows.values_list("hour", "calls", "refused")
    ]


class CallCounter:
    """Counts a user's calls and refusals as they happen, from whatever thread makes them.

    It goes on from what is stored when it is made, and again after each refusal: what other processes were
    refused meanwhile counts, too.
    """

    def __init__(self, account: str, *, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now
        self._lock = threading.Lock()
        self._database: BaseDatabaseWrapper | None = None
        self._stretches = stretches(account, now=now())

    def add(self, *, refused: bool) -> None:
        """One more call."""
        with self._lock:
            if self._database is None:
                self._database = connections.create_connection("default")
                self._database.inc_thread_sharing()
            now = self._now()
            latest = self._stretches[-1] if self._stretches else None
            since = braking.begins(latest, refused=refused, now=now)
            calls, of_them_refused = 1, int(refused)
            if latest is not None and latest.since == since:
                self._stretches.pop()
                calls, of_them_refused = latest.calls + calls, latest.refused + of_them_refused
            self._stretches.append(Stretch(since=since, calls=calls, refused=of_them_refused))
            with self._database.cursor() as cursor:
                cursor.execute(_ADD, [self._account, since, 1, int(refused)])
                if refused:
                    cursor.execute(_STRETCHES, [self._account, braking.oldest(now)])
                    self._stretches = [
                        # SQLite hands out what it was given: with or without its zone, it is UTC.
                        Stretch(since=hour.replace(tzinfo=UTC), calls=calls, refused=of_them_refused)
                        for hour, calls, of_them_refused in cursor.fetchall()
                    ]

    def standing(self) -> Standing:
        """Where the user stands."""
        return braking.standing(self._stretches)

    def close(self) -> None:
        """Gives the database connection back, as soon as nobody is at it."""
        # A thread that reads ahead may outlive the run: closing under its hands ends the whole process.
        with self._lock:
            if self._database is not None:
                self._database.close()
