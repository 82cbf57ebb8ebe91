"""Decisions of people: stored at any moment, obeyed by every run that reads the row, never written over."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain import decisions
from siigo_escala.domain.decisions import DecisionProblem, Wish
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import resolving
from tests.sync import inside, people
from tests.sync.world import FIELD, World, codes, counts

ONE_STORE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STRANGER = "00000000-0000-4000-8000-000000000000"


def _held(world: World, *, total: int = 1000) -> tuple[dict[str, Any], str]:
    """An invoice whose name stands on a deal that agrees in nothing, and that deal."""
    (invoice,) = world.invoices(1, total=total)
    deal = world.escala.create_deal(name=f"{invoice['name']} de otra", value=1)
    world.connect()
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    return invoice, deal


def _in_escala(world: World, more: str = "") -> dict[str, Any]:
    (invoice,) = world.invoices(1, total=1000)
    world.connect(more)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    return invoice


def test_the_named_deal_is_bound_without_a_write_and_the_decision_is_in_the_history(world: World) -> None:
    invoice, deal = _held(world)
    calls = len(world.escala.calls.entries()), len(world.siigo.calls.entries())
    assert people.say(world, "deal", invoice["name"], target=deal) == []
    assert calls == (len(world.escala.calls.entries()), len(world.siigo.calls.entries())), "without a call"
    row = world.row(invoice["name"])
    assert (row.decision, row.decision_target, row.due, row.said) == ("deal", deal, True, 1)
    event = row.events.get(kind="resolved")
    assert event.data == {"decision": "deal", "target": deal}
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(result) == {"read": 1, "unchanged": 1}
    assert told.document["invoices"] == result.document["invoices"]
    assert [problem["code"] for problem in told.document["problems"]] == ["DEAL_ADOPTED"]
    row = world.row(invoice["name"])
    assert (row.state, row.deal_id, row.adopted, row.decision) == (State.IN_ESCALA, deal, True, "")
    assert len(world.deals()) == 1


@ONE_STORE
@pytest.mark.parametrize("how", ["ordinary", "retry", "retry by name", "by dates", "by name"])
def test_every_run_that_reads_the_row_obeys(world: World, how: str) -> None:
    invoice, _ = _held(world)
    people.say(world, "create", invoice["id"])
    options: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "retry": {"kind": "retry"},
        "retry by name": {"kind": "retry", "invoices": (invoice["name"],)},
        "by dates": {"date_from": world.today() - timedelta(days=3)},
        "by name": {"invoices": (invoice["name"],)},
    }
    assert counts(world.sync(**options[how])) == {"read": 1, "created": 1}
    assert len(world.deals()) == 2


@ONE_STORE
def test_what_is_ignored_is_left_out_and_may_be_taken_back(world: World) -> None:
    invoice, _ = _held(world)
    people.say(world, "ignore", invoice["name"])
    for _ in range(2):
        assert counts(world.sync(date_from=world.today() - timedelta(days=3))) == {
            "read": 1,
            "excluded": 1,
        }
    assert (world.row(invoice["name"]).code, world.row(invoice["name"]).due) == ("IGNORED_BY_PERSON", False)
    assert people.say(world, "done", invoice["name"]) == []
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    people.say(world, "create", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "created": 1}


@ONE_STORE
def test_done_decides_nothing_of_an_invoice_that_has_no_opportunity_and_says_what_does(world: World) -> None:
    invoice, _ = _held(world)
    (warning,) = people.say(world, "done", invoice["name"])
    assert warning == (
        f"La factura «{invoice['name']}» no tiene oportunidad, y --done no dice cuál es la suya: la próxima "
        "sincronización vuelve a preguntar. Use --deal, --create o --ignore."
    )
    assert world.report()["rows"][0]["status"] == "needs_attention"
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]


@ONE_STORE
def test_done_does_not_say_which_contact_it_is(world: World) -> None:
    for _ in range(2):
        world.escala.create_contact(custom={FIELD: "900100200"})
    invoice = world.siigo.create_invoice(world.customer()["id"])
    world.connect()
    assert codes(world.sync()) == ["CONTACT_AMBIGUOUS"]
    (warning,) = people.say(world, "done", invoice["name"])
    assert warning.endswith("Use --contact o --ignore.")


def test_what_a_person_deleted_is_made_anew_where_a_person_says_so(world: World) -> None:
    invoice = _in_escala(world)
    first = world.deal_of(invoice["name"])["id"]
    world.escala.delete_deal(first)
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    people.say(world, "create", invoice["name"])
    assert counts(world.sync(limit=0)) == {"read": 1, "failed": 1}
    row = world.row(invoice["name"])
    assert (row.state, row.code, row.deal_id, row.decision) == (State.PENDING, "NOT_REACHED", None, "create")
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.deal_of(invoice["name"])["id"] != first
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@ONE_STORE
def test_what_is_to_be_made_anew_and_must_wait_for_a_person_has_no_deal_meanwhile(world: World) -> None:
    invoice = _in_escala(world)
    world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
    world.pass_time(days=1)
    world.sync()
    people.say(world, "create", invoice["name"])
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    for _ in range(2):
        assert codes(world.sync()) == ["STAGE_GONE"]
    assert world.row(invoice["name"]).deal_id is None


@ONE_STORE
def test_another_deal_may_take_the_place_of_the_one_that_was_deleted(world: World) -> None:
    invoice = _in_escala(world)
    world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
    other = world.escala.create_deal(name="Hecha a mano", value=7)
    world.pass_time(days=1)
    world.sync()
    people.say(world, "deal", invoice["name"], target=other)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    row = world.row(invoice["name"])
    assert (row.deal_id, row.adopted, row.code) == (other, True, "")


@ONE_STORE
@pytest.mark.parametrize(
    ("name", "warned"), [("FV-2-99 - Otra", True), ("Hecha a mano", False), ("FV-2-1 y FV-2-99", False)]
)
def test_a_deal_that_bears_another_invoices_name_alone_is_told(world: World, name: str, warned: bool) -> None:
    (invoice,) = world.invoices(1)
    other = world.escala.create_deal(name=name, value=7)
    world.connect()
    world.sync(limit=0)
    told = people.say(world, "deal", invoice["name"], target=other)
    assert any("nombra la factura FV-2-99 y no «FV-2-1»" in one for one in told) is warned


def test_the_contact_of_a_customer_is_remembered_for_the_invoices_to_come(world: World) -> None:
    first, second = (world.escala.create_contact(custom={FIELD: "900100200"}) for _ in range(2))
    customer = world.customer()["id"]
    invoice = world.siigo.create_invoice(customer)
    world.connect()
    assert codes(world.sync()) == ["CONTACT_AMBIGUOUS"]
    assert world.report()["rows"][0]["candidates"] == [first, second]
    people.say(world, "contact", invoice["name"], target=second)
    binding = models.ContactBinding.objects.get()
    assert (binding.contact_id, binding.by_person) == (second, True)
    later = world.siigo.create_invoice(customer, total=5)
    assert counts(world.sync()) == {"read": 2, "created": 2}
    for made in (invoice, later):
        assert world.deal_of(made["name"])["contactId"] == second
    assert models.ContactBinding.objects.get().by_person
    assert len(world.contacts()) == 2


@ONE_STORE
def test_a_second_contact_of_one_identification_is_not_made_on_order(world: World) -> None:
    for _ in range(2):
        world.escala.create_contact(custom={FIELD: "900100200"})
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    with pytest.raises(DecisionProblem, match="con «contact»"):
        people.say(world, "create", invoice["name"])


@ONE_STORE
def test_what_was_said_last_of_a_customer_counts_for_all_his_invoices(world: World) -> None:
    first, second = (world.escala.create_contact(custom={FIELD: "900100200"}) for _ in range(2))
    one, two = world.invoices(2)
    world.connect()
    world.sync()
    people.say(world, "contact", one["name"], target=first)
    people.say(world, "contact", two["name"], target=second)
    assert counts(world.sync()) == {"read": 2, "created": 2}
    assert {deal["contactId"] for deal in world.deals()} == {second}


@ONE_STORE
def test_the_contact_of_an_invoice_that_is_in_escala_changes_for_the_next_one_alone(world: World) -> None:
    invoice = _in_escala(world)
    before = world.deal_of(invoice["name"])["contactId"]
    other = world.escala.create_contact(first_name="Otra")
    people.say(world, "contact", invoice["name"], target=other)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.deal_of(invoice["name"])["contactId"] == before
    later = world.siigo.create_invoice(world.row(invoice["name"]).customer_id, total=5)
    world.sync()
    assert world.deal_of(later["name"])["contactId"] == other


@ONE_STORE
def test_a_contact_that_is_being_made_is_settled_before_a_person_is_obeyed(world: World) -> None:
    """What a person says while the making of a contact has no certain outcome hides no intent."""
    mine = world.escala.create_contact(first_name="Otra")
    (invoice,) = world.invoices(1)
    world.connect()
    inside.lose(world, inside.CONTACTS)
    inside.run_until_it_waits(world)
    people.say(world, "contact", invoice["name"], target=mine)
    binding = models.ContactBinding.objects.get()
    assert (binding.contact_id, binding.by_person) == (None, False)
    assert binding.intent_at is not None
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.deal_of(invoice["name"])["contactId"] == mine
    assert models.ContactBinding.objects.get().contact_id == mine


@ONE_STORE
def test_a_contact_that_escala_does_not_have_holds_the_invoice(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.escala.create_contact(first_name="Otra")
    world.connect()
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    world.sync()
    warned = people.say(world, "contact", invoice["name"], target=STRANGER)
    assert "la próxima sincronización lo comprueba" in warned[0]
    world.escala.add_stage("Ventas", "Prospecto")
    world.connect()
    result = world.sync()
    assert codes(result) == ["DECISION_NOT_POSSIBLE"]
    assert counts(world.sync()) == {"read": 1, "created": 1}, "matched anew where nobody decides again"


@ONE_STORE
def test_a_contact_that_became_another_customers_meanwhile_holds_the_invoice(world: World) -> None:
    mine = world.escala.create_contact(first_name="Otra")
    (invoice,) = world.invoices(1)
    world.connect()
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    world.sync()
    models.Invoice.objects.update(decision="contact", decision_target=mine)
    account = models.EscalaAccount.objects.get()
    models.ContactBinding.objects.create(escala=account, identity="31:1", contact_id=mine)
    world.escala.add_stage("Ventas", "Prospecto")
    world.connect()
    assert codes(world.sync()) == ["DECISION_NOT_POSSIBLE"]
    assert not [deal for deal in world.deals() if invoice["name"] in deal["name"]]


@ONE_STORE
def test_a_deal_that_nobody_has_seen_is_asked_for_by_the_run(world: World) -> None:
    invoice, _ = _held(world)
    new = world.escala.create_deal(name="Recién hecha", value=7)
    for target in (STRANGER, new):
        (warning,) = people.say(world, "deal", invoice["name"], target=target)
        assert f"«{target}», que usted indicó para la factura «{invoice['name']}»:" in warning
        if target == STRANGER:
            told = world.sync(dry_run=True)
            result = world.sync()
            assert told.document["invoices"] == result.document["invoices"]
            for _ in range(2):
                assert codes(world.sync()) == ["DECISION_NOT_POSSIBLE"]
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert world.row(invoice["name"]).deal_id == new


@ONE_STORE
@pytest.mark.parametrize("meanwhile", ["bound", "of the batch"])
def test_a_deal_that_became_another_invoices_meanwhile_holds_the_invoice(
    world: World, meanwhile: str
) -> None:
    invoice, deal = _held(world)
    people.say(world, "deal", invoice["name"], target=deal)
    other = world.siigo.create_invoice(invoice["customer"]["id"], total=5)
    if meanwhile == "bound":
        world.sync(invoices=(other["name"],))
        models.Invoice.objects.filter(name=other["name"]).update(deal_id=deal)
    else:
        world.sync(invoices=(other["name"],), limit=0)
        models.Invoice.objects.filter(name=other["name"]).update(
            decision="deal", decision_target=deal, due=True
        )
    result = world.sync()
    assert codes(result) == ["DECISION_NOT_POSSIBLE"]
    assert result.exit_code == 1


@pytest.mark.parametrize("code", ["INVOICE_ANNULLED_LATER", "INVOICE_DELETED", "INVOICE_CREDITED"])
def test_what_was_mended_by_hand_is_unchanged_from_then_on(world: World, code: str) -> None:
    invoice = _in_escala(world)
    {
        "INVOICE_ANNULLED_LATER": world.siigo.annul_invoice,
        "INVOICE_DELETED": world.siigo.delete_invoice,
        "INVOICE_CREDITED": world.siigo.credit_note,
    }[code](invoice["name"])
    world.pass_time(days=1)
    assert codes(world.sync()) == [code]
    assert people.say(world, "done", invoice["name"]) == []
    (row,) = world.report()["rows"]
    assert (row["status"], row["code"], row["open"]) == ("annulled", code, False)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    (row,) = world.report()["rows"]
    assert (row["status"], row["code"], row["open"]) == ("annulled", code, False)
    assert people.say(world, "done", invoice["name"]) == [
        f"La factura «{invoice['name']}» no esperaba por usted."
    ]


@ONE_STORE
def test_the_next_edit_and_the_next_note_are_told_again(world: World) -> None:
    invoice = _in_escala(world, 'on_edited = "report"')
    name = invoice["name"]

    def edit(price: int) -> None:
        world.siigo.edit_invoice(name, items=[{"code": "INST-01", "quantity": 1, "price": price}])

    world.siigo.credit_note(name, total=100)
    edit(2000)
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
    people.say(world, "done", name)
    assert codes(world.sync()) == ["INVOICE_EDITED"], "the edit was not told yet, so nobody has mended it"
    people.say(world, "done", name)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    edit(3000)
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    people.say(world, "done", name)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    world.siigo.credit_note(name, total=50)
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
    people.say(world, "done", name)
    (row,) = world.report()["rows"]
    assert (row["status"], row["code"], row["open"]) == ("in_escala", "INVOICE_CREDITED_PARTLY", False)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    edit(1000)
    assert codes(world.sync()) == ["INVOICE_EDITED"], "Escala shows what a person typed, not the first value"


@ONE_STORE
@pytest.mark.parametrize("change", ["edit", "note", "annul", "delete", "credit", "no amount"])
def test_what_escala_could_not_show_is_mended_by_hand(world: World, change: str) -> None:
    world.escala.switches.change({"update_verb": "none"})
    invoice = _in_escala(world, 'on_credited = "subtract"\non_annulled = "lost_stage"')
    name = invoice["name"]
    match change:
        case "edit":
            world.siigo.edit_invoice(name, items=[{"code": "INST-01", "quantity": 1, "price": 2000}])
        case "no amount":
            world.siigo.distort(name, total="mucho")
        case "note":
            world.siigo.credit_note(name, total=100)
        case "annul":
            world.siigo.annul_invoice(name)
        case "delete":
            world.siigo.delete_invoice(name)
        case _:
            world.siigo.credit_note(name)
    world.pass_time(days=1)
    for _ in range(2):
        assert codes(world.sync()) == ["VALUE_INVALID" if change == "no amount" else "UPDATE_NOT_POSSIBLE"]
    people.say(world, "done", name)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    again = counts(world.sync(date_from=world.today() - timedelta(days=9)))
    assert again == ({} if change == "delete" else {"read": 1, "unchanged": 1})
    code = {
        "annul": "INVOICE_ANNULLED_LATER",
        "delete": "INVOICE_DELETED",
        "credit": "INVOICE_CREDITED",
    }
    assert world.row(name).code == code.get(change, "")


def _edit(world: World, invoice: dict[str, Any], price: int) -> None:
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": price}])


@ONE_STORE
@pytest.mark.parametrize("looked", [True, False], ids=["a run saw it", "no run since"])
@pytest.mark.parametrize("rule", ["update", "report"])
def test_an_edit_that_was_mended_by_hand_and_is_taken_back_in_siigo_is_the_next_edit(
    world: World, rule: str, looked: bool
) -> None:
    """Escala shows what a person typed: what it showed before that is no news of ours any more."""
    if rule == "update":
        world.escala.switches.change({"update_verb": "none"})
    invoice = _in_escala(world, f'on_edited = "{rule}"')
    told = ["INVOICE_EDITED"] if rule == "report" else ["UPDATE_NOT_POSSIBLE"]
    _edit(world, invoice, 2000)
    for _ in range(2):
        assert codes(world.sync()) == told
    people.say(world, "done", invoice["name"])
    if looked:
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    _edit(world, invoice, 1000)
    result = world.sync()
    assert codes(result) == told
    message = result.document["problems"][0]["message"].replace("\u00a0", " ")
    assert "$ 1.000,00" in message
    assert "$ 2.000,00" in message, "what the person had typed"
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@ONE_STORE
def test_what_comes_back_with_another_seller_is_written_over_what_a_person_typed(world: World) -> None:
    other = world.siigo.add_user(username="otra@empresa.example", email="otra@empresa.example")
    invoice = _in_escala(world, 'on_edited = "report"')
    _edit(world, invoice, 2000)
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    people.say(world, "done", invoice["name"])
    world.connect('on_edited = "update"')
    world.siigo.edit_invoice(
        invoice["name"], seller=other["id"], items=[{"code": "INST-01", "quantity": 1, "price": 1000}]
    )
    told = world.sync(dry_run=True)
    result = world.sync()
    assert counts(told) == counts(result) == {"read": 1, "updated": 1}
    assert world.row(invoice["name"]).applied["value"] == "1000.00"


@ONE_STORE
def test_an_edit_that_was_seen_to_once_is_followed_when_it_comes_again(world: World) -> None:
    invoice = _in_escala(world, 'on_edited = "report"')
    _edit(world, invoice, 2000)
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    world.connect('on_edited = "update"')
    for price in (3000, 2000):
        _edit(world, invoice, price)
        assert counts(world.sync()) == {"read": 1, "updated": 1}
        assert world.deal_of(invoice["name"])["value"] == price


@ONE_STORE
def test_a_note_that_was_taken_off_by_hand_is_what_the_edit_beside_it_starts_from(world: World) -> None:
    world.escala.switches.change({"update_verb": "none"})
    invoice = _in_escala(world, 'on_edited = "report"\non_credited = "subtract"')
    _edit(world, invoice, 2000)
    world.siigo.credit_note(invoice["name"], total=300)
    results = [world.sync() for _ in range(2)]
    assert codes(results[-1]) == ["UPDATE_NOT_POSSIBLE"]
    people.say(world, "done", invoice["name"])
    result = world.sync()
    assert codes(result) == ["INVOICE_EDITED"]
    message = result.document["problems"][0]["message"].replace("\u00a0", " ")
    assert "$ 1.700,00" in message
    assert "$ 700,00" in message


@ONE_STORE
@pytest.mark.parametrize("together", [True, False], ids=["edited with the note", "edited after it"])
def test_an_edit_never_writes_over_what_a_person_lowered_for_a_note(world: World, *, together: bool) -> None:
    invoice = _in_escala(world)
    world.siigo.credit_note(invoice["name"], total=300)
    if together:
        _edit(world, invoice, 2000)
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]
    typed = 1700 if together else 700
    world.escala.edit_deal(world.deals()[0]["id"], {"value": typed})
    people.say(world, "done", invoice["name"])
    if not together:
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}
        _edit(world, invoice, 2000)
    result = world.sync()
    assert codes(result) == ["INVOICE_EDITED"]
    message = result.document["problems"][0]["message"].replace("\u00a0", " ")
    assert (
        "ahora $ 2.000,00, sin contar la nota crédito de $ 300,00 que ya se restó o usted ya revisó"
        in message
    )
    assert world.deals()[0]["value"] == typed
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@ONE_STORE
def test_what_was_seen_to_of_notes_says_no_more_once_they_were_taken_off(world: World) -> None:
    invoice = _in_escala(world)
    world.siigo.credit_note(invoice["name"], total=300)
    world.sync()
    people.say(world, "done", invoice["name"])
    world.connect('on_credited = "subtract"')
    _edit(world, invoice, 2000)
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert world.deals()[0]["value"] == 1700
    assert "credited" not in world.row(invoice["name"]).done
    world.connect()
    _edit(world, invoice, 3000)
    result = world.sync()
    assert codes(result) == ["INVOICE_EDITED"], "the value is without the note: an update would put it back"
    message = result.document["problems"][0]["message"].replace("\u00a0", " ")
    assert "sin contar la nota crédito de $ 300,00 que ya se restó o usted ya revisó" in message
    world.connect('on_credited = "subtract"')
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert world.deals()[0]["value"] == 2700


@ONE_STORE
def test_a_second_note_is_told_for_itself_where_the_first_was_taken_off_by_the_rule_of_then(
    world: World,
) -> None:
    invoice = _in_escala(world, 'on_credited = "subtract"')
    world.siigo.credit_note(invoice["name"], total=300)
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    world.connect()
    world.siigo.credit_note(invoice["name"], total=50)
    result = world.sync()
    assert codes(result) == ["INVOICE_CREDITED_PARTLY"]
    message = result.document["problems"][0]["message"].replace("\u00a0", " ")
    assert "descuenta parte de la factura: $ 50,00 del valor" in message


@ONE_STORE
def test_what_is_mended_while_a_run_works_stays_mended(world: World) -> None:
    """The run has read the row before, and what it writes of it is no answer to what was said since."""
    invoice = _in_escala(world, 'on_edited = "report"')
    _edit(world, invoice, 2000)
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    world.invoices(1)

    def plan(_: object) -> bool:
        people.say(world, "done", invoice["name"])
        return True

    world.sync(plan=plan)
    assert counts(world.sync()) == {"read": 2, "unchanged": 2}


@ONE_STORE
def test_a_refused_record_is_sent_again_once_after_a_person_has_mended_escala(world: World) -> None:
    inside.refuse(
        world, inside.DEALS, status=400, body={"message": "name must be shorter", "statusCode": 400}
    )
    (invoice,) = world.invoices(1)
    world.connect()
    held = codes(world.sync())
    posted = inside.posts(world, inside.DEALS)
    world.sync()
    assert posted() == 0
    people.say(world, "done", invoice["name"])
    for _ in range(2):
        assert codes(world.sync()) == held
    assert posted() == 1
    world.escala.faults.clear()
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "created": 1}


@pytest.mark.parametrize("kind", ["deal", "ignore"])
def test_what_a_person_says_while_a_run_works_is_not_written_over(world: World, kind: str) -> None:
    """The run decided on the row as it was before; its answer leaves the decision there, and the row due."""
    invoice, deal = _held(world)
    world.escala.delete_deal(deal)
    other = world.escala.create_deal(name="Otra", value=1)
    said = threading.Event()

    def plan(_: object) -> bool:
        people.say(world, kind, invoice["name"], target=other if kind == "deal" else "")
        said.set()
        return True

    world.pass_time(hours=2)
    assert counts(world.sync(plan=plan)) == {"read": 1, "created": 1}
    assert said.is_set()
    row = world.row(invoice["name"])
    assert (row.state, row.decision, row.due) == (State.IN_ESCALA, kind, True)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    row = world.row(invoice["name"])
    assert (row.decision, row.due) == ("", False)


def test_a_decision_is_stored_while_a_run_holds_the_lease(world: World) -> None:
    invoice, deal = _held(world)
    with inside.session(world):
        people.say(world, "deal", invoice["name"], target=deal)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@ONE_STORE
def test_a_contact_that_a_person_names_while_the_run_makes_one_stays(world: World) -> None:
    other = world.escala.create_contact(first_name="Otra")
    (invoice,) = world.invoices(1)
    world.connect()
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    world.sync()
    world.escala.add_stage("Ventas", "Prospecto")
    world.connect()

    def plan(_: object) -> bool:
        people.say(world, "contact", invoice["name"], target=other)
        return True

    assert counts(world.sync(plan=plan)) == {"read": 1, "created": 1}
    binding = models.ContactBinding.objects.get()
    assert (binding.contact_id, binding.by_person) == (other, True)


@ONE_STORE
def test_what_cannot_be_obeyed_is_said_at_once_and_nothing_is_stored(world: World) -> None:
    customer = world.customer()["id"]
    held = world.siigo.create_invoice(customer, total=1)
    deal = world.escala.create_deal(name=f"{held['name']} de otra", value=7)
    contact = world.escala.create_contact(first_name="Una")
    made = world.siigo.create_invoice(customer, total=2)
    second = world.siigo.create_invoice(world.customer(1)["id"], total=3)
    void = world.siigo.create_invoice(customer, total=4)
    world.siigo.annul_invoice(void["name"])
    twice = [world.siigo.create_invoice(customer, name="FV-9-1", total=5 + number) for number in range(2)]
    world.connect()
    world.sync()
    bound = world.row(made["name"]).deal_id or ""
    taken = world.row(made["name"]).contact_id
    cases = [
        (Wish(kind="ignore", invoice="FV-2-999999"), "no está en el registro"),
        (Wish(kind="ignore", invoice="", siigo_id="no-such"), "no está en el registro"),
        (Wish(kind="ignore", invoice="FV-9-1"), "Hay 2 facturas «FV-9-1»"),
        (Wish(kind="ignore", invoice=made["name"], siigo_id=held["id"]), "se mezclaron"),
        (Wish(kind="deal", invoice=held["name"], target=bound), f"ya es de la factura «{made['name']}»"),
        (Wish(kind="deal", invoice=held["name"], target="la-azul"), "no es el id de una oportunidad"),
        (Wish(kind="deal", invoice=made["name"], target=deal), "ya tiene su oportunidad"),
        (Wish(kind="create", invoice=made["name"]), "ya tiene su oportunidad"),
        (Wish(kind="ignore", invoice=made["name"]), "ya tiene su oportunidad"),
        (Wish(kind="create", invoice=void["name"]), "anulada o borrada"),
        (Wish(kind="contact", invoice=second["name"], target=taken), "ya es de otro cliente"),
        (Wish(kind="contact", invoice=held["name"], target="57300"), "no es el id de un contacto"),
    ]
    before = list(models.Invoice.objects.order_by("pk").values("decision", "due", "said"))
    bindings = models.ContactBinding.objects.count()
    for wish, sentence in cases:
        with pytest.raises(DecisionProblem) as caught:
            people.store(world, Wish(kind="ignore", invoice=twice[0]["id"]), wish)
        assert sentence in caught.value.message, wish
    several = [
        ([("deal", held, deal), ("deal", twice[0], deal)], "otra fila"),
        ([("contact", held, contact), ("contact", second, contact)], "ya es de otro cliente"),
        ([("contact", held, contact), ("contact", made, taken)], "otro contacto en este archivo"),
        ([("ignore", held, ""), ("create", held, "")], "otra decisión"),
    ]
    for given, sentence in several:
        wishes = [Wish(kind=kind, invoice=one["id"], target=target) for kind, one, target in given]  # type: ignore[arg-type]
        with pytest.raises(DecisionProblem) as caught:
            people.store(world, *wishes)
        assert sentence in caught.value.message
    assert list(models.Invoice.objects.order_by("pk").values("decision", "due", "said")) == before
    assert models.ContactBinding.objects.count() == bindings
    people.say(world, "deal", held["name"], target=deal)
    with pytest.raises(DecisionProblem, match=held["name"]):
        people.store(world, Wish(kind="deal", invoice=twice[0]["id"], target=deal))
    assert people.say(world, "deal", made["name"], target=bound) == [
        f"La factura «{made['name']}» ya es de la oportunidad «{bound}»."
    ]


@ONE_STORE
def test_what_a_rule_leaves_out_is_created_by_no_decision(world: World) -> None:
    invoice = world.siigo.create_invoice(world.customer(identification="222222222222")["id"])
    world.connect()
    world.sync()
    with pytest.raises(DecisionProblem) as told:
        people.say(world, "create", invoice["name"])
    assert told.value.message == (
        f"La factura «{invoice['name']}» queda fuera por una regla («Consumidor final») y así no se crea. Si "
        'las quiere en Escala, elija un solo contacto para todas («walk_in = "one_contact"»).'
    )
    assert counts(world.sync()) == {"read": 1, "excluded": 1}


@ONE_STORE
def test_all_rows_of_a_file_that_cannot_be_obeyed_are_told_at_once(world: World) -> None:
    """Also those of other kinds; a row is told once, and nothing of the file is stored."""
    held, deal = _held(world)
    contact = world.escala.create_contact(first_name="Una")
    others = [world.siigo.create_invoice(world.customer(number)["id"], total=5) for number in range(1, 5)]
    world.sync()
    given: list[tuple[Any, str, str]] = [
        ("deal", held["id"], deal),
        ("deal", others[0]["id"], STRANGER),
        ("deal", others[1]["id"], "la-azul"),
        ("contact", others[2]["id"], contact),
        ("contact", others[3]["id"], contact),
        ("ignore", held["id"], ""),
        ("ignore", "no-such", ""),
    ]
    wishes = [
        Wish(kind=kind, invoice="", siigo_id=siigo_id, target=target, line=line)
        for line, (kind, siigo_id, target) in enumerate(given, start=2)
    ]
    with pytest.raises(DecisionProblem) as caught:
        people.store(world, *wishes)
    told = caught.value.message.split("\n")
    assert [one.partition(":")[0] for one in told] == [f"Línea {line}" for line in (3, 4, 6, 7, 8)]
    assert told[2] == f"Línea 6: el contacto «{contact}» ya es de otro cliente."
    found = resolving.problems(models.Connection.objects.get(), wishes)
    assert decisions.together(found).message == caught.value.message
    assert not models.Invoice.objects.exclude(decision="").exists()
    with pytest.raises(DecisionProblem) as caught:
        people.store(world, *wishes[1:3])
    assert [one.partition(":")[0] for one in caught.value.message.split("\n")] == ["Línea 3", "Línea 4"]


@ONE_STORE
def test_a_warning_of_a_file_names_the_line_and_the_invoice(world: World) -> None:
    invoice, _ = _held(world)
    (warning,) = people.store(world, Wish(kind="deal", invoice=invoice["name"], target=STRANGER, line=7))
    assert f"para la factura «{invoice['name']}» (línea 7): la próxima" in warning


@ONE_STORE
def test_a_name_may_be_written_in_small_letters_where_one_invoice_has_it(world: World) -> None:
    names = ("FV-9-1", "FV-9-2", "Fv-9-2")
    for number, name in enumerate(names):
        world.siigo.create_invoice(world.customer(number)["id"], name=name, total=5 + number)
    world.connect()
    world.sync(limit=0)
    people.say(world, "ignore", "fv-9-1")
    people.say(world, "create", "FV-9-2")
    assert [world.row(name).decision for name in names] == ["ignore", "create", ""]
    one = world.row("FV-9-1")
    people.store(world, Wish(kind="create", invoice="fv-9-1", siigo_id=one.siigo_id))
    with pytest.raises(DecisionProblem, match="Hay 2 facturas «fv-9-2»"):
        people.say(world, "ignore", "fv-9-2")
    with pytest.raises(DecisionProblem, match="no está en el registro"):
        people.say(world, "ignore", "fv-9-3")


@ONE_STORE
def test_a_name_is_told_of_ten_invoices_that_a_file_need_not_make(world: World) -> None:
    made = world.invoices(12)
    world.connect()
    world.sync()
    wishes = [Wish(kind="create", invoice=one["name"], line=line) for line, one in enumerate(made, start=2)]
    rest = [
        Wish(kind="create", invoice="FV-9-9", line=14),
        Wish(kind="done", invoice=made[0]["name"], line=15),
    ]
    left, (warning,) = resolving.unfulfilled(models.Connection.objects.get(), [*wishes, *rest])
    assert left == rest
    assert warning.startswith("12 facturas ya tuvieron la oportunidad que usted pidió crear")
    assert warning.endswith(f"{made[9]['name']} y 2 más.")


@ONE_STORE
def test_an_answer_of_yesterday_is_none_to_what_is_asked_since(world: World) -> None:
    """The same file once more: what a person deleted is not made again, nor a new warning closed."""
    gone, edited = world.invoices(2, total=1000)
    world.connect('on_edited = "report"')
    world.sync()
    world.escala.delete_deal(world.deal_of(gone["name"])["id"])
    _edit(world, edited, 2000)
    world.pass_time(days=1)
    assert set(codes(world.sync(sweep=True))) == {"DEAL_DELETED", "INVOICE_EDITED"}
    connection = models.Connection.objects.get()
    before = [
        Wish(kind="create", invoice=gone["name"], code="POSSIBLE_TWIN", line=2),
        Wish(kind="done", invoice=edited["name"], code="INVOICE_CREDITED_PARTLY", line=3),
    ]
    left, told = resolving.unfulfilled(connection, before)
    assert (left, len(told)) == ([], 2)
    assert told[1].startswith(f"La factura «{edited['name']}» ya no avisa lo que su fila da por resuelto;")
    of_today = [
        Wish(kind="create", invoice=gone["name"], code="DEAL_DELETED", line=2),
        Wish(kind="done", invoice=edited["name"], code="INVOICE_EDITED", line=3),
    ]
    assert resolving.unfulfilled(connection, of_today) == (of_today, [])


@ONE_STORE
def test_the_same_decision_twice_is_one(world: World) -> None:
    invoice, deal = _held(world)
    wish = Wish(kind="deal", invoice=invoice["name"], siigo_id=invoice["id"], target=deal)
    people.store(world, wish, wish)
    people.store(world, wish)
    assert world.row(invoice["name"]).said == 2
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@ONE_STORE
def test_a_contact_is_of_no_use_to_a_customer_without_identification(world: World) -> None:
    contact = world.escala.create_contact(first_name="Una")
    customer = world.customer()
    invoice = world.siigo.create_invoice(customer["id"])
    world.siigo.edit_customer(customer["id"], identification=" ")
    world.connect()
    assert codes(world.sync()) == ["CONTACT_DATA_MISSING"]
    people.say(world, "contact", invoice["name"], target=contact)
    assert not models.ContactBinding.objects.exists()
    assert codes(world.sync()) == ["CONTACT_DATA_MISSING"]


@ONE_STORE
def test_ids_that_are_numbers_may_be_of_any_length(world: World) -> None:
    invoice, _ = _held(world)
    models.KnownDeal.objects.update(deal_id="99")
    assert len(people.say(world, "deal", invoice["name"], target="1000")) == 1


@ONE_STORE
def test_a_customer_that_was_never_read_gets_his_contact_when_he_is(world: World) -> None:
    contact = world.escala.create_contact(first_name="Otra")
    (invoice,) = world.invoices(1)
    world.connect()
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    world.sync()
    models.KnownCustomer.objects.all().delete()
    people.say(world, "contact", invoice["name"], target=contact)
    assert not models.ContactBinding.objects.exists()
    world.escala.add_stage("Ventas", "Prospecto")
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.deal_of(invoice["name"])["contactId"] == contact
    assert models.ContactBinding.objects.get().by_person


@ONE_STORE
@pytest.mark.parametrize("updates", ["by hand", "by the program"])
@pytest.mark.parametrize("run_between", [True, False])
@pytest.mark.parametrize("seller", [None, 703])
def test_an_edit_that_is_undone_in_siigo_after_a_person_followed_it_is_followed_or_told(
    world: World, updates: str, run_between: bool, seller: int | None
) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect('on_edited = "report"' if updates == "by hand" else "")
    world.sync()
    world.escala.switches.change({"update_verb": "none"})
    world.siigo.edit_invoice(invoice["id"], total=2000)
    assert world.sync().exit_code == 1
    world.escala.edit_deal(world.deals()[0]["id"], {"value": 2000})
    assert people.say(world, "done", invoice["name"]) == []
    world.escala.switches.change({"update_verb": "put_full"})
    models.EscalaAccount.objects.update(capabilities={})
    if run_between:
        assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    world.pass_time(minutes=5)
    changes: dict[str, Any] = {"total": 1000} | ({"seller": seller} if seller else {})
    world.siigo.edit_invoice(invoice["id"], **changes)
    result = world.sync()
    if updates == "by hand":
        assert codes(result) == ["INVOICE_EDITED"]
    else:
        assert counts(result) == {"read": 1, "updated": 1}
        assert Decimal(str(world.deals()[0]["value"])) == 1000


@ONE_STORE
def test_what_a_person_typed_is_forgotten_once_it_was_written_over(world: World) -> None:
    """The same first value twice: what was typed between them is no longer what Escala shows."""
    invoice = _in_escala(world, 'on_edited = "report"')
    _edit(world, invoice, 2000)
    assert codes(world.sync()) == ["INVOICE_EDITED"]
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    world.connect('on_edited = "update"')
    _edit(world, invoice, 1000)
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
