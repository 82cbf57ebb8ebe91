"""Trying what is stored: a probe tells, and lifts a pause only where both accounts answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from siigo_escala.rest.errors import AccessDenied
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import counting, models
from siigo_escala.sync import access, probing
from siigo_escala.sync.brake import Braked
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _paused(world: World) -> models.Connection:
    connection = world.connect()
    models.Connection.objects.update(paused="CREDENTIALS_REFUSED")
    return connection


@pytest.mark.parametrize("system", probing.BOTH)
def test_each_account_is_asked_by_itself_and_no_pause_changes(world: World, system: str) -> None:
    connection = _paused(world)
    world.siigo.calls.clear()
    world.escala.calls.clear()
    chosen = [one for one in probing.BOTH if one == system]
    probing.probe(world.environment, connection, systems=chosen, now=world.now)
    asked = {"siigo": len(world.siigo.calls), "escala": len(world.escala.calls)}
    assert [name for name, calls in asked.items() if calls] == [system]
    assert models.Connection.objects.get().paused


def test_a_token_from_before_proves_nothing(world: World) -> None:
    connection = _paused(world)
    world.siigo.change_access_key("otra")
    with pytest.raises(AccessDenied):
        probing.resume(world.environment, connection, now=world.now)
    assert models.Connection.objects.get().paused
    world.siigo.change_access_key("clave-de-ejemplo")
    probing.resume(world.environment, connection, now=world.now)
    assert not models.Connection.objects.get().paused


@pytest.mark.parametrize("refused", [30, 50])
def test_a_probe_in_vain_is_one_refusal_more_and_one_that_goes_well_begins_the_count_anew(
    world: World, refused: int
) -> None:
    connection = _paused(world)
    counting.begin_anew(access.counter_name(connection))
    counting.add(access.counter_name(connection), calls=refused, refused=refused, now=world.now())
    world.siigo.faults.add(Fault(kind="refuse", path="/.*", status=503))
    for press in (1, 2):
        with pytest.raises(Braked):
            probing.resume(world.environment, connection, now=world.now)
        assert _counted(connection, world) == (refused + press, refused + press)
    world.siigo.faults.clear()
    probing.resume(world.environment, connection, now=world.now)
    assert _counted(connection, world) == (0, 0)
    assert not models.Connection.objects.get().paused


def _counted(connection: models.Connection, world: World) -> tuple[int, int]:
    stretches = counting.stretches(access.counter_name(connection), now=world.now())
    return sum(one.calls for one in stretches), sum(one.refused for one in stretches)


def test_somebody_who_waits_for_a_page_has_little_patience(world: World) -> None:
    patient = replace(world.environment, patience_seconds=600)
    assert probing.hurried(patient, patience_s=3) == replace(patient, patience_seconds=3)
    assert probing.hurried(replace(patient, patience_seconds=1), patience_s=3).patience_seconds == 1
