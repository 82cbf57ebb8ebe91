"""Living a story: once undisturbed, once with everything that goes wrong, compared every morning."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connections

from siigo_escala.config import env
from siigo_escala.rest.errors import RemoteError
from siigo_escala.simulators import serving
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from siigo_escala.store import models
from siigo_escala.store.errors import LeaseTaken, StoreProblem
from siigo_escala.sync import opening, run
from siigo_escala.sync.run import Result
from siigo_escala.sync.session import Listener, Options
from tests import databases
from tests.resilience.chaos import ends
from tests.resilience.chaos import keeper as keepers
from tests.resilience.chaos.dying import Killed, Mortal, mortal
from tests.resilience.chaos.ends import End
from tests.resilience.chaos.keeper import Keeper
from tests.resilience.chaos.people import Staff
from tests.resilience.chaos.scene import Scene
from tests.resilience.chaos.story import Day, Story
from tests.resilience.chaos.time import Stop, Time
from tests.resilience.chaos.trouble import Attempt
from tests.sync.world import World, counts

_KEY = "una-clave-de-ejemplo-para-las-pruebas"
_FAST = 1_000_000
"""Calls a minute and a second: the limiter is there for the pauses of a 429, and never in the way."""
_PATIENCE_S = 0.2
_SETTLE_S = 60


class Diverged(Exception):
    """A disturbed life came to another end, or broke a rule on its way."""


@dataclass(slots=True)
class TimedWorld(World):
    """A world on the story's time; `skew` is how far our own clock is off."""

    time: Time = field(default_factory=lambda: Time(datetime.min.replace(tzinfo=UTC)))
    skew: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Our clock."""
        return self.time.now() + self.skew


@dataclass(slots=True, kw_only=True)
class Life:
    """One life of a story's company, on one database."""

    story: Story
    world: TimedWorld
    scene: Scene
    staff: Staff
    mortal: Mortal
    keeper: Keeper
    diary: list[str] = field(default_factory=list)

    def undisturbed(self) -> list[End]:
        """Every day without trouble; its ends."""
        self.connect()
        return [self._morning(day, attempts=False) for day in self.story.days]

    def disturbed(self, wanted: Sequence[End]) -> None:
        """Every day with all its trouble. Raises Diverged on the first morning that differs."""
        self.connect()
        for number, (day, end) in enumerate(zip(self.story.days, wanted, strict=True), start=1):
            self.diary.append(f"day {number}")
            found = self._morning(day, attempts=True)
            told = [*found.differences(end), *ends.broken_rules(self.staff, self.scene.deals_made)]
            told += [*self.not_quiet(), *self.scene.broken]
            if told:
                raise Diverged("\n".join([f"on the morning after day {number}:", *told]))

    def connect(self) -> None:
        """Both accounts are joined; from now on calls come by the scene."""
        self.world.time.reach(self.story.days[0].begins)
        self.scene.open()
        if "match" in self.story.rules:
            for sku in ("INST-01", "MUG-01"):
                self.world.escala.add_product(sku, f"Producto {sku}", price=1000)
            self.world.time.pass_by(60)  # lists may lag, and these are no news
        self.keeper.connect(self.story.rules)

    def _morning(self, day: Day, *, attempts: bool) -> End:
        self.world.time.reach(day.begins)
        self.staff.wake(day.today)
        for event in day.overnight:
            who = self.keeper if event.do in keepers.DOES else self.staff
            who.act(event)
        self.world.time.pass_by(60)  # a list that lags shows by the morning what was done overnight
        for attempt, events in zip(day.attempts, day.meanwhile, strict=True):
            chores = [partial(self.staff.act, event) for event in events if not event.on_deal]
            for event in events:
                if event.on_deal:
                    self.staff.act(event)
            if attempts:
                self.attempt(attempt, chores)
            else:
                for chore in chores:
                    chore()
        if self.world.time.now() > day.closes:
            raise Diverged("the day of the story was too short for its troubles")
        self.world.time.reach(day.closes)
        self.healthy()
        return ends.end_of(self.staff, self.story)

    def healthy(self) -> Result:
        """The run that nothing disturbs. A pause that the trouble left is lifted, as a person does."""
        connection = models.Connection.objects.get()
        if connection.paused:
            self.diary.append(f"enabled again after {connection.paused}")
            self.keeper.enable()
        models.Limit.objects.all().delete()  # pauses asked for in real seconds are over by the next morning
        result = self.run_once()
        if any(problem["code"] == "BRAKED" for problem in result.document["problems"]):
            # Too much went wrong in seven days, and nobody had called since the last refusal.
            self.keeper.enable()
            result = self.run_once()
        if result.document["invoices"]["failed"] and self.story.escala.get("list_lag_s"):
            # A list that lags behind what the run itself made proves nothing: the next run goes on.
            self.world.time.pass_by(60)
            result = self.run_once()
        if result.exit_code not in (0, 1) or result.document["invoices"]["failed"]:
            raise Diverged(f"the healthy run ended with {result.exit_code}: {result.document['problems']}")
        return result

    def run_once(self) -> Result:
        """A run without trouble, whose account adds up."""
        result = self.world.sync(stop=Stop(self.world.time, lambda: None))
        self._adds_up(result)
        self.diary.append(f"until {self.world.time.now():%d %H:%M:%S}: left alone → {_summary(result)}")
        return result

    def not_quiet(self) -> list[str]:
        """A further run must find nothing to do: what it did."""
        self.scene.end()
        before = len(self.world.escala.calls)
        self.run_once()
        calls = self.world.escala.calls.entries()[before:]
        written = [
            f"{call['method']} {call['path']} {call['status']}" for call in calls if call["method"] != "GET"
        ]
        return [f"a run with nothing to do writes: {', '.join(written)}"] if written else []

    def attempt(self, attempt: Attempt, chores: Sequence[Callable[[], None]]) -> None:
        """One run with its trouble; `chores` are done meanwhile."""
        world, process = self.world, self.mortal
        world.time.pass_by(attempt.gap_s)
        self._kept(attempt)
        world.skew = timedelta(seconds=attempt.skew_s)
        for system, fault in attempt.faults:
            app = world.siigo if system == "siigo" else world.escala
            app.faults.add(Fault(**fault))
        if attempt.death and attempt.death[0] == "commit":
            process.dies_at_commit(attempt.death[1])
        process.disk_full_at_commit(attempt.disk_full)
        stop = Stop(world.time, process.must_live)
        self.keeper.refuse(attempt.refused)
        overlap = self._beside_a_dry_run if attempt.options.get("dry_run") else self._refused
        overlap = self._backed_up if attempt.beside == "backup" else overlap
        self.scene.begin(attempt, chores, stop=stop.set, overlap=overlap)
        try:
            with mortal(process):
                ended = self._run(attempt, stop)
        finally:
            world.siigo.faults.clear()
            world.escala.faults.clear()
            self._bury()
            self.keeper.admit(attempt.refused)
            self.scene.end()
            world.skew = timedelta(0)
        self.diary.append(f"until {world.time.now():%d %H:%M:%S}: {attempt} → {ended}")

    def _run(self, attempt: Attempt, stop: Stop) -> str:
        options = dict(attempt.options)
        if (days := options.pop("days", None)) is not None:
            options["date_from"] = self.staff.today - timedelta(days=days)
        if (until := options.pop("until", None)) is not None:
            options["date_to"] = self.staff.today - timedelta(days=until)
        if (named := options.pop("named", None)) is not None:
            options["invoices"] = tuple({name for _, name in self.staff.invoices[named % 3 :: 3]})
        listener = Listener(say=self.world.said.append, stop=stop)
        try:
            opened = opening.open_connection(self.world.environment, "acme")
            result = run.run(opened, Options(**options), listener, now=self.world.now, wait_s=5.0)
        except Killed:
            return "killed"
        except StoreProblem as problem:
            return problem.code
        except DatabaseError:
            # Refused before anything was read: the command says so and ends with 2.
            return "storage failed"
        self._adds_up(result)
        return _summary(result)

    def _refused(self) -> None:
        """Another run is refused while this one goes on; a dry one is not."""
        try:
            self.world.sync(dry_run=True, stop=Stop(self.world.time, self.mortal.must_live))
            self.world.sync()
        except LeaseTaken:
            self.diary.append("a second run was refused")
        except StoreProblem as problem:
            self.diary.append(f"a second run was refused: {problem.code}")
        except Killed:
            return
        else:
            self.scene.broken.append("two runs at once")
        finally:
            connections.close_all()

    def _kept(self, attempt: Attempt) -> None:
        try:
            self.keeper.before(attempt.before)
        except (RemoteError, StoreProblem) as problem:
            self.diary.append(f"{attempt.before}: {problem!r}")
        finally:
            connections.close_all()

    def _backed_up(self) -> None:
        """A backup keeps no run waiting, and none keeps it."""
        try:
            self.keeper.back_up()
        except Killed:
            return
        finally:
            connections.close_all()

    def _beside_a_dry_run(self) -> None:
        """A dry run keeps nobody out."""
        try:
            self.world.sync(stop=Stop(self.world.time, self.mortal.must_live))
        except Killed:
            return
        finally:
            connections.close_all()

    def _bury(self) -> None:
        connections.close_all()
        self.mortal.buried()

    def _adds_up(self, result: Result) -> None:
        try:
            counts(result)
        except AssertionError as problem:
            raise Diverged(f"the account of a run: {problem} {result.document}") from problem


