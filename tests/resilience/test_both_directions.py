"""Drawn lives in which the direction changes, answers are lost and deals move: nothing is ever made twice.

Whatever happened, one invoice at most carries a deal's marker, one deal at most bears an invoice's name, and
what one direction made the other one leaves alone.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store.models import Opportunity
from tests.resilience.chaos import seeds, turning
from tests.sync.two.scene import Scene, on_invoices
from tests.sync.world import World

STEPS = 14
_MARKER = re.compile(r"\[escala:([^:]+):\d+\]")
_LOST = ("store_then_lost", "store_then_status", "drop", "empty", "cut")
_STAGES = ("Ganada", "Prospecto", "Perdida")


class _Life:
    """One company whose people and networks do as the dice say."""

    def __init__(self, world: World, seed: int) -> None:
        self.scene, self.world = Scene(world=world), world
        self.dice = random.Random(seed)
        self.contact = self.scene.ready()
        self.back = True
        self.deals: list[str] = []
        self.invoices: list[str] = []

    def step(self) -> None:
        """Something happens, and time passes."""
        calm = [self._won, self._won, self._sold, self._moved, self._turned, self._run]
        happens = self.dice.choice([*calm, self._lost_invoice, self._lost_deal])
        happens()
        self.world.pass_time(minutes=self.dice.randint(2, 90))

    def end(self) -> None:
        """Networks work again, and both directions have had their turns."""
        self.world.siigo.faults.clear()
        self.world.escala.faults.clear()
        for _ in range(2):
            self.world.connect()
            self._finished()
            self.scene.connect()
            self._finished()

    def _finished(self) -> None:
        result = self.world.sync()
        assert result.exit_code == 0, result.document["problems"]
        self.world.pass_time(minutes=5)

    def _won(self) -> None:
        self.deals.append(self.scene.deal(self.contact, name=f"Venta {len(self.deals)}"))

    def _sold(self) -> None:
        made = self.world.siigo.create_invoice(total=50_000 + len(self.invoices))
        self.invoices.append(made["name"])

    def _moved(self) -> None:
        there: list[dict[str, Any]] = self.world.deals()
        if there:
            self.world.escala.move_deal(self.dice.choice(there)["id"], self.dice.choice(_STAGES))

    def _lost_invoice(self) -> None:
        self.world.siigo.faults.add(on_invoices(kind=self.dice.choice(_LOST), times=1))

    def _lost_deal(self) -> None:
        self.world.escala.faults.add(
            Fault(kind=self.dice.choice(_LOST), method="POST", path="/crm/deals", times=1)
        )

    def _turned(self) -> None:
        self.back = not self.back
        if self.back:
            self.scene.connect()
        else:
            self.world.connect()

    def _run(self) -> None:
        self.world.sync()


def _on_its_store(wanted: range) -> pytest.MarkDecorator:
    """Each seed with its store: half of them on each."""
    both = [(seed, seeds.store_of(seed)) for seed in wanted]
    return pytest.mark.parametrize(("seed", "database_url"), both, indirect=["database_url"])


@_on_its_store(turning.chosen(range(40)))
def test_however_the_directions_change_nothing_is_made_twice(world: World, seed: int) -> None:
    _live(world, seed)


@pytest.mark.full
@_on_its_store(range(40, 200))
def test_in_many_more_lives_nothing_is_made_a_second_time(world: World, seed: int) -> None:
    _live(world, seed)


def _live(world: World, seed: int) -> None:
    life = _Life(world, seed)
    for _ in range(STEPS):
        life.step()
    life.end()
    made = [one for one in life.scene.invoices() if one["name"] not in life.invoices]
    markers = Counter(found for one in made for found in _MARKER.findall(one["observations"]))
    assert sum(markers.values()) == len(made)
    assert set(markers.values()) <= {1}
    assert set(markers) <= set(life.deals), "an opportunity made of an invoice was invoiced"
    rows = {row.deal_id: row for row in Opportunity.objects.all()}
    assert {deal for deal, row in rows.items() if row.siigo_id} == set(markers)
    named = Counter(word for deal in world.deals() for word in deal["name"].split() if word in life.invoices)
    assert named == Counter(life.invoices)
    assert len(world.deals()) == len(life.deals) + len(life.invoices)
    for deal in world.deals():
        row = rows.get(deal["id"])
        if deal["id"] in life.deals and row is not None and not row.siigo_id:
            assert row.code in ("ALREADY_IN_STAGE", "NOT_IN_STAGE"), row.code
