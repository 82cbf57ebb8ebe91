"""Identifications behind a label: "CC1234567" is a cédula that somebody typed, or Siigo's passport."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.world import FIELD, World, counts

PASSPORT: dict[str, Any] = {
    "person_type": "Person",
    "id_type": {"code": "41"},
    "identification": "CC1032456789",
}
EVA = {"first_name": "Eva", "last_name": "Rey"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_passport_never_goes_to_the_contact_of_the_cedula_of_its_digits(world: World) -> None:
    world.escala.create_contact(first_name="Otra", custom={FIELD: "1032456789"})
    customer = world.customer(**PASSPORT, name=["Ana", "Paz"], contacts=[], phones=[])
    invoice = world.siigo.create_invoice(customer["id"])
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    contact_id = world.deal_of(invoice["name"])["contactId"]
    (own,) = [one for one in world.contacts() if one["id"] == contact_id]
    assert own["custom"][FIELD] == "CC1032456789"
    assert len(world.contacts()) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_passport_is_found_in_its_own_contact(world: World) -> None:
    known = world.escala.create_contact(first_name="Ana", custom={FIELD: "CC 1032456789"})
    customer = world.customer(**PASSPORT, name=["Ana", "Paz"], contacts=[], phones=[])
    invoice = world.siigo.create_invoice(customer["id"])
    world.connect()
    assert world.sync().document["contacts"] == {"created": 0, "matched": 1}
    assert world.deal_of(invoice["name"])["contactId"] == known


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_that_escala_wrote_over_stays_with_the_number_behind_its_label(world: World) -> None:
    world.escala.switches.change({"duplicate_contact": "upsert"})
    other = world.escala.create_contact(
        first_name="Contador",
        email="principal@conta.example",
        custom={FIELD: "NIT 800.999.888"},
        alternative_emails=["conta@conta.example"],
    )
    world.siigo.create_invoice(world.customer(1, contacts=[EVA | {"email": "conta@conta.example"}])["id"])
    world.connect()
    assert counts(world.sync()).get("failed", 0) == 0
    world.pass_time(hours=2)
    world.sync()
    assert not [deal for deal in world.deals() if deal["contactId"] == other]
