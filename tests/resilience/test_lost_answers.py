"""Every way in which a write can go wrong: one opportunity an invoice in the end, one contact a customer."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from siigo_escala.simulators import faults
from siigo_escala.store import models
from tests.resilience import failure_table, lives
from tests.resilience.failure_table import Lie
from tests.sync.world import World, codes, counts

CONTACTS, DEALS, CHANGES = "/crm/contacts", "/crm/deals", "/crm/deals/[0-9a-f-]{36}"


def _lies(*outcomes: str) -> list[Any]:
    return [
        pytest.param(lie, id=lie.key.replace(" ", "-"))
        for lie in failure_table.LIES
        if lie.outcome in outcomes
    ]


UNKNOWN, LATER, REFUSED = _lies("unknown", "exists"), _lies("later"), _lies("refused")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what a remote system answers does not depend on where the ledger lies."""
    return sqlite_url


def _arm(world: World, lie: Lie, path: str, *, method: str = "POST", **when: Any) -> None:
    world.escala.faults.add(faults.parse({**lie.fault, "method": method, "path": path, **when}))


@pytest.mark.parametrize("lie", [*UNKNOWN, *LATER])
def test_a_contact_and_a_deal_that_go_wrong_are_made_good_by_the_same_run(world: World, lie: Lie) -> None:
    lives.begin(world)
    for path in (CONTACTS, DEALS):
        _arm(world, lie, path, times=1, after=1)
    lives.assert_settled_by(world, world.sync(), known_before=0)


@pytest.mark.parametrize("lie", REFUSED)
@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_a_write_that_is_denied_ends_the_run_and_the_next_one_makes_it(
    world: World, lie: Lie, path: str
) -> None:
    lives.begin(world)
    _arm(world, lie, path, times=1, after=1)
    result = world.sync()
    counts(result)
    assert result.exit_code == 3
    known = lives.bound(world)
    lives.assert_settled_by(world, world.sync(), known_before=known)


@pytest.mark.parametrize("lie", [*UNKNOWN, *REFUSED])
def test_writes_that_all_go_wrong_are_made_good_by_the_next_run(world: World, lie: Lie) -> None:
    lives.begin(world)
    for path in (CONTACTS, DEALS):
        _arm(world, lie, path)
    counts(world.sync())
    known = lives.bound(world)
    world.escala.faults.clear()
    # What was refused for its data is sent again because a person asks.
    result = world.sync(kind="retry") if lie.outcome == "exists" else world.sync()
    lives.assert_settled_by(world, result, known_before=known)


@pytest.mark.parametrize("lie", [*UNKNOWN, *LATER])
def test_a_change_that_goes_wrong_is_made_again(world: World, lie: Lie) -> None:
    lives.begin(world)
    _arm(world, lie, CHANGES, method="PUT", times=1)
    counts(world.sync())
    # What was refused for its data is sent again because a person asks, anything else by itself.
    refused = lie.fault.get("status") in (400, 409)
    counts(world.sync(kind="retry") if refused else world.sync())
    assert lives.end(world) == lives.UNDISTURBED
    lives.assert_nothing_left(world)


@pytest.mark.parametrize("lie", REFUSED)
def test_a_change_that_is_denied_ends_the_run_and_the_next_one_makes_it(world: World, lie: Lie) -> None:
    lives.begin(world)
    _arm(world, lie, CHANGES, method="PUT", times=1)
    assert world.sync().exit_code == 3
    counts(world.sync())
    assert lives.end(world) == lives.UNDISTURBED
    lives.assert_nothing_left(world)


@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_a_stop_while_a_limit_is_obeyed_leaves_nothing_doubled(world: World, path: str) -> None:
    lives.begin(world)
    world.escala.faults.add(faults.Fault(kind="429_bare", method="POST", path=path, times=1))
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    result = world.sync(stop=stop)
    assert result.exit_code == 130
    assert counts(result)["failed"] >= len(lives.NEW)
    assert set(codes(result)) == {"NOT_REACHED"}
    # What waited for its turn was certainly not sent: no intent stays, nothing is to be settled.
    assert not models.Invoice.objects.filter(state=models.State.SENDING).exists()
    assert not models.ContactBinding.objects.filter(contact_id=None).exists()
    known = lives.bound(world)
    lives.assert_settled_by(world, world.sync(), known_before=known)