def _summary(result: Result) -> str:
    done = {key: count for key, count in result.document["invoices"].items() if count}
    codes = [f"{problem['invoice']} {problem['code']}" for problem in result.document["problems"]]
    return f"exit {result.exit_code} {done} {', '.join(codes)}"


@contextlib.contextmanager
def life(story: Story, url: str, folder: Path) -> Iterator[Life]:
    """A company as the story describes it, on the database at `url`."""
    time = Time(story.days[0].begins)
    siigo = SiigoSimulator(now=time.now, switches={"rate_limit_per_minute": 0, **story.siigo})
    escala = EscalaSimulator(now=time.now, switches=story.escala)
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    process = Mortal(file)
    with contextlib.ExitStack() as held:
        addresses = []
        for app in (siigo, escala):
            server = serving.start(app)
            held.callback(server.stop)
            addresses.append(server.url)
        environment = env.read(_variables(folder, url, addresses))
        world = TimedWorld(siigo=siigo, escala=escala, environment=environment, time=time)
        world.configured(patience_seconds=_PATIENCE_S)
        staff = Staff(world=world, shared=story.shared)
        scene = Scene(world=world, time=time, mortal=process)
        held.enter_context(databases.opened(url))
        keeper = Keeper(staff=staff, folder=folder, key=_KEY, database=file)
        yield Life(story=story, world=world, scene=scene, staff=staff, mortal=process, keeper=keeper)


def _variables(folder: Path, url: str, addresses: Sequence[str]) -> dict[str, str]:
    values: dict[str, Any] = {
        "HOME": folder,
        "DATABASE_URL": url,
        "SECRET_KEY": _KEY,
        "SIIGO_URL": addresses[0],
        "ESCALA_URL": addresses[1],
        "SIIGO_RATE": _FAST,
        "ESCALA_RATE": _FAST,
        "SETTLE_SECONDS": _SETTLE_S,
        "PATIENCE_SECONDS": 1,
    }
    return {f"SIIGO_ESCALA_{name}": str(value) for name, value in values.items()}
