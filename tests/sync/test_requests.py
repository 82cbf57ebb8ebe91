"""What a stored file means to the engine."""

from __future__ import annotations

from datetime import timedelta

from siigo_escala.store.models import Request, Turn
from siigo_escala.sync import requests
from siigo_escala.sync.session import Options
from tests.sync.world import World

HOURLY = "[schedule]\nevery_minutes = 60\n"


def test_a_new_connection_has_its_turn_and_asks_for_nothing(world: World) -> None:
    acme = world.connect()
    assert Turn.objects.get(connection=acme).since <= world.now()
    assert not Request.objects.exists()


def test_connecting_the_same_file_again_changes_nothing(world: World) -> None:
    acme = world.connect(tables=HOURLY)
    since = Turn.objects.get(connection=acme).since
    world.now_offset += timedelta(hours=1)
    world.connect(tables=HOURLY)
    assert Turn.objects.get(connection=acme).since == since
    assert not Request.objects.exists()


def test_another_timetable_counts_from_the_moment_it_was_stored(world: World) -> None:
    acme = world.connect()
    since = Turn.objects.get(connection=acme).since
    world.now_offset += timedelta(hours=1)
    world.connect(tables=HOURLY)
    assert Turn.objects.get(connection=acme).since - since >= timedelta(hours=1)
    assert not Request.objects.exists()


def test_other_rules_ask_for_one_run_where_the_connection_runs_by_itself(world: World) -> None:
    world.connect()
    world.connect('value = "gross"')
    world.connect('value = "subtotal"')
    assert [request.why for request in Request.objects.all()] == ["rules"]


def test_other_rules_ask_for_nothing_where_the_schedule_is_off(world: World) -> None:
    off = world.file().replace('name = "acme"', 'name = "acme"\nenabled = false')
    from siigo_escala.sync import connect, opening

    for text in (off, off.replace("[opportunities]", '[opportunities]\nvalue = "gross"')):
        vault = opening.vault_of(world.environment)
        connect.connect(world.environment, vault, text, environ={}, now=world.now)
    assert not Request.objects.exists()


def test_what_is_cancelled_waits_no_more_and_the_run_under_way_is_told(world: World) -> None:
    acme = world.connect()
    requests.ask(acme, Options(), now=world.now())
    assert requests.cancel(acme) == 1
    assert not Request.objects.exists()
    assert Turn.objects.get(connection=acme).cancelled
    assert requests.cancel(acme) == 0
