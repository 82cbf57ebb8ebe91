"""Some minutes of the engine under everything that can go wrong, and what must be true afterwards."""

from __future__ import annotations

import heapq
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from siigo_escala.simulators.faults import Fault
from siigo_escala.store.models import Connection, Request, Run, Turn
from tests.resilience.engine import checks, moments, town, trouble
from tests.resilience.engine.checks import Checks
from tests.resilience.engine.fleet import Fleet
from tests.resilience.engine.proof import Span
from tests.resilience.engine.server import Server
from tests.resilience.engine.town import Company, Plan, Town
from tests.resilience.engine.trouble import Happening, Store

WORKERS: Mapping[Store, int] = {"sqlite": 2, "postgresql": 3}
_BY_PEOPLE = ("sell", "edit", "pay", "ask", "cancel")
_LOOK_S = 0.1
_PERSON_S = 5.0
"""How often a person looks whether a connection is paused."""
_HEALING_S = 150.0
_AFTERMATH = {
    "kill": 35.0,
    "stop": 10.0,
    "restart": 20.0,
    "cut": 20.0,
    "busy": 5.0,
    "lie": 20.0,
    "outage": 75.0,
    "cancel": 60.0,
}
"""Seconds until all is as before: the dead one's work adopted, a retry's pause over, the next slot there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it. `wrong` is empty where everything held."""

    store: Store
    seed: int
    wrong: Sequence[str]
    figures: Mapping[str, int | str]
    told: str


