"""What a run would make, for a screen: its first rows, its links, its reasons; nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.sync import opening, preview
from tests.sync.world import FIELD, World


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: nothing here depends on it."""
    return sqlite_url


def _preview(world: World, **named: Any) -> dict[str, Any]:
    opened = opening.open_connection(world.environment, "acme")
    kept: dict[str, Any] = {"date_from": None, "date_to": None}
    return preview.make(opened, **(kept | named), now=world.now)


def test_what_an_edited_invoice_would_change_is_shown_with_its_value_before(world: World) -> None:
    first, _ = world.invoices(2)
    world.connect()
    world.sync()
    world.pass_time(hours=1)
    world.siigo.edit_invoice(first["name"], total=250_000)
    before = world.row(first["name"]).value
    told = _preview(world)
    (row,) = told["rows"]
    assert (row["kind"], row["invoice"], row["value"]) == ("updated", first["name"], "250000.00")
    assert (row["before"], row["before"] != row["value"]) == (f"{before:.2f}", True)
    assert f"{world.row(first['name']).value:.2f}" == row["before"], "nothing is written"


def test_what_would_be_made_has_no_value_before_and_ten_rows_show_it(world: World) -> None:
    world.invoices(11)
    world.connect()
    told = _preview(world)
    assert (told["invoices"]["created"], len(told["rows"])) == (11, 10)
    assert {row["before"] for row in told["rows"]} == {""}
    assert {row["day"] for row in told["rows"]} == {world.today().isoformat()}
    assert models.Invoice.objects.count() == len(world.deals()) == 0


def test_what_would_be_linked_is_counted_whole_and_fifty_are_shown(world: World) -> None:
    contact = world.escala.create_contact(first_name="Empresa", custom={FIELD: "900100200"})
    for invoice in world.invoices(52):
        world.escala.create_deal(name=f"{invoice['name']} de Ana", contact_id=contact, value=invoice["total"])
    world.connect()
    told = _preview(world)
    assert (told["linked_count"], len(told["linked"]), told["rows"]) == (52, 50, [])
    assert told["problems"] == [], "links are told apart"


def test_reasons_are_grouped_the_most_frequent_first_with_twenty_sentences_each() -> None:
    told = [{"code": "ANNULLED", "message": "una"}, {"code": "DEAL_ADOPTED", "message": "enlazada"}]
    told += [{"code": "CONTACT_AMBIGUOUS", "message": f"la {number}"} for number in range(21)]
    first, second = preview.problems(told)
    assert (first["code"], first["count"], len(first["messages"])) == ("CONTACT_AMBIGUOUS", 21, 20)
    assert second == {"code": "ANNULLED", "count": 1, "messages": ["una"]}


def test_a_run_that_breaks_off_says_so_in_what_it_foretells(world: World) -> None:
    from siigo_escala.simulators.faults import Fault

    world.invoices(1)
    world.connect()
    world.siigo.faults.add(Fault(kind="refuse", method="GET", path="/v1/invoices.*", status=503, body={}))
    assert _preview(world)["ended"] == 4
    world.siigo.faults.clear()
    told = _preview(world)
    assert (told["ended"], told["plan"]["calls"]["escala"] > 0) == (0, True)
