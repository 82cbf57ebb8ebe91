"""What a person let in by dates and could not be finished stays let in: `start` does not drop it silently."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from siigo_escala.store import models
from tests.sync import inside
from tests.sync.world import World, codes, counts

MARCH: dict[str, Any] = {"date_from": date(2026, 3, 1), "date_to": date(2026, 3, 31)}


def _old(world: World, customer: str, **fields: Any) -> dict[str, Any]:
    return world.siigo.create_invoice(customer, date="2026-03-02", created="2026-03-02T15:00:00Z", **fields)


def test_what_a_run_with_dates_held_stays_held_until_it_is_solved(world: World) -> None:
    held = _old(world, world.customer()["id"], total=1000)
    taken = world.escala.create_deal(name=f"{held['name']} de otro", value=5)
    world.connect()
    assert codes(world.sync(**MARCH)) == ["DEAL_NAME_TAKEN"]
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    world.siigo.edit_invoice(held["name"], observations="editada")
    rehearsed = counts(world.sync(dry_run=True))
    assert rehearsed == counts(world.sync()) == {"read": 1, "needs_attention": 1}
    world.escala.delete_deal(taken)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.deal_of(held["name"])
    assert not world.row(held["name"]).applied.get("let_in")


@pytest.mark.parametrize("kind", ["limit", "killed"])
def test_what_a_run_with_dates_did_not_reach_is_taken_up_by_the_next_ordinary_run(
    world: World, kind: str
) -> None:
    customer = world.customer()["id"]
    made = [_old(world, customer, total=1000 + number) for number in range(2)]
    world.connect()
    if kind == "limit":
        assert codes(world.sync(limit=1, **MARCH)) == ["NOT_REACHED"]
    else:
        world.sync(plan=lambda _: False, **MARCH)
    world.sync()
    assert {deal["name"].split()[0] for deal in world.deals()} == {one["name"] for one in made}


def test_a_write_of_a_run_with_dates_that_did_not_happen_is_made_by_the_next_ordinary_run(
    world: World,
) -> None:
    lost = _old(world, world.customer()["id"], total=1000)
    world.connect()
    inside.refuse(world, inside.DEALS, status=500, body={}, times=1)
    stopped = inside.run_until_it_waits(world, **MARCH)
    assert codes(stopped) == ["OUTCOME_UNKNOWN"]
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.deal_of(lost["name"])


def test_what_another_rule_excluded_is_not_let_in_any_more(world: World) -> None:
    old = _old(world, world.customer()["id"], total=1000, stamp="Sent")
    world.connect('stamp = "accepted"')
    world.sync()
    assert world.sync(**MARCH).left_out == {"NOT_ACCEPTED_YET": 1}
    world.siigo.stamp(old["name"], "Accepted")
    world.siigo.edit_invoice(old["name"], observations="editada")
    assert world.sync().left_out == {"BEFORE_START": 1}
    assert counts(world.sync(**MARCH)) == {"read": 1, "created": 1}


def test_a_row_held_before_this_was_noted_is_let_in_by_the_next_run_with_dates(world: World) -> None:
    held = _old(world, world.customer()["id"], total=1000)
    world.escala.create_deal(name=f"{held['name']} de otro", value=5)
    world.connect()
    world.sync(**MARCH)
    models.Invoice.objects.update(applied={})
    assert codes(world.sync(**MARCH)) == ["DEAL_NAME_TAKEN"]
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
