"""Every read of a run that fails: once is nothing, for ever ends it or is told, and the next run goes on."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.simulators import faults
from tests.resilience import failure_table, lives
from tests.resilience.failure_table import Call
from tests.sync.world import World, counts

READS = [call for call in failure_table.CALLS if not call.write]
PASSING: tuple[dict[str, Any], ...] = (
    {"kind": "refuse", "status": 500},
    {"kind": "refuse", "status": 503},
    {"kind": "refuse", "status": 408},
    {"kind": "drop"},
    {"kind": "cut"},
    {"kind": "html"},
    {"kind": "empty"},
    {"kind": "bad_encoding"},
    {"kind": "429_header"},
    {"kind": "429_message"},
)
LASTING: tuple[dict[str, Any], ...] = (
    {"kind": "refuse", "status": 500},
    {"kind": "cut"},
    {"kind": "refuse", "status": 403},
)
WARNINGS = {"credit notes", "products"}
"""Resources without which a run goes on."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what a remote system answers does not depend on where the ledger lies."""
    return sqlite_url


def _named(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


def _arm(world: World, call: Call, fault: dict[str, Any], **when: Any) -> None:
    app = world.siigo if call.system == "siigo" else world.escala
    app.faults.add(faults.parse({**fault, "method": "GET", "path": call.path, **when}))


@pytest.mark.parametrize("fault", PASSING, ids=_named)
def test_reads_that_fail_once_each_change_nothing(world: World, fault: dict[str, Any]) -> None:
    lives.begin(world)
    for call in READS:
        _arm(world, call, fault, times=1)
    lives.assert_settled_by(world, world.sync(), known_before=0)


@pytest.mark.parametrize("call", READS, ids=lambda call: call.key.replace(" ", "-"))
@pytest.mark.parametrize("fault", LASTING, ids=_named)
def test_a_read_that_never_succeeds_costs_nothing_but_time(
    world: World, call: Call, fault: dict[str, Any]
) -> None:
    world.configured(patience_seconds=0)
    lives.begin(world)
    _arm(world, call, fault)
    result = world.sync()
    counts(result)
    if call.key not in WARNINGS:
        assert result.exit_code != 0
    known = lives.bound(world)
    world.siigo.faults.clear()
    world.escala.faults.clear()
    after = world.sync()
    if after.exit_code:
        after = world.sync()
    assert lives.end(world) == lives.UNDISTURBED
    assert counts(after).get("created", 0) == len(lives.NEW) - known
    lives.assert_nothing_left(world)
