"""Moving in: an account that the native app and people have filled becomes ours without one double."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.domain.decisions import Wish
from siigo_escala.store import models
from siigo_escala.sync import connect, opening
from tests.sync import people
from tests.sync.world import FIELD, World, codes, counts

CUSTOMERS = 25
NAMED, TWINS, TWICE, TAKEN = 470, 20, 5, 5


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: nothing here depends on it."""
    return sqlite_url


def _filled(world: World) -> list[dict[str, Any]]:
    """500 invoices, each with an opportunity in Escala: 470 name theirs, 30 leave it open which one it is."""
    contacts = [
        world.escala.create_contact(first_name=f"Empresa {number}", custom={FIELD: str(900100200 + number)})
        for number in range(CUSTOMERS)
    ]
    customers = [world.customer(number)["id"] for number in range(CUSTOMERS)]
    invoices = []
    for number in range(NAMED + TWINS + TWICE + TAKEN):
        invoice = world.siigo.create_invoice(customers[number % CUSTOMERS], total=1000 + number)
        invoices.append(invoice)
        name, value = invoice["name"], 1000 + number
        deal: dict[str, Any] = {"contact_id": contacts[number % CUSTOMERS], "value": value}
        if number < NAMED // 3:
            world.escala.create_deal(name=f"{name} - Empresa", **deal)
        elif number < 2 * NAMED // 3:
            world.escala.create_deal(name=f"Pedido de Ana, factura {name}", contact_id=deal["contact_id"])
        elif number < NAMED:
            world.escala.create_deal(name=f"Factura {name.lower()} pagada", value=value)
        elif number < NAMED + TWINS:
            world.escala.create_deal(name="Factura de venta", **deal)
        elif number < NAMED + TWINS + TWICE:
            for _ in range(2):
                world.escala.create_deal(name=f"{name} - Empresa", **deal)
        else:
            world.escala.create_deal(name=f"{name} de otra empresa", value=1)
    return invoices


@pytest.mark.slow
def test_of_500_opportunities_470_are_linked_at_once_30_ask_and_none_is_doubled(world: World) -> None:
    invoices = _filled(world)
    there = len(world.deals())
    assert there == 505
    world.connect()
    told = world.sync(dry_run=True)
    said = codes(told)
    assert said.count("DEAL_ADOPTED") == NAMED
    assert said.count("POSSIBLE_TWIN") == TWINS
    assert said.count("DEAL_FOUND_TWICE") == TWICE
    assert said.count("DEAL_NAME_TAKEN") == TAKEN
    result = world.sync()
    assert told.document["invoices"] == result.document["invoices"]
    assert counts(result) == {"read": 500, "unchanged": NAMED, "needs_attention": 30}
    assert world.escala.calls.count(method="POST") == 0
    rows = world.report()["rows"]
    held = [row for row in rows if row["open"]]
    assert len(held) == 30
    assert all(row["candidates"] for row in held)

    wishes = []
    for row in held:
        if row["code"] == "DEAL_NAME_TAKEN":
            wishes.append(Wish(kind="create", invoice=row["invoice"], siigo_id=row["siigo_id"]))
        else:
            target = row["candidates"][0]
            wishes.append(Wish(kind="deal", invoice=row["invoice"], siigo_id=row["siigo_id"], target=target))
    assert people.store(world, *wishes) == []
    assert counts(world.sync())["created"] == TAKEN
    assert len(world.deals()) == there + TAKEN
    bound = models.Invoice.objects.exclude(deal_id=None).values_list("deal_id", flat=True)
    assert len(set(bound)) == len(invoices), "every invoice has one opportunity, and none two"
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 500, "unchanged": 500}


