"""What happens to an invoice after its opportunity was made, and how each run counts it (contract.md, 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sync import people
from tests.sync.world import World, codes, counts

Change = Callable[[World, str], Any]
UNDONE: dict[str, Change] = {
    "INVOICE_ANNULLED_LATER": lambda world, name: world.siigo.annul_invoice(name),
    "INVOICE_DELETED": lambda world, name: world.siigo.delete_invoice(name),
    "INVOICE_CREDITED": lambda world, name: world.siigo.credit_note(name),
}


def _value(world: World, name: str) -> Decimal:
    return Decimal(str(world.deal_of(name)["value"]))


def _stage(world: World, name: str) -> str:
    stage_id = world.deal_of(name)["stageId"]
    (found,) = [
        stage["name"]
        for pipeline in world.escala.state()["pipelines"]
        for stage in pipeline["stages"]
        if stage["id"] == stage_id
    ]
    return str(found)


@pytest.mark.parametrize("code", sorted(UNDONE))
def test_what_is_undone_in_siigo_needs_attention_until_it_is_seen_to(world: World, code: str) -> None:
    first, second = world.invoices(2)
    world.connect()
    world.sync()
    UNDONE[code](world, first["name"])
    world.pass_time(days=1)
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "needs_attention": 1}
    assert codes(result) == [code]
    assert result.exit_code == 1
    assert result.document["value"]["needs_attention"] == "69999.99", "it counts with its last value"
    assert result.document["sweep"]["done"]
    again = world.sync()
    assert codes(again) == [code], "an ordinary run takes up what is open"
    report = world.report()
    assert (report["invoices"]["in_escala"], report["invoices"]["annulled"]) == (1, 1)
    (row,) = [row for row in report["rows"] if row["invoice"] == first["name"]]
    assert (row["status"], row["code"], row["open"], row["value"]) == ("annulled", code, True, "69999.99")
    assert len(world.deals()) == 2
    assert _value(world, second["name"]) == Decimal("69999.99")


@pytest.mark.parametrize("code", sorted(UNDONE))
def test_what_is_undone_moves_to_the_lost_stage_where_the_rule_says_so(world: World, code: str) -> None:
    first, second = world.invoices(2)
    world.connect('on_annulled = "lost_stage"')
    world.sync()
    UNDONE[code](world, first["name"])
    world.pass_time(days=1)
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "updated": 1}
    assert told.document["invoices"] == result.document["invoices"]
    assert result.exit_code == 0
    assert _stage(world, first["name"]) == "Perdida"
    assert _stage(world, second["name"]) == "Prospecto"
    assert _value(world, first["name"]) == Decimal("69999.99")
    writes = world.escala.calls.count(method="PUT")
    world.pass_time(days=1)
    there = 1 if code == "INVOICE_DELETED" else 2
    assert counts(world.sync()) == {"read": there, "unchanged": there}
    assert world.escala.calls.count(method="PUT") == writes
    (row,) = [row for row in world.report()["rows"] if row["invoice"] == first["name"]]
    assert (row["status"], row["code"], row["open"]) == ("annulled", code, False)


def test_a_pipeline_without_lost_stage_leaves_it_to_a_person(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect('on_annulled = "lost_stage"')
    world.sync()
    world.escala.delete_stage("Perdida", pipeline="Ventas")
    world.siigo.annul_invoice(invoice["name"])
    world.pass_time(days=1)
    for _ in range(2):
        result = world.sync()
        assert counts(result) == {"read": 1, "needs_attention": 1}
    assert _value(world, invoice["name"]) == Decimal("69999.99")


def test_a_deletion_needs_a_complete_sweep_and_a_404(world: World) -> None:
    first, second = world.invoices(2)
    world.connect()
    world.sync()
    world.siigo.delete_invoice(first["name"])
    result = world.sync()
    assert "INVOICE_DELETED" not in codes(result), "no sweep was due"
    assert codes(world.sync(sweep=True)) == ["INVOICE_DELETED"]
    assert world.siigo.calls.count(path=f"/v1/invoices/{second['id']}") == 0


def test_at_most_ten_deletions_are_asked_for_in_a_day_and_the_rest_comes_later(world: World) -> None:
    invoices = world.invoices(14)
    world.connect()
    world.sync()
    for invoice in invoices[:13]:
        world.siigo.delete_invoice(invoice["name"])
    world.pass_time(days=1)
    result = world.sync()
    assert codes(result).count("INVOICE_DELETED") == 10
    world.pass_time(days=1)
    assert codes(world.sync()).count("INVOICE_DELETED") == 13


def test_a_run_with_dates_is_the_sweep_of_its_span(world: World) -> None:
    first, second, third = world.invoices(3)
    world.connect()
    world.sync()
    world.siigo.annul_invoice(first["name"])
    world.siigo.delete_invoice(second["name"])
    result = world.sync(date_from=world.today() - timedelta(days=2))
    assert counts(result) == {"read": 3, "unchanged": 1, "needs_attention": 2}
    assert codes(result) == ["INVOICE_ANNULLED_LATER", "INVOICE_DELETED"]
    assert result.document["value"]["read"] == "209999.97"
    world.deal_of(third["name"])


@pytest.mark.parametrize("rule", ["report", "subtract"])
def test_a_partial_credit_note_follows_its_rule(world: World, rule: str) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect(f'on_credited = "{rule}"')
    world.sync()
    world.siigo.credit_note(invoice["name"], total="300.50")
    result = world.sync()
    if rule == "report":
        assert counts(result) == {"read": 1, "needs_attention": 1}
        assert codes(result) == ["INVOICE_CREDITED_PARTLY"]
        assert _value(world, invoice["name"]) == 1000
        assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
    else:
        assert counts(result) == {"read": 1, "updated": 1}
        assert _value(world, invoice["name"]) == Decimal("699.50")
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert result.document["value"]["read"] == "1000.00"
    (row,) = world.report()["rows"]
    assert row["value"] == "1000.00"
    assert row["status"] == ("needs_attention" if rule == "report" else "in_escala")


def test_several_credit_notes_add_up_to_the_whole(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect('on_credited = "subtract"')
    world.sync()
    world.siigo.credit_note(invoice["name"], total=400)
    world.sync()
    world.siigo.credit_note(invoice["name"], total=600)
    result = world.sync()
    assert codes(result) == ["INVOICE_CREDITED"]
    assert _value(world, invoice["name"]) in (0, 600)


@pytest.mark.parametrize(("kind", "half"), [("subtotal", 500_000), ("gross", 595_000), ("total", 595_000)])
def test_a_credit_note_lowers_a_value_of_any_kind_by_its_share(world: World, kind: str, half: int) -> None:
    items = [{"code": "CAF-500", "quantity": 10, "price": 100_000, "taxes": [{"id": 13156}]}]
    (invoice,) = world.invoices(1, items=items)
    assert Decimal(invoice["total"]) == 1_190_000
    world.connect(f'value = "{kind}"\non_credited = "subtract"')
    world.sync()
    world.siigo.credit_note(invoice["name"], total=595_000)
    assert counts(world.sync())["updated"] == 1
    assert _value(world, invoice["name"]) == half
    world.siigo.credit_note(invoice["name"], total=595_000)
    assert codes(world.sync()) == ["INVOICE_CREDITED"]


@pytest.mark.parametrize("rule", ["subtract", "report"])
def test_a_small_note_is_noticed_after_the_rules_chose_a_lower_value(world: World, rule: str) -> None:
    items = [{"code": "CAF-500", "quantity": 10, "price": 100_000, "taxes": [{"id": 13156}]}]
    (invoice,) = world.invoices(1, items=items)
    world.connect(f'on_credited = "{rule}"')
    world.sync()
    world.siigo.credit_note(invoice["name"], total=595_000)
    world.sync()
    people.say(world, "done", invoice["name"])
    assert codes(world.sync()) == []
    world.connect(f'value = "subtotal"\non_credited = "{rule}"')
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    world.siigo.credit_note(invoice["name"], total=59_500)
    if rule == "report":
        assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
        people.say(world, "done", invoice["name"])
    else:
        assert counts(world.sync()) == {"read": 1, "updated": 1}
        assert _value(world, invoice["name"]) == 450_000
    for _ in range(2):
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_a_credit_note_of_an_old_invoice_is_noticed_without_reading_the_invoice(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    world.pass_time(days=3)
    world.sync()
    world.siigo.credit_note(invoice["name"], total=100)
    assert codes(world.sync(sweep=False)) == ["INVOICE_CREDITED_PARTLY"]


def test_credit_notes_that_fail_speak_of_no_permission(world: World) -> None:
    from siigo_escala.simulators.faults import Fault

    world.siigo.faults.add(Fault(kind="refuse", method="GET", path="/v1/credit-notes", status=500, body={}))
    world.connect()
    (problem,) = world.sync().document["problems"]
    assert problem["code"] == "CREDIT_NOTES_UNREADABLE"
    assert "este usuario" not in problem["message"]


def test_credit_notes_that_siigo_refuses_are_a_warning_and_no_failure(world: World) -> None:
    from siigo_escala.simulators.faults import Fault

    (invoice,) = world.invoices(1)
    world.siigo.faults.add(Fault(kind="refuse", method="GET", path="/v1/credit-notes", status=403, body={}))
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert result.exit_code == 0
    assert codes(result) == ["CREDIT_NOTES_UNREADABLE"]
    assert "este usuario no tiene permiso" in result.document["problems"][0]["message"]
    world.siigo.credit_note(invoice["name"])
    world.sync()
    world.pass_time(days=2)
    world.sync()
    world.siigo.faults.clear()
    assert codes(world.sync()) == ["INVOICE_CREDITED"], "what was missed is read when Siigo gives it"


def test_an_edited_invoice_changes_value_products_and_our_block_alone(world: World) -> None:
    mug = world.escala.add_product("MUG-01", "Pocillo")
    (invoice,) = world.invoices(1)
    world.connect('description = "Escriba aquí"')
    world.sync()
    deal = world.deal_of(invoice["name"])
    world.escala.move_deal(deal["id"], "Ganada")
    world.escala.rename_deal(deal["id"], f"{invoice['name']} - la grande")
    world.escala.add_owner("laura@acme.example")
    world.escala.edit_deal(
        deal["id"],
        {"assignedTo": "laura@acme.example", "description": f"Llamar el lunes\n\n{deal['description']}\nfin"},
    )
    before = world.deal_of(invoice["name"])
    world.siigo.edit_invoice(
        invoice["name"], items=[{"code": "MUG-01", "quantity": 5, "price": 1000, "taxes": [{"id": 13156}]}]
    )
    result = world.sync()
    assert counts(result) == {"read": 1, "updated": 1}
    after = world.deal_of(invoice["name"])
    assert Decimal(str(after["value"])) == 5950
    assert [(line["productId"], Decimal(str(line["quantity"]))) for line in after["products"]] == [
        (mug, Decimal(5))
    ]
    for key in ("name", "stageId", "pipelineId", "assignedTo", "contactId"):
        assert after[key] == before[key], key
    assert after["description"].startswith("Llamar el lunes\n\nEscriba aquí\n\n")
    assert after["description"].endswith("\nfin")
    assert "950,00" in after["description"]
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_a_deal_that_cannot_be_written_back_whole_says_nothing_of_the_others(world: World) -> None:
    first, second = world.invoices(2)
    world.connect('on_edited = "update"')
    world.sync()
    # A person has taken the contact away: replacing such a deal would need one.
    world.escala.edit_deal(world.deal_of(first["name"])["id"], {"contactId": None})
    for name, price in ((first["name"], 700), (second["name"], 900)):
        lines = [{"code": "X", "quantity": 1, "price": price, "taxes": []}]
        world.siigo.edit_invoice(name, items=lines)
        assert world.sync().exit_code == 1
    assert _value(world, second["name"]) == 900
    assert {row["invoice"]: row["code"] for row in world.report()["rows"]} == {
        first["name"]: "UPDATE_NOT_POSSIBLE",
        second["name"]: None,
    }
    tried = world.escala.calls.count(method="PATCH")
    assert codes(world.sync()) == ["UPDATE_NOT_POSSIBLE"]
    assert world.escala.calls.count(method="PATCH") == tried, "it is not tried again by itself"
    world.escala.edit_deal(world.deal_of(first["name"])["id"], {"contactId": world.contacts()[0]["id"]})
    assert world.sync(kind="retry").exit_code == 0
    assert _value(world, first["name"]) == 700


def test_a_payment_changes_the_balance_and_nothing_else(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    world.siigo.pay(invoice["name"], 400)
    world.pass_time(days=1)
    writes = world.escala.calls.count(method="PUT")
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.escala.calls.count(method="PUT") == writes
    assert world.report()["rows"][0]["balance"] == "600.00"


def test_an_edit_is_reported_where_the_rule_says_so(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect('on_edited = "report"')
    world.sync()
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 2000}])
    result = world.sync()
    assert codes(result) == ["INVOICE_EDITED"]
    assert result.document["value"]["needs_attention"] == "2000.00"
    assert _value(world, invoice["name"]) == 1000
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 1000}])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}, "what Escala shows is right again"


def test_an_edit_of_words_that_escala_does_not_show_is_no_change(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect('on_edited = "report"')
    world.sync()
    world.siigo.edit_invoice(invoice["name"], observations="Entregar por la tarde")
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize("rule", ["update", "report"])
def test_an_adopted_opportunity_is_unchanged_and_never_written(world: World, rule: str) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.escala.create_deal(name=f"Pedido {invoice['name']}", value=1000)
    world.connect(f'on_edited = "{rule}"')
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(result) == {"read": 1, "unchanged": 1}
    assert told.document["invoices"] == result.document["invoices"]
    assert len(world.deals()) == 1
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 2000}])
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    assert not world.escala.calls.count(method="PUT")


@pytest.mark.parametrize("adopted", [False, True])
def test_a_rule_that_is_set_is_not_advised_of_an_opportunity_that_it_does_not_change(
    world: World, adopted: bool
) -> None:
    annulled, credited = world.invoices(2, total=1000)
    if adopted:
        for invoice in (annulled, credited):
            world.escala.create_deal(name=f"Pedido {invoice['name']}", value=1000)
    world.connect('on_annulled = "lost_stage"\non_credited = "subtract"' if adopted else "")
    assert counts(world.sync()) == {"read": 2, "unchanged" if adopted else "created": 2}
    world.siigo.annul_invoice(annulled["name"])
    world.siigo.credit_note(credited["name"], total=300)
    world.pass_time(days=1)
    told = {one["code"]: one["message"] for one in world.sync(dry_run=True).document["problems"]}
    done = {one["code"]: one["message"] for one in world.sync().document["problems"]}
    assert set(told) == {"INVOICE_ANNULLED_LATER", "INVOICE_CREDITED_PARTLY"}
    assert told == done
    assert ("on_annulled" in told["INVOICE_ANNULLED_LATER"]) is not adopted
    assert ("on_credited" in told["INVOICE_CREDITED_PARTLY"]) is not adopted
    assert all(("no se cambia sola" in one) is adopted for one in told.values())
    assert all(world.row(one["name"]).data.get("adopted", False) is adopted for one in (annulled, credited))


def test_a_deal_deleted_by_a_person_is_excluded_and_never_made_again(world: World) -> None:
    first, second = world.invoices(2)
    world.connect()
    world.sync()
    world.escala.delete_deal(world.deal_of(first["name"])["id"])
    world.pass_time(days=1)
    rehearsed = world.sync(dry_run=True).document["problems"]
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "excluded": 1}
    assert world.row(first["name"]).code == "DEAL_DELETED"
    (told,) = result.document["problems"]
    assert (told["invoice"], told["code"]) == (first["name"], "DEAL_DELETED"), "told when it is noticed"
    assert told["message"].startswith(f"{first['name']}: alguien borró en Escala la oportunidad ")
    assert rehearsed == [told]
    assert world.sync(sweep=True).document["problems"] == [], "and once"
    world.siigo.edit_invoice(first["name"], observations="otra vez")
    assert counts(world.sync())["excluded"] == 1
    assert len(world.deals()) == 1
    world.deal_of(second["name"])


def test_an_edit_of_an_invoice_whose_deal_is_gone_notices_the_deletion(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 2000}])
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    assert world.row(invoice["name"]).code == "DEAL_DELETED"


@pytest.mark.parametrize("held", [True, False])
def test_what_needs_attention_keeps_counting_until_it_is_solved(world: World, held: bool) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.escala.create_deal(name=f"{invoice['name']} de otro", value=5)
    world.connect()
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    assert codes(world.sync(date_from=date(2026, 1, 1))) == ["DEAL_NAME_TAKEN"]
    if held:
        assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    else:
        (deal,) = world.deals()
        world.escala.rename_deal(deal["id"], "Otra cosa")
        world.pass_time(hours=2)
        assert counts(world.sync())["created"] == 1
