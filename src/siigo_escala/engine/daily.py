"""What an installation does once a day by itself: what is too old goes, and everything is copied.

Looked at with every minute's tick of the engine; done beside it in a thread, by one process at a time, since
a copy of a large ledger takes longer than a minute.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connections
from django.db.models import Q

from siigo_escala.config.env import Environment
from siigo_escala.store import causes, copies, keys, locks, models, retention
from siigo_escala.store.errors import StoreProblem

EVERY = timedelta(days=1)
_AHEAD = timedelta(hours=1)
"""A copy from further on was made by a clock that was wrong: it does not count."""
AGAIN = timedelta(hours=1)
"""After a copy that failed."""
SPARE = 200_000_000
"""Bytes that the disk must hold besides: a database that cannot commit is worse than a day without a copy."""
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Daily:
    """One process's share of it."""

    environment: Environment
    problem: str | None = None
    """Why the last copy failed, in Spanish; "": it did not; None: nothing is known yet."""
    _failed_at: datetime | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)

    def look(self, *, now: datetime) -> None:
        """Begins what is due. Never waits for it."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._failed_at is not None and timedelta(0) <= now - self._failed_at < AGAIN:
            return
        if not is_due(self.environment, now=now):
            if self.problem:
                # Somebody else, or a person, has made one since.
                self.problem, self._failed_at = "", None
            return
        self._thread = threading.Thread(target=self._do, args=(now,), name="daily", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until what was begun has ended."""
        if self._thread is not None:
            self._thread.join()

    def _do(self, now: datetime) -> None:
        try:
            lock = locks.attempt("daily", 1)
            if lock is None:
                return
            try:
                self._work(now)
            finally:
                lock.release()
        except Exception as problem:
            log.error("daily work failed", exc_info=problem)
        finally:
            connections.close_all()

    def _work(self, now: datetime) -> None:
        try:
            made = _copied(self.environment, now=now)
        except (OSError, StoreProblem, DatabaseError) as problem:
            self.problem, self._failed_at = _why(problem), now
            log.error("daily backup failed", cause=self.problem)
        else:
            self.problem, self._failed_at = "", None
            log.info("daily backup made", file=made.name, size=made.size)
        # After the copy: with a clock that is years ahead everything is too old.
        retention.once_a_day(home=self.environment.home, now=now)


def is_due(environment: Environment, *, now: datetime) -> bool:
    """Whether the last copy is a day old; the first one follows the first success, or a day without one."""
    newest = copies.newest(environment.home, before=now + _AHEAD)
    if newest is not None:
        return now - newest.made >= EVERY
    worth_it = Q(last_success__isnull=False) | Q(created_at__lte=now - EVERY)
    return models.Connection.objects.filter(worth_it).exists()


class _NoRoom(OSError):
    """The disk holds another copy, but little besides."""


def _copied(environment: Environment, *, now: datetime) -> copies.Copy:
    home = environment.home
    newest = copies.newest(home)
    free = shutil.disk_usage(home).free
    if free - (newest.size if newest is not None else 0) < SPARE:
        raise _NoRoom(f"quedan {free // 1_000_000} MB en el disco")
    return copies.make(home, keys=keys.known(environment.secret_keys, home=home), now=now, daily=True)


def _why(problem: Exception) -> str:
    if isinstance(problem, _NoRoom):
        return str(problem)
    if isinstance(problem, OSError):
        return causes.of_file(problem)
    return problem.message if isinstance(problem, StoreProblem) else causes.in_spanish(problem)
