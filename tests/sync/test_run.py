"""The main job: every invoice once, to the cent, and nothing on the second run."""

from __future__ import annotations

from decimal import Decimal

from tests.sync.world import World, counts


def test_every_invoice_becomes_one_opportunity_with_its_total_and_its_contact(world: World) -> None:
    invoices = world.invoices(5, customers=2)
    world.connect()
    result = world.sync()
    assert result.exit_code == 0
    assert counts(result) == {"read": 5, "created": 5}
    assert result.document["contacts"] == {"created": 2, "matched": 3}
    assert len(world.contacts()) == 2
    for invoice in invoices:
        deal = world.deal_of(invoice["name"])
        assert Decimal(str(deal["value"])) == Decimal(str(invoice["total"]))


def test_a_second_run_writes_nothing_and_takes_four_calls_at_most(world: World) -> None:
    world.invoices(3)
    world.connect()
    world.sync()
    before = world.escala.calls.count(method="POST")
    result = world.sync()
    assert counts(result) == {"read": 3, "unchanged": 3}
    assert world.escala.calls.count(method="POST") == before
    assert sum(result.document["calls"].values()) <= 4


def test_a_dry_run_writes_nothing_and_foretells_the_run_after_it(world: World) -> None:
    world.invoices(7, customers=3)
    world.connect()
    told = world.sync(dry_run=True)
    assert not world.deals()
    assert not world.rows()
    done = world.sync()
    for key in ("invoices", "value", "contacts", "products"):
        assert told.document[key] == done.document[key], key
    assert told.document["run"] is None
    assert told.document["plan"]["calls"]["escala"] == told.document["calls"]["escala"] + 10


def test_what_is_taken_up_goes_with_all_that_was_read_as_the_plan_says(world: World) -> None:
    world.invoices(2, customers=2)
    world.connect()
    world.sync(limit=1)
    world.pass_time(days=40)
    world.sync(limit=0)
    world.invoices(1)
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}
    assert result.document["plan"]["calls"] == result.document["calls"]


def test_the_document_says_what_of_its_calls_the_sweep_took(world: World) -> None:
    """One list of Siigo; Escala's pipelines, its deals and their last page; nothing of before."""
    world.invoices(3)
    world.connect()
    world.sync()
    world.pass_time(days=1)
    world.invoices(1)
    result = world.sync()
    assert counts(result) == {"read": 4, "created": 1, "unchanged": 3}
    assert result.document["sweep"] == {"done": True, "calls": 4}
