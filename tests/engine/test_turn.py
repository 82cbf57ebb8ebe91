"""One turn: what it runs, what it leaves in our tables, and that a number is done once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.domain.reasons import Code
from siigo_escala.engine import due, turn
from siigo_escala.engine.due import Ticket
from siigo_escala.engine.turn import UnderWay
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import lease, models
from siigo_escala.store.models import Connection, Request, Turn
from siigo_escala.sync import requests
from siigo_escala.sync.session import Options
from tests.sync.world import World

EVERY_HOUR = '[schedule]\ndaily_at = ""\nevery_minutes = 60\n'


@pytest.fixture
def acme(world: World) -> Connection:
    """Connected, with five invoices waiting in Siigo."""
    world.invoices(5, customers=2)
    made = world.connect(tables=EVERY_HOUR)
    due.make_turns(now=world.now())
    return made


def take(world: World, connection: Connection, under_way: UnderWay | None = None) -> list[tuple[Any, ...]]:
    """The connection's next turn; what was told of its run."""
    told: list[tuple[Any, ...]] = []
    turn.take(
        world.environment,
        ticket(connection),
        under_way or UnderWay(),
        now=world.now,
        after=lambda owner, document, code: told.append((owner.name, _created(document), code)),
    )
    return told


def _created(document: dict[str, Any]) -> Any:
    return document["error"]["code"] if "error" in document else document["invoices"]["created"]


def ticket(connection: Connection) -> Ticket:
    return Ticket(connection_id=connection.pk, number=Turn.objects.get(connection=connection).number)


def row(connection: Connection) -> Turn:
    return Turn.objects.get(connection=connection)


def test_a_turn_runs_the_connection_and_keeps_its_schedule(world: World, acme: Connection) -> None:
    before = world.now()
    assert take(world, acme) == [("acme", 5, 0)]
    left = row(acme)
    assert left.last_start is not None
    assert before <= left.last_start <= world.now()
    assert (left.number, left.queued_at, left.begun, left.unfinished) == (2, None, 0, False)
    assert list(due.by_schedule(now=world.now())) == []
    assert len(list(due.by_schedule(now=left.last_start + timedelta(hours=1)))) == 1


def test_a_number_that_was_done_is_done_once(world: World, acme: Connection) -> None:
    first = ticket(acme)
    take(world, acme)
    turn.take(world.environment, first, UnderWay(), now=world.now)
    assert models.Run.objects.count() == 1
    assert row(acme).number == 2


def test_a_daily_hour_is_kept_by_the_run_that_began_after_it(world: World) -> None:
    world.invoices(1)
    acme = world.connect(tables='[schedule]\ndaily_at = "02:00"\n')
    due.make_turns(now=world.now() - timedelta(days=1))
    take(world, acme)
    left = row(acme)
    assert left.slot_done is not None
    assert timedelta(0) <= world.now() - left.slot_done <= timedelta(days=1)
    assert list(due.by_schedule(now=world.now())) == []


def test_what_a_person_asked_for_comes_first_and_is_done_once(world: World, acme: Connection) -> None:
    day = world.today()
    asked = requests.ask(acme, Options(date_from=day - timedelta(days=3), date_to=day), now=world.now())
    assert take(world, acme) == [("acme", 5, 0)]
    asked.refresh_from_db()
    assert not asked.waiting
    assert asked.run is not None
    assert asked.run.asked["from"] == (day - timedelta(days=3)).isoformat()
    # A run with dates is none of the schedule's.
    assert row(acme).last_start is None
    assert len(list(due.by_schedule(now=world.now()))) == 1


def test_whoever_keeps_asking_does_not_crowd_out_the_run_of_the_day(world: World) -> None:
    acme = world.connect(tables='[schedule]\ndaily_at = "02:00"\n')
    Turn.objects.filter(connection=acme).update(since=world.now() - timedelta(days=1))
    requests.ask(acme, Options(), now=world.now())
    take(world, acme)
    assert row(acme).slot_done is not None
    assert Request.objects.filter(waiting=True).count() == 1
    take(world, acme)
    assert Request.objects.filter(waiting=True).count() == 0


def test_held_accounts_end_the_turn_at_once_and_it_comes_again(world: World, acme: Connection) -> None:
    requests.ask(acme, Options(), now=world.now())
    held = lease.take(acme)
    try:
        assert take(world, acme) == []
    finally:
        held.release()
    left = row(acme)
    assert left.retry_at is not None
    assert left.last_start is None
    assert Request.objects.filter(waiting=True).count() == 1
    assert list(due.by_request(now=world.now())) == []
    later = world.now() + timedelta(seconds=6)
    assert len(list(due.by_request(now=later))) == 1
    assert take(world, acme) == [("acme", 5, 0)]


def test_a_system_out_of_reach_leaves_the_hour_due_and_is_asked_less_and_less(
    world: World, acme: Connection
) -> None:
    world.configured(patience_seconds=1)
    world.siigo.faults.add(Fault(kind="refuse", path=".*", status=503, body={}))
    assert [code for _, _, code in take(world, acme)] == [4]
    first = row(acme)
    assert (first.failures, first.slot_done) == (1, None)
    assert first.retry_at is not None
    assert timedelta(seconds=30) < first.retry_at - world.now() <= timedelta(minutes=1)
    take(world, acme)
    second = row(acme)
    assert second.retry_at is not None
    assert second.retry_at - world.now() > timedelta(minutes=1)
    world.siigo.faults.clear()
    assert take(world, acme) == [("acme", 5, 0)]
    assert (row(acme).failures, row(acme).retry_at) == (0, None)


