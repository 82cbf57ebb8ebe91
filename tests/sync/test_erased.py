"""A person whose data was erased: no run brings it back, nothing is doubled, later invoices still arrive."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection as db
from django.test.utils import CaptureQueriesContext

from siigo_escala.domain import records
from siigo_escala.domain.crm import ContactId, Deal, DealId
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import erasing, models, personal, tables
from siigo_escala.sync import erased_index, opening, run
from siigo_escala.sync.session import Listener, Options, Progress
from tests.sync import inside, people
from tests.sync.world import FIELD, World, codes, counts

CEDULA = "52123456"
PERSON: dict[str, Any] = {
    "person_type": "Person",
    "id_type": "13",
    "identification": CEDULA,
    "name": ["Zoraida", "Quintero"],
    "contacts": [{"first_name": "Zoraida", "last_name": "Quintero", "email": "zoraida@correo.example"}],
    "phones": [{"indicative": "57", "number": "3115550199"}],
}
TELLING = (CEDULA, "zoraida", "quintero", "3115550199")


def _kept(*, but: tuple[str, ...] = ()) -> str:
    """Everything that our tables hold, as one text."""
    return json.dumps(
        {
            model._meta.db_table: list(tables.rows(model, using="default"))
            for model in tables.in_order()
            if model._meta.db_table not in but
        },
        ensure_ascii=False,
    ).casefold()


def _nothing_tells() -> None:
    kept = _kept()
    assert [word for word in TELLING if word in kept] == []


def _erase(world: World, identification: str = CEDULA) -> personal.Gone:
    connection = models.Connection.objects.get()
    return personal.erase(
        connection, identification, vault=opening.vault_of(world.environment), now=world.now()
    )


def _sold(world: World, **fields: Any) -> dict[str, Any]:
    """The person with two invoices, and another customer with one, in Escala."""
    person = world.siigo.create_customer(**PERSON)
    world.invoices(1, total=5_000)
    for total in (10_000, 20_000):
        world.siigo.create_invoice(
            person["id"], total=total, observations=f"Llamar a Zoraida {CEDULA}", **fields
        )
    world.connect()
    assert counts(world.sync()) == {"read": 3, "created": 3}
    kept = _kept()
    assert all(word in kept for word in TELLING)
    return person


def test_what_is_erased_is_gone_and_no_run_brings_it_back(world: World) -> None:
    person = _sold(world)
    gone = _erase(world)
    assert (gone.customers, gone.contacts, gone.opportunities, gone.invoices) == (1, 1, 2, 2)
    _nothing_tells()
    before = world.report()
    world.siigo.edit_customer(person["id"], city=person.get("city"))
    contact = next(one for one in world.contacts() if one["custom"].get(FIELD) == CEDULA)
    world.escala.edit_contact(contact["id"], {"personal": {"lastName": "Quintero Paz"}})
    world.pass_time(days=1)
    result = world.sync(sweep=True)
    assert counts(result) == {"read": 3, "unchanged": 3}
    models.EscalaAccount.objects.update(must_read_all=True)
    world.invoices(1, total=7_000)
    assert counts(world.sync())["created"] == 1
    _nothing_tells()
    after = {row["siigo_id"]: row for row in world.report()["rows"]}
    assert all(after[row["siigo_id"]] == row for row in before["rows"])


def test_what_was_mended_by_hand_before_a_person_was_erased_is_told_no_more(world: World) -> None:
    _sold(world)
    world.connect('on_edited = "report"')
    edited = models.Invoice.objects.get(value=10_000).siigo_id
    world.siigo.edit_invoice(edited, total=11_000)
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    people.say(world, "done", edited)
    _erase(world)
    assert counts(world.sync()) == {"read": 3, "unchanged": 3}


def _her_contact(world: World) -> str:
    return str(next(one["id"] for one in world.contacts() if one["custom"].get(FIELD) == CEDULA))


def _deleted(world: World) -> None:
    world.escala.delete_contact(_her_contact(world))


def _merged(world: World) -> None:
    winner = next(one["id"] for one in world.contacts() if one["custom"].get(FIELD) != CEDULA)
    world.escala.merge_contacts(winner, _her_contact(world))


@pytest.mark.parametrize("gone", [_deleted, _merged])
def test_her_deals_keep_no_name_once_escala_shows_them_without_her_contact(
    world: World, gone: Callable[[World], None]
) -> None:
    person = _sold(world)
    world.escala.create_deal(name="Cotización de Zoraida", contact_id=_her_contact(world))
    world.pass_time(minutes=5)
    world.sync()
    _erase(world)
    later = world.siigo.create_invoice(person["id"], total=30_000)
    world.escala.create_deal(name="Otra de Zoraida", contact_id=_her_contact(world))
    assert counts(world.sync())["created"] == 1
    world.deal_of(later["name"])
    world.pass_time(days=1)
    gone(world)
    for _ in range(2):
        world.pass_time(days=1)
        assert "created" not in counts(world.sync(sweep=True))
        _nothing_tells()
    others = models.KnownDeal.objects.get(deal_id=models.Invoice.objects.get(value=5_000).deal_id)
    assert " - " in others.name, "another customer's deal keeps its name"


def test_a_deal_that_shows_her_invoice_and_never_her_contact_keeps_no_name(world: World) -> None:
    """As when a person binds it; and after an erasure by a version that remembered no deals."""
    _sold(world)
    hers = models.Invoice.objects.get(value=10_000).deal_id
    assert hers is not None
    _erase(world)
    _deleted(world)
    account = models.EscalaAccount.objects.get()
    erased = erasing.of_account(account, opening.vault_of(world.environment))
    models.Erasure.objects.filter(mark=erased.mark(erasing.of_deal(hers))).delete()
    world.pass_time(days=1)
    world.sync(sweep=True)
    _nothing_tells()


def test_a_batch_of_deals_costs_as_many_queries_as_a_single_one(world: World) -> None:
    _sold(world)
    contact = ContactId(_her_contact(world))
    _erase(world)
    asked = []
    with inside.session(world) as session:
        for count in (1, 300):
            deals = [
                Deal(id=DealId(f"{count}-{number}"), name=f"Zoraida FV-9-{number}", contact_id=contact)
                for number in range(count)
            ]
            with CaptureQueriesContext(db) as queries:
                names = erased_index.names_of(session, deals)
            assert len(names) == count
            assert set(names.values()) == {f"FV-9-{number}" for number in range(count)}
            asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_later_invoice_finds_the_contact_and_leaves_nothing_behind(world: World) -> None:
    person = _sold(world)
    _erase(world)
    world.pass_time(days=1)
    contacts = len(world.contacts())
    made = world.siigo.create_invoice(person["id"], total=30_000)
    result = world.sync()
    assert counts(result)["created"] == 1
    assert result.document["contacts"] == {"created": 0, "matched": 1}
    assert len(world.contacts()) == contacts
    deal = world.deal_of(made["name"])
    assert "Zoraida" in deal["name"], "in Escala it is an opportunity like any other"
    contact = next(one for one in world.contacts() if one["custom"].get(FIELD) == CEDULA)
    assert deal["contactId"] == contact["id"]
    _nothing_tells()
    assert "created" not in counts(world.sync(sweep=True))
    _nothing_tells()


def test_the_contact_is_found_even_where_nothing_of_it_is_bound(world: World) -> None:
    """As after a restore of an older copy: by its identification, under which the index hides it."""
    person = _sold(world)
    _erase(world)
    models.ContactBinding.objects.all().delete()
    models.EscalaAccount.objects.update(must_read_all=True)
    contacts = len(world.contacts())
    world.siigo.create_invoice(person["id"], total=30_000)
    assert counts(world.sync())["created"] == 1
    assert len(world.contacts()) == contacts
    _nothing_tells()


def test_the_contact_that_escala_wrote_another_customer_over_is_not_given_to_him(world: World) -> None:
    """Nothing binds it, the index hides whose it is, and an e-mail that no list shows leads Escala to it."""
    person = _sold(world)
    _erase(world)
    models.ContactBinding.objects.all().delete()
    contact = next(one for one in world.contacts() if one["custom"].get(FIELD) == CEDULA)
    world.escala.edit_contact(contact["id"], {"alternativeEmails": ["otto@correo.example"]})
    world.escala.switches.change({"duplicate_contact": "upsert"})
    models.EscalaAccount.objects.update(must_read_all=True)
    otto = {"first_name": "Otto", "last_name": "Rey", "email": "otto@correo.example"}
    fields = {"identification": "79555444", "name": ["Otto", "Rey"], "phones": [], "contacts": [otto]}
    world.siigo.create_invoice(world.siigo.create_customer(**{**PERSON, **fields})["id"], total=9_000)
    for _ in range(2):
        assert codes(world.sync()) == ["CONTACT_REFUSED"]
        world.pass_time(hours=2)
    made = world.siigo.create_invoice(person["id"], total=30_000)
    world.sync()
    hers = world.deal_of(made["name"])["contactId"]
    assert [one["custom"][FIELD] for one in world.contacts() if one["id"] == hers] == [CEDULA]
    _nothing_tells()


def test_a_customer_who_shares_the_email_gets_a_contact_of_its_own(world: World) -> None:
    _sold(world)
    _erase(world)
    models.EscalaAccount.objects.update(must_read_all=True)
    other = world.siigo.create_customer(
        **{**PERSON, "identification": "79555444", "name": ["Otto", "Rey"], "phones": []}
    )
    made = world.siigo.create_invoice(other["id"], total=30_000)
    assert counts(world.sync())["created"] == 1
    contact = next(one for one in world.contacts() if one["id"] == world.deal_of(made["name"])["contactId"])
    assert contact["custom"][FIELD] == "79555444"
    assert "email" not in contact["personal"]


def test_a_new_customer_who_was_erased_before_is_made_in_escala_and_not_kept(world: World) -> None:
    world.connect()
    world.sync()
    assert _erase(world).customers == 0
    person = world.siigo.create_customer(**PERSON)
    made = world.siigo.create_invoice(person["id"], total=30_000)
    assert counts(world.sync())["created"] == 1
    contact = next(one for one in world.contacts() if one["id"] == world.deal_of(made["name"])["contactId"])
    assert contact["personal"]["email"] == "zoraida@correo.example"
    _nothing_tells()


def test_a_lost_answer_for_an_erased_person_is_settled_and_leaves_nothing_behind(world: World) -> None:
    person = _sold(world)
    _erase(world)
    for path in ("/crm/contacts", "/crm/deals"):
        world.escala.faults.add(Fault(kind="store_then_lost", method="POST", path=path, times=1))
    another = world.siigo.create_invoice(person["id"], total=30_000)
    fresh = world.siigo.create_customer(
        **{**PERSON, "identification": "1018000111", "phones": [], "contacts": []}
    )
    _erase(world, "1018000111")
    world.siigo.create_invoice(fresh["id"], total=40_000)
    world.sync()
    world.pass_time(minutes=5)
    world.sync()
    world.deal_of(another["name"])
    assert len(world.deals()) == 5
    assert len(world.contacts()) == 3
    _nothing_tells()


def test_data_is_found_under_every_way_of_writing_the_identification(world: World) -> None:
    nit = world.siigo.create_customer(
        person_type="Company", id_type="31", identification="900123456", check_digit="8", name=["Andina SAS"]
    )
    world.siigo.create_invoice(nit["id"], total=10_000)
    world.connect()
    world.sync()
    connection = models.Connection.objects.get()
    for text in ("900123456", "900.123.456-8", "9001234568", " NIT 900123456-8 "):
        found = personal.find(connection, text)
        assert (len(found.customers), len(found.contacts), len(found.invoices)) == (1, 1, 1), text
    assert not personal.find(connection, "900123457")
    shown = personal.shown(personal.find(connection, "900123456"))
    models.KnownCustomer.objects.all().delete()
    models.Invoice.objects.update(customer="900.123.456-8")
    assert len(personal.find(connection, "900123456").invoices) == 1, (
        "as the ledger has it, without the record"
    )
    assert len(personal.find(connection, "9001234568").invoices) == 1, "with its check digit and no hyphen"
    models.Invoice.objects.update(customer="900123456")
    assert shown["customers"][0]["names"] == ["Andina SAS"]
    assert shown["invoices"][0]["customer"] == "900123456"
    assert [event["kind"] for event in shown["history"]]
    assert datetime.fromisoformat(shown["history"][0]["at"]).tzinfo is not None
    _erase(world, "900.123.456-8")
    assert "andina" not in _kept(but=("connection",))
    assert not personal.find(connection, "900123456")


def test_an_erased_person_is_erased_for_every_connection_that_shares_an_account(world: World) -> None:
    _sold(world)
    other = models.Connection.objects.get()
    other.pk, other.name = None, "otra"
    other.siigo = models.SiigoCompany.objects.create()
    other.save()
    third = models.Connection.objects.get(name="otra")
    third.pk, third.name = None, "tercera"
    third.escala = models.EscalaAccount.objects.create()
    third.save()
    third = models.Connection.objects.get(name="tercera")
    gone = personal.erase(third, CEDULA, vault=opening.vault_of(world.environment), now=world.now())
    assert [one.name for one in gone.connections] == ["acme", "otra", "tercera"]
    assert models.Erasure.objects.values("escala").distinct().count() == 2
    _nothing_tells()


def test_a_run_that_knew_the_person_when_it_began_keeps_and_makes_nothing_of_it(world: World) -> None:
    person = _sold(world)
    world.siigo.create_invoice(person["id"], total=30_000)

    def erased(_: dict[str, Any]) -> bool:
        _erase(world)
        return True

    result = world.sync(plan=erased)
    assert result.exit_code == 5
    _nothing_tells()
    assert len(world.contacts()) == 2
    assert counts(world.sync())["created"] == 1
    assert len(world.contacts()) == 2
    _nothing_tells()
    _erase(world)
    _nothing_tells()


def test_the_identification_cannot_be_found_by_trying_numbers_against_what_is_kept(world: World) -> None:
    person = _sold(world)
    before = {row.siigo_id: (row.record, row.digest) for row in models.Invoice.objects.all()}
    _erase(world)
    world.siigo.create_invoice(person["id"], total=30_000)
    assert counts(world.sync())["created"] == 1
    plain = {records.digest(record) for record, _ in before.values()}
    kept = _kept()
    theirs = [row for row in models.Invoice.objects.all() if not row.customer]
    assert len(theirs) == 3
    for row in theirs:
        whole = {**row.record, "customer_identification": CEDULA}
        assert records.digest(whole) not in kept
    assert plain & {digest for _, digest in before.values()}, "what was kept before was just that"
    world.pass_time(days=1)
    assert counts(world.sync(sweep=True))["unchanged"] == 4, "and nobody edited anything"


def test_an_identity_bound_under_both_names_is_erased_and_keeps_its_contact(world: World) -> None:
    _sold(world)
    bound = models.ContactBinding.objects.get(identity__endswith=CEDULA)
    _erase(world)
    models.ContactBinding.objects.create(escala_id=bound.escala_id, identity=bound.identity)
    _erase(world)
    (kept,) = models.ContactBinding.objects.filter(contact_id=bound.contact_id)
    assert kept.identity.startswith("erased:")
    _nothing_tells()


def test_a_dry_run_that_knew_the_person_when_it_began_keeps_nothing_of_it(world: World) -> None:
    _sold(world)
    world.escala.create_contact(first_name="Zoraida", custom={FIELD: CEDULA})
    world.pass_time(days=1)

    def erased(progress: Progress) -> None:
        if progress.phase == "siigo" and not models.Erasure.objects.exists():
            _erase(world)

    opened = opening.open_connection(world.environment, "acme")
    result = run.run(opened, Options(dry_run=True, sweep=True), Listener(progress=erased), now=world.now)
    assert models.Erasure.objects.exists()
    assert result.exit_code == 5
    _nothing_tells()
    assert world.sync(dry_run=True).exit_code == 0
    _nothing_tells()
