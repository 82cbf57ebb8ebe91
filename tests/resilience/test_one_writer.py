"""One writer, without a clock: a second run is turned away, a dead holder hinders none, a robbed one ends."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.db.models import F

from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store.errors import LeaseTaken
from siigo_escala.store.models import EscalaAccount, SiigoCompany
from tests.resilience import dying, lives
from tests.resilience.dying import Gate
from tests.sync.world import World, codes, counts

PATIENT = {"SIIGO_ESCALA_SETTLE_SECONDS": "30"}
"""A holder whose write may take as long as a test holds it."""
ROBBED_AT = [
    pytest.param("PUT", "/crm/deals/[0-9a-f-]{36}", 1, id="first-change"),
    pytest.param("POST", "/crm/contacts", 1, id="first-contact"),
    pytest.param("POST", "/crm/deals", 1, id="first-deal"),
    pytest.param("POST", "/crm/deals", 2, id="second-deal"),
    pytest.param("GET", "/crm/deals/scroll", 1, id="reading"),
]


def test_a_holder_keeps_others_out_while_it_lives_even_stopped_and_is_followed_when_killed(
    world: World, environment: dict[str, str]
) -> None:
    lives.begin(world)
    gate = Gate(world.escala, method="POST", path="/crm/deals", number=2)
    holder = dying.started(environment | PATIENT)
    pid = holder.pid or 0
    gate.reached()
    with pytest.raises(LeaseTaken):
        lives.again(world, wait_s=0.0)
    os.kill(pid, signal.SIGSTOP)
    gate.open()
    with pytest.raises(LeaseTaken):
        lives.again(world, wait_s=0.5)
    os.kill(pid, signal.SIGKILL)
    assert dying.ended(holder) == -signal.SIGKILL
    known = lives.bound(world)
    lives.assert_settled_by(world, lives.again(world, wait_s=1.0), known_before=known)


def test_the_command_says_that_another_run_is_under_way(world: World, environment: dict[str, str]) -> None:
    lives.begin(world)
    gate = Gate(world.escala, method="POST", path="/crm/deals")
    holder = dying.started(environment | PATIENT)
    gate.reached()
    second = dying.command(environment, "sync", "acme", "--json")
    told, _ = second.communicate(timeout=30)
    assert second.returncode == 5
    assert json.loads(told)["error"]["code"] == "RUN_IN_PROGRESS"
    gate.open()
    assert dying.ended(holder) == 0
    assert lives.end(world) == lives.UNDISTURBED
    lives.assert_nothing_left(world)


@pytest.mark.parametrize(("method", "path", "number"), ROBBED_AT)
def test_a_holder_that_lost_its_lock_writes_nothing_any_more(
    world: World, method: str, path: str, number: int
) -> None:
    lives.begin(world)
    with _robbed(world, method, path, number, rob=_raise_epochs) as robbed:
        result = world.sync()
    assert robbed == [True]
    assert result.exit_code == 5
    assert "RUN_IN_PROGRESS" in codes(result)
    counts(result)
    known = lives.bound(world)
    lives.assert_settled_by(world, lives.again(world), known_before=known)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("method", "path", "number"), ROBBED_AT[:3])
def test_a_holder_whose_lock_session_ended_writes_nothing_any_more(
    world: World, method: str, path: str, number: int
) -> None:
    lives.begin(world)
    with _robbed(world, method, path, number, rob=_end_lock_sessions) as robbed:
        result = world.sync()
    assert robbed == [True]
    assert result.exit_code == 5
    known = lives.bound(world)
    lives.assert_settled_by(world, lives.again(world), known_before=known)


@contextmanager
def _robbed(
    world: World, method: str, path: str, number: int, *, rob: Callable[[], None]
) -> Iterator[list[bool]]:
    """Takes the lock away during this call; every write after it is counted as a mistake."""
    handle = world.escala.handle
    left = number
    struck: list[bool] = []
    writes_after: list[str] = []

    def handled(request: Request) -> Response:
        nonlocal left
        if struck and request.method != "GET":
            writes_after.append(f"{request.method} {request.path}")
        mine = request.method == method and re.fullmatch(path, request.path) is not None
        left -= mine
        if mine and left == 0:
            rob()
            connections.close_all()
            struck.append(True)
        return handle(request)

    world.escala.handle = handled  # type: ignore[method-assign]
    yield struck
    world.escala.handle = handle  # type: ignore[method-assign]
    assert not writes_after


def _raise_epochs() -> None:
    """As another process does when it takes over."""
    EscalaAccount.objects.update(epoch=F("epoch") + 1)
    SiigoCompany.objects.update(epoch=F("epoch") + 1)


def _end_lock_sessions() -> None:
    """As a server does that lost sight of the holder."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND d.datname = current_database()"
        )
