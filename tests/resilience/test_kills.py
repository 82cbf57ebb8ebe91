"""kill -9 of the real command at every call and commit of a run: one rerun comes to the undisturbed end."""

from __future__ import annotations

import os
import signal
from decimal import Decimal

import pytest

from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store import models
from siigo_escala.sync import document, killed
from siigo_escala.sync.account import COLUMNS
from tests.resilience import dying, failure_table, lives
from tests.resilience.dying import Assassin, Gate, Moment
from tests.resilience.failure_table import Call
from tests.sync.world import World

_MOMENTS: dict[bool, tuple[Moment, ...]] = {False: ("before",), True: ("before", "stored", "answered")}
POINTS = [
    pytest.param(call, number, moment, id=f"{call.key} {number} {moment}".replace(" ", "-"))
    for call in failure_table.CALLS
    for number in range(1, call.times + 1)
    for moment in _MOMENTS[bool(call.write)]
]


@pytest.mark.parametrize(("call", "number", "moment"), POINTS)
def test_a_run_killed_at_any_call_is_made_good_by_one_rerun(
    world: World, environment: dict[str, str], call: Call, number: int, moment: Moment
) -> None:
    lives.begin(world)
    app = world.siigo if call.system == "siigo" else world.escala
    assassin = Assassin(app, method=call.method, path=call.path, number=number, moment=moment)
    process = dying.started(environment)
    assassin.aims_at(process.pid or 0)
    assert dying.ended(process) == -signal.SIGKILL
    known = lives.bound(world)
    lives.assert_settled_by(world, lives.again(world), known_before=known)


@pytest.mark.parametrize("commit", range(1, failure_table.COMMITS + 1))
def test_a_run_killed_before_any_commit_is_made_good_by_one_rerun(
    world: World, environment: dict[str, str], commit: int
) -> None:
    lives.begin(world)
    assert dying.ended(dying.started(environment, commit=commit)) == -signal.SIGKILL
    known = lives.bound(world)
    lives.assert_settled_by(world, lives.again(world), known_before=known)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_killed_run_is_told_with_what_it_made(world: World, environment: dict[str, str]) -> None:
    lives.begin(world)
    assassin = Assassin(world.escala, method="POST", path=".*/crm/deals", number=3, moment="before")
    process = dying.started(environment)
    assassin.aims_at(process.pid or 0)
    assert dying.ended(process) == -signal.SIGKILL
    run = models.Run.objects.latest("pk")
    made = [row for row in world.rows().values() if row.name in lives.NEW and row.deal_id]
    assert made
    assert document.counts(run.document)["created"] == 0
    told = killed.document_of(run)
    assert told["invoices"]["created"] == len(made)
    assert Decimal(told["value"]["created"]) == sum(row.value for row in made)
    assert told["invoices"]["read"] == sum(told["invoices"][column] for column in COLUMNS)
    lives.again(world)
    run.refresh_from_db()
    assert killed.document_of(run) == run.document == told, "kept when the next one begins"


@pytest.mark.parametrize("path", ["/crm/contacts", "/crm/deals"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_write_that_is_stored_after_its_run_was_killed_and_the_next_one_has_looked_is_not_made_twice(
    world: World, environment: dict[str, str], path: str
) -> None:
    world.configured(settle_seconds=4)
    world.escala.switches.change({"duplicate_contact": "allow"})
    lives.begin(world)
    gate = Gate(world.escala, method="POST", path=path, number=2)
    process = dying.started(environment | {"SIIGO_ESCALA_SETTLE_SECONDS": "4"})
    gate.reached()
    os.kill(process.pid or 0, signal.SIGKILL)
    assert dying.ended(process) == -signal.SIGKILL
    known = lives.bound(world)
    handle = world.siigo.handle

    def opening(request: Request) -> Response:
        # Siigo is asked after Escala was looked at for what the killed run left.
        gate.open()
        return handle(request)

    world.siigo.handle = opening  # type: ignore[method-assign]
    lives.assert_settled_by(world, lives.again(world), known_before=known)
