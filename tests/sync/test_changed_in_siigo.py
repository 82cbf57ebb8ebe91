"""What people change in Siigo later on: noticed, decided by the rules, nobody's work undone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync import people
from tests.sync.world import World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: nothing here depends on it."""
    return sqlite_url


def _made(world: World, more: str = "", *, tables: str = "") -> dict[str, Any]:
    (invoice,) = world.invoices(1, total=1000)
    world.connect(more, tables=tables)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    return invoice


def _edit(world: World, invoice: dict[str, Any], price: int) -> None:
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": price}])


def _value(world: World, invoice: dict[str, Any]) -> Decimal:
    return Decimal(str(world.deal_of(invoice["name"])["value"]))


@pytest.mark.parametrize("shown", ["unchanged", "zero"])
def test_an_annulled_invoice_counts_with_its_last_value_whatever_siigo_shows_of_it(
    world: World, shown: str
) -> None:
    world.siigo.switches.update({"annulled_total": shown})
    invoice = _made(world)
    world.siigo.annul_invoice(invoice["name"])
    world.pass_time(days=1)
    for _ in range(2):
        result = world.sync()
        assert codes(result) == ["INVOICE_ANNULLED_LATER"]
        assert result.document["value"]["needs_attention"] == "1000.00"
        assert world.report()["value"]["annulled"] == "1000.00"
    people.say(world, "done", invoice["name"])
    world.sync()
    assert world.report()["value"]["annulled"] == "1000.00"


def test_an_invoice_that_was_annulled_before_we_read_it_counts_with_what_siigo_shows(world: World) -> None:
    world.siigo.switches.update({"annulled_total": "zero"})
    (invoice,) = world.invoices(1, total=1000)
    world.siigo.annul_invoice(invoice["name"])
    world.connect()
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    assert world.report()["value"]["total"] == "0.00"


def test_a_note_is_taken_off_and_nothing_is_shown_of_an_edit_that_waits_for_a_person(world: World) -> None:
    invoice = _made(world, 'on_edited = "report"\non_credited = "subtract"')
    before = world.deal_of(invoice["name"])
    _edit(world, invoice, 2000)
    world.siigo.credit_note(invoice["name"], total=300)
    told = world.sync(dry_run=True)
    result = world.sync()
    assert told.document["invoices"] == result.document["invoices"]
    assert counts(result) == {"read": 1, "needs_attention": 1}
    assert codes(result) == ["INVOICE_EDITED"]
    assert _value(world, invoice) == 700
    after = world.deal_of(invoice["name"])
    assert (after["description"], after["products"]) == (before["description"], before["products"])
    writes = world.escala.calls.count(method="PUT")
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    assert "$ 1.700,00" in world.sync().document["problems"][0]["message"], "what the person is to type"
    world.siigo.credit_note(invoice["name"], total=100)
    world.sync()
    assert _value(world, invoice) == 600
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.escala.calls.count(method="PUT") == writes + 1
    world.siigo.credit_note(invoice["name"], total=100)
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert _value(world, invoice) == 1500, "the edit was seen to: the note comes off the new value"


def test_a_note_that_escala_cannot_take_off_does_not_release_the_edit_beside_it(world: World) -> None:
    world.escala.switches.change({"update_verb": "none"})
    invoice = _made(world, 'on_edited = "report"\non_credited = "subtract"')
    _edit(world, invoice, 2000)
    world.siigo.credit_note(invoice["name"], total=300)
    result = world.sync()
    while codes(result) != ["UPDATE_NOT_POSSIBLE"]:
        result = world.sync()
    assert "$ 700,00" in result.document["problems"][0]["message"]
    people.say(world, "done", invoice["name"])
    assert codes(world.sync()) == ["INVOICE_EDITED"]


