"""Joining what the ledger, Siigo and Escala know: what is decided, and what a person has said of it."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import decide, read
from tests.sync import inside
from tests.sync.world import FIELD, World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: the store's own part in it is tried elsewhere."""
    return sqlite_url


def _held(world: World, **told: Any) -> dict[str, Any]:
    """An invoice that is held because another deal bears its name; then a person says something of it."""
    (invoice,) = world.invoices(1, total=1000)
    world.escala.create_deal(name=f"{invoice['name']} de otra", value=1)
    world.connect()
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    models.Invoice.objects.update(due=True, **told)
    return invoice


def test_what_is_held_stays_held_until_a_person_says_something(world: World) -> None:
    _held(world)
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]


def test_the_deal_that_a_person_named_is_the_invoices_and_stays_as_it_is(world: World) -> None:
    named = world.escala.create_deal(name="Una", value=5)
    invoice = _held(world, decision="deal", decision_target=named)
    result = world.sync()
    assert counts(result) == {"read": 1, "unchanged": 1}
    row = world.row(invoice["name"])
    assert (row.state, row.deal_id, row.adopted, row.decision) == (State.IN_ESCALA, named, True, "")
    assert len(world.deals()) == 2


def test_what_a_person_ignores_is_left_out_for_ever(world: World) -> None:
    invoice = _held(world, decision="ignore")
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    world.siigo.edit_invoice(invoice["id"], observations="otra")
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    assert world.row(invoice["name"]).code == "IGNORED_BY_PERSON"


def test_what_a_person_orders_is_made_though_its_name_is_taken(world: World) -> None:
    invoice = _held(world, decision="create")
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert len(world.deals()) == 2
    assert world.row(invoice["name"]).decision == ""


def test_of_two_invoices_of_one_name_the_one_that_a_person_orders_is_made(world: World) -> None:
    customer = world.customer()["id"]
    world.siigo.create_invoice(customer, name="FV-2-1", total=1)
    second = world.siigo.create_invoice(customer, name="FV-2-1", total=2)
    world.connect()
    assert codes(world.sync()) == ["INVOICE_NAME_TWICE"] * 2
    models.Invoice.objects.filter(siigo_id=second["id"]).update(decision="create")
    result = world.sync()
    assert counts(result)["created"] == 1
    (deal,) = world.deals()
    assert deal["value"] == 2


def test_a_customer_that_is_gone_one_without_identification_and_one_found_twice_are_held(
    world: World,
) -> None:
    gone, bare, twice = (world.customer(number) for number in range(3))
    for customer in (gone, bare, twice):
        world.siigo.create_invoice(customer["id"])
    world.siigo.delete_customer(gone["id"])
    world.siigo.edit_customer(bare["id"], identification=" ")
    for _ in range(2):
        world.escala.create_contact(custom={FIELD: "900100202"})
    world.connect()
    assert codes(world.sync()) == ["CONTACT_AMBIGUOUS", "CONTACT_DATA_MISSING", "CUSTOMER_MISSING"]
    assert not world.deals()


def test_the_contact_that_a_person_named_is_remembered_for_every_invoice(world: World) -> None:
    first, second = (world.escala.create_contact(custom={FIELD: "900100200"}) for _ in range(2))
    (invoice,) = world.invoices(1)
    world.connect()
    assert codes(world.sync()) == ["CONTACT_AMBIGUOUS"]
    key = models.KnownCustomer.objects.get().identity
    account = models.EscalaAccount.objects.get()
    models.ContactBinding.objects.create(escala=account, identity=key, contact_id=second, by_person=True)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.deal_of(invoice["name"])["contactId"] == second != first
    assert models.ContactBinding.objects.get().by_person, "what a person said stays said"


def test_an_email_gives_its_contact_to_one_customer_alone(world: World) -> None:
    world.escala.create_contact(email="contadora@empresa.example")
    shared = [{"first_name": "Ana", "last_name": "Paz", "email": "contadora@empresa.example"}]
    for number in range(2):
        world.siigo.create_invoice(world.customer(number, contacts=shared)["id"])
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    assert len(world.contacts()) == 2
    assert len({deal["contactId"] for deal in world.deals()}) == 2


def test_an_identification_goes_before_an_email_whoever_comes_first(world: World) -> None:
    """The contact has the second customer's identification and the first one's e-mail."""
    contact = world.escala.create_contact(email="compras0@empresa.example", custom={FIELD: "900100201"})
    world.invoices(2, customers=2)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    holder = models.ContactBinding.objects.get(contact_id=contact)
    assert holder.identity.endswith("900100201")


def test_a_customer_with_a_phone_alone_matches_by_it_and_its_name(world: World) -> None:
    contact = world.escala.create_contact(first_name="Empresa 0", phone="573004567812")
    customer = world.customer(contacts=[], phones=[{"indicative": "", "number": "3004567812"}])
    world.siigo.create_invoice(customer["id"])
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert [one["id"] for one in world.contacts()] == [contact]


def test_branches_of_one_customer_are_one_contact_made_from_the_lowest(world: World) -> None:
    for branch in (3, 0, 2):
        customer = world.customer(branch_office=branch, name=[f"Sucursal {branch} SAS"])
        world.siigo.create_invoice(customer["id"])
    world.connect()
    assert counts(world.sync()) == {"read": 3, "created": 3}
    (contact,) = world.contacts()
    assert contact["company"]["name"] == "Sucursal 0 SAS"


def test_a_vanished_stage_holds_what_would_be_made_and_nothing_else(world: World) -> None:
    adopted, new = world.invoices(2, total=1000)
    world.escala.create_deal(name=f"{adopted['name']} a mano", value=1000)
    world.connect()
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "needs_attention": 1}
    assert world.row(new["name"]).code == "STAGE_GONE"
    assert world.escala.calls.count(method="POST") == 0, "noticed before anything is sent"


def test_with_a_mark_a_deal_without_it_is_another_connections(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.escala.create_deal(name=f"{invoice['name']} a mano", value=1000)
    world.connect('mark = "ACME"')
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert len(world.deals()) == 2


def test_an_edit_that_escala_shows_already_is_no_update(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    models.Invoice.objects.update(
        digest="older", applied={**world.row(invoice["name"]).applied, "digest": "o"}
    )
    world.siigo.edit_invoice(invoice["id"], observations="otra")
    writes = world.escala.calls.count(method="PUT")
    models.Invoice.objects.update(due=True)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.escala.calls.count(method="PUT") == writes


def test_a_write_without_outcome_has_no_step(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    inside.lose(world, inside.DEALS)
    inside.run_until_it_waits(world)
    with inside.session(world) as session:
        items = read.from_ledger(session, [world.row(invoice["name"])])
        assert decide.decide(session, items) == []
