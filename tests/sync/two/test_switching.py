"""What a change of direction does is told from what is stored, before it takes effect."""

from __future__ import annotations

import pytest

from siigo_escala.domain import rules
from siigo_escala.domain.decisions import DealWish
from siigo_escala.store.models import Connection
from siigo_escala.sync import rule_changes, switching
from siigo_escala.sync.invoicing import foretelling, resolve
from tests.sync.two.scene import Scene, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(scene: Scene, text: str) -> str:
    """The sentence for this file."""
    file = rules.parse(text)
    return switching.told(file.name, file)


def test_nothing_is_told_of_what_does_not_turn_round(scene: Scene) -> None:
    assert told(scene, scene.file()) == ""
    scene.ready()
    assert told(scene, scene.file()) == ""


def test_turning_to_invoices_tells_what_waits_and_what_stands_in_the_stage(scene: Scene) -> None:
    world = scene.world
    world.connect()
    assert told(scene, scene.file()).endswith("Nada esperaba en la dirección de antes.")
    scene.deal(scene.contact())
    world.invoices(2)
    assert counts_of(scene) == {"read": 2, "created": 1, "failed": 1}
    said = told(scene, scene.file())
    assert "1 factura por $ 170.000,00" in said or "1 factura por" in said
    assert "espera y queda como está." in said
    assert "En «Ganada» ya hay 1 oportunidad por $ 170.000,00: no se factura," in said
    every = told(scene, scene.file('existing = "invoice"'))
    assert every.endswith("se factura 1 oportunidad por $ 170.000,00.")
    assert "Ganada" not in told(scene, scene.file().replace('"Ganada"', '"Nadie"'))


def counts_of(scene: Scene) -> dict[str, int]:
    """A run of the first direction that makes one opportunity only."""
    parts = scene.sync(limit=1).document["invoices"]
    return {key: count for key, count in parts.items() if count}


def test_turning_back_tells_what_waits(scene: Scene) -> None:
    scene.ready()
    for number in range(2):
        scene.deal(None, name=f"Sola {number}")
    scene.sync()
    said = told(scene, scene.world.file())
    assert "2 oportunidades por $ 340.000,00 esperan y quedan como están." in said


def test_what_the_other_direction_made_and_what_a_person_left_out_is_never_invoiced(scene: Scene) -> None:
    world = scene.world
    world.invoices(1)
    world.connect()
    world.sync()
    world.escala.move_deal(world.deals()[0]["id"], "Ganada")
    scene.connect('existing = "invoice"')
    out = scene.deal(None, name="Fuera")
    assert counts(scene.sync()) == {"read": 2, "excluded": 1, "needs_attention": 1}
    resolve.store(Connection.objects.get(), [DealWish(kind="ignore", deal_id=out)], now=world.now())
    connection = Connection.objects.select_related("siigo", "escala").get()
    file = rules.from_json(rule_changes.as_it_stands(connection))
    found = foretelling.foretell(connection, file, file, stage=connection.stage_id)
    parts = {"born": found.born, "ignored": found.ignored, "looked_at": found.looked_at}
    assert {name: part.count for name, part in parts.items()} == {"born": 1, "ignored": 1, "looked_at": 0}


def test_what_has_its_invoice_and_what_waits_are_told_apart(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.deal(None, name="Sola")
    result = scene.sync()
    assert counts(result) == {"read": 2, "created": 1, "needs_attention": 1}
    connection = Connection.objects.select_related("siigo", "escala").get()
    file = rules.from_json(rule_changes.as_it_stands(connection))
    found = foretelling.foretell(connection, file, file, stage=connection.stage_id)
    assert (found.in_stage.count, found.invoiced.count, found.kept.count, found.looked_at.count) == (
        2,
        1,
        1,
        1,
    )
    assert {code: part.count for code, part in found.again.items()} == {codes(result)[0]: 1}
