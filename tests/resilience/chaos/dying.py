"""Death inside this process that leaves what `kill -9` leaves: from that moment on nothing is stored or sent.

Only Django is changed, nothing of ours: after death no transaction commits, no statement runs, and whoever
waits or asks the database again is gone. The finally blocks that still run can therefore tidy nothing up;
the lease's locks go, as the system frees them. A power cut is a copy of SQLite's files at that very moment,
put back afterwards.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper


class Killed(BaseException):
    """The process is dead."""


class Mortal:
    """The process that runs the product, as far as a story may end it.

    `database`: the SQLite file whose copy is kept at the moment of death; None on a server.
    """

    def __init__(self, database: Path | None) -> None:
        self._database = database
        self._kept = database.with_suffix(".cut") if database else None
        self._commits_left = 0
        self._full_at = 0
        self._lock = threading.Lock()
        self.dead = False

    def dies_at_commit(self, number: int) -> None:
        """It dies before it commits this transaction."""
        self._commits_left = number

    def disk_full_at_commit(self, number: int) -> None:
        """The database refuses this transaction."""
        self._full_at = number

    def die(self, *, committing: bool = False) -> None:
        """It is dead from now on."""
        with self._lock:
            if self.dead:
                return
            self._keep(committing=committing)
            self.dead = True

    def must_live(self) -> None:
        """Raises `Killed` where it does not."""
        if self.dead:
            raise Killed

    def buried(self) -> None:
        """The dead process is gone, its files are what they were at its death; another may begin."""
        if self.dead and self._database is not None and self._kept is not None:
            for suffix in ("", "-wal", "-shm"):
                here, kept = Path(f"{self._database}{suffix}"), Path(f"{self._kept}{suffix}")
                here.unlink(missing_ok=True)
                if kept.exists():
                    kept.rename(here)
        self.dead = False
        self._commits_left = self._full_at = 0

    def _keep(self, *, committing: bool) -> None:
        if self._database is None:
            return
        # Nobody may write while the files are copied: whoever commits holds the lock already.
        other = None if committing else sqlite3.connect(self._database, timeout=5)
        try:
            if other is not None:
                other.execute("BEGIN IMMEDIATE")
            for suffix in ("", "-wal"):
                source = Path(f"{self._database}{suffix}")
                if source.exists():
                    shutil.copyfile(source, f"{self._kept}{suffix}")
        finally:
            if other is not None:
                other.close()

    def _at_commit(self) -> None:
        self.must_live()
        self._full_at -= 1
        if self._full_at == 0:
            raise OperationalError("database or disk is full")
        self._commits_left -= 1
        if self._commits_left == 0:
            self.die(committing=True)
            raise Killed


@contextmanager
def mortal(process: Mortal) -> Iterator[None]:
    """What happens inside is done by this process."""
    commit, cursor = BaseDatabaseWrapper._commit, BaseDatabaseWrapper.cursor  # type: ignore[attr-defined]

    def committing(self: BaseDatabaseWrapper) -> None:
        try:
            process._at_commit()
        except Killed:
            # A server ends the session of a process that is gone, and takes its transaction back.
            self.close()
            raise
        commit(self)

    def asking(self: BaseDatabaseWrapper) -> Any:
        process.must_live()
        return cursor(self)

    BaseDatabaseWrapper._commit = committing  # type: ignore[attr-defined]
    BaseDatabaseWrapper.cursor = asking  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseDatabaseWrapper._commit = commit  # type: ignore[attr-defined]
        BaseDatabaseWrapper.cursor = cursor  # type: ignore[method-assign]