def test_a_run_that_had_its_time_gives_way_and_goes_on_from_the_ledger(
    world: World, acme: Connection
) -> None:
    at_once = UnderWay()
    at_once.listener.enough.set()
    assert take(world, acme, at_once) == [("acme", 0, 1)]
    assert row(acme).unfinished
    # Everything was read: the mark moved, and the next turn reads only what is new.
    acme.refresh_from_db()
    assert acme.invoices_mark is not None
    assert len(list(due.by_request(now=world.now()))) == 1
    assert take(world, acme) == [("acme", 5, 0)]
    assert not row(acme).unfinished
    assert len(world.deals()) == 5


@pytest.mark.parametrize("between", ["outage", "held", "request"])
def test_the_rest_of_a_long_run_comes_again_whatever_came_between(world: World, between: str) -> None:
    """The day's hour counts as kept by its first part: nothing but `unfinished` brings the rest back."""
    (first, *_) = world.invoices(5, customers=2)
    acme = world.connect(tables='[schedule]\ndaily_at = "02:00"\n')
    Turn.objects.filter(connection=acme).update(since=world.now() - timedelta(days=2))
    at_once = UnderWay()
    at_once.listener.enough.set()
    take(world, acme, at_once)
    assert row(acme).unfinished
    assert list(due.by_schedule(now=world.now())) == []
    if between == "outage":
        world.configured(patience_seconds=1)
        world.siigo.faults.add(Fault(kind="refuse", path=".*", status=503, body={}))
        assert [code for _, _, code in take(world, acme)] == [4]
        world.siigo.faults.clear()
    elif between == "held":
        held = lease.take(acme)
        take(world, acme)
        held.release()
    else:
        requests.ask(acme, Options(kind="retry", invoices=(first["name"],)), now=world.now())
        take(world, acme)
    world.pass_time(minutes=2)
    assert len(list(due.by_request(now=world.now()))) == 1
    take(world, acme)
    assert (len(world.deals()), row(acme).unfinished) == (5, False)


def test_a_worker_that_is_asked_to_end_leaves_a_turn_that_comes_again(world: World, acme: Connection) -> None:
    ending = UnderWay()
    ending.listener.stop.set()
    assert [code for _, _, code in take(world, acme, ending)] == [130]
    assert row(acme).unfinished
    assert take(world, acme) == [("acme", 5, 0)]


def test_what_a_person_cancelled_does_not_come_again_by_itself(world: World, acme: Connection) -> None:
    requests.ask(acme, Options(), now=world.now())
    cancelled = UnderWay()
    cancelled.attend(cancel=True)
    assert [code for _, _, code in take(world, acme, cancelled)] == [130]
    assert Request.objects.filter(waiting=True).count() == 0
    assert not row(acme).unfinished


def test_a_slice_has_its_time_by_the_clock_that_nobody_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = UnderWay()
    slow.attend(cancel=False)
    assert not slow.listener.enough.is_set()
    slow.began -= turn.SLICE_S
    slow.attend(cancel=False)
    assert slow.listener.enough.is_set()
    assert not slow.listener.stop.is_set()


def test_three_deaths_within_one_companys_turns_pause_that_company(world: World, acme: Connection) -> None:
    # A process that dies in its turn leaves the row as it was when the turn began.
    Turn.objects.filter(connection=acme).update(begun=2)
    assert take(world, acme) == [("acme", 5, 0)]
    Turn.objects.filter(connection=acme).update(begun=3)
    assert take(world, acme) == []
    acme.refresh_from_db()
    assert acme.paused == Code.RUN_CRASHES
    assert "tres veces" in acme.paused_text
    assert list(due.by_schedule(now=world.now() + timedelta(hours=2))) == []


def test_a_refused_connection_is_paused_and_the_turn_ends_well(world: World, acme: Connection) -> None:
    world.escala.faults.add(Fault(kind="refuse", path=".*", status=403, body={}))
    codes = [code for _ in range(2) for _, _, code in take(world, acme)]
    assert codes == [3, 3]
    # Without a call, and told all the same.
    assert take(world, acme) == [("acme", "CREDENTIALS_REFUSED", 2)]
    acme.refresh_from_db()
    assert acme.paused == Code.CREDENTIALS_REFUSED


def test_a_company_that_was_forgotten_meanwhile_has_no_turn(world: World, acme: Connection) -> None:
    gone = ticket(acme)
    Connection.objects.filter(pk=acme.pk).update(forgotten=True)
    assert take(world, acme) == []
    Connection.objects.filter(pk=acme.pk).delete()
    turn.take(world.environment, gone, UnderWay(), now=world.now)
    assert models.Run.objects.count() == 0


def test_two_threads_with_one_ticket_make_one_run(world: World, acme: Connection) -> None:
    same = ticket(acme)
    from django.db import connections

    def work() -> None:
        try:
            turn.take(world.environment, same, UnderWay(), now=world.now)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.deals()) == 5
    done = [run for run in models.Run.objects.all() if run.document["invoices"]["created"]]
    assert len(done) == 1
