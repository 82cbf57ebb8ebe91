"""The process that takes turns: as one of several, on one machine or many, until it is asked to end.

Each worker holds a place, a lock that the system frees at its death. What a worker without its lock was at is
queued again by whoever notices first.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import close_old_connections, connection, connections

from siigo_escala.config.env import Environment
from siigo_escala.engine import due, insisting, queue, turn
from siigo_escala.engine.due import Ticket
from siigo_escala.engine.turn import UnderWay
from siigo_escala.store import locks, schema
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.locks import Lock
from siigo_escala.store.models import Connection, Turn

PLACES = 8
"""Turns that one worker takes at once."""
_WATCH_S = 2.0
_ADOPT_S = 5.0
_TICK_LATE_S = 90.0
_CLEAN_S = 3600.0
_SCHEMA_S = 30.0
DRAIN_S = 25
_MOST_WORKERS = 1000
_MOST_QUEUED, _LEAST_TOLD = 2000, 200
"""Turns in the queue, which is walked at every look: more wait in our own table. And how many are told in a
minute all the same, so that claims of a worker that died never fill it up."""
AfterRun = Callable[[Connection, dict[str, Any], int], None]
log = structlog.get_logger()


class PlaceLost(Exception):
    """Another worker has this one's place: it takes nothing more and ends."""


@dataclass(slots=True, kw_only=True)
class Worker:
    """One worker process. `after_run` and `each_minute` are told what the engine itself does not look at."""

    environment: Environment
    now: Callable[[], datetime]
    stop: threading.Event
    after_run: AfterRun = lambda _connection, _document, _code: None
    each_minute: Callable[[], None] = lambda: None
    number: int = 0
    rounds: int = 0
    """How often it has looked around."""
    _place: Lock | None = None
    _under_way: dict[int, UnderWay] = field(default_factory=dict)
    _ticked: float = field(default_factory=time.monotonic)
    _adopted: float = float("-inf")
    _cleaned: float = field(default_factory=time.monotonic)
    _compared: float = field(default_factory=time.monotonic)
    _outdated: StoreProblem | None = None

    @property
    def name(self) -> str:
        """How the engine's store knows this worker."""
        return f"worker-{self.number}"

    @property
    def busy(self) -> bool:
        """Whether a turn is under way here."""
        return bool(self._under_way)

    def run(self) -> None:
        """Works until `stop`; turns under way are ended after the call in flight and come again elsewhere.

        StoreProblem(SCHEMA_NEWER) where a newer program has taken over the database meanwhile.
        """
        self.number, self._place = insisting.insist(_free_place, stop=self.stop)
        queue.Handlers.turn, queue.Handlers.tick = self._take, self._tick
        try:
            insisting.insist(self._launch, stop=self.stop)
            log.info("worker started", worker=self.name)
            self._tick()
            while not self.stop.wait(_WATCH_S):
                with _survived("watch"):
                    self._watch()
        finally:
            for one in list(self._under_way.values()):
                one.listener.stop.set()
            queue.close(drain_s=DRAIN_S)
            if self._place is not None:  # somebody else may have it by now
                self._place.release()
            connections.close_all()
            log.info("worker ended", worker=self.name)
        if self._outdated is not None:
            raise self._outdated

    def _launch(self) -> None:
        store = queue.address(self.environment.database_url, self.environment.home)
        queue.launch(store, executor=self.name, places=PLACES)

    def _take(self, ticket: Ticket) -> None:
        """One turn, in a thread of the engine."""
        if not insisting.insist(self._is_of_this_schema, stop=self.stop):
            # Its number is not done: it is told again in a minute, to a worker that knows the database.
            connections.close_all()
            return
        under_way = UnderWay()
        if self.stop.is_set():
            under_way.listener.stop.set()
        self._under_way[ticket.connection_id] = under_way
        try:
            turn.take(self.environment, ticket, under_way, now=self.now, after=self.after_run)
        finally:
            self._under_way.pop(ticket.connection_id, None)
            connections.close_all()
        if not self.stop.is_set():
            with _survived("go on"):
                queue.put(due.by_request(now=self.now(), connection_id=ticket.connection_id))
                connections.close_all()

    def _tick(self) -> None:
        """Once a minute, by whichever worker: what the timetables ask for."""
        self._ticked = time.monotonic()
        with _survived("tick"):
            # A minute that is missed is a minute late: a session that was cut just then must not cost it.
            insisting.insist(self._ask_timetables, stop=self.stop)
            self.each_minute()
        close_old_connections()

    def _ask_timetables(self) -> None:
        due.make_turns(now=self.now())
        room = max(_MOST_QUEUED - due.queued(_MOST_QUEUED), _LEAST_TOLD)
        queue.put(itertools.islice(due.by_schedule(now=self.now()), room))

    def _watch(self) -> None:
        """Every two seconds: who cancelled, who waits, who died. Its session stays open from look to look."""
        self._keep_place()
        cancelled = set(
            Turn.objects.filter(connection__in=list(self._under_way), cancelled=True).values_list(
                "connection_id", flat=True
            )
        )
        for connection_id, one in list(self._under_way.items()):
            one.attend(cancel=connection_id in cancelled)
        queue.put(due.by_request(now=self.now()))
        queue.hurry(backlog=due.queued(PLACES + 1) > PLACES)
        moment = time.monotonic()
        if moment - self._adopted >= _ADOPT_S:
            self._adopted = moment
            self._adopt()
        if moment - self._ticked >= _TICK_LATE_S:
            # The machine's clock was set back: the schedule's minutes have all been.
            self._tick()
        if moment - self._cleaned >= _CLEAN_S:
            self._cleaned = moment
            queue.forget_old()
        if moment - self._compared >= _SCHEMA_S:
            self._compared = moment
            self._is_of_this_schema()
        self.rounds += 1

    def _is_of_this_schema(self) -> bool:
        """Whether the database is one that this program knows; where it is newer, this worker ends."""
        try:
            schema.ensure_not_newer()
        except StoreProblem as problem:
            self._outdated = problem
            self.stop.set()
            return False
        return True

    def _adopt(self) -> None:
        """What a dead worker was at is queued again; its place stays taken meanwhile, so nobody else does."""
        for name, left in queue.held_by_others(self.name).items():
            lock = locks.attempt("worker", int(name.rpartition("-")[2]))
            if lock is None:
                continue
            try:
                log.warning("adopting turns", worker=name, turns=len(left))
                queue.queue_again(left)
            finally:
                lock.release()

    def _keep_place(self) -> None:
        """The place is ours still, or again: on PostgreSQL a restart of the server takes every lock away."""
        if self._place is not None and self._place.proven():
            return
        self._place = locks.attempt("worker", self.number)
        if self._place is None:
            self.stop.set()
            raise PlaceLost(self.name)


def _free_place() -> tuple[int, Lock]:
    """The lowest number whose place nobody holds."""
    for number in range(1, _MOST_WORKERS):
        lock = locks.attempt("worker", number)
        if lock is not None:
            return number, lock
    raise PlaceLost("worker")


@contextmanager
def _survived(what: str) -> Iterator[None]:
    """A database out of reach for a while, or one bad row, does not end the worker."""
    try:
        yield
    except PlaceLost:
        raise
    except Exception as problem:
        log.error("engine round failed", what=what, exc_info=problem)
        connection.close()
