"""kill -9 of the real command while it makes invoices: one rerun comes to exactly one invoice a deal."""

from __future__ import annotations

import signal

import pytest

from tests.resilience import dying
from tests.resilience.dying import Assassin, Moment
from tests.sync.two.scene import Scene, counts
from tests.sync.world import World

COMMITS = 16
"""So many transactions has the run that is killed, and a few to spare."""
POINTS: list[tuple[str, str, int, Moment]] = [
    ("POST", "/v1/invoices", 1, "before"),
    ("POST", "/v1/invoices", 1, "stored"),
    ("POST", "/v1/invoices", 1, "answered"),
    ("POST", "/v1/invoices", 2, "stored"),
    ("POST", "/v1/customers", 1, "before"),
    ("POST", "/v1/customers", 1, "stored"),
    ("POST", "/v1/customers", 1, "answered"),
    ("GET", "/v1/invoices", 1, "before"),
    ("GET", "/v1/taxes", 1, "before"),
]


@pytest.fixture
def scene(world: World) -> Scene:
    """Two won opportunities, one of them of a customer that Siigo does not have."""
    made = Scene(world=world)
    contact = made.ready('default_city = "11001"')
    made.deal(contact, name="Primera")
    other = made.contact("900100205", company="Nueva SAS")
    world.escala.edit_contact(other, {"personal": {"address": "Cra 15 # 93-47"}})
    made.deal(other, name="Segunda")
    return made


def _converges(scene: Scene) -> None:
    result = scene.sync()
    assert result.exit_code == 0, result.document["problems"]
    assert "needs_attention" not in counts(result)
    invoices = scene.invoices()
    assert sorted(one["customer"]["identification"] for one in invoices) == ["900100205", "900482137"]
    rows = scene.report()["rows"]
    assert {row["status"] for row in rows} == {"invoiced"}
    assert {row["siigo_id"] for row in rows} == {one["id"] for one in invoices}
    assert len(list(scene.world.siigo.company.customers)) == 2
    assert counts(scene.sync()) == {}


@pytest.mark.parametrize(
    ("method", "path", "number", "moment"), POINTS, ids=[f"{p[1]}-{p[2]}-{p[3]}" for p in POINTS]
)
def test_a_run_killed_at_a_call_is_made_good_by_one_rerun(
    scene: Scene, environment: dict[str, str], method: str, path: str, number: int, moment: Moment
) -> None:
    assassin = Assassin(scene.world.siigo, method=method, path=path, number=number, moment=moment)
    process = dying.started(environment)
    assassin.aims_at(process.pid or 0)
    assert dying.ended(process) == -signal.SIGKILL
    _converges(scene)


@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
def test_a_run_killed_before_any_commit_is_made_good_by_one_rerun(
    scene: Scene, environment: dict[str, str], commit: int
) -> None:
    assert dying.ended(dying.started(environment, commit=commit)) in (-signal.SIGKILL, 0)
    _converges(scene)
