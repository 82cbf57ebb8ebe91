"""Being asked to wait: each form of 429 is obeyed, and no waiting loses or doubles anything."""

from __future__ import annotations

import time

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("kind", ["429_header", "429_message"])
@pytest.mark.parametrize(
    ("system", "method", "path"),
    [
        ("siigo", "POST", "/auth"),
        ("siigo", "GET", "/v1/invoices"),
        ("siigo", "GET", "/v1/customers.*"),
        ("escala", "GET", ".*/crm/pipelines"),
        ("escala", "GET", ".*/crm/deals/scroll"),
        ("escala", "POST", ".*/crm/contacts"),
        ("escala", "POST", ".*/crm/deals"),
    ],
)
def test_a_429_is_waited_out_and_the_call_made_again(
    world: World, system: str, method: str, path: str, kind: str
) -> None:
    world.invoices(2)
    world.connect()
    if path == "/auth":
        world.siigo.revoke_tokens()
    at = world.siigo if system == "siigo" else world.escala
    at.faults.add(Fault(kind=kind, method=method, path=path, times=1, retry_after=1))
    began = time.monotonic()
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}
    assert time.monotonic() - began >= 0.9
    assert (len(world.deals()), len(world.contacts())) == (2, 1)


@pytest.mark.parametrize("system", ["siigo", "escala"])
def test_a_wait_of_more_than_fifteen_minutes_ends_the_run_at_once(world: World, system: str) -> None:
    world.invoices(2)
    world.connect()
    at, path = (world.siigo, "/v1/invoices") if system == "siigo" else (world.escala, ".*/crm/deals")
    at.faults.add(Fault(kind="429_header", path=path, retry_after=3600))
    began = time.monotonic()
    result = world.sync()
    assert time.monotonic() - began < 10
    assert result.exit_code == 4
    assert not world.deals()
    at.faults.clear()
    world.pass_time(hours=2)
    assert counts(world.sync())["created"] == 2


def test_the_next_run_asks_nothing_within_such_a_wait(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.configured(siigo_rate=60)
    world.siigo.faults.add(Fault(kind="429_header", path="/v1/.*", times=1, retry_after=3600))
    assert world.sync().exit_code == 4
    calls = len(world.siigo.calls)
    assert world.sync().exit_code == 4
    assert len(world.siigo.calls) == calls
    models.Limit.objects.update(not_before=0)
    assert counts(world.sync()) == {"read": 1, "created": 1}


def test_waiting_out_a_429_costs_no_patience(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.configured(patience_seconds=1)
    world.escala.faults.add(
        Fault(kind="429_header", method="POST", path=".*/crm/deals", times=3, retry_after=1)
    )
    assert counts(world.sync()) == {"read": 1, "created": 1}


def test_patience_is_whole_again_after_each_usable_answer(world: World) -> None:
    world.invoices(3)
    world.connect()
    world.configured(patience_seconds=2)
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/.*", status=503, body={}, share=0.4, seed=7))
    assert counts(world.sync()) == {"read": 3, "created": 3}


def test_patience_that_runs_out_is_exit_4_and_tells_which_system(world: World) -> None:
    world.invoices(2)
    world.connect()
    world.configured(patience_seconds=1)
    world.escala.faults.add(Fault(kind="refuse", path=".*", status=503, body={}))
    result = world.sync()
    assert result.exit_code == 4
    assert "ESCALA_UNREACHABLE" in codes(result)
    assert models.Run.objects.get().document["unreachable"] == "escala"
    assert counts(result) == {"read": 2, "failed": 2}


def test_escala_failing_in_the_middle_stops_writing_and_the_rest_comes_next_time(world: World) -> None:
    world.invoices(6)
    world.connect()
    world.configured(patience_seconds=1)
    world.escala.faults.add(Fault(kind="refuse", path=".*", after=6, status=503, body={}))
    first = world.sync()
    assert first.exit_code == 4
    made = counts(first).get("created", 0)
    posts = world.escala.calls.count(method="POST")
    assert posts <= made + 4, "what is down is not written to"
    world.escala.faults.clear()
    world.sync()
    assert len(world.deals()) == 6
    assert len({deal["name"] for deal in world.deals()}) == 6


def test_a_limit_makes_so_many_and_the_rest_is_not_reached(world: World) -> None:
    world.invoices(5, customers=2)
    world.connect()
    told = world.sync(limit=2, dry_run=True)
    result = world.sync(limit=2)
    assert counts(result) == {"read": 5, "created": 2, "failed": 3}
    assert told.document["invoices"] == result.document["invoices"]
    assert codes(result) == ["NOT_REACHED"] * 3
    assert result.exit_code == 1
    assert counts(world.sync(limit=2)) == {"read": 5, "created": 2, "unchanged": 2, "failed": 1}
    assert counts(world.sync(limit=0)) == {"read": 5, "unchanged": 4, "failed": 1}
    assert counts(world.sync()) == {"read": 5, "created": 1, "unchanged": 4}


def test_calls_count_every_request(world: World) -> None:
    world.invoices(3, customers=2)
    world.connect()
    siigo, escala = world.siigo.calls.count(), world.escala.calls.count()
    world.siigo.revoke_tokens()
    world.escala.faults.add(
        Fault(kind="429_header", method="GET", path=".*/crm/pipelines", times=1, retry_after=1)
    )
    result = world.sync()
    assert result.document["calls"] == {
        "siigo": world.siigo.calls.count() - siigo,
        "escala": world.escala.calls.count() - escala,
    }
