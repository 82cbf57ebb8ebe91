"""An invoice's number in a custom field names it where a connection writes it there, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.sync import rule_changes
from siigo_escala.sync.rule_changes import Change
from tests.sync.world import FIELD, World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OURS, THEIRS = "cf_deal_numero_hqpe_text", "cf_deal_factura_anterior_text"


def _renewal(world: World, field: str, number: str, **fields: Any) -> str:
    """A deal of people that mentions an invoice in a custom field."""
    world.escala.add_custom_field(field)
    return world.escala.create_deal(name="Renovación contrato", custom={field: number}, **fields)


def _of_a_known_contact(world: World) -> tuple[dict[str, Any], str]:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    (invoice,) = world.invoices(1, total=1000)
    return invoice, contact


def test_a_deal_that_mentions_the_invoice_in_a_field_of_people_is_not_its_own(world: World) -> None:
    invoice, contact = _of_a_known_contact(world)
    _renewal(world, THEIRS, invoice["name"], contact_id=contact, value=777)
    world.connect(f'number_field = "{OURS}"')
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.row(invoice["name"]).deal_id == world.deal_of(invoice["name"])["id"]


def test_such_a_deal_made_after_ours_is_no_other_writers(world: World) -> None:
    invoice, contact = _of_a_known_contact(world)
    world.connect()
    world.sync()
    world.pass_time(minutes=20)
    _renewal(world, THEIRS, invoice["name"], contact_id=contact, value=777)
    world.siigo.create_invoice(invoice["customer"]["id"], total=5)
    result = world.sync()
    assert (counts(result), codes(result)) == ({"read": 2, "created": 1, "unchanged": 1}, [])


def test_the_number_in_the_field_that_a_connection_names_is_as_good_as_a_name(world: World) -> None:
    invoice, contact = _of_a_known_contact(world)
    deal = _renewal(world, OURS, invoice["name"], contact_id=contact, value=1000)
    world.connect(f'number_field = "{OURS}"')
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.row(invoice["name"]).deal_id == deal


@pytest.mark.parametrize("how", ["connect", "screens"])
def test_a_field_that_is_named_later_is_looked_for_in_every_deal_once(world: World, how: str) -> None:
    invoice, contact = _of_a_known_contact(world)
    deal = _renewal(world, OURS, invoice["name"], contact_id=contact)
    world.pass_time(minutes=5)
    world.escala.create_deal(name="de otro")
    world.pass_time(minutes=5)
    connection = world.connect()
    world.sync(dry_run=True)
    if how == "connect":
        connection = world.connect(f'number_field = "{OURS}"')
    else:
        named = Change(path=("opportunities", "number_field"), before="", after=OURS)
        rule_changes.save(connection, [named], now=world.now())
    account = models.EscalaAccount.objects.get()
    assert (account.deals_read_at, account.contacts_read_at is None) == (None, False)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.row(invoice["name"]).deal_id == deal
    read_at = models.EscalaAccount.objects.get().deals_read_at
    assert read_at is not None
    world.connect(f'number_field = "{OURS}"')
    assert models.EscalaAccount.objects.get().deals_read_at == read_at, "nothing has changed"
