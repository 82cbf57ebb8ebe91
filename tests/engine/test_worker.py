"""A worker with its real queue: who is due runs, who died is taken over, what was lost is made again.

The worker runs in a thread of the test; what needs a process that dies is in tests/resilience/engine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connections

from siigo_escala.engine import due, queue, worker
from siigo_escala.engine.due import Ticket
from siigo_escala.engine.worker import PlaceLost, Worker
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import locks
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.locks import Lock
from siigo_escala.store.models import Connection, Request, Run, Turn
from siigo_escala.sync import requests
from siigo_escala.sync.session import Options
from tests.sync.world import World

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NEVER = '[schedule]\ndaily_at = ""\n'
EVERY_HOUR = '[schedule]\ndaily_at = ""\nevery_minutes = 60\n'


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of a tenth of a second: what is waited for is an event, not the round."""
    monkeypatch.setattr(worker, "_WATCH_S", 0.1)
    monkeypatch.setattr(worker, "_ADOPT_S", 0.1)
    monkeypatch.setattr(queue, "POLL_S", 0.1)
    monkeypatch.setattr(queue, "LISTEN_S", 0.1)


ONE_STORE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where the store makes no difference."""


@contextmanager
def working(world: World, *, ends: type[Exception] | None = None, **options: object) -> Iterator[Worker]:
    """A worker in a thread; `ends`: with which exception, by itself."""
    stop = threading.Event()
    made = Worker(environment=world.environment, now=world.now, stop=stop, **options)  # type: ignore[arg-type]
    problems: list[BaseException] = []

    def run() -> None:
        try:
            made.run()
        except Exception as problem:  # noqa: BLE001 - the test asks what it was
            problems.append(problem)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield made
        if ends is not None:
            thread.join(40)
    finally:
        stop.set()
        thread.join(40)
    assert not thread.is_alive()
    assert [type(problem) for problem in problems] == ([] if ends is None else [ends])


def until(true: Callable[[], bool], *, within_s: float = 40) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def ended(count: int) -> Callable[[], bool]:
    return lambda: Run.objects.filter(finished__isnull=False).count() >= count


def test_who_is_due_runs_and_who_asks_runs_and_a_restart_doubles_nothing(world: World) -> None:
    world.invoices(3)
    acme = world.connect(tables=EVERY_HOUR)
    told: list[str] = []
    with working(world, after_run=lambda owner, _document, _code: told.append(owner.name)):
        until(ended(1))
        requests.ask(acme, Options(), now=world.now())
        until(ended(2))
    until(lambda: told == ["acme", "acme"])
    with working(world):
        until(lambda: locks.held("worker") == 1)
    assert len(world.deals()) == 3
    assert Run.objects.count() == 2
    assert locks.held("worker") == 0


def test_a_store_of_the_engine_that_was_deleted_is_made_again_with_its_schedule(world: World) -> None:
    acme = world.connect(tables=EVERY_HOUR)
    with working(world):
        until(ended(1))
    _delete_store(world)
    world.now_offset += timedelta(hours=1)
    Turn.objects.filter(connection=acme).update(queued_at=None)
    with working(world):
        until(ended(2))
        assert queue.has_tick()


def _delete_store(world: World) -> None:
    if world.environment.database_url.startswith("sqlite"):
        for path in Path(world.environment.home).glob("engine.db*"):
            path.unlink()
        return
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP SCHEMA dbos CASCADE")


def test_what_a_dead_worker_was_at_is_taken_over_by_a_living_one(world: World) -> None:
    world.invoices(2)
    acme = world.connect(tables=NEVER)
    due.make_turns(now=world.now())
    requests.ask(acme, Options(), now=world.now())
    # A worker that died in its turn: the engine's store knows its name, and nobody holds its place.
    with _pending_of(world, "worker-7", next(due.by_request(now=world.now()))):
        pass
    with working(world):
        until(ended(1))
        until(lambda: not Request.objects.filter(waiting=True).exists())
    assert len(world.deals()) == 2


def test_what_a_living_worker_is_at_stays_its_own(world: World) -> None:
    acme = world.connect(tables=NEVER)
    due.make_turns(now=world.now())
    requests.ask(acme, Options(), now=world.now())
    with _pending_of(world, "worker-7", next(due.by_request(now=world.now()))):
        pass
    place = locks.attempt("worker", 7)
    assert place is not None
    rounds = threading.Semaphore(0)
    with working(world, each_minute=rounds.release) as one:
        until(lambda: one.rounds > 3)
        assert Run.objects.count() == 0
        place.release()
        until(ended(1))


@contextmanager
def _pending_of(world: World, name: str, ticket: Ticket) -> Iterator[None]:
    """A turn that the engine's store says this worker is at."""
    store = queue.address(world.environment.database_url, world.environment.home)
    begun, gate = threading.Event(), threading.Event()

    def hang(_ticket: Ticket) -> None:
        begun.set()
        gate.wait(30)

    queue.Handlers.turn, queue.Handlers.tick = hang, lambda: None
    queue.launch(store, executor=name, places=1)
    queue.put([ticket])
    assert begun.wait(30)
    queue.close(drain_s=0)
    gate.set()
    yield


