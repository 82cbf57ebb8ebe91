"""The plan told before the first write: the calls and seconds that a run then takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.sync import read
from tests.sync.world import World, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _told(world: World, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the plan said, and the document of the run after it."""
    plans: list[dict[str, Any]] = []

    def heard(plan: dict[str, Any]) -> bool:
        plans.append({key: plan[key] for key in ("calls", "seconds")})
        return True

    document = world.sync(plan=heard, **options).document
    assert plans in ([], [document["plan"]]), "told once, and the document says the same"
    return document["plan"], document


def test_a_first_run_takes_the_calls_it_said(world: World) -> None:
    world.invoices(7, customers=3)
    world.connect()
    foretold = world.sync(dry_run=True).document["plan"]["calls"]["escala"]
    plan, document = _told(world)
    assert plan["calls"] == document["calls"]
    assert foretold <= plan["calls"]["escala"] + 1
    assert plan["seconds"] <= 5


def test_a_run_that_writes_nothing_says_what_it_took(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.sync()
    plan, document = _told(world)
    assert plan["calls"] == document["calls"]


def test_a_limit_bounds_what_is_foretold(world: World) -> None:
    world.invoices(5, customers=5)
    world.connect()
    plan, document = _told(world, limit=2)
    assert counts_of(document) == {"read": 5, "created": 2, "failed": 3}
    assert plan["calls"] == document["calls"]


def test_updates_and_what_is_taken_up_and_the_sweep_are_foretold(world: World) -> None:
    first, *_ = world.invoices(4)
    world.connect()
    world.sync(limit=3)
    world.pass_time(days=1)
    world.siigo.edit_invoice(first["name"], items=[{"code": "INST-01", "quantity": 1, "price": 2500}])
    plan, document = _told(world)
    assert counts_of(document) == {"read": 4, "created": 1, "updated": 1, "unchanged": 2}
    assert document["sweep"]["done"]
    for system in ("siigo", "escala"):
        assert abs(plan["calls"][system] - document["calls"][system]) <= 1


def test_the_allowed_rate_says_how_long_it_takes(world: World) -> None:
    world.invoices(4, customers=4)
    world.configured(escala_rate=8)
    world.connect()
    plan, document = _told(world)
    writes = 8
    assert plan["seconds"] >= round(writes * 1.03 / 8)
    assert document["invoices"]["created"] == 4


def test_batches_to_come_are_foretold_from_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of one page, so that few invoices make several."""
    monkeypatch.setattr(read, "FIRST_PAGES", 1)
    customers = [world.customer(number)["id"] for number in range(2)]
    for _ in range(230):
        world.siigo.create_invoice(customers[0], document=24450)
    for number in range(10):
        world.siigo.create_invoice(customers[number % 2])
    world.connect("document_types = [24446]")
    plan, document = _told(world)
    assert counts_of(document) == {"read": 240, "created": 10, "excluded": 230}
    assert 0 <= plan["calls"]["siigo"] - document["calls"]["siigo"] <= 2, "pages read ahead meanwhile"
    assert plan["calls"]["escala"] >= document["calls"]["escala"] - 1
    assert counts(world.sync()) == {"read": 240, "unchanged": 10, "excluded": 230}


@pytest.mark.parametrize(("limit", "opportunities"), [(None, 104), (101, 101), (100, 100), (40, 40)])
def test_what_the_first_invoices_say_of_the_rest_is_said_to_be_that(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: int | None, opportunities: int
) -> None:
    monkeypatch.setattr(read, "FIRST_PAGES", 1)
    world.invoices(104, total=1000)
    world.connect()
    promised: list[dict[str, Any]] = []

    def heard(plan: dict[str, Any]) -> bool:
        promised.append(plan)
        return False

    world.sync(plan=heard, limit=limit)
    (plan,) = promised
    assert plan["opportunities"] == opportunities
    assert plan["exact"] is (limit in (100, 40))
    if not plan["exact"]:
        assert (plan["seen"], plan["of"]) == (100, opportunities)


def counts_of(document: dict[str, Any]) -> dict[str, int]:
    """The columns that are not zero."""
    return {key: count for key, count in document["invoices"].items() if count}


def test_a_person_is_promised_opportunities_pesos_and_sellers(world: World) -> None:
    world.invoices(3, customers=2, total=1000)
    world.siigo.create_invoice(total=500, seller=world.siigo.add_user(id=9)["id"])
    promised: list[dict[str, Any]] = []

    def heard(plan: dict[str, Any]) -> bool:
        promised.append({key: plan[key] for key in ("opportunities", "value", "sellers", "exact")})
        return False

    # A day more is asked for on each side of a span: what comes of it does not count.
    start = world.now() - timedelta(days=5)
    world.connect(f'start = "{start:%Y-%m-%d}"')
    before = f"{start - timedelta(days=1):%Y-%m-%d}"
    world.siigo.create_invoice(total=7, date=before, created=f"{before}T15:00:00Z")
    world.sync(plan=heard)
    world.sync(plan=heard, limit=0)
    assert promised == [
        {"opportunities": 4, "value": "3500.00", "sellers": 2, "exact": True},
        {"opportunities": 0, "value": "0.00", "sellers": 0, "exact": True},
    ]
    assert world.deals() == []
