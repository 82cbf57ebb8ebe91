"""Which connections get a turn, and that each gets it once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from siigo_escala.domain.reasons import Code
from siigo_escala.engine import due
from siigo_escala.engine.due import Ticket
from siigo_escala.store.models import Connection, EscalaAccount, Request, SiigoCompany, Turn
from siigo_escala.sync import requests
from siigo_escala.sync.session import Options

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in Bogotá
HOURLY = {"daily_at": "", "every_minutes": 60}


def company(name: str, *, schedule: dict[str, object] | None = None, **fields: object) -> Connection:
    made = Connection.objects.create(
        name=name,
        direction="invoices_to_opportunities",
        file={"schedule": schedule or HOURLY, "time_zone": "America/Bogota"},
        siigo=SiigoCompany.objects.create(),
        escala=EscalaAccount.objects.create(),
        created_at=NOON,
        start=NOON.date(),
        **fields,
    )
    Turn.objects.create(connection=made, since=NOON)
    return made


def scheduled(now: datetime) -> list[Ticket]:
    return list(due.by_schedule(now=now))


def asked(now: datetime) -> list[Ticket]:
    return list(due.by_request(now=now))


def test_a_turn_that_is_due_is_claimed_by_one_worker_alone(database: str) -> None:
    acme = company("acme")
    assert scheduled(NOON) == [Ticket(connection_id=acme.pk, number=1)]
    assert scheduled(NOON) == []


def test_a_claim_that_nobody_carried_out_is_told_again(database: str) -> None:
    company("acme")
    first = scheduled(NOON)
    assert scheduled(NOON + timedelta(seconds=59)) == []
    assert scheduled(NOON + timedelta(seconds=61)) == first


def test_a_claim_by_a_clock_that_was_ahead_holds_nobody_up(database: str) -> None:
    company("acme")
    first = scheduled(NOON + timedelta(days=30))
    assert scheduled(NOON) == first


@pytest.mark.parametrize(
    "fields",
    [
        {"enabled": False},
        {"forgotten": True},
        {"paused": Code.CREDENTIALS_REFUSED.value},
        {"paused": Code.RUN_CRASHES.value},
        {"paused": Code.BRAKED.value, "paused_at": NOON},
    ],
    ids=["disabled", "without credentials", "refused", "crashes", "braked"],
)
def test_what_is_off_or_paused_never_runs_by_schedule(database: str, fields: dict[str, object]) -> None:
    acme = company("acme")
    Connection.objects.filter(pk=acme.pk).update(**fields)
    assert scheduled(NOON + timedelta(minutes=30)) == []


@pytest.mark.usefixtures("database")
def test_both_directions_run_by_schedule() -> None:
    acme = company("acme")
    Connection.objects.filter(pk=acme.pk).update(direction="opportunities_to_invoices")
    assert len(scheduled(NOON + timedelta(minutes=30))) == 1


def test_the_brake_lets_one_probe_through_after_an_hour(database: str) -> None:
    company("acme", paused=Code.BRAKED.value, paused_at=NOON)
    assert scheduled(NOON + timedelta(minutes=59)) == []
    assert len(scheduled(NOON + timedelta(minutes=60))) == 1


def test_a_system_out_of_reach_is_left_alone_until_its_moment(database: str) -> None:
    acme = company("acme")
    Turn.objects.filter(connection=acme).update(retry_at=NOON + timedelta(minutes=4))
    assert scheduled(NOON) == []
    assert len(scheduled(NOON + timedelta(minutes=4))) == 1


def test_a_hundred_daily_runs_start_over_twenty_minutes_and_each_once(database: str) -> None:
    for number in range(100):
        company(f"c{number}", schedule={"daily_at": "02:00", "every_minutes": 0})
    two = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    started: list[int] = []
    for minute in range(21):
        tickets = [ticket.connection_id for ticket in scheduled(two + timedelta(minutes=minute))]
        # Those of this minute alone: that others are under way or done changes nothing for the rest.
        assert len(tickets) == (1 if minute == 0 else 5 if minute < 20 else 4)
        Turn.objects.filter(connection__in=tickets).update(slot_done=two, queued_at=None)
        started += tickets
    assert len(started) == len(set(started)) == 100


@pytest.mark.parametrize(
    "file",
    [
        {"time_zone": "America/Bogta"},
        {"time_zone": "../../etc/passwd"},
        {"schedule": {"daily_at": "25:99", "every_minutes": 0}},
        {"schedule": {"daily_at": "", "every_minutes": "x"}},
    ],
)
def test_a_timetable_that_cannot_be_read_costs_no_other_company_its_run(
    database: str, file: dict[str, object]
) -> None:
    odd, sound = company("odd"), company("sound")
    Connection.objects.filter(pk=odd.pk).update(file=odd.file | file)
    assert [ticket.connection_id for ticket in scheduled(NOON + timedelta(hours=2))] == [sound.pk]
    odd.refresh_from_db()
    assert due.next_start(odd, now=NOON) is None
    requests.ask(odd, Options(), now=NOON)
    assert [ticket.connection_id for ticket in asked(NOON)] == [odd.pk], "by hand it runs, and says why not"


def test_a_person_gets_a_turn_for_what_is_switched_off_too(database: str) -> None:
    acme = company("acme", enabled=False)
    requests.ask(acme, Options(), now=NOON)
    assert asked(NOON) == [Ticket(connection_id=acme.pk, number=1)]


def test_the_same_request_twice_is_one_and_another_one_waits_behind_it(database: str) -> None:
    acme = company("acme")
    span = Options(date_from=NOON.date(), date_to=NOON.date())
    first = requests.ask(acme, span, now=NOON)
    assert requests.ask(acme, span, now=NOON).pk == first.pk
    other = requests.ask(acme, Options(), now=NOON)
    assert other.pk != first.pk
    assert Request.objects.filter(waiting=True).count() == 2
    assert requests.options_of(first) == replace(span, by="person")
    # One that was done and is asked for again is a new one.
    Request.objects.filter(pk=first.pk).update(waiting=False)
    assert requests.ask(acme, span, now=NOON).pk not in (first.pk, other.pk)


def test_who_asks_does_not_wait_for_the_pause_between_two_tries(database: str) -> None:
    acme = company("acme")
    Turn.objects.filter(connection=acme).update(retry_at=NOON + timedelta(hours=4))
    requests.ask(acme, Options(), now=NOON)
    assert len(asked(NOON)) == 1


def test_what_gave_way_comes_again_at_once_unless_it_was_switched_off(database: str) -> None:
    acme = company("acme")
    Turn.objects.filter(connection=acme).update(unfinished=True, last_start=NOON)
    assert len(asked(NOON)) == 1
    Turn.objects.update(queued_at=None)
    Connection.objects.update(enabled=False)
    assert asked(NOON) == []


def test_cancelling_drops_what_waits_and_flags_what_runs(database: str) -> None:
    acme, other = company("acme"), company("otra")
    requests.ask(acme, Options(), now=NOON)
    requests.ask(other, Options(), now=NOON)
    assert requests.cancel(acme) == 1
    assert [ticket.connection_id for ticket in asked(NOON)] == [other.pk]
    assert Turn.objects.get(connection=acme).cancelled
    assert not Turn.objects.get(connection=other).cancelled


def test_connections_without_a_row_get_one_that_counts_from_now(database: str) -> None:
    acme = company("acme", schedule={"daily_at": "02:00", "every_minutes": 0})
    Turn.objects.all().delete()
    due.make_turns(now=NOON)
    due.make_turns(now=NOON)
    assert Turn.objects.get().connection_id == acme.pk
    # The hour of this morning was before the row: nothing is made good for it.
    assert scheduled(NOON) == []