def test_another_customer_is_told_and_the_opportunity_stays_whose_it_was(world: World) -> None:
    invoice = _made(world)
    other = world.customer(7)
    before = world.deal_of(invoice["name"])
    world.siigo.edit_invoice(
        invoice["name"],
        customer={"id": other["id"], "identification": other["identification"], "branch_office": 0},
    )
    for _ in range(2):
        result = world.sync()
        assert codes(result) == ["INVOICE_EDITED"]
        (problem,) = result.document["problems"]
        assert other["identification"] in problem["message"]
        assert before["id"] in problem["message"]
        assert "antes" not in problem["message"], "the value is the same"
    assert world.deal_of(invoice["name"]) == before
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    _edit(world, invoice, 2000)
    assert counts(world.sync()) == {"read": 1, "updated": 1}, "whose it is was seen to"


def test_an_identification_that_was_put_right_in_siigo_is_no_other_customer(world: World) -> None:
    invoice = _made(world)
    customer = invoice["customer"]["id"]
    world.siigo.edit_customer(customer, identification="900999888")
    world.siigo.edit_invoice(
        invoice["name"], customer={"id": customer, "identification": "900999888", "branch_office": 0}
    )
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize("known", [True, False])
def test_another_branch_of_the_same_customer_is_no_other_customer_as_far_as_he_is_known(
    world: World, known: bool
) -> None:
    invoice = _made(world)
    branch = world.customer(0, branch_office=3)
    if not known:
        models.KnownCustomer.objects.update(record={})
    world.siigo.edit_invoice(
        invoice["name"],
        customer={"id": branch["id"], "identification": branch["identification"], "branch_office": 3},
    )
    assert codes(world.sync()) == ([] if known else ["INVOICE_EDITED"])


