"""Locks that the system itself frees when their holder dies, and that no clock expires.

SQLite: an OS file lock beside the database. PostgreSQL: a session advisory lock on its own connection, so it
holds across machines.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.db import connection
from filelock import FileLock, Timeout

if TYPE_CHECKING:
    import psycopg

_ADVISORY_CLASS = {"escala": 73101, "siigo": 73102, "worker": 73103, "daily": 73104, "schema": 73105}


class Lock(Protocol):
    """A lock that is held."""

    def proven(self) -> bool:
        """Whether it is still ours."""

    def release(self) -> None:
        """Frees it."""


def attempt(what: str, number: int) -> Lock | None:
    """The lock on an account, a worker's place or the daily work; None where somebody else holds it."""
    if connection.vendor == "sqlite":
        return _FileLock.attempt(what, number)
    return _AdvisoryLock.attempt(what, number)


def take(what: str, number: int) -> Lock:
    """The lock on the schema, waited for as long as somebody else holds it."""
    if connection.vendor == "sqlite":
        return _FileLock.take(what, number)
    return _AdvisoryLock.take(what, number)


def held(what: str) -> int:
    """How many of these locks somebody holds at this moment, on this machine or, with PostgreSQL, on any."""
    if connection.vendor == "sqlite":
        return _FileLock.held(what)
    return _AdvisoryLock.held(what)


class _FileLock:
    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    @classmethod
    def attempt(cls, what: str, number: int) -> _FileLock | None:
        lock = cls._file(what, number)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        return cls(lock)

    @classmethod
    def take(cls, what: str, number: int) -> _FileLock:
        lock = cls._file(what, number)
        lock.acquire()
        return cls(lock)

    @classmethod
    def held(cls, what: str) -> int:
        database = Path(str(connection.settings_dict["NAME"]))
        prefix = f"{database.stem}-{what}-"
        there = (database.parent / "locks").glob(f"{prefix}*.lock")
        numbers = [int(path.stem.removeprefix(prefix)) for path in there]
        count = 0
        for number in numbers:
            lock = cls.attempt(what, number)
            if lock is None:
                count += 1
            else:
                lock.release()
        return count

    @staticmethod
    def _file(what: str, number: int) -> FileLock:
        database = Path(str(connection.settings_dict["NAME"]))
        folder = database.parent / "locks"
        folder.mkdir(exist_ok=True, mode=0o700)
        return FileLock(folder / f"{database.stem}-{what}-{number}.lock", thread_local=False)

    def proven(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()


class _AdvisoryLock:
    def __init__(self, session: psycopg.Connection[tuple[bool]]) -> None:
        self._session = session

    @classmethod
    def attempt(cls, what: str, number: int) -> _AdvisoryLock | None:
        # A session that Django knows nothing of fails as its own do.
        with connection.wrap_database_errors:
            session = cls._opened()
            row = session.execute(
                "SELECT pg_try_advisory_lock(%s, %s)", (_ADVISORY_CLASS[what], number)
            ).fetchone()
        if row is None or not row[0]:
            session.close()
            return None
        return cls(session)

    @classmethod
    def take(cls, what: str, number: int) -> _AdvisoryLock:
        with connection.wrap_database_errors:
            session = cls._opened()
            session.execute("SELECT pg_advisory_lock(%s, %s)", (_ADVISORY_CLASS[what], number))
        return cls(session)

    @staticmethod
    def _opened() -> psycopg.Connection[tuple[bool]]:
        import psycopg  # noqa: PLC0415 - a tenth of the program's start, and SQLite needs none of it

        parameters = connection.get_connection_params()
        parameters.pop("context", None)
        parameters.pop("cursor_factory", None)
        parameters |= {
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        }
        return psycopg.connect(**parameters, autocommit=True)

    @classmethod
    def held(cls, what: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                [_ADVISORY_CLASS[what]],
            )
            return int(cursor.fetchone()[0])

    def proven(self) -> bool:
        try:
            return self._session.execute("SELECT true").fetchone() is not None
        except self._session.Error:
            return False

    def release(self) -> None:
        # The server notices a closed session a moment later; who asks next must find the lock free.
        with suppress(self._session.Error):
            self._session.execute("SELECT pg_advisory_unlock_all()")
        self._session.close()
