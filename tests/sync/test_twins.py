"""Deals that may be an invoice though they do not name it: proposed to a person, never bound silently."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.sync import decide, read
from siigo_escala.web import decisions
from tests.sync import inside, people
from tests.sync.world import FIELD, World, codes, counts

HOUR = timedelta(hours=1)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what a store answers is tried by the tests of decisions."""
    return sqlite_url


def _invoice(world: World, **fields: Any) -> tuple[dict[str, Any], str]:
    """An invoice whose customer is a contact of Escala; that contact."""
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    (invoice,) = world.invoices(1, **({"total": 1000} | fields))
    return invoice, contact


def test_a_twin_is_held_with_its_candidates_and_the_dry_run_says_the_same(world: World) -> None:
    invoice, contact = _invoice(world)
    twin = world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    world.connect()
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(result) == {"read": 1, "needs_attention": 1}
    assert told.document["invoices"] == result.document["invoices"]
    for one in (told, result):
        (problem,) = one.document["problems"]
        assert (problem["invoice"], problem["code"]) == (invoice["name"], "POSSIBLE_TWIN")
        assert twin in problem["message"]
    (row,) = world.report()["rows"]
    assert (row["status"], row["open"], row["candidates"]) == ("needs_attention", True, [twin])
    assert [deal["id"] for deal in world.deals()] == [twin]
    assert codes(world.sync()) == ["POSSIBLE_TWIN"], "until a person has answered"


@pytest.mark.parametrize("answer", ["deal", "create"])
def test_a_person_says_whether_it_is_that_one_or_none(world: World, answer: str) -> None:
    invoice, contact = _invoice(world)
    twin = world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    world.connect()
    world.sync()
    people.say(world, answer, invoice["name"], target=twin if answer == "deal" else "")
    result = world.sync()
    if answer == "deal":
        assert counts(result) == {"read": 1, "unchanged": 1}
        assert world.row(invoice["name"]).deal_id == twin
        assert len(world.deals()) == 1
    else:
        assert counts(result) == {"read": 1, "created": 1}
        assert len(world.deals()) == 2
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_they_are_overlooked_where_the_rules_say_so(world: World) -> None:
    _, contact = _invoice(world)
    world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    world.connect('possible_twins = "ignore"')
    assert counts(world.sync()) == {"read": 1, "created": 1}


@pytest.mark.parametrize(
    ("typed", "held"),
    [("582400", True), ("582399", True), ("582399.98", False), ("582401", False), ("582398", False)],
)
def test_a_deal_in_whole_pesos_is_asked_about_for_people_type_no_cents(
    world: World, typed: str, held: bool
) -> None:
    _, contact = _invoice(world, total=582399.99)
    world.escala.create_deal(name="Computador Ana", contact_id=contact, value=typed)
    world.connect()
    told = world.sync(dry_run=True)
    result = world.sync()
    assert told.document["invoices"] == result.document["invoices"]
    assert counts(result) == {"read": 1, "needs_attention" if held else "created": 1}
    assert codes(result) == (["POSSIBLE_TWIN"] if held else [])


@pytest.mark.parametrize("name", ["FV {0}-{1}", "FV{0}-{1}", "fv {0} {1} Ana"])
def test_a_name_that_people_typed_without_our_hyphens_is_the_invoice(world: World, name: str) -> None:
    invoice, _ = _invoice(world)
    _, kind, number = invoice["name"].split("-")
    made = world.escala.create_deal(name=name.format(kind, number), value=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert [deal["id"] for deal in world.deals()] == [made]


@pytest.mark.parametrize(("value", "held"), [(1000, True), (999, False)])
def test_the_number_alone_without_contact_is_asked_about_where_the_value_agrees(
    world: World, value: int, held: bool
) -> None:
    invoice, _ = _invoice(world)
    number = invoice["name"].rpartition("-")[2]
    world.escala.create_deal(name=f"Factura {number}", value=value)
    world.escala.create_deal(name="Factura 987654", value=value)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "needs_attention" if held else "created": 1}


@pytest.mark.parametrize(
    "other", ["value", "contact", "another invoice", "a marker", "too early", "bound", "no moment"]
)
def test_what_differs_in_anything_is_no_twin(world: World, other: str) -> None:
    invoice, contact = _invoice(world)
    deal: dict[str, Any] = {"name": "Computador Ana", "contact_id": contact, "value": 1000}
    given: dict[str, dict[str, Any]] = {
        "value": {"value": "1000.01"},
        "contact": {"contact_id": world.escala.create_contact(first_name="Otra")},
        "another invoice": {"name": "Pedido FV-9-77"},
        "a marker": {"custom": {"cf_deal_factura_x_text": "FV-9-77"}},
        "too early": {"created": world.now() - 2 * HOUR},
    }
    made = world.escala.create_deal(**(deal | given.get(other, {})))
    world.connect()
    if other == "bound":
        with inside.session(world) as session:
            account = session.connection.escala_id
        models.Invoice.objects.create(
            connection=models.Connection.objects.get(),
            escala_id=account,
            siigo_id="x",
            deal_id=made,
            due=False,
        )
    if other == "no moment":
        world.escala.edit_deal(made, {"created": world.now() - timedelta(days=9)})
        with inside.session(world) as session:
            item = read.merge(session, [session.siigo.invoice(invoice["id"])])[0]
            decide.decide(session, [item])
            models.KnownDeal.objects.update(created=None)
            (step,) = decide.decide(session, [item])
            assert not isinstance(step.decision, NeedsAttention)
        return
    assert counts(world.sync())["created"] == 1
    world.deal_of(invoice["name"])


