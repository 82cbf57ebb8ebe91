"""A deal that is gone since it was read is nobody's: its invoice gets one, or a person hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.sync import claims
from tests.sync import inside, people
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE = "/crm/deals/(?!scroll)[^/]+"


def _seen(world: World, count: int = 1) -> list[tuple[dict[str, Any], str]]:
    """Invoices with the deals that name them, all of them seen by a dry run; what changes later is known."""
    invoices = world.invoices(count, total=1000)
    deals = [world.escala.create_deal(name=f"{one['name']} de Ana", value=1000) for one in invoices]
    world.pass_time(minutes=5)
    world.escala.create_deal(name="de otro")
    world.pass_time(minutes=5)
    world.connect()
    assert codes(world.sync(dry_run=True)) == ["DEAL_ADOPTED"] * count
    world.pass_time(minutes=10)
    world.escala.calls.clear()
    return list(zip(invoices, deals, strict=True))


def _asked(world: World) -> tuple[int, int]:
    """How many deals were asked for by id, and how many lists of all deals."""
    lists = [
        entry
        for entry in world.escala.calls.entries()
        if entry["path"].endswith("/crm/deals/scroll") and not {"since", "scrollId"} & entry["query"].keys()
    ]
    return world.escala.calls.count(method="GET", path=f".*{ONE}"), len(lists)


@pytest.mark.parametrize("since", ["works", "ignored"])
def test_a_deal_deleted_after_the_dry_run_that_saw_it_is_made(world: World, since: str) -> None:
    ((invoice, deal),) = _seen(world)
    models.EscalaAccount.objects.update(capabilities={"since_deals": since})
    world.escala.delete_deal(deal)
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert _asked(world) == (1, 0), "nothing was read whole"
    assert told.document["invoices"] == result.document["invoices"]
    assert world.row(invoice["name"]).deal_id == world.deal_of(invoice["name"])["id"]
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}, "the sweep finds it there"


def test_a_person_hears_that_the_deal_he_named_is_gone_since(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    deal = world.escala.create_deal(name=f"{invoice['name']} de otra", value=1)
    world.connect()
    result = world.sync()
    assert codes(result) == ["DEAL_NAME_TAKEN"]
    said = result.document["problems"][0]["message"]
    assert f"({deal}), pero no coinciden ni el contacto ni el valor; diga cuál es la suya" in said
    world.escala.delete_deal(deal)
    people.say(world, "deal", invoice["name"], target=deal)
    assert codes(world.sync()) == ["DECISION_NOT_POSSIBLE"]
    assert world.row(invoice["name"]).deal_id is None


def test_what_this_run_has_read_is_not_asked_for(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.escala.create_deal(name=f"{invoice['name']} de Ana", value=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert _asked(world) == (0, 1)


def test_many_such_deals_are_read_at_once(world: World) -> None:
    seen = _seen(world, 9)
    for _, deal in seen[::3]:
        world.escala.delete_deal(deal)
    assert counts(world.sync()) == {"read": 9, "unchanged": 6, "created": 3}
    asked, lists = _asked(world)
    assert 6 <= asked <= 7
    assert lists == 1
    assert len(world.deals()) == 10


def test_where_not_even_the_list_of_all_shows_them_each_is_asked_for(world: World) -> None:
    seen = _seen(world, 9)
    path = "/crm/deals(/scroll)?"
    inside.refuse(world, path, method="GET", status=200, body={"items": [], "total": 10})
    assert counts(world.sync()) == {"read": 9, "unchanged": 9}
    assert _asked(world) == (9, 2), "before the first of them, and once more for all"
    assert {row.deal_id for row in world.rows().values()} == {deal for _, deal in seen}


@pytest.mark.parametrize("status", [400, 500])
def test_an_answer_that_says_nothing_leaves_it_at_what_was_read_before(world: World, status: int) -> None:
    ((invoice, deal),) = _seen(world)
    inside.refuse(world, ONE, method="GET", status=status, body={"message": "?"})
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.row(invoice["name"]).deal_id == deal


def test_without_an_answer_nobody_says_of_an_unknown_deal_that_it_is_not_there(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    taken = world.escala.create_deal(name=f"{invoice['name']} de otra", value=1)
    world.connect()
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    deal = world.escala.create_deal(name="Recién hecha", value=7)
    people.say(world, "deal", invoice["name"], target=deal)
    inside.refuse(world, ONE, method="GET", status=500, body={"message": "?"})
    assert "ESCALA_UNREACHABLE" in codes(world.sync())
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.row(invoice["name"]).deal_id == deal != taken


def test_a_rehearsal_that_reads_an_invoice_twice_tells_of_its_opportunity_once(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.sync()
    (invoice,) = world.invoices(1)
    world.escala.create_deal(name=f"{invoice['name']} a mano", value=invoice["total"])
    assert codes(world.sync(dry_run=True, sweep=True)) == ["DEAL_ADOPTED"]


def test_deals_that_are_gone_do_not_put_off_the_list_of_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_PAGE", 2)
    for number in range(4):
        world.escala.create_deal(name=f"Vieja {number}")
    seen = _seen(world, 12)
    for _, deal in seen[-6:]:
        # The latest come first; each that is gone makes the list of all shorter, and it is read the sooner.
        world.escala.delete_deal(deal)
    assert counts(world.sync()) == {"read": 12, "unchanged": 6, "created": 6}
    assert _asked(world) == (6, 1)
