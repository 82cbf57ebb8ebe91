"""Calls are the currency: nothing that can be asked or written once is asked or written for each invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sync.world import World


def test_a_contact_found_by_its_email_gets_its_identification_once(world: World) -> None:
    world.escala.create_contact(first_name="Empresa 0 SAS", email="compras0@empresa.example")
    world.invoices(4)
    world.connect()
    world.sync()
    assert len(world.deals()) == 4
    assert len(world.contacts()) == 1
    assert world.escala.calls.count(method="PUT", path=".*/crm/contacts/.*") == 1
