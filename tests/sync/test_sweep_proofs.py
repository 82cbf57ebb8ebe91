"""What the sweep takes for proof, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _hidden_from_lists(world: World, deal_ids: set[str]) -> None:
    """Escala's list of deals leaves these out and looks complete."""
    shown = [deal for deal in world.deals() if deal["id"] not in deal_ids]
    world.escala.faults.add(
        Fault(
            kind="refuse",
            method="GET",
            path=".*/crm/deals/scroll",
            status=200,
            body={"items": shown, "total": len(shown)},
        )
    )


def _swept_tomorrow(world: World, count: int = 5) -> list[dict[str, Any]]:
    made = world.invoices(count)
    world.connect()
    world.sync()
    world.pass_time(days=1)
    return made


def test_a_list_that_leaves_out_what_exists_deletes_nothing(world: World) -> None:
    _swept_tomorrow(world)
    _hidden_from_lists(world, {deal["id"] for deal in world.deals()[:2]})
    result = world.sync()
    assert counts(result) == {"read": 5, "unchanged": 5}
    assert not models.Invoice.objects.filter(code="DEAL_DELETED").exists()


def test_a_deal_that_a_complete_read_lacks_is_deleted_even_if_nobody_says_so_by_id(world: World) -> None:
    made = _swept_tomorrow(world)
    gone = world.deals()[:4]
    for deal in gone:
        world.escala.delete_deal(deal["id"])
    world.escala.faults.add(
        Fault(kind="refuse", method="GET", path=".*/crm/deals/[0-9a-f-]{30,}", status=400, body={})
    )
    result = world.sync()
    assert counts(result) == {"read": 5, "unchanged": 1, "excluded": 4}
    assert len(made) == 5
    assert world.escala.calls.count("GET", f".*/crm/deals/({'|'.join(deal['id'] for deal in gone)})") == 3, (
        "confirmed as far as that is cheap"
    )


def test_access_refused_while_confirming_ends_the_run(world: World) -> None:
    _swept_tomorrow(world)
    world.escala.delete_deal(world.deals()[0]["id"])
    world.escala.faults.add(
        Fault(kind="refuse", method="GET", path=".*/crm/deals/[0-9a-f-]{30,}", status=401, body={})
    )
    result = world.sync()
    assert (result.exit_code, result.document["sweep"]["done"]) == (3, False)
    assert not models.Invoice.objects.filter(code="DEAL_DELETED").exists()


def test_a_dry_sweep_foretells_and_changes_nothing(world: World) -> None:
    first, second, *_ = _swept_tomorrow(world)
    world.siigo.delete_invoice(first["name"])
    world.siigo.annul_invoice(second["name"])
    world.escala.delete_deal(world.deal_of(second["name"])["id"])
    before = list(
        models.Invoice.objects.order_by("pk").values("state", "code", "deleted", "annulled", "updated_at")
    )
    connection = models.Connection.objects.values("sweep_day", "deleted_asked", "invoices_mark").get()
    foretold = world.sync(dry_run=True)
    assert (
        list(
            models.Invoice.objects.order_by("pk").values("state", "code", "deleted", "annulled", "updated_at")
        )
        == before
    )
    assert models.Connection.objects.values("sweep_day", "deleted_asked", "invoices_mark").get() == connection
    assert counts(foretold) == counts(world.sync())


def test_an_invoice_whose_date_moved_out_of_the_span_is_found_by_its_id(world: World) -> None:
    first, *_ = _swept_tomorrow(world, 3)
    world.siigo.switches.update({"last_updated_moves_on": []})
    world.siigo.edit_invoice(first["name"], date=(world.today() - timedelta(days=200)).isoformat())
    result = world.sync()
    assert counts(result)["read"] == 3
    assert not world.row(first["name"]).deleted
    assert str(world.row(first["name"]).date) == (world.today() - timedelta(days=200)).isoformat()


def test_a_thirtieth_of_the_year_before_is_swept_each_day_where_it_holds_anything(world: World) -> None:
    customer = world.customer()["id"]
    old = world.siigo.create_invoice(customer, date=(world.today() - timedelta(days=395)).isoformat())
    world.siigo.create_invoice(customer)
    world.connect('start = "2020-01-01"')
    world.sync()
    models.Connection.objects.update(sweep_slice=0)
    world.siigo.switches.update({"last_updated_moves_on": []})
    world.siigo.annul_invoice(old["name"])
    world.pass_time(days=1)
    result = world.sync()
    assert codes(result) == ["INVOICE_ANNULLED_LATER"]
    assert models.Connection.objects.get().sweep_slice == 1
    world.siigo.calls.clear()
    world.pass_time(days=1)
    world.sync()
    spans = {entry["query"].get("date_start") for entry in world.siigo.calls.entries()} - {None}
    assert len(spans) == 1, "the next slice holds nothing and is not asked for"


def test_a_deal_deleted_by_a_person_is_noticed_though_the_list_lags_behind_what_the_run_made(
    world: World,
) -> None:
    first, second, *_ = _swept_tomorrow(world)
    world.escala.switches.change({"list_lag_s": 30})
    world.escala.delete_deal(world.deal_of(first["name"])["id"])
    world.invoices(1)
    result = world.sync()
    assert counts(result) == {"read": 6, "created": 1, "unchanged": 4, "excluded": 1}
    assert (world.row(first["name"]).code, world.row(second["name"]).code) == ("DEAL_DELETED", "")
    assert result.document["sweep"]["done"]
