"""Following a change: what of a deal is ours to rewrite, and the check that nothing else moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.crm import ContactId, Deal, DealId, PipelineId, StageId
from siigo_escala.simulators import faults
from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store import models
from siigo_escala.sync import changes
from siigo_escala.sync.changes import Order
from tests.sync import inside
from tests.sync.world import World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: changes are made in Escala."""
    return sqlite_url


def _line(price: int | Decimal, code: str = "A") -> dict[str, Any]:
    return {"code": code, "quantity": 1, "price": price, "taxes": []}


def _lived_in(world: World, rules: str = "") -> tuple[dict[str, Any], str]:
    """An invoice whose opportunity people have worked on; its id."""
    world.escala.add_product("A", "Uno")
    world.escala.add_product("B", "Dos")
    (invoice,) = world.invoices(1, items=[_line(1000)])
    world.connect(rules)
    world.sync()
    deal = world.deal_of(invoice["name"])
    text = f"Llamar el lunes.\n{deal['description']}\nVisto por Ana."
    world.escala.edit_deal(deal["id"], {"description": text, "assignedTo": "ana@empresa.example"})
    world.escala.move_deal(deal["id"], "Ganada")
    return invoice, deal["id"]


def _edited(world: World, *, customers: int = 1) -> list[dict[str, Any]]:
    """Three invoices that Siigo has edited since their opportunities were made."""
    made = world.invoices(3, customers=customers, total=1000)
    world.connect()
    world.sync()
    for invoice in made:
        world.siigo.edit_invoice(invoice["id"], items=[_line(700)])
    return made


@pytest.mark.parametrize("shown", ["get", "never"])
def test_an_edit_rewrites_value_products_and_our_block_where_the_text_can_be_read(
    world: World, shown: str
) -> None:
    world.escala.switches.change({"update_verb": "patch", "deal_description": shown})
    invoice, _ = _lived_in(world)
    before = world.deal_of(invoice["name"])
    world.siigo.edit_invoice(invoice["id"], items=[_line(700, "B")])
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    after = world.deal_of(invoice["name"])
    assert Decimal(str(after["value"])) == 700
    assert len(after["products"]) == 1
    assert after["products"] != before["products"]
    for key in ("stageId", "assignedTo", "contactId", "name"):
        assert after[key] == before[key]
    if shown == "never":
        assert after["description"] == before["description"]
    else:
        assert after["description"].startswith("Llamar el lunes.\n")
        assert after["description"].endswith("\nVisto por Ana.")


def test_what_was_undone_moves_to_the_lost_stage_and_keeps_its_value(world: World) -> None:
    invoice, deal_id = _lived_in(world, 'on_annulled = "lost_stage"')
    world.siigo.annul_invoice(invoice["name"])
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    deal = world.deal_of(invoice["name"])
    lost = models.EscalaAccount.objects.get().pipelines[0]["stages"]
    assert deal["stageId"] in {stage["id"] for stage in lost if stage["kind"] == "lost"}
    assert (deal["id"], Decimal(str(deal["value"]))) == (deal_id, Decimal(1000))


def test_what_was_undone_and_is_worth_nothing_in_escala_stays_so(world: World) -> None:
    invoice, deal_id = _lived_in(world, 'on_annulled = "lost_stage"')
    world.escala.edit_deal(deal_id, {"value": 0})
    world.siigo.annul_invoice(invoice["name"])
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == 0


def test_the_first_update_of_a_run_is_read_back_and_no_other(world: World) -> None:
    _edited(world)
    before = world.escala.calls.count(method="GET", path=".*/crm/deals/[0-9a-f-]{36}")
    assert counts(world.sync()) == {"read": 3, "updated": 3}
    assert world.escala.calls.count(method="GET", path=".*/crm/deals/[0-9a-f-]{36}") - before == 4


def test_a_change_that_escala_accepts_and_ignores_waits_for_a_person(world: World) -> None:
    made = world.invoices(3, total=1000)
    world.connect('on_annulled = "lost_stage"')
    world.sync()
    for invoice in made[:2]:
        world.siigo.edit_invoice(invoice["id"], items=[_line(700)])
    world.siigo.annul_invoice(made[2]["name"])
    world.escala.switches.change({"update_effect": "ignored"})
    for _ in range(2):
        assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"] * 3, "each of them, and not by what one showed"
    rows = [world.row(invoice["name"]) for invoice in made]
    assert [(row.data.get("before"), row.data.get("value"), row.data.get("stage")) for row in rows] == [
        ("1000.00", "700.00", None), ("1000.00", "700.00", None), (None, None, "perdida")
    ]  # fmt: skip
    assert models.EscalaAccount.objects.get().capabilities["update_deals"] == "put"
    world.escala.switches.change({"update_effect": "done"})
    assert counts(world.sync(kind="retry")) == {"read": 3, "updated": 3}


