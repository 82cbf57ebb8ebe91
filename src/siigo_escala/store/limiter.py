"""The limiter of one remote account: exact in any window, over all threads, processes and machines.

One row an account holds the moments of the last N grants; the next grant is never less than a window after
the Nth before it. A caller takes its moment in one transaction and waits for it outside (docs/adr/0005).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from siigo_escala.rest.limiter import LONGEST_PAUSE_S, LONGEST_WAIT_S, TooLong
from siigo_escala.store.models import Limit

_TABLE = Limit._meta.db_table


def next_free(
    grants: Sequence[float], *, not_before: float, now: float, allowed: int, window_s: float
) -> float:
    """The first moment at which one more call is allowed; moments in epoch seconds, grants oldest first."""
    moment = max(now, not_before)
    if len(grants) >= allowed:
        moment = max(moment, grants[-allowed] + window_s)
    return moment


def standing(grants: str, not_before: float, *, now: float) -> tuple[list[float], float]:
    """What of a stored row counts: its grants and its pause.

    No grant is given for further ahead than anybody waits: where one is, a clock was set back. Then a pause
    of more than that counts as little, for it was noted by the same clock, after a grant.
    """
    kept: list[float] = json.loads(grants)
    near = [moment for moment in kept if moment <= now + LONGEST_WAIT_S]
    longest = LONGEST_PAUSE_S if len(near) == len(kept) else LONGEST_WAIT_S
    return near, not_before if not_before <= now + longest else 0.0


@dataclass(slots=True, kw_only=True)
class _Row:
    grants: list[float]
    not_before: float
    now: float


class SqlLimiter:
    """At most `grants` calls in any `window_s` seconds. Satisfies rest's port `Limiter`."""

    def __init__(
        self, account: str, *, grants: int, window_s: float, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._account = account
        self._grants = grants
        self._window_s = window_s
        self._wait = wait
        self._lock = threading.Lock()
        self._database: BaseDatabaseWrapper | None = None
        self.waited_s = 0.0

    def acquire(self) -> None:
        """Blocks until the next call is allowed. Raises TooLong at once."""
        moment, seconds = self._reserve()
        while seconds > 0:
            self.waited_s += seconds
            self._wait(seconds)
            if not self._paused_beyond(moment):
                break
            # Somebody else's 429 came meanwhile; it holds back whoever waits, too.
            moment, seconds = self._reserve()

    def pause(self, seconds: float) -> None:
        """Nobody calls for `seconds`: a 429 is obeyed by every process."""
        with self._row() as row:
            row.not_before = max(row.not_before, row.now + seconds)

    def close(self) -> None:
        """Gives the database connection back, as soon as nobody is at it."""
        # A thread that reads ahead may outlive the run: closing under its hands ends the whole process.
        with self._lock:
            if self._database is not None:
                self._database.close()

    def _reserve(self) -> tuple[float, float]:
        """Takes the next free moment; and how many seconds away it is."""
        with self._row() as row:
            moment = next_free(
                row.grants,
                not_before=row.not_before,
                now=row.now,
                allowed=self._grants,
                window_s=self._window_s,
            )
            seconds = moment - row.now
            if seconds > LONGEST_WAIT_S:
                raise TooLong(seconds)
            row.grants = [*row.grants, moment][-self._grants :]
        return moment, seconds

    def _paused_beyond(self, moment: float) -> bool:
        """Whether nobody may call yet at this moment."""
        with self._cursor() as cursor:
            cursor.execute(f"SELECT not_before FROM {_TABLE} WHERE account = %s", [self._account])
            found = cursor.fetchone()  # none where the account was removed meanwhile
            return found is not None and found[0] > moment

    @contextmanager
    def _cursor(self) -> Iterator[CursorWrapper]:
        with self._lock:
            if self._database is None:
                # A connection of its own: network threads take their turn here and never touch the ORM's.
                self._database = connections.create_connection("default")
                self._database.inc_thread_sharing()
            with self._database.cursor() as cursor:
                yield cursor

    @contextmanager
    def _row(self) -> Iterator[_Row]:
        """This account's row, locked; what is changed in it is saved."""
        with self._cursor() as cursor:
            postgres = cursor.db.vendor == "postgresql"
            cursor.execute("BEGIN" if postgres else "BEGIN IMMEDIATE")
            try:
                row = self._load(cursor, postgres=postgres)
                yield row
                cursor.execute(
                    f"UPDATE {_TABLE} SET grants = %s, not_before = %s WHERE account = %s",
                    [json.dumps(row.grants), row.not_before, self._account],
                )
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    def _load(self, cursor: CursorWrapper, *, postgres: bool) -> _Row:
        cursor.execute(
            f"INSERT INTO {_TABLE} (account, grants, not_before) VALUES (%s, '[]', 0) "
            "ON CONFLICT (account) DO NOTHING",
            [self._account],
        )
        cursor.execute(
            f"SELECT grants, not_before FROM {_TABLE} WHERE account = %s"
            + (" FOR UPDATE" if postgres else ""),
            [self._account],
        )
        stored = cursor.fetchone()
        now = time.time()
        if postgres:
            # One clock for all machines: the database's.
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            now = float(cursor.fetchone()[0])
        grants, not_before = standing(*stored, now=now)
        return _Row(grants=grants, not_before=not_before, now=now)
