"""Reading Siigo into the ledger: each invoice once, with its credit notes, whatever the lists leave out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _mark() -> Any:
    return models.Connection.objects.get().invoices_mark


def test_a_row_that_comes_twice_counts_once_and_one_without_id_is_nobodys(world: World) -> None:
    world.siigo.switches.update({"repeated_rows": 2})
    *_, odd = world.invoices(105)[:3]
    world.siigo.distort(odd["name"], remove=["id"])
    world.connect("document_types = [24450]")
    result = world.sync()
    assert counts(result) == {"read": 105, "excluded": 104, "failed": 1}
    assert result.document["problems"][0] | {"message": ""} == {
        "invoice": None,
        "code": "UNEXPECTED_ANSWER",
        "message": "",
    }


def test_the_mark_follows_siigos_clock_and_moves_after_the_last_page_alone(world: World) -> None:
    world.siigo.clock.advance(3600)
    world.invoices(1)
    world.connect()
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/invoices", status=500, body={}))
    assert world.sync().exit_code == 4
    assert _mark() is None
    world.siigo.faults.clear()
    world.sync()
    ahead = _mark() - world.now()
    assert timedelta(minutes=58) < ahead < timedelta(minutes=62), "Siigo's clock, not ours"


def test_what_was_made_shortly_before_the_mark_and_shown_late_is_not_missed(world: World) -> None:
    world.connect()
    world.siigo.switches.update({"list_lag_s": 300})
    world.invoices(1)
    assert counts(world.sync()) == {}
    world.pass_time(minutes=10)
    assert counts(world.sync()) == {"read": 1, "created": 1}


def test_the_moment_of_creation_that_a_list_leaves_out_is_kept(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    before = world.row(invoice["name"])
    assert before.created is not None
    world.siigo.distort(invoice["name"], metadata={"created": "", "last_updated": ""})
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    after = world.row(invoice["name"])
    assert (after.created, after.record, after.updated_at) == (
        before.created,
        before.record,
        before.updated_at,
    )


@pytest.mark.parametrize("dry", [True, False])
def test_credit_notes_add_up_even_where_a_dry_run_keeps_none(world: World, dry: bool) -> None:
    first, second, third = world.invoices(3, total=1000)
    world.connect('on_credited = "subtract"')
    world.sync()
    world.siigo.credit_note(first["name"], total=400)
    world.siigo.credit_note(first["name"], total=600)
    world.siigo.credit_note(second["name"], total=100)
    world.siigo.credit_note(second["name"], total=100)
    world.siigo.credit_note(third["name"], total=900, link=False)
    result = world.sync(dry_run=dry)
    assert counts(result) == {"read": 3, "unchanged": 1, "updated": 1, "needs_attention": 1}
    assert codes(result) == ["INVOICE_CREDITED"]
    assert models.CreditNote.objects.count() == (0 if dry else 4), "one that names no invoice concerns none"
    assert Decimal(str(world.deal_of(second["name"])["value"])) == (1000 if dry else 800)
    again = world.sync()
    assert codes(again) == ["INVOICE_CREDITED"]
    assert Decimal(str(world.deal_of(second["name"])["value"])) == 800


def test_a_credit_note_that_changes_its_value_counts_with_the_last_one(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect('on_credited = "subtract"')
    world.sync()
    note = world.siigo.credit_note(invoice["name"], total=100)
    world.sync()
    world.siigo.distort(note["id"], kind="credit_notes", total=300)
    foretold = world.sync(dry_run=True)
    assert counts(foretold) == counts(world.sync())
    assert world.row(invoice["name"]).credited == 300
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == 700


def test_a_run_to_a_day_reads_from_the_first_and_one_from_a_day_to_today(world: World) -> None:
    customer = world.customer()["id"]
    days = [world.today() - timedelta(days=ago) for ago in (400, 20, 0)]
    made = [world.siigo.create_invoice(customer, date=day.isoformat()) for day in days]
    world.connect()
    assert counts(world.sync(date_to=days[1])) == {"read": 2, "created": 2}
    assert counts(world.sync(date_from=days[1])) == {"read": 2, "created": 1, "unchanged": 1}
    assert _mark() is None
    for invoice in made:
        world.deal_of(invoice["name"])


def test_names_say_nothing_of_credit_notes_and_siigo_is_asked_for_them_alone(world: World) -> None:
    first, _ = world.invoices(2)
    world.connect()
    world.siigo.calls.clear()
    assert counts(world.sync(invoices=(first["name"],))) == {"read": 1, "created": 1}
    assert world.siigo.calls.count("GET", "/v1/credit-notes") == 0


def test_a_seller_whose_number_is_absurd_costs_the_seller_and_not_the_invoice(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.siigo.distort(invoice["name"], seller=2**70)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.row(invoice["name"]).seller is None


def test_a_dry_run_gives_a_credit_note_to_its_own_invoice_alone(world: World) -> None:
    first, second = world.invoices(2, total=1000)
    world.connect()
    world.sync()
    world.pass_time(hours=1)
    world.sync(sweep=False)
    world.siigo.credit_note(first["name"], total=400)
    world.siigo.create_invoice(second["customer"]["id"], total=1000)
    foretold = world.sync(dry_run=True, sweep=False)
    assert counts(foretold) == {"read": 2, "created": 1, "needs_attention": 1}
    assert [problem["invoice"] for problem in foretold.document["problems"]] == [first["name"]]
    assert counts(world.sync(sweep=False)) == counts(foretold)


def test_more_than_a_page_of_credit_notes_is_read_to_its_end(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    for _ in range(101):
        world.siigo.credit_note(invoice["name"], total=2)
    world.connect()
    world.sync()
    assert world.row(invoice["name"]).credited == 202


def test_a_long_pause_that_siigo_asks_for_ends_the_run_even_at_credit_notes(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.siigo.faults.add(Fault(kind="429_header", path="/v1/credit-notes", retry_after=3600))
    result = world.sync()
    assert result.exit_code == 4
    assert world.siigo.calls.count("GET", "/v1/invoices") == 0
    assert _mark() is None


def test_the_day_before_start_is_asked_for_and_left_out_unless_it_was_made_since(world: World) -> None:
    customer = world.customer()["id"]
    start = world.today()
    before = (start - timedelta(days=1)).isoformat()
    world.siigo.create_invoice(customer, date=before, created=f"{before}T15:00:00Z")
    late = world.siigo.create_invoice(customer, date=before)
    world.connect(f'start = "{start.isoformat()}"')
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.deal_of(late["name"])


def test_a_run_with_dates_that_reads_all_deals_notices_those_deleted_in_its_span_alone(world: World) -> None:
    customer = world.customer()["id"]
    days = [world.today() - timedelta(days=ago) for ago in (9, 3, 2)]
    made = [world.siigo.create_invoice(customer, date=day.isoformat()) for day in days]
    world.connect()
    world.sync(date_from=days[0], date_to=days[1])
    for invoice in made[:2]:
        world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
    world.escala.switches.change({"since_mode": "error500"})
    world.pass_time(hours=2)
    # The list of deals is empty then: it has a clock all the same, and what is made after it is no older.
    world.escala.clock.advance(-2)
    result = world.sync(date_from=days[1], date_to=days[2])
    assert counts(result) == {"read": 2, "created": 1, "excluded": 1}
    assert [world.row(invoice["name"]).code for invoice in made] == ["", "DEAL_DELETED", ""]
