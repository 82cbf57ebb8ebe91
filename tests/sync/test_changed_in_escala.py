"""What people change in Escala later on: nothing of theirs is undone, and nothing is ever made twice."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.sync import connect, opening
from tests.sync import inside
from tests.sync.world import FIELD, World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: nothing here depends on it."""
    return sqlite_url


def _made(world: World, more: str = "") -> dict[str, Any]:
    (invoice,) = world.invoices(1, total=1000)
    world.connect(more)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    return invoice


def _next(world: World, invoice: dict[str, Any]) -> dict[str, Any]:
    """Another invoice of the same customer."""
    made: dict[str, Any] = world.siigo.create_invoice(invoice["customer"]["id"], total=7)
    return made


@pytest.mark.parametrize("look", ["sweep", "creating run"])
def test_a_deal_that_was_renamed_moved_and_revalued_stays_so_and_is_not_made_again(
    world: World, look: str
) -> None:
    invoice = _made(world)
    deal = world.deal_of(invoice["name"])["id"]
    world.escala.rename_deal(deal, "Negocio de Ana")
    world.escala.move_deal(deal, "Perdida")
    world.escala.edit_deal(deal, {"value": 5, "assignedTo": "ana@acme.example", "description": "Mío"})
    before = world.deals()
    if look == "sweep":
        world.pass_time(days=1)
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}
        assert world.deals() == before
    else:
        world.pass_time(hours=2)
        other = _next(world, invoice)
        assert counts(world.sync(sweep=False))["created"] == 1
        assert [deal for deal in world.deals() if other["name"] not in deal["name"]] == before
    assert world.report()["rows"][0]["deal_id"] == deal


def test_an_edit_in_siigo_of_a_deal_that_was_renamed_reaches_it_and_no_other(world: World) -> None:
    invoice = _made(world)
    deal = world.deal_of(invoice["name"])["id"]
    world.escala.rename_deal(deal, "Negocio de Ana")
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 950}])
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    (only,) = world.deals()
    assert (only["id"], only["name"], only["value"]) == (deal, "Negocio de Ana", 950)


def test_a_contact_that_was_renamed_or_got_another_identification_stays_its_customers(world: World) -> None:
    invoice = _made(world)
    (contact,) = world.contacts()
    world.escala.edit_contact(
        contact["id"], {"personal": {"firstName": "Otra", "email": None}, "custom": {FIELD: "1"}}
    )
    world.pass_time(hours=2)
    other = _next(world, invoice)
    assert counts(world.sync())["created"] == 1
    assert world.deal_of(other["name"])["contactId"] == contact["id"]
    (after,) = world.contacts()
    assert (after["personal"]["firstName"], after["custom"][FIELD]) == ("Otra", "1"), (
        "what people typed stays"
    )


@pytest.mark.parametrize("how", ["deleted", "merged"])
def test_a_contact_that_is_gone_is_asked_for_once_and_its_customer_keeps_one_contact(
    world: World, how: str
) -> None:
    invoice = _made(world)
    (contact,) = world.contacts()
    if how == "merged":
        winner = world.escala.create_contact(first_name="Ana")
        world.escala.merge_contacts(winner, contact["id"])
    else:
        world.escala.delete_contact(contact["id"])
    world.pass_time(hours=2)
    other = _next(world, invoice)
    assert counts(world.sync())["created"] == 1
    (left,) = world.contacts()
    assert world.deal_of(other["name"])["contactId"] == left["id"] != contact["id"]
    assert left["custom"][FIELD] == "900100200"
    world.pass_time(days=1)
    assert counts(world.sync()).keys() == {"read", "unchanged"}