@dataclass(slots=True, kw_only=True)
class Life:
    """One chaos from its beginning to its verdict."""

    store: Store
    seed: int
    seconds: float
    tolerance: timedelta
    town: Town
    fleet: Fleet
    server: Server | None
    database: str
    diary: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    _later: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _began: datetime = field(default_factory=moments.now)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))
    _paused_since: dict[str, datetime] = field(default_factory=dict)

    def live(self) -> Verdict:
        """Everything that was drawn, then a quiet end, then the checks."""
        self._began = moments.now()
        self.fleet.begin()
        for happening in trouble.draw(self.seed, seconds=self.seconds, store=self.store):
            self._at(happening.at_s, partial(self._happens, happening))
        for second in range(int(_PERSON_S), int(self.seconds), int(_PERSON_S)):
            self._at(second, self._person_looks)
        self._pass_by(self.seconds)
        stormy_until = moments.now()
        healed = self._heal()
        codes = self.fleet.drained()
        wrong = [] if healed is None else [healed]
        wrong += [f"a worker that was asked to end ended with {code}" for code in codes if code != 0]
        found = Checks(
            town=self.town,
            spans=self.spans,
            counted=self.counted,
            tolerance=self.tolerance,
            on_server=self.server is not None,
        )
        wrong += found.all(began=self._began, until=stormy_until)
        return Verdict(
            store=self.store, seed=self.seed, wrong=wrong, figures=self._figures(), told="\n".join(self.diary)
        )

    # The course.

    def _at(self, seconds: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._later, (seconds, next(self._numbers), work))

    def _pass_by(self, until_s: float) -> None:
        """Lets time go by, doing what is due."""
        while (passed := (moments.now() - self._began).total_seconds()) < until_s or self._later:
            while self._later and self._later[0][0] <= passed:
                heapq.heappop(self._later)[2]()
            moments.pause(_LOOK_S)

    def _happens(self, one: Happening) -> None:
        self.counted[one.kind] += 1
        company = self.town.companies[one.number % len(self.town.companies)]
        self.diary.append(f"{moments.now():%H:%M:%S.%f} {one} {company.name}")
        if one.kind in _BY_PEOPLE:
            self._people(one, company)
        else:
            self._trouble(one)
        if one.kind in _AFTERMATH:
            begin = moments.now()
            end = begin + timedelta(seconds=one.seconds + _AFTERMATH[one.kind])
            whose = company.name if one.kind == "cancel" else ""
            self.spans.append(Span(begin=begin, end=end, what=one.kind, company=whose))

    def _people(self, one: Happening, company: Company) -> None:
        match one.kind:
            case "sell":
                for extra in range(1 + one.number % 3):
                    self.town.sell(company, customer=one.number // 10 + extra, amount=10_000 + one.number)
            case "edit":
                self.town.edit(company, which=one.number // 10, amount=20_000 + one.number)
            case "pay":
                self.town.pay(company, which=one.number // 10)
            case "ask" if company.plan.every_minutes:
                self.town.ask(company, random.Random(one.number))
            case "cancel" if company.plan.every_minutes:
                self.town.cancel(company)

    def _trouble(self, one: Happening) -> None:
        match one.kind:
            case "kill":
                self.fleet.kill(one.number)
            case "stop":
                self.fleet.stop(one.number, one.seconds)
            case "lie":
                self._lies(one)
            case "outage":
                self._out(one)
            case "restart" | "cut":
                self._server_fails(one)
            case "busy":
                self._locked(one)

    def _lies(self, one: Happening) -> None:
        system, fault = trouble.lie(one.number)
        app = self.town.siigo if system == "siigo" else self.town.escala
        app.faults.add(Fault(**fault))  # type: ignore[arg-type]

    def _out(self, one: Happening) -> None:
        """A system answers nobody for a while."""
        app = self.town.siigo if one.system == "siigo" else self.town.escala
        app.faults.add(Fault(kind="drop" if one.number % 2 else "refuse", status=503))
        threading.Timer(one.seconds, app.faults.clear).start()

    def _server_fails(self, one: Happening) -> None:
        if self.server is None:
            return
        if one.kind == "cut":
            self.server.cut(self.database, share=0.3 + one.number % 8 / 10)
        else:
            self.server.stop(crash=bool(one.number % 2))
            # What is due here meanwhile comes a little late.
            moments.pause(one.seconds)
            self.server.start()

    def _locked(self, one: Happening) -> None:
        """Somebody writes to one of SQLite's files for long."""
        home = self.town.environment.home
        file = home / ("engine.db" if one.number % 3 == 0 else "siigo-escala.db")

        def hold() -> None:
            with closing(sqlite3.connect(file, timeout=30)) as session:
                session.execute("BEGIN IMMEDIATE")
                moments.pause(one.seconds)
                session.rollback()

        threading.Thread(target=hold, daemon=True).start()

    def _person_looks(self) -> None:
        """Whoever sees a pause lifts it."""
        now = moments.now()
        paused = self.town.paused()
        for name, code in paused.items():
            since = self._paused_since.setdefault(name, now - timedelta(seconds=_PERSON_S))
            self.diary.append(f"{now:%H:%M:%S} paused: {name} {code}")
            if self.town.enable(name):
                self._lifted(name, since)

    def _lifted(self, name: str, since: datetime) -> None:
        self.counted["enabled again"] += 1
        self._paused_since.pop(name, None)
        end = moments.now() + timedelta(seconds=60)
        self.spans.append(Span(begin=since, end=end, what="paused", company=name))

    # The quiet end.

    def _heal(self) -> str | None:
        """Everything is put right, and every company has one quiet run; what is wrong where one has none."""
        self.town.siigo.faults.clear()
        self.town.escala.faults.clear()
        if self.server is not None:
            self.server.start()
        self.fleet.rest()
        began = moments.now()
        deadline = moments.Deadline(_HEALING_S)
        waiting = list(self.town.companies)
        asked: dict[str, datetime] = {}
        while waiting and not deadline.passed():
            self._person_looks()
            for company in list(waiting):
                if self._was_quiet(company, asked.get(company.name, began)):
                    waiting.remove(company)
                    self.diary.append(f"{moments.now():%H:%M:%S} quiet: {company.name}")
                elif company.name not in asked or not self._is_waiting(company):
                    asked.setdefault(company.name, moments.now())
                    self.town.want(company)
            moments.pause(0.5)
        self.counted["seconds until quiet"] = round((moments.now() - began).total_seconds())
        if waiting:
            names = ", ".join(company.name for company in waiting)
            return f"no quiet run within {_HEALING_S:.0f} s: {names}: {self._states(waiting)}"
        return None

    def _is_waiting(self, company: Company) -> bool:
        rows = Request.objects.filter(connection__name=company.name, waiting=True)
        return town.persistent(rows.exists)

    def _was_quiet(self, company: Company, since: datetime) -> bool:
        """An ordinary run that began after the chaos left nothing undone, and the day's run has been."""
        runs = Run.objects.filter(connection__name=company.name, kind="sync", started__gt=since, exit_code=0)
        turns = Turn.objects.filter(connection__name=company.name, begun=0)
        if company.plan.slot is not None:
            turns = turns.filter(slot_done__gte=company.plan.slot)
        asked = town.persistent(lambda: list(runs.values_list("asked", flat=True)))
        ordinary = any(not one["invoices"] and one["from"] is None for one in asked)
        return ordinary and town.persistent(turns.exists)

    def _states(self, companies: Sequence[Company]) -> list[dict[str, Any]]:
        names = [company.name for company in companies]
        rows = Turn.objects.filter(connection__name__in=names)
        return town.persistent(lambda: [dict(row) for row in rows.values()])

    def _figures(self) -> Mapping[str, int | str]:
        runs = Run.objects.all()
        ended = Counter(runs.values_list("exit_code", flat=True))
        return {
            **self.counted,
            "deaths": self.fleet.deaths,
            "ended by themselves": str(self.fleet.ended_by_themselves),
            "runs": sum(ended.values()),
            **{f"runs that ended with {code}": count for code, count in sorted(ended.items(), key=str)},
            "calls": sum(map(len, self.town.arrivals().values())),
            "connections": Connection.objects.count(),
            "workers": len(self.fleet),
            "Siigo allowed": checks.SIIGO_RATE,
            "Escala allowed": 60 * checks.ESCALA_RATE,
        }


def plans(slot: datetime) -> list[Plan]:
    """Eight companies every minute, two once a day: at the same moment, each by the clock of its zone."""
    found = [Plan(every_minutes=1) for _ in range(8)]
    for zone in ("America/Bogota", "Asia/Kolkata"):
        local = slot.astimezone(ZoneInfo(zone))
        found.append(Plan(daily_at=f"{local:%H:%M}", zone=zone, slot=slot))
    return found


@contextmanager
def fleet(environment: Mapping[str, str], store: Store, folder: Path) -> Iterator[Fleet]:
    """The workers; nobody is left."""
    workers = Fleet(environment, WORKERS[store], folder)
    try:
        yield workers
    finally:
        workers.end()