def test_another_seller_changes_no_owner(world: World) -> None:
    first = world.siigo.company.users[0]
    second = world.siigo.add_user(username="otra@empresa.example", email="otra@empresa.example")
    links = f'\n[sellers]\n"{first["email"]}" = "laura@acme.example"\n'
    links += '"otra@empresa.example" = "pedro@acme.example"'
    for owner in ("laura@acme.example", "pedro@acme.example"):
        world.escala.add_owner(owner)
    invoice = _made(world, tables=links)
    before = world.deal_of(invoice["name"])
    world.siigo.edit_invoice(invoice["name"], seller=second["id"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.deal_of(invoice["name"]) == before


def test_a_stamp_that_is_refused_later_changes_nothing_of_what_is_in_escala(world: World) -> None:
    customer = world.customer()["id"]
    invoice = world.siigo.create_invoice(customer, stamp="Draft", total=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.siigo.stamp(invoice["name"], "Rejected")
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_notes_of_months_later_come_off_one_by_one_until_the_whole_is_credited(world: World) -> None:
    invoice = _made(world, 'on_credited = "subtract"\non_annulled = "lost_stage"')
    for left, amount in ((700, 300), (400, 300)):
        world.pass_time(days=40)
        world.siigo.credit_note(invoice["name"], total=amount)
        assert counts(world.sync())["updated"] == 1
        assert _value(world, invoice) == left
        assert world.report()["value"]["in_escala"] == "1000.00", "the ledger keeps the invoice's value"
    world.pass_time(days=40)
    world.siigo.credit_note(invoice["name"], total=400)
    assert counts(world.sync())["updated"] == 1
    (row,) = world.report()["rows"]
    assert (row["status"], row["code"], row["open"]) == ("annulled", "INVOICE_CREDITED", False)


def test_a_part_that_was_seen_to_and_then_the_whole_is_credited_as_a_whole(world: World) -> None:
    invoice = _made(world, 'on_annulled = "lost_stage"')
    world.siigo.credit_note(invoice["name"], total=300)
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
    people.say(world, "done", invoice["name"])
    world.sync()
    world.siigo.credit_note(invoice["name"], total=700)
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    for _ in range(2):
        (row,) = world.report()["rows"]
        assert (row["status"], row["code"], row["open"]) == ("annulled", "INVOICE_CREDITED", False)
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_what_is_made_again_under_another_id_is_another_invoice(world: World) -> None:
    invoice = _made(world)
    (first,) = world.deals()
    world.siigo.delete_invoice(invoice["name"])
    again = world.siigo.create_invoice(invoice["customer"]["id"], name=invoice["name"], total=1000)
    world.pass_time(days=1)
    result = world.sync()
    assert codes(result) == ["INVOICE_DELETED"]
    assert f"oportunidad {first['id']} sigue" in result.document["problems"][0]["message"], "which of the two"
    assert counts(result) == {"read": 2, "created": 1, "needs_attention": 1}
    assert len({deal["id"] for deal in world.deals()}) == 2
    assert models.Invoice.objects.get(siigo_id=again["id"]).deal_id
    assert "OTHER_WRITER_SEEN" not in codes(result)
    world.pass_time(days=1)
    assert "OTHER_WRITER_SEEN" not in codes(world.sync())


def test_a_credit_note_is_not_forgotten_by_a_run_that_ends_before_it_is_decided(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.pass_time(days=40)
    assert world.sync().document["sweep"]["done"]
    world.pass_time(hours=1)
    world.siigo.credit_note(invoice["name"], total=300)
    world.siigo.faults.add(Fault(kind="refuse", method="GET", path="/v1/invoices", status=503, body={}))
    assert world.sync().exit_code == 4
    assert models.CreditNote.objects.count() == 1, "read and stored, and nothing decided"
    world.siigo.faults.clear()
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]


def test_a_deal_of_an_absurd_value_stops_no_invoice(world: World) -> None:
    world.escala.create_deal(name="Absurda", value=10**17)
    world.invoices(2)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    world.pass_time(days=1)
    assert world.sync().document["sweep"]["done"]


def test_one_opportunity_that_escala_cannot_change_today_stops_no_other(world: World) -> None:
    world.configured(patience_seconds=1)
    bad, good = world.invoices(2, total=1000)
    world.connect()
    world.sync()
    world.pass_time(hours=1)
    for invoice in (bad, good):
        world.siigo.edit_invoice(invoice["name"], total=2000)
    world.invoices(1)
    stuck = Fault(kind="refuse", path=f".*/crm/deals/{world.row(bad['name']).deal_id}", status=500, body={})
    world.escala.faults.add(stuck)
    result = world.sync()
    assert (counts(result), codes(result)) == (
        {"read": 3, "created": 1, "updated": 1, "failed": 1},
        ["OUTCOME_UNKNOWN"],
    )
    assert world.deal_of(good["name"])["value"] == 2000
    world.escala.faults.clear()
    assert counts(world.sync())["updated"] == 1
    assert world.deal_of(bad["name"])["value"] == 2000


def test_an_escala_that_is_down_ends_the_run_all_the_same(world: World) -> None:
    world.configured(patience_seconds=1)
    invoice = _made(world)
    world.pass_time(hours=1)
    world.siigo.edit_invoice(invoice["name"], total=2000)
    world.escala.faults.add(Fault(kind="refuse", status=500, body={}))
    assert world.sync().exit_code == 4


def test_a_fourth_opportunity_without_an_answer_is_an_escala_that_is_not_well(world: World) -> None:
    world.configured(patience_seconds=1, escala_connections=1)
    invoices = world.invoices(5, total=1000)
    world.connect()
    world.sync()
    world.pass_time(hours=1)
    for invoice in invoices:
        world.siigo.edit_invoice(invoice["name"], total=2000)
    world.escala.faults.add(
        Fault(kind="refuse", method="GET", path=".*/crm/deals/[^/]+", status=500, body={})
    )
    result = world.sync()
    assert (result.exit_code, counts(result)) == (4, {"read": 5, "failed": 5})
    assert codes(result).count("OUTCOME_UNKNOWN") == 3
    world.escala.faults.clear()
    assert counts(world.sync())["updated"] == 5
