"""Whose contact is this: customers of Siigo in an Escala account that people have filled (design.md, 4)."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.simulators import faults
from tests.sync.world import FIELD, World, codes, counts

EVA = {"first_name": "Eva", "last_name": "Rey"}
PERSON: dict[str, Any] = {"person_type": "Person", "id_type": {"code": "13"}, "identification": "1032456789"}


def _contact_of(world: World, invoice: dict[str, Any]) -> dict[str, Any]:
    contact_id = world.deal_of(invoice["name"])["contactId"]
    (found,) = [contact for contact in world.contacts() if contact["id"] == contact_id]
    return found


@pytest.mark.parametrize(
    "stored", ["900123456", "900.123.456", "900123456-8", "9001234568", " NIT 900.123.456-8 "]
)
def test_the_stored_identification_wins_with_or_without_its_check_digit(world: World, stored: str) -> None:
    world.escala.create_contact(first_name="Compras", email="compras@uno.example")
    known = world.escala.create_contact(company="Otro Nombre", custom={FIELD: stored})
    customer = world.customer(
        identification="900123456", contacts=[EVA | {"email": "compras@uno.example"}], name=["Uno SAS"]
    )
    invoice = world.siigo.create_invoice(customer["id"])
    world.connect()
    result = world.sync()
    assert result.document["contacts"] == {"created": 0, "matched": 1}
    assert _contact_of(world, invoice)["id"] == known
    assert _contact_of(world, invoice)["custom"][FIELD] == stored, "what people wrote stays"


def test_a_wrong_check_digit_is_another_identification(world: World) -> None:
    world.escala.create_contact(company="Otro", custom={FIELD: "900123456-3"})
    invoice = world.siigo.create_invoice(world.customer(identification="900123456")["id"])
    world.connect()
    world.sync()
    assert _contact_of(world, invoice)["custom"][FIELD] == "900123456"
    assert len(world.contacts()) == 2


def test_two_contacts_with_one_identification_are_held_with_their_ids(world: World) -> None:
    ids = sorted(world.escala.create_contact(first_name=name, custom={FIELD: "900100201"}) for name in "AB")
    held = world.siigo.create_invoice(world.customer(1)["id"])
    world.siigo.create_invoice(world.customer(2)["id"])
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 1, "needs_attention": 1}
    assert codes(result) == ["CONTACT_AMBIGUOUS"]
    (row,) = [row for row in world.report()["rows"] if row["invoice"] == held["name"]]
    assert sorted(row["candidates"]) == ids
    world.escala.merge_contacts(*ids)
    world.pass_time(hours=2)
    assert counts(world.sync())["created"] == 1


@pytest.mark.parametrize("verb", ["put_full", "put_partial", "patch", "none"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_found_by_email_gets_its_identification_where_updates_work(world: World, verb: str) -> None:
    world.escala.switches.change({"update_verb": verb})
    world.escala.add_custom_field("cf_contact_talla_abcd_text")
    known = world.escala.create_contact(
        first_name="Empresa 1 SAS",
        email="Compras1@Empresa.example",
        custom={"cf_contact_talla_abcd_text": "M"},
    )
    invoice = world.siigo.create_invoice(world.customer(1)["id"])
    world.connect()
    result = world.sync()
    assert result.document["contacts"] == {"created": 0, "matched": 1}
    contact = _contact_of(world, invoice)
    assert contact["id"] == known
    assert contact["custom"].get(FIELD) == (None if verb == "none" else "900100201")
    assert contact["custom"]["cf_contact_talla_abcd_text"] == "M"
    assert contact["personal"]["email"] == "Compras1@Empresa.example"
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_an_email_of_another_name_never_merges_two_customers(world: World) -> None:
    world.escala.create_contact(first_name="Contador", last_name="Ruiz", email="conta@ruiz.example")
    invoice = world.siigo.create_invoice(
        world.customer(1, contacts=[EVA | {"email": "conta@ruiz.example"}])["id"]
    )
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    contact = _contact_of(world, invoice)
    assert "email" not in contact["personal"]
    assert contact["custom"][FIELD] == "900100201"


@pytest.mark.parametrize("name", [["Ana", "Paz"], ["ANA MARÍA", "PAZ"]])
def test_a_phone_alone_matches_only_with_an_agreeing_name_and_fills_nothing(
    world: World, name: list[str]
) -> None:
    known = world.escala.create_contact(first_name="ana", last_name="paz", phone="573001112233")
    customer = world.customer(**PERSON, name=name, contacts=[], phones=[{"number": "3001112233"}])
    invoice = world.siigo.create_invoice(customer["id"])
    world.connect()
    world.sync()
    contact = _contact_of(world, invoice)
    if name == ["Ana", "Paz"]:
        assert contact["id"] == known
        assert FIELD not in contact["custom"]
    else:
        assert contact["id"] != known
        assert "phoneNumber" not in contact["personal"]


def test_customers_who_share_email_and_phone_become_contacts_of_their_own(world: World) -> None:
    shared = {"contacts": [EVA | {"email": "conta@ruiz.example"}], "phones": [{"number": "6015551234"}]}
    invoices = [world.siigo.create_invoice(world.customer(number, **shared)["id"]) for number in range(4)]
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 4, "created": 4}
    assert result.document["contacts"] == {"created": 4, "matched": 0}
    contacts = [_contact_of(world, invoice) for invoice in invoices]
    assert len({contact["id"] for contact in contacts}) == 4
    assert sum("email" in contact["personal"] for contact in contacts) == 1
    assert sum("phoneNumber" in contact["personal"] for contact in contacts) == 1


@pytest.mark.parametrize("duplicate", ["reject409", "reject400", "upsert", "allow"])
@pytest.mark.parametrize("wording", ["plain", "exist"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_hidden_alternatives_hold_or_go_without_and_are_never_written_over(
    world: World, duplicate: str, wording: str
) -> None:
    world.escala.switches.change({"duplicate_contact": duplicate, "wording": wording})
    other = world.escala.create_contact(
        first_name="Contador",
        email="principal@conta.example",
        custom={FIELD: "800999888"},
        alternative_emails=["conta@conta.example"],
        alternative_phones=["576015551234"],
    )
    customer = world.customer(
        1, contacts=[EVA | {"email": "conta@conta.example"}], phones=[{"number": "6015551234"}]
    )
    invoice = world.siigo.create_invoice(customer["id"])
    healthy = world.siigo.create_invoice(world.customer(2)["id"])
    world.connect()
    results = [world.sync(), world.sync(), world.sync(kind="retry")]
    world.deal_of(healthy["name"])
    if duplicate == "upsert":
        assert [codes(result) for result in results] == [["CONTACT_REFUSED"]] * 3
        assert other in results[0].document["problems"][0]["message"], "it says whose data Escala changed"
        assert len(world.deals()) == 1, "no opportunity on another customer's contact, then or later"
        return
    assert set(codes(results[-1])) <= {"CONTACT_REFUSED"}
    if not codes(results[-1]):
        assert _contact_of(world, invoice)["custom"][FIELD] == "900100201"
    assert len([deal for deal in world.deals() if invoice["name"] in deal["name"]]) <= 1
    (contador,) = [contact for contact in world.contacts() if contact["id"] == other]
    assert contador["custom"][FIELD] == "800999888"


@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_that_escala_wrote_over_stays_whose_identification_it_held(
    world: World, *, doubled: bool
) -> None:
    world.escala.switches.change({"duplicate_contact": "upsert"})
    owner = world.customer(7, identification="800999888")["id"]
    first = world.siigo.create_invoice(owner) if doubled else None
    world.connect()
    assert world.sync().exit_code == 0
    contador = world.escala.create_contact(
        first_name="Contador", custom={FIELD: "800999888"}, alternative_emails=["conta@conta.example"]
    )
    other = world.customer(1, contacts=[EVA | {"email": "conta@conta.example"}])["id"]
    refused = world.siigo.create_invoice(other)
    assert codes(world.sync()) == ["CONTACT_REFUSED"]
    later = world.siigo.create_invoice(owner)
    world.pass_time(days=1)
    assert codes(world.sync()) == ["CONTACT_DATA_LEFT_OUT"], "the e-mail shows by now: left to whose it is"
    assert world.deal_of(refused["name"])["contactId"] != contador
    his = world.deal_of(first["name"])["contactId"] if first else contador
    assert world.deal_of(later["name"])["contactId"] == his, "his own contact, whatever else bears his number"


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 400, "body": {"message": "no"}}])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_that_escala_wrote_over_stays_whose_it_was_where_it_cannot_be_looked_at(
    world: World, answer: dict[str, Any]
) -> None:
    world.configured(patience_seconds=0)
    world.escala.switches.change({"duplicate_contact": "upsert"})
    world.connect()
    assert world.sync().exit_code == 0
    contador = world.escala.create_contact(
        first_name="Contador", custom={FIELD: "800999888"}, alternative_emails=["conta@conta.example"]
    )
    other = world.customer(1, contacts=[EVA | {"email": "conta@conta.example"}])["id"]
    invoice = world.siigo.create_invoice(other)
    world.escala.faults.add(
        faults.Fault(kind="refuse", method="GET", path=f"/crm/contacts/{contador}", **answer)
    )
    world.sync()
    world.escala.faults.clear()
    world.pass_time(days=1)
    world.sync()
    assert all(deal["contactId"] != contador for deal in world.deals())
    later = world.siigo.create_invoice(world.customer(7, identification="800999888")["id"])
    world.sync()
    assert world.deal_of(later["name"])["contactId"] == contador
    assert world.row(invoice["name"]).deal_id != world.deal_of(later["name"])["id"]


def test_does_not_exist_is_no_duplicate(world: World) -> None:
    world.escala.switches.change({"wording": "exist", "unknown_owner": "reject400"})
    world.siigo.create_invoice(world.customer(1)["id"])
    world.connect('default_owner = "nadie@acme.example"')
    assert codes(world.sync()) == ["OWNER_REFUSED"]
    assert not world.contacts()


def test_branches_of_one_customer_are_one_contact_with_the_lowest_branchs_data(world: World) -> None:
    second = world.customer(1, branch_office=2, contacts=[EVA | {"email": "norte@empresa.example"}])
    first = world.customer(1, branch_office=0)
    invoices = [world.siigo.create_invoice(branch["id"]) for branch in (second, first)]
    world.connect()
    result = world.sync()
    assert result.document["contacts"]["created"] == 1
    assert len({_contact_of(world, invoice)["id"] for invoice in invoices}) == 1
    assert _contact_of(world, invoices[0])["personal"]["email"] == "compras1@empresa.example"


def test_a_bound_contact_that_was_merged_is_asked_for_once_and_matched_again(world: World) -> None:
    customer = world.customer(1)
    world.siigo.create_invoice(customer["id"])
    world.connect()
    world.sync()
    (bound,) = [contact["id"] for contact in world.contacts()]
    winner = world.escala.create_contact(company="Empresa 1 SAS")
    world.escala.merge_contacts(winner, bound)
    invoice = world.siigo.create_invoice(customer["id"])
    world.sync()
    if len(world.deals()) == 1:
        world.sync()
    assert _contact_of(world, invoice)["id"] == winner
    assert len(world.contacts()) == 1


def test_a_new_contact_carries_owner_and_starts_no_automation(world: World) -> None:
    world.escala.add_owner("laura@acme.example")
    invoice = world.siigo.create_invoice(world.customer(1)["id"], seller=629)
    world.connect(tables='[sellers]\n"629" = "laura@acme.example"\n')
    world.sync()
    contact = _contact_of(world, invoice)
    assert (contact["assignedTo"], contact["marketable"]) == ("laura@acme.example", False)
    assert contact["company"]["name"] == contact["personal"]["firstName"] == "Empresa 1 SAS"
    assert contact["custom"] == {FIELD: "900100201"}


def test_an_invalid_email_is_left_out_and_the_next_one_taken(world: World) -> None:
    contacts = [EVA | {"email": "no es correo"}, EVA | {"email": ""}, EVA | {"email": "si@es.example"}]
    invoice = world.siigo.create_invoice(world.customer(1, contacts=contacts)["id"])
    world.connect()
    world.sync()
    assert _contact_of(world, invoice)["personal"]["email"] == "si@es.example"


def test_a_contact_of_another_customer_that_escala_wrote_over_is_not_taken_from_him(world: World) -> None:
    world.escala.switches.change({"duplicate_contact": "upsert"})
    first, second = (
        world.siigo.create_invoice(world.customer(number)["id"], total=100 + number) for number in (1, 2)
    )
    world.connect()
    assert world.sync().exit_code == 0
    winner, loser = (_contact_of(world, invoice)["id"] for invoice in (first, second))
    world.escala.merge_contacts(winner, loser)
    world.siigo.create_invoice(second["customer"]["id"], total=300)
    for _ in range(2):
        result = world.sync()
        assert (result.exit_code, codes(result)) == (1, ["CONTACT_REFUSED"])
    assert len(world.deals()) == 2
