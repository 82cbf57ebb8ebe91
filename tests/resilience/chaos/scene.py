"""Both simulators under a story's troubles: what happens at which call of a run."""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from siigo_escala.simulators.messages import App, Request, Response
from tests.resilience.chaos.dying import Mortal
from tests.resilience.chaos.time import Time
from tests.resilience.chaos.trouble import Attempt
from tests.sync.world import World

_CALL_S = 0.12


@dataclass(slots=True, kw_only=True)
class Scene:
    """Handles every call of both systems: time goes by, and what was arranged for that call happens."""

    world: World
    time: Time
    mortal: Mortal
    deals_made: Counter[str] = field(default_factory=Counter)
    """How many deals were made by calls, by the first word of their name."""
    broken: list[str] = field(default_factory=list)
    """What must never happen, and did."""
    _attempt: Attempt | None = None
    _calls: Counter[str] = field(default_factory=Counter)
    _writes: int = 0
    _late: list[tuple[datetime, Request]] = field(default_factory=list)
    _meanwhile: deque[Callable[[], None]] = field(default_factory=deque)
    _stop: Callable[[], None] = lambda: None
    _overlap: Callable[[], None] = lambda: None
    _handlers: dict[str, Callable[[Request], Response]] = field(default_factory=dict)

    def open(self) -> None:
        """From now on every call comes by here."""
        apps: dict[str, App] = {"siigo": self.world.siigo, "escala": self.world.escala}
        for system, app in apps.items():
            self._handlers[system] = app.handle
            app.handle = self._door(system)  # type: ignore[method-assign, assignment]

    def begin(
        self,
        attempt: Attempt,
        meanwhile: Sequence[Callable[[], None]],
        *,
        stop: Callable[[], None],
        overlap: Callable[[], None],
    ) -> None:
        """A run begins; what is to be done meanwhile is done at every third call of Siigo's and Escala's."""
        self._attempt, self._stop, self._overlap = attempt, stop, overlap
        self._meanwhile = deque(meanwhile)
        self._calls.clear()
        self._writes = 0

    def end(self) -> None:
        """The run is over: what nobody has got round to is done now, and late writes arrive."""
        self._attempt = None
        while self._meanwhile:
            self._meanwhile.popleft()()
        self.time.pass_by(60)
        self._late_arrive()

    def _door(self, system: str) -> Callable[[Request], Response]:
        def handled(request: Request) -> Response:
            return self._handled(system, request)

        return handled

    def _handled(self, system: str, request: Request) -> Response:
        self.time.pass_by(_CALL_S)
        self._late_arrive()
        attempt = self._attempt
        if self.mortal.dead:
            return Response(503)
        if attempt is None:
            return self._effect(system, request)
        self._calls[system] += 1
        number = self._calls[system]
        if attempt.death == (system, number):
            self.mortal.die()
            return Response(503)
        self._happenings(system, number, attempt)
        if system == "escala" and request.method == "POST":
            self._writes += 1
            for late, seconds in attempt.late:
                if late == self._writes:
                    self._late.append((self.time.now() + timedelta(seconds=seconds), request))
                    return Response(504)
        answer = self._effect(system, request)
        if attempt.death == (f"{system} stored", number):
            self.mortal.die()
            return Response(503)
        return answer

    def _happenings(self, system: str, number: int, attempt: Attempt) -> None:
        if (system, number) == attempt.stop:
            self._stop()
        due = number % 3 == 0 and self._meanwhile
        if due:
            with self._alone(system):
                self._meanwhile.popleft()()
        if system == "escala" and number == attempt.overlap:
            with self._let_go(system):
                self._overlap()

    def _effect(self, system: str, request: Request) -> Response:
        if system == "siigo":
            return self._handlers[system](request)
        table = self.world.escala.account.deals.table
        before = {one["id"] for one in table.all()} if request.method == "POST" else set()
        answer = self._handlers[system](request)
        if request.method == "POST":
            for one in table.all():
                if one["id"] not in before:
                    self.deals_made[one["name"].split()[0]] += 1
        return answer

    def _late_arrive(self) -> None:
        now = self.time.now()
        clock = self.world.escala.clock
        due = [late for late in self._late if late[0] <= now]
        self._late = [late for late in self._late if late[0] > now]
        with self.world.escala.lock:
            for moment, request in due:
                # Nobody looked meanwhile: it took effect when it was due, not when we come by.
                clock.offset_s = (moment - now).total_seconds()
                self._effect("escala", request)
                clock.offset_s = 0.0

    @contextlib.contextmanager
    def _let_go(self, system: str) -> Iterator[None]:
        """Others may call meanwhile: the simulator's lock is the server's."""
        lock = self.world.siigo.lock if system == "siigo" else self.world.escala.lock
        lock.release()
        try:
            yield
        finally:
            lock.acquire()

    @contextlib.contextmanager
    def _alone(self, system: str) -> Iterator[None]:
        """Nobody calls meanwhile, in either system."""
        with self._let_go(system), self.world.siigo.lock, self.world.escala.lock:
            yield