def _migrated_by_a_newer_program() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_later', %s)", [NOW]
        )


def test_an_older_worker_ends_where_a_newer_program_has_changed_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_SCHEMA_S", 0.1)
    world.connect(tables=NEVER)
    with working(world, ends=StoreProblem) as one:
        until(lambda: one.rounds > 0)
        _migrated_by_a_newer_program()
    assert one.stop.is_set()
    assert locks.held("worker") == 0


def test_an_older_worker_takes_no_turn_of_a_newer_database_and_a_newer_one_does_it_once(world: World) -> None:
    world.invoices(2)
    acme = world.connect(tables=NEVER)
    with working(world, ends=StoreProblem) as one:
        until(lambda: one.rounds > 0)
        _migrated_by_a_newer_program()
        requests.ask(acme, Options(), now=world.now())
    assert (Run.objects.count(), Request.objects.get().waiting) == (0, True)
    # The newer program knows that migration; to this one it is as if it had never been.
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
    world.now_offset += timedelta(minutes=2)
    with working(world):
        until(ended(1))
        until(lambda: not Request.objects.filter(waiting=True).exists())
    assert len(world.deals()) == 2
    assert Run.objects.count() == 1


@ONE_STORE
def test_two_workers_never_have_one_place(world: World) -> None:
    first = locks.attempt("worker", 1)
    assert first is not None
    with working(world) as one:
        until(lambda: one.number > 0)
        assert one.number == 2
    first.release()


@ONE_STORE
def test_a_worker_that_finds_no_session_for_its_place_asks_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [OperationalError("sorry, too many clients already")]
    attempt = locks.attempt

    def busy(what: str, number: int) -> Lock | None:
        if problems:
            raise problems.pop()
        return attempt(what, number)

    monkeypatch.setattr(locks, "attempt", busy)
    with working(world) as one:
        until(lambda: one.rounds > 0)
    assert not problems


def test_a_worker_whose_place_somebody_else_has_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    one = Worker(environment=world.environment, now=world.now, stop=stop)
    one.number, mine = worker._free_place()
    mine.release()
    other = locks.attempt("worker", one.number)
    assert other is not None
    one._place = mine
    with pytest.raises(PlaceLost):
        one._keep_place()
    assert stop.is_set()
    other.release()


@ONE_STORE
def test_a_worker_that_works_on_and_loses_its_place_says_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with working(world, ends=PlaceLost) as one:
        until(lambda: one.rounds > 0 and one._place is not None)
        monkeypatch.setattr(locks, "attempt", lambda *_: None)
        assert one._place is not None
        one._place.release()


@ONE_STORE
def test_minutes_that_the_machines_clock_goes_through_again_are_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The schedule of the engine has had these minutes: nothing comes from it until the clock is where it was.
    monkeypatch.setattr(worker, "_TICK_LATE_S", 0.3)
    world.connect(tables=EVERY_HOUR)
    with working(world):
        until(ended(1))
        world.now_offset += timedelta(hours=1)
        until(ended(2))


@ONE_STORE
def test_a_turn_that_broke_off_in_the_engine_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "_UNHEARD", timedelta(0))
    acme = world.connect(tables=NEVER)
    taken = Worker._take
    broken = iter([True])

    def first_breaks(self: Worker, ticket: Ticket) -> None:
        if next(broken, False):
            raise OSError("the database is gone")
        taken(self, ticket)

    monkeypatch.setattr(Worker, "_take", first_breaks)
    with working(world):
        requests.ask(acme, Options(), now=world.now())
        until(ended(1))


@ONE_STORE
def test_a_cancelled_run_ends_and_a_connection_that_is_forgotten_in_the_queue_never_begins(
    world: World,
) -> None:
    world.invoices(4)
    world.siigo.faults.add(Fault(kind="slow", path=".*", seconds=0.3))
    acme = world.connect(tables=NEVER)
    with working(world) as one:
        requests.ask(acme, Options(), now=world.now())
        until(Run.objects.exists)
        requests.cancel(acme)
        until(ended(1))
        assert Run.objects.get().exit_code == 130
        until(lambda: not one.busy)
        Connection.objects.filter(pk=acme.pk).update(forgotten=True)
        requests.ask(acme, Options(), now=world.now())
        until(lambda: one.rounds > 2)
    assert Run.objects.count() == 1