def test_another_writer_is_noticed_for_every_connection_whoever_reads_his_deal(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    other = world.siigo.add_company(username="api@otra.example", access_key="otra-clave")
    customer = world.siigo.create_customer(company=other, identification="900100299", name=["Otra SAS"])
    world.connect('mark = "UNO"')
    _connect_other(world)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.pass_time(minutes=20)
    world.escala.create_deal(name=f"Factura {invoice['name']}", value=1000)
    world.siigo.create_invoice(customer["id"], company=other, name="FV-8-8", total=5)
    assert counts(world.sync(name="otra"))["created"] == 1, "it is not that connection's invoice"
    world.siigo.create_invoice(invoice["customer"]["id"], total=7)
    assert "OTHER_WRITER_SEEN" in codes(world.sync())


def test_two_companies_in_one_account_with_the_same_numbers_never_take_each_others(world: World) -> None:
    """The second company has the same invoice names, customers and values: only the mark tells them apart."""
    mine = world.invoices(3, total=1000)
    other = world.siigo.add_company(username="api@otra.example", access_key="otra-clave")
    for invoice in mine:
        customer = world.siigo.create_customer(
            company=other, identification="900100200", name=["Empresa 0 SAS"]
        )
        world.siigo.create_invoice(customer["id"], company=other, name=invoice["name"], total=1000)
    world.connect('mark = "UNO"')
    _connect_other(world)
    for name, mark in (("acme", "[UNO]"), ("otra", "[DOS]")):
        result = world.sync(name=name)
        assert counts(result) == {"read": 3, "created": 3}
        assert sum(mark in deal["name"] for deal in world.deals()) == 3
    assert len(world.contacts()) == 1, "one customer of both is one contact"
    world.pass_time(days=1)
    for name in ("acme", "otra"):
        result = world.sync(name=name)
        assert counts(result) == {"read": 3, "unchanged": 3}
        assert codes(result) == []


def _connect_other(world: World) -> None:
    text = (
        world.file('mark = "DOS"')
        .replace('name = "acme"', 'name = "otra"')
        .replace("api@empresa.example", "api@otra.example")
        .replace("clave-de-ejemplo", "otra-clave")
    )
    connect.connect(world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now)


@pytest.mark.parametrize("answer", ["allow", "upsert", "reject409", "reject400"])
def test_contacts_of_the_list_under_each_answer_to_a_duplicate(world: World, answer: str) -> None:
    """Shared e-mail and phone, landline, branches, a foreign document, identifications with check digit."""
    world.escala.switches.change({"duplicate_contact": answer})
    typed = world.escala.create_contact(
        first_name="Contadora", email="contadora@empresa.example", phone="573001112233", company="Asesores"
    )
    right = world.escala.create_contact(first_name="Vieja", custom={FIELD: "900.100.201-8"})
    before = {contact["id"]: contact for contact in world.contacts()}
    shared = [{"first_name": "Ana", "last_name": "Paz", "email": "contadora@empresa.example"}]
    phone = [{"indicative": "", "number": "3001112233"}]
    landline = [{"indicative": "601", "number": "7654321"}]
    made = {
        "mail": world.customer(10, contacts=shared, phones=phone),
        "mail again": world.customer(11, contacts=shared, phones=phone),
        "line": world.customer(12, contacts=[], phones=landline),
        "line again": world.customer(13, contacts=[], phones=landline),
        "branch": world.customer(14),
        "branch two": world.customer(14, branch_office=2),
        "foreign": world.customer(
            15, id_type={"code": "41"}, person_type="Person", identification="AB-1234x", name=["Eva", "Rey"]
        ),
        "digit": world.customer(1),
    }
    invoices = {key: world.siigo.create_invoice(customer["id"], total=9) for key, customer in made.items()}
    world.connect()
    for _ in range(3):
        result = world.sync()
        world.pass_time(hours=2)
    assert result.document["invoices"]["failed"] == 0
    after = {contact["id"]: contact for contact in world.contacts()}
    for contact_id in (typed, right):
        kept, now = before[contact_id], after[contact_id]
        assert (now["personal"], now["company"], now["custom"]) == (
            kept["personal"],
            kept["company"],
            kept["custom"],
        ), "nobody's data overwritten"
    identifications = [
        contact["custom"].get(FIELD) for contact in after.values() if contact["id"] not in (typed, right)
    ]
    assert len(set(identifications)) == len(identifications), "never a second contact of one identification"
    of_deal = {
        key: world.deal_of(invoice["name"])["contactId"]
        for key, invoice in invoices.items()
        if world.row(invoice["name"]).state == "in_escala"
    }
    for key, contact_id in of_deal.items():
        wanted = made[key]["identification"]
        stored = after[contact_id]["custom"].get(FIELD)
        assert stored == ("900.100.201-8" if key == "digit" else wanted), key
    held = set(invoices) - set(of_deal)
    assert {world.row(invoices[key]["name"]).code for key in held} <= {"CONTACT_REFUSED"}
    assert {"branch", "branch two", "foreign", "digit"} <= set(of_deal)


@pytest.mark.parametrize("mode", ["ok", "exclusive", "ignored", "error500"])
def test_what_was_taken_as_there_already_is_no_sign_that_a_list_lags(world: World, mode: str) -> None:
    """A deal that we made an hour ago must be in every list; one that we only found need not have changed."""
    world.escala.switches.change({"since_mode": mode})
    invoices = world.invoices(8, total=1000)
    for number, invoice in enumerate(invoices):
        days = timedelta(days=9 - number)
        made = world.escala.create_deal(name=invoice["name"], value=1000, created=world.now() - days)
        world.escala.edit_deal(made, {"modified": world.now() - days})
    world.connect()
    assert counts(world.sync()) == {"read": 8, "unchanged": 8}
    for _ in range(2):
        world.pass_time(minutes=20)
        world.siigo.create_invoice(world.siigo.create_customer(identification="800100300", contacts=[])["id"])
        result = world.sync()
        assert counts(result)["created"] == 1
        assert "failed" not in counts(result)