def test_an_opportunity_that_ignores_its_change_teaches_nothing_of_the_others(world: World) -> None:
    made = _edited(world, customers=3)
    locked = world.deal_of(made[0]["name"])["id"]
    path = f"/crm/deals/{locked}"
    world.escala.faults.add(faults.Fault(kind="refuse", method="PUT", path=path, status=200, body={}))
    assert counts(world.sync()) == {"read": 3, "updated": 2, "needs_attention": 1}
    assert world.row(made[0]["name"]).code == "UPDATE_NOT_POSSIBLE"
    assert models.EscalaAccount.objects.get().capabilities["update_deals"] == "put"


def _all_but_the_first_edited(world: World) -> list[dict[str, Any]]:
    """Four invoices; an edit of the first was followed, so that a verb is known, and three wait."""
    made = world.invoices(4, customers=4, total=1000)
    world.connect()
    world.sync()
    world.siigo.edit_invoice(made[0]["id"], items=[_line(700)])
    assert counts(world.sync())["updated"] == 1
    for invoice in made[1:]:
        world.siigo.edit_invoice(invoice["id"], items=[_line(700)])
    return made


def test_an_opportunity_that_is_deleted_while_it_is_changed_stops_no_other_change(world: World) -> None:
    made = _all_but_the_first_edited(world)
    gone = world.deal_of(made[2]["name"])["id"]
    handle = world.escala.handle

    def deleting(request: Request) -> Response:
        if request.method == "PUT" and request.path.endswith(gone):
            world.escala.delete_deal(gone)
        return handle(request)

    world.escala.handle = deleting  # type: ignore[method-assign]  # a person works in Escala meanwhile
    assert counts(world.sync()) == {"read": 4, "unchanged": 1, "updated": 2, "excluded": 1}
    assert world.row(made[2]["name"]).code == "DEAL_DELETED"
    assert models.EscalaAccount.objects.get().capabilities["update_deals"] == "put"


@pytest.mark.parametrize(
    ("status", "words"), [(404, "Not Found"), (405, "no such method"), (403, "Missing Authentication Token")]
)
def test_one_refused_change_stops_no_other_change(world: World, status: int, words: str) -> None:
    made = _all_but_the_first_edited(world)
    refusing = faults.Fault(kind="refuse", method="PUT", times=1, status=status, body={"message": words})
    world.escala.faults.add(refusing)
    assert counts(world.sync()) == {"read": 4, "unchanged": 1, "updated": 2, "needs_attention": 1}
    assert counts(world.sync(kind="retry")) == {"read": 1, "updated": 1}
    assert all(Decimal(str(world.deal_of(one["name"])["value"])) == 700 for one in made)


@pytest.mark.parametrize("again", ["the next day", "retry", "connect"])
def test_updates_that_the_account_did_not_allow_are_tried_again(world: World, again: str) -> None:
    world.escala.switches.change({"update_verb": "none"})
    _edited(world, customers=3)
    for _ in range(2):
        assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"] * 3
    assert world.escala.calls.count(method="PUT") == 1, "one is enough where none ever worked"
    world.escala.switches.change({"update_verb": "put_full"})
    assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"] * 3, "not before its time"
    if again == "the next day":
        world.pass_time(days=1)
    if again == "connect":
        world.connect()
    assert counts(world.sync(kind="retry" if again == "retry" else "sync")).get("updated") == 3


def test_an_opportunity_that_cannot_be_changed_does_not_keep_updates_off_day_after_day(world: World) -> None:
    made = _edited(world, customers=3)
    locked = world.deal_of(made[0]["name"])["id"]
    world.escala.faults.add(faults.Fault(kind="refuse", method="PUT", path=f".*{locked}", status=405))
    results = []
    for _ in range(2):
        results.append(world.sync())
        world.pass_time(days=1)
    assert [counts(one).get("updated", 0) for one in results] == [0, 2], "off for a day at most"
    assert world.row(made[0]["name"]).code == "UPDATE_NOT_POSSIBLE"