def test_a_pipeline_that_is_gone_holds_what_would_be_made_until_another_is_chosen(world: World) -> None:
    invoice = _made(world)
    world.escala.add_pipeline("Postventa", [("Nuevo", "open"), ("Perdida", "lost")])
    world.escala.delete_pipeline("Ventas")
    world.pass_time(hours=2)
    _next(world, invoice)
    for _ in range(2):
        result = world.sync()
        assert codes(result) == ["PIPELINE_GONE"]
        assert result.exit_code == 1
    text = world.file().replace('"Ventas"', '"Postventa"').replace('"Prospecto"', '"Nuevo"')
    connect.connect(world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now)
    assert counts(world.sync())["created"] == 1


def test_a_renamed_pipeline_and_stage_are_the_same(world: World) -> None:
    invoice = _made(world)
    world.escala.rename_stage("Prospecto", "Interesado", pipeline="Ventas")
    world.escala.rename_pipeline("Ventas", "Comercial")
    world.pass_time(hours=2)
    other = _next(world, invoice)
    assert counts(world.sync())["created"] == 1
    first, second = (world.deal_of(name)["stageId"] for name in (invoice["name"], other["name"]))
    assert first == second


def test_an_owner_who_left_holds_his_invoices_and_no_others(world: World) -> None:
    world.escala.add_owner("laura@acme.example")
    world.escala.switches.change({"unknown_owner": "reject400"})
    invoice = _made(world, 'default_owner = "laura@acme.example"')
    world.escala.remove_owner("laura@acme.example")
    _next(world, invoice)
    assert codes(world.sync()) == ["OWNER_REFUSED"]
    posted = inside.posts(world, inside.DEALS)
    assert codes(world.sync()) == ["OWNER_REFUSED"]
    assert posted() == 0, "refused data is not sent again unchanged"
    world.connect('default_owner = "unassigned"')
    assert counts(world.sync())["created"] == 1


@pytest.mark.parametrize("custom", ["ignore", "reject"])
def test_a_field_that_is_gone_makes_no_second_contact_of_a_customer(world: World, custom: str) -> None:
    world.escala.switches.change({"unknown_custom_key": custom})
    invoice = _made(world)
    world.escala.remove_custom_field(FIELD)
    world.pass_time(hours=2)
    other = _next(world, invoice)
    new = world.siigo.create_invoice(world.customer(5)["id"], total=9)
    result = world.sync()
    assert world.deal_of(other["name"])["contactId"] == world.deal_of(invoice["name"])["contactId"]
    if custom == "reject":
        assert counts(result)["needs_attention"] == 1
        assert world.row(new["name"]).code == "FIELD_GONE"
        assert len(world.contacts()) == 1


def test_a_product_that_was_deleted_or_doubled_costs_its_line_at_most(world: World) -> None:
    first = world.escala.add_product("MUG-01", "Mug", created="2026-01-01T00:00:00Z")
    customer = world.customer()["id"]
    items = [{"code": "MUG-01", "quantity": 2, "price": 100}]
    invoice = world.siigo.create_invoice(customer, items=items)
    world.connect()
    world.sync()
    assert [line["productId"] for line in world.deal_of(invoice["name"])["products"]] == [first]
    world.escala.add_product("MUG-01", "Mug otra vez")
    world.pass_time(days=1)
    second = world.siigo.create_invoice(customer, items=items)
    assert world.sync().document["products"]["attached"] == 1
    assert [line["productId"] for line in world.deal_of(second["name"])["products"]] == [first]
    world.escala.delete_product(first)
    world.pass_time(days=1)
    third = world.siigo.create_invoice(customer, items=items)
    assert world.sync().document["products"]["attached"] == 1
    assert world.deal_of(third["name"])["products"]


def test_a_new_key_of_the_same_account_goes_on_where_the_old_one_stopped(world: World) -> None:
    invoice = _made(world)
    world.escala.rotate_key("otra-llave")
    _next(world, invoice)
    assert world.sync().exit_code == 3
    assert len(world.deals()) == 1
    text = world.file().replace("llave-de-ejemplo", "otra-llave")
    connect.connect(world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now)
    assert counts(world.sync())["created"] == 1
    assert models.EscalaAccount.objects.count() == 1
