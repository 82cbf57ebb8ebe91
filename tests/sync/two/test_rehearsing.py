"""What the other direction would do is asked of both systems and changes neither, nor what is stored."""

from __future__ import annotations

import pytest

from siigo_escala.domain import rules
from siigo_escala.store import models
from siigo_escala.store.models import Connection
from siigo_escala.sync import opening, rehearsing, rule_changes
from tests.sync.two.scene import Scene

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_rehearsed_direction_is_told_and_nothing_is_written(scene: Scene) -> None:
    world = scene.world
    world.connect()
    scene.world.siigo.create_customer()
    scene.deal(scene.contact())
    after = rules.parse(scene.file('existing = "invoice"'))
    before = (world.deals(), world.contacts(), scene.invoices(), models.Run.objects.count())
    told = rehearsing.rehearse(
        opening.open_connection(world.environment, "acme"),
        after,
        place=rule_changes.place_of(Connection.objects.get(), after),
        now=world.now,
    )
    assert (told["counts"]["created"], told["ended"], told["problems"]) == (1, 0, [])
    assert told["value"]["created"] == "170000.00"
    assert (world.deals(), world.contacts(), scene.invoices(), models.Run.objects.count()) == before
    assert not models.Opportunity.objects.exists()
    assert Connection.objects.get().direction == "invoices_to_opportunities"