def test_the_day_of_the_connection_belongs_to_the_window_for_the_native_app_fills_in_older_ones(
    world: World,
) -> None:
    old = (world.today() - timedelta(days=20)).isoformat()
    invoice, contact = _invoice(world, date=old)
    world.siigo.distort(invoice["name"], remove=["metadata"])
    world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    world.connect()
    assert codes(world.sync()) == ["POSSIBLE_TWIN"]


def test_with_a_mark_a_deal_of_the_other_company_is_no_twin_and_one_without_mark_may_be(world: World) -> None:
    invoice, contact = _invoice(world)
    world.escala.create_deal(name=f"{invoice['name']} [OTRA]", contact_id=contact, value=1000)
    world.connect('mark = "ACME"')
    first = models.Connection.objects.get()
    company = models.SiigoCompany.objects.create()
    file = {**first.file, "name": "otra", "opportunities": {**first.file["opportunities"], "mark": "OTRA"}}
    models.Connection.objects.create(
        name="otra",
        direction=first.direction,
        file=file,
        siigo=company,
        escala=first.escala,
        siigo_username="otra",
        created_at=world.now(),
        start=first.start,
    )
    twin = world.escala.create_deal(name=f"{invoice['name']} de la app", contact_id=contact, value=1000)
    result = world.sync()
    assert codes(result) == ["POSSIBLE_TWIN"]
    assert world.report()["rows"][0]["candidates"] == [twin]
    world.escala.delete_deal(twin)
    world.pass_time(hours=2)
    assert counts(world.sync()) == {"read": 1, "created": 1}


def test_two_invoices_with_one_twin_are_both_held_and_the_answer_to_one_frees_the_other(world: World) -> None:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    first, second = world.invoices(2, total=1000)
    twin = world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    world.connect()
    assert codes(world.sync()) == ["POSSIBLE_TWIN"] * 2
    people.say(world, "deal", first["name"], target=twin)
    assert counts(world.sync()) == {"read": 2, "unchanged": 1, "created": 1}
    assert world.row(first["name"]).deal_id == twin
    assert world.deal_of(second["name"])["id"] != twin


def test_a_deal_on_which_a_person_wrote_two_invoices_is_one_of_them_and_the_other_asks(world: World) -> None:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    first, second = world.invoices(2, total=1000)
    deal = world.escala.create_deal(
        name=f"{first['name']} y {second['name']}", contact_id=contact, value=2000
    )
    world.connect()
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "needs_attention": 1}
    assert told.document["invoices"] == result.document["invoices"]
    again = world.sync()
    assert len(world.deals()) == 1
    (held,) = [row for row in world.rows().values() if row.deal_id is None]
    (got,) = [row for row in world.rows().values() if row.deal_id is not None]
    assert held.data["candidates"] == [deal]
    for one in (told, result, again):
        (problem,) = [one for one in one.document["problems"] if one["code"] != "DEAL_ADOPTED"]
        assert (problem["invoice"], problem["code"]) == (held.name, "DEAL_NAME_TAKEN")
        assert f"({deal}), enlazadas ya con {got.name}; diga cuál es la suya" in problem["message"]
        assert "contacto" not in problem["message"], "it does agree"
    assert [choice.kind for choice in decisions.choices_for(held)] == ["create", "ignore"], "it is another's"
    people.say(world, "create", held.name)
    assert counts(world.sync()) == {"read": 2, "unchanged": 1, "created": 1}


def test_a_number_used_again_after_a_draft_was_deleted_is_another_invoice(world: World) -> None:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    (first,) = world.invoices(1, total=1000)
    world.escala.create_deal(name=f"Pedido {first['name']}", contact_id=contact, value=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    world.siigo.delete_invoice(first["name"])
    again = world.siigo.create_invoice(first["customer"]["id"], name=first["name"], total=500)
    assert counts(world.sync())["created"] == 1
    assert models.Invoice.objects.get(siigo_id=again["id"]).deal_id
    assert len(world.deals()) == 2


def test_the_evidence_of_what_is_taken_as_already_there_is_told_beforehand(world: World) -> None:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    both, by_contact, by_value = world.invoices(3, total=1000)
    world.escala.create_deal(name=both["name"], contact_id=contact, value=1000)
    world.escala.create_deal(name=by_contact["name"], contact_id=contact, value=7)
    world.escala.create_deal(name=by_value["name"], value=1000)
    world.connect()
    said = {
        problem["invoice"]: problem["message"]
        for problem in world.sync(dry_run=True).document["problems"]
        if problem["code"] == Code.DEAL_ADOPTED
    }
    assert "coinciden el contacto y el valor" in said[both["name"]]
    assert "coincide el contacto; el valor no" in said[by_contact["name"]]
    assert "coincide el valor; el contacto no" in said[by_value["name"]]
    result = world.sync()
    assert counts(result) == {"read": 3, "unchanged": 3}
    assert not result.document["problems"]
    events = models.InvoiceEvent.objects.filter(kind="adopted").values_list("data", flat=True)
    assert sorted(event["evidence"] for event in events) == ["both", "contact", "value"]
