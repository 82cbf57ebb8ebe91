"""Every doubt about Escala (escala-api.md, 13 and 14): the same life ends alike, whatever is true."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from siigo_escala.simulators.escala import switches
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_HELD = {
    ("email_required", "yes"),
    ("email_required", "phone"),
    ("email_required", "or_phone"),
    ("unknown_custom_key", "reject"),
    ("unknown_owner", "reject400"),
    ("decimal_quantity", "reject"),
    ("update_verb", "none"),
    ("update_effect", "ignored"),
    ("cursor_style", "stuck"),
    ("deal_description", "never"),
}
"""Positions in which something is held or left out on purpose: tests of their own below."""
_CHOICES = [
    (one.name, choice)
    for one in fields(switches.Switches)
    for choice in one.metadata.get("choices", ())[1:]
    if (one.name, choice) not in _HELD
]
POSITIONS: list[tuple[str, Any]] = [
    ("scroll_key", "scrollId"),
    *_CHOICES,
    ("page_cap", 2),
]


def _live(world: World) -> list[tuple[Any, ...]]:
    """Contacts that exist, one to be adopted, shared e-mails and phones, an edit, and further runs."""
    siigo, escala = world.siigo, world.escala
    escala.add_product("MUG-01", "Pocillo")
    for number in range(5):
        escala.create_contact(first_name=f"Cliente {number}", email=f"cliente{number}@otro.example")
    escala.create_contact(first_name="Ana", last_name="Paz", phone="573001112233", email="otra@paz.example")
    known = escala.create_contact(
        company="La Conocida", custom={"cf_contact_cedula_kwzt_text": "900.100.204-1"}
    )
    escala.create_contact(
        first_name="Contador", email="principal@conta.example", alternative_emails=["conta@conta.example"]
    )
    eva = {"first_name": "Eva", "last_name": "Rey"}
    person = {"person_type": "Person", "id_type": {"code": "13"}}
    first = world.customer(1)
    by_phone = world.customer(
        2,
        identification="1032456789",
        name=["Ana", "Paz"],
        contacts=[],
        phones=[{"number": "3001112233"}],
        **person,
    )
    same_email = world.customer(3, contacts=[eva | {"email": "Compras1@empresa.example"}])
    identified = world.customer(4, name=["La Conocida S.A.S."], contacts=[])
    alternative = world.customer(5, contacts=[eva | {"email": "conta@conta.example"}])
    same_phone = world.customer(6, name=["Otra Cosa SAS"], contacts=[], phones=[{"number": "3001112233"}])
    customers = [first, by_phone, same_email, identified, alternative, same_phone]
    made = [siigo.create_invoice(customer["id"]) for customer in customers]
    siigo.create_invoice(first["id"], items=[{"code": "MUG-01", "quantity": "2.5", "price": 1000}])
    world.connect()
    world.sync()
    world.pass_time(minutes=30)
    siigo.edit_invoice(made[0]["name"], items=[{"code": "MUG-01", "quantity": 3, "price": 1000}])
    world.sync()
    siigo.create_invoice(same_email["id"], total=500)
    world.pass_time(hours=2)
    world.sync()
    result = world.sync()
    assert not codes(result), result.document["problems"]
    assert world.deal_of(made[3]["name"])["contactId"] == known
    return world.end_state()


EXPECTED_DEALS = [
    ("FV-2-1 - Empresa 1 SAS", "3000.00", "900100201"),
    ("FV-2-2 - Ana Paz", "69999.99", None),
    ("FV-2-3 - Empresa 3 SAS", "69999.99", "900100203"),
    ("FV-2-4 - La Conocida S.A.S.", "69999.99", "900.100.204-1"),
    ("FV-2-5 - Empresa 5 SAS", "69999.99", "900100205"),
    ("FV-2-6 - Otra Cosa SAS", "69999.99", "900100206"),
    ("FV-2-7 - Empresa 1 SAS", "2500.00", "900100201"),
    ("FV-2-8 - Empresa 3 SAS", "500.00", "900100203"),
]


@pytest.mark.parametrize(("switch", "position"), POSITIONS)
def test_the_end_state_is_the_same_in_every_position(world: World, switch: str, position: Any) -> None:
    world.escala.switches.change({switch: position})
    state = _live(world)
    deals = [row for row in state if row[0].startswith("FV-")]
    assert [row[:2] for row in deals] == [row[:2] for row in EXPECTED_DEALS]
    for row, wanted in zip(deals, EXPECTED_DEALS, strict=True):
        assert row[2] == (wanted[2] or "otra@paz.example")
    # Where creating means updating, Escala itself makes one contact of what shares a hidden e-mail.
    assert len(world.contacts()) == (11 if (switch, position) == ("duplicate_contact", "upsert") else 12)
    assert {row[2] for row in state if row[0] == "ledger"} == {"in_escala"}


@pytest.mark.parametrize("position", ["yes", "phone", "or_phone"])
def test_a_customer_without_what_escala_demands_is_held_and_goes_on_when_siigo_has_it(
    world: World, position: str
) -> None:
    world.escala.switches.change({"email_required": position})
    complete = world.customer(1, phones=[{"number": "6015551234"}])
    bare = world.customer(2, contacts=[])
    first = world.siigo.create_invoice(complete["id"])
    second = world.siigo.create_invoice(bare["id"])
    world.connect()
    for _ in range(2):
        result = world.sync()
        assert codes(result) == ["CONTACT_DATA_MISSING"]
        assert result.exit_code == 1
        (problem,) = result.document["problems"]
        assert problem["invoice"] == second["name"]
        assert ("teléfono" if position == "phone" else "correo") in problem["message"]
    posts = world.escala.calls.count(method="POST")
    world.sync()
    assert world.escala.calls.count(method="POST") == posts, "refused data is not sent again unchanged"
    world.siigo.edit_customer(
        bare["id"],
        contacts=[{"first_name": "Eva", "last_name": "Rey", "email": "eva@dos.example"}],
        phones=[{"number": "6015554321"}],
    )
    assert counts(world.sync())["created"] == 1
    world.deal_of(first["name"])
    world.deal_of(second["name"])


def test_a_refused_identification_field_makes_no_contact_at_all(world: World) -> None:
    world.escala.switches.change({"unknown_custom_key": "reject"})
    world.escala.account.setting.custom_fields.clear()
    world.invoices(2)
    world.connect()
    result = world.sync()
    assert codes(result) == ["FIELD_GONE", "FIELD_GONE"]
    assert not world.contacts()
    assert not world.deals()


def test_an_unknown_owner_is_held_until_another_is_linked(world: World) -> None:
    world.escala.switches.change({"unknown_owner": "reject400"})
    world.invoices(2)
    world.connect('default_owner = "nadie@acme.example"')
    for _ in range(2):
        assert codes(world.sync()) == ["OWNER_REFUSED", "OWNER_REFUSED"]
    world.escala.add_owner("laura@acme.example")
    world.connect('default_owner = "laura@acme.example"')
    assert counts(world.sync()) == {"read": 2, "created": 2}


def test_a_refused_decimal_quantity_loses_its_products_and_never_the_opportunity(world: World) -> None:
    world.escala.switches.change({"decimal_quantity": "reject"})
    world.escala.add_product("MUG-01", "Pocillo")
    whole, decimal = (
        {"code": "MUG-01", "quantity": 2, "price": 1000},
        {"code": "MUG-01", "quantity": "2.5", "price": 1000},
    )
    (first,) = world.invoices(1, items=[decimal])
    second = world.siigo.create_invoice(first["customer"]["id"], items=[whole])
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}
    assert result.document["products"] == {"attached": 1, "missing": 1, "registered": 0}
    assert not world.deal_of(first["name"])["products"]
    assert len(world.deal_of(second["name"])["products"]) == 1
    world.siigo.edit_invoice(first["name"], items=[{**decimal, "price": 2000}])
    assert counts(world.sync()) == {"read": 2, "unchanged": 1, "updated": 1}
    assert world.deal_of(first["name"])["value"] == 5000


@pytest.mark.parametrize("switch", [("update_verb", "none"), ("deal_description", "never")])
def test_where_updates_are_not_possible_each_changed_invoice_says_what_to_do_by_hand(
    world: World, switch: tuple[str, str]
) -> None:
    world.escala.switches.change(dict([switch]))
    first, second = world.invoices(2, total=1000)
    world.connect()
    world.sync()
    world.siigo.edit_invoice(first["name"], items=[{"code": "INST-01", "quantity": 1, "price": 2000}])
    result = world.sync()
    assert codes(result) == ["UPDATE_NOT_POSSIBLE"]
    (problem,) = result.document["problems"]
    assert "2.000,00" in problem["message"]
    assert "1.000,00" in problem["message"]
    assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"], "until it is done"
    assert world.deal_of(first["name"])["value"] == 1000
    world.deal_of(second["name"])


def test_a_list_that_never_moves_on_is_no_proof_and_nothing_is_created(world: World) -> None:
    world.escala.switches.change({"cursor_style": "stuck"})
    for number in range(3):
        world.escala.create_contact(first_name=f"Cliente {number}")
    world.invoices(1)
    world.connect()
    result = world.sync()
    assert codes(result) == ["ESCALA_LIST_INCOMPLETE", "NOT_REACHED"]
    assert not world.deals()