def test_an_update_that_shows_nothing_and_changes_what_is_not_ours_is_the_last_of_its_account(
    world: World,
) -> None:
    first, second = world.invoices(2, customers=2, total=1000)
    world.connect()
    world.sync()
    world.siigo.edit_invoice(first["id"], items=[_line(700)])
    handle = world.escala.handle

    def harming(request: Request) -> Response:
        if request.method == "PUT":
            world.escala.rename_deal(request.path.rsplit("/", 1)[-1], "Otro nombre")
            return Response(200, {})
        return handle(request)

    world.escala.handle = harming  # type: ignore[method-assign]  # an Escala that does something else
    assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"]
    world.escala.handle = handle  # type: ignore[method-assign]
    world.siigo.edit_invoice(second["id"], items=[_line(700)])
    before = world.escala.calls.count(method="PUT")
    assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"] * 2
    assert world.escala.calls.count(method="PUT") == before, "only a person has it tried again"


def test_an_update_that_shows_nothing_new_proves_nothing_for_the_next_one(world: World) -> None:
    world.escala.add_product("A", "Uno")
    world.escala.add_product("B", "Dos")
    made = world.invoices(2, items=[_line(1000)])
    world.connect()
    world.sync()
    world.siigo.edit_invoice(made[0]["id"], items=[_line(1000, "B")])
    world.siigo.edit_invoice(made[1]["id"], items=[_line(700)])
    world.escala.switches.change({"update_effect": "ignored"})
    result = world.sync()
    assert counts(result) == {"read": 2, "updated": 1, "needs_attention": 1}
    assert world.row(made[1]["name"]).code == "UPDATE_NOT_POSSIBLE"


@pytest.mark.parametrize("kept", ["700.4", "701.00", "701.4", "1000.00"])
def test_a_value_that_escala_rounds_to_whole_pesos_is_what_was_written(world: World, kept: str) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    world.siigo.edit_invoice(invoice["id"], items=[_line(Decimal("700.4"))])
    handle = world.escala.handle

    def rounding(request: Request) -> Response:
        answer = handle(request)
        if request.method == "PUT":
            world.escala.edit_deal(request.path.rsplit("/", 1)[-1], {"value": kept})
        return answer

    world.escala.handle = rounding  # type: ignore[method-assign]  # an Escala that keeps values as it likes
    assert codes(world.sync()) == (["UPDATE_NOT_POSSIBLE"] if kept in ("701.4", "1000.00") else [])


@pytest.mark.parametrize(
    ("moved", "foreign"),
    [
        ({}, False),
        ({"value": Decimal(7), "description": "otra"}, False),
        ({"name": "otro"}, True),
        ({"contact_id": ContactId("otro")}, True),
        ({"pipeline_id": PipelineId("otro")}, True),
        ({"stage_id": StageId("otra")}, True),
        ({"owner": "otra@empresa.example"}, True),
        ({"custom": {"cf_deal_x_text": "otro"}}, True),
        ({"chosen": {}}, True),
    ],
)
def test_whatever_is_not_ours_must_stand_as_before(moved: dict[str, Any], *, foreign: bool) -> None:
    whole: dict[str, Any] = {
        "id": DealId("d"), "name": "n", "contact_id": ContactId("k"), "pipeline_id": PipelineId("p"),
        "stage_id": StageId("s"), "owner": "o", "value": Decimal(1), "custom": {"cf_deal_x_text": "1"},
        "chosen": {"cf_deal_y_multi": frozenset("ab")},
    }  # fmt: skip
    before, after = Deal(**whole), Deal(**whole | moved)
    assert changes.moved_something(before, after, stage_moved=False) is foreign
    ours = foreign and "stage_id" not in moved
    assert changes.moved_something(before, after, stage_moved=True) is ours


def test_a_deal_without_value_moves_to_the_lost_stage_with_none(world: World) -> None:
    deal_id = world.escala.create_deal(name="Una", value=0)
    world.connect()
    stages = models.EscalaAccount.objects.get().pipelines[0]["stages"]
    lost = next(stage["id"] for stage in stages if stage["kind"] == "lost")
    contact = world.escala.create_contact(first_name="Ana")
    world.escala.edit_deal(deal_id, {"contactId": contact})
    world.escala.move_deal(deal_id, "Prospecto")
    order = Order(deal_id=DealId(deal_id), wanted={"value": "0.00"}, lost_stage=StageId(lost), verify=True)
    with inside.session(world) as session:
        followed = changes.follow(session.escala, order)
    assert (followed.lost, followed.foreign_change) == (True, False)
    assert world.deals()[0]["stageId"] == lost
