"""What a run of this direction is said to cost, and what it asks for once for all opportunities."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.two.scene import Scene, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(scene: Scene, opportunities: int) -> dict[str, Any]:
    """What a run over so many is said to cost, where a person says no to it: nothing is written."""
    there = len(scene.world.deals())
    for number in range(opportunities - there):
        scene.deal(scene.contact(), name=f"Venta {there + number}")
    plans: list[dict[str, Any]] = []

    def no(plan: dict[str, Any]) -> bool:
        plans.append(plan)
        return False

    assert counts(scene.sync(plan=no))["failed"] == opportunities
    (plan,) = plans
    return plan


def test_each_invoice_is_foretold_with_four_calls_to_siigo_and_two_to_escala(scene: Scene) -> None:
    scene.ready()
    one, three = told(scene, 1)["calls"], told(scene, 3)["calls"]
    assert {system: three[system] - one[system] for system in one} == {"siigo": 8, "escala": 4}


def test_the_allowed_rates_say_how_long_it_takes(scene: Scene) -> None:
    scene.ready()
    told(scene, 4)
    scene.world.configured(siigo_rate=60, escala_rate=1)
    assert told(scene, 4)["seconds"] >= 16 + 8


def test_the_catalogue_is_read_once_and_only_where_lines_are_products(scene: Scene) -> None:
    contact = scene.ready()
    for number in range(3):
        scene.deal(contact, name=f"Venta {number}")
    before = scene.world.escala.calls.count(path="/pms/products")
    assert counts(scene.sync()) == {"read": 3, "created": 3}
    assert scene.world.escala.calls.count(path="/pms/products") == before + 1
    scene.connect('lines = "single"\nsingle_item = "CAF-500"')
    scene.deal(contact, name="Otra")
    assert counts(scene.sync())["created"] == 1
    assert scene.world.escala.calls.count(path="/pms/products") == before + 1


def test_the_totals_of_all_invoices_are_added_up(scene: Scene) -> None:
    contact = scene.ready()
    assert scene.report()["invoiced"] == {"count": 0, "total": "0.00"}
    assert scene.report()["schema"] == 1
    for number in range(2):
        scene.deal(contact, name=f"Venta {number}")
    scene.sync()
    total = sum(invoice["total"] for invoice in scene.invoices())
    assert scene.report()["invoiced"] == {"count": 2, "total": f"{total:.2f}"}
