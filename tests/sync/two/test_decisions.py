"""What people decide of opportunities, drafts that they confirm, and the number that goes back to Escala."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from siigo_escala.domain.decisions import DealKind, DealWish, DecisionProblem
from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.sync.invoicing import report, resolve
from tests.sync.two.scene import Scene, codes, counts

NUMBER = "cf_deal_numero_hqpe_text"
RULE = f'number_field = "{NUMBER}"'


def _say(scene: Scene, deal: str, kind: DealKind) -> list[str]:
    return resolve.store(Connection.objects.get(), [DealWish(kind=kind, deal_id=deal)], now=scene.world.now())


def _ready(scene: Scene) -> str:
    """A company whose opportunities have a field for the number."""
    scene.world.escala.add_custom_field(NUMBER)
    return scene.ready(RULE)


def test_a_retry_takes_up_what_waits_and_nothing_that_was_invoiced(scene: Scene) -> None:
    scene.deal(scene.ready())
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert counts(scene.sync(kind="retry")) == {}
    waits = scene.deal(None, name="Sola")
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    assert counts(scene.sync(kind="retry")) == {"read": 1, "needs_attention": 1}
    Opportunity.objects.filter(deal_id=waits).update(state="excluded", due=True)
    assert counts(scene.sync(kind="retry")) == {"read": 1, "needs_attention": 1}, "due, whatever its state"


def test_one_left_out_by_a_person_stays_out_until_they_change_their_mind(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    scene.sync()
    assert _say(scene, deal, "ignore") == []
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert scene.row(deal).code == "IGNORED_BY_PERSON"
    scene.world.escala.edit_deal(deal, {"contactId": scene.contact()})
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    _say(scene, deal, "create")
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_done_tries_again_what_waits_for_data(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    scene.sync()
    (warning,) = _say(scene, deal, "done")
    assert "se intentará de nuevo" in warning
    assert codes(scene.sync()) == ["CUSTOMER_DATA_MISSING"]


@pytest.mark.parametrize(("kind", "said"), [("create", "use «again»"), ("ignore", "use «again»")])
def test_what_has_its_invoice_is_neither_made_nor_left_out(scene: Scene, kind: DealKind, said: str) -> None:
    deal = scene.deal(scene.ready())
    scene.sync()
    with pytest.raises(DecisionProblem, match=said):
        _say(scene, deal, kind)


def test_what_has_no_invoice_or_is_not_known_cannot_be_invoiced_again(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    with pytest.raises(DecisionProblem, match="primero se lee"):
        _say(scene, deal, "create")
    scene.sync()
    with pytest.raises(DecisionProblem, match="use «create»"):
        _say(scene, deal, "again")
    row = scene.row(deal)
    row.state = Invoicing.SENDING
    row.save()
    with pytest.raises(DecisionProblem, match="todavía se comprueba"):
        _say(scene, deal, "create")


def test_all_rows_of_a_file_that_cannot_be_obeyed_are_told_at_once(scene: Scene) -> None:
    contact = scene.ready()
    made, held = scene.deal(contact), scene.deal(None, name="Sola")
    scene.sync()
    wishes = [
        DealWish(kind="ignore", deal_id=held, line=2),
        DealWish(kind="ignore", deal_id=made, line=3),
        DealWish(kind="create", deal_id="no-such", line=4),
        DealWish(kind="create", deal_id=made, line=5),
        DealWish(kind="ignore", deal_id=held, line=6),
        DealWish(kind="create", deal_id=held, line=7),
    ]
    connection = Connection.objects.get()
    left, (warning,) = resolve.unfulfilled(connection, wishes)
    assert left == [*wishes[:3], *wishes[4:]], "the invoice that was made is not asked for again"
    assert "ya tiene la factura que usted pidió crear" in warning
    with pytest.raises(DecisionProblem) as caught:
        resolve.store(connection, left, now=scene.world.now())
    told = caught.value.message.split("\n")
    assert [one.partition(":")[0] for one in told] == ["Línea 3", "Línea 4", "Línea 7"]
    assert "otra decisión en este archivo" in told[2]
    assert told == [problem.message for problem in resolve.problems(connection, left)]
    assert not Opportunity.objects.exclude(decision="").exists()
    resolve.store(connection, [wishes[0], wishes[4]], now=scene.world.now())
    assert (scene.row(held).decision, scene.row(held).said) == ("ignore", 1), "the same twice is one"
    Opportunity.objects.update(undone="annulled")
    assert resolve.unfulfilled(connection, wishes) == (wishes, [])


def test_what_a_person_says_while_the_run_writes_is_kept(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    scene.sync()

    def meanwhile(_: dict[str, object]) -> bool:
        _say(scene, deal, "ignore")
        return True

    scene.deal(scene.contact("900482137-2", first_name="Otra"), name="Otra")
    scene.sync(plan=meanwhile)
    row = scene.row(deal)
    assert (row.decision, row.due) == ("ignore", True)
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}


def test_nothing_goes_to_the_dian_before_a_dry_run_and_a_confirmed_draft(scene: Scene) -> None:
    contact = scene.ready("stamp = true")
    deals = {scene.deal(contact, name=f"Venta {number}") for number in range(3)}
    assert codes(scene.sync()) == ["DRY_RUN_NEEDED"] * 3
    none = scene.sync(dry_run=True, limit=0)
    assert counts(none) == {"read": 3, "failed": 3}
    dry = scene.sync(dry_run=True)
    real = scene.sync()
    assert counts(dry) == counts(real) == {"read": 3, "created": 1, "needs_attention": 2}
    assert codes(dry) == codes(real) == ["DRAFT_UNCONFIRMED"] * 2
    (draft,) = scene.invoices()
    assert draft["stamp"]["status"] == "Draft"
    (made,) = [deal for deal in deals if scene.row(deal).siigo_id]
    assert made in real.document["problems"][0]["message"]
    _say(scene, made, "done")
    asked = scene.world.siigo.calls.count(method="GET", path=f"/v1/invoices/{draft['id']}")
    assert counts(scene.sync())["created"] == 2
    assert all(scene.row(deal).siigo_id for deal in deals)
    assert [one["stamp"]["status"] for one in scene.invoices()[1:]] == ["Sending"] * 2
    again = scene.world.siigo.calls.count(method="GET", path=f"/v1/invoices/{draft['id']}")
    assert again - asked == 1, "whether the confirmed one still stands is asked once a run"


@pytest.mark.parametrize("noticed", [True, False], ids=["swept", "not swept"])
@pytest.mark.parametrize("how", ["annul_invoice", "delete_invoice"])
def test_a_draft_that_was_given_up_confirms_nothing(scene: Scene, how: str, noticed: bool) -> None:
    contact = scene.ready("stamp = true")
    for number in range(3):
        scene.deal(contact, name=f"Venta {number}")
    scene.sync(dry_run=True)
    assert counts(scene.sync()) == {"read": 3, "created": 1, "needs_attention": 2}
    (draft,) = scene.invoices()
    deal = Opportunity.objects.get(siigo_id=draft["id"]).deal_id
    getattr(scene.world.siigo, how)(draft["name"])
    scene.world.pass_time(hours=1)
    if noticed:
        assert "INVOICE_UNDONE" in codes(scene.sync(sweep=True))
    _say(scene, deal, "done")
    scene.sync()
    if not noticed:
        assert "INVOICE_UNDONE" in codes(scene.sync(sweep=True))
        _say(scene, deal, "done")
        scene.sync()
    assert {one["stamp"]["status"] for one in scene.invoices() if one["id"] != draft["id"]} == {"Draft"}
    assert sum(not one["annulled"] for one in scene.invoices() if one["id"] != draft["id"]) == 1
    (again,) = [one for one in scene.invoices() if one["id"] != draft["id"]]
    _say(scene, Opportunity.objects.get(siigo_id=again["id"]).deal_id, "done")
    scene.sync()
    assert scene.invoices()[-1]["stamp"]["status"] == "Sending", "this one was looked at and found right"


def test_a_draft_that_was_made_before_stamping_was_asked_for_is_the_one_to_confirm(scene: Scene) -> None:
    contact = scene.ready()
    made = scene.deal(contact, name="Una")
    scene.sync()
    scene.connect("stamp = true")
    scene.sync(dry_run=True)
    scene.deal(contact, name="Otra")
    assert codes(scene.sync()) == ["DRAFT_UNCONFIRMED"]
    _say(scene, made, "done")
    assert counts(scene.sync()) == {"read": 2, "created": 1, "unchanged": 1}


def test_the_number_goes_back_to_the_opportunity(scene: Scene) -> None:
    contact = _ready(scene)
    deals = [scene.deal(contact, name=f"Venta {number}", owner="laura@acme.example") for number in range(2)]
    assert counts(scene.sync()) == {"read": 2, "created": 2}
    for deal in deals:
        (shown,) = [one for one in scene.world.deals() if one["id"] == deal]
        assert shown["custom"] == {NUMBER: scene.row(deal).invoice}
        assert (shown["value"], shown["assignedTo"]) == (170000, "laura@acme.example")
        assert len(shown["products"]) == 1
    assert "created" not in counts(scene.sync())
    assert counts(scene.sync()) == {}


def test_a_field_that_escala_does_not_keep_is_told(scene: Scene) -> None:
    deal = scene.deal(scene.ready('number_field = "cf_deal_nadie_aaaa_text"'))
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "created": 1}, ["NUMBER_NOT_WRITTEN"])
    assert "no guardó el campo" in result.document["problems"][0]["message"]
    assert scene.row(deal).number_due is False


@pytest.mark.parametrize("verb", ["put_partial", "patch"])
def test_the_number_goes_back_by_whatever_verb_works(scene: Scene, verb: str) -> None:
    scene.world.escala.switches.change({"update_verb": verb})
    scene.world.escala.add_custom_field("cf_deal_otro_aaaa_text")
    deal = scene.deal(_ready(scene), custom={"cf_deal_otro_aaaa_text": "x"})
    scene.sync()
    (shown,) = scene.world.deals()
    assert shown["custom"] == {NUMBER: scene.row(deal).invoice, "cf_deal_otro_aaaa_text": "x"}
    assert shown["value"] == 170000


def test_where_updates_do_not_work_the_number_stands_in_our_ledger(scene: Scene) -> None:
    scene.world.escala.switches.change({"update_verb": "none"})
    deal = scene.deal(_ready(scene))
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "created": 1}, ["NUMBER_NOT_WRITTEN"])
    assert result.exit_code == 0
    assert scene.row(deal).number_due is False
    assert scene.report()["rows"][0]["invoice"] == scene.invoices()[0]["name"]


def test_a_number_that_an_outage_kept_back_is_written_later(scene: Scene) -> None:
    deal = scene.deal(_ready(scene))
    scene.world.configured(patience_seconds=1)
    scene.world.escala.faults.add(Fault(kind="refuse", status=503, method="PUT", path="/crm/deals/.*"))
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "created": 1}, ["NUMBER_NOT_WRITTEN"])
    assert "la próxima sincronización lo intenta otra vez" in result.document["problems"][0]["message"]
    assert scene.row(deal).number_due
    scene.world.escala.faults.clear()
    scene.sync()
    (shown,) = scene.world.deals()
    assert shown["custom"] == {NUMBER: scene.row(deal).invoice}
    assert len(scene.invoices()) == 1


def test_an_update_that_touches_what_is_not_ours_is_the_last_one(scene: Scene) -> None:
    contact = _ready(scene)
    scene.deal(contact, name="Una")
    handle = scene.world.escala.handle

    def clumsy(request: object) -> object:
        answer = handle(request)  # type: ignore[arg-type]  # a request
        if request.method == "PUT":  # type: ignore[attr-defined]  # a request
            scene.world.escala.rename_deal(request.path.rpartition("/")[2], "Otro")  # type: ignore[attr-defined]  # a request
        return answer

    scene.world.escala.handle = clumsy  # type: ignore[method-assign, assignment]  # clumsy
    scene.sync()
    scene.world.escala.handle = handle  # type: ignore[method-assign]  # as it was
    scene.deal(contact, name="Dos")
    assert codes(scene.sync()) == ["NUMBER_NOT_WRITTEN"]


def test_what_each_is_held_for_is_said_by_reason(scene: Scene) -> None:
    contact = scene.ready()
    alone = scene.deal(None, name="Sola")
    fine = scene.deal(contact, name="Buena")
    free = scene.deal(contact, value=0, name="Gratis")
    scene.sync()
    said = dict(report.sentences(Connection.objects.get(), [alone, fine, free]))
    assert set(said) == {"CUSTOMER_DATA_MISSING", "VALUE_INVALID"}
    assert "(0" in said["VALUE_INVALID"] or "valor" in said["VALUE_INVALID"]
    assert said["CUSTOMER_DATA_MISSING"].endswith(".")
    Opportunity.objects.filter(deal_id=alone).update(code="OF_A_LATER_VERSION")
    assert set(dict(report.sentences(Connection.objects.get(), [alone, free]))) == {"VALUE_INVALID"}


def test_a_number_that_cannot_be_written_today_stops_no_invoice_and_is_written_tomorrow(scene: Scene) -> None:
    scene.world.configured(patience_seconds=1)
    contact = _ready(scene)
    bad = scene.deal(contact, name="Mala")
    scene.deal(contact, name="Buena")
    stuck = Fault(kind="refuse", method="PUT", path=f".*/crm/deals/{bad}", status=500, body={})
    scene.world.escala.faults.add(stuck)
    assert counts(scene.sync()) == {"read": 2, "created": 2}
    assert scene.row(bad).number_due
    scene.world.escala.faults.clear()
    scene.sync()
    assert not scene.row(bad).number_due


@pytest.mark.parametrize(("status", "code"), [(503, 4), (403, 3)])
def test_an_escala_that_answers_nothing_any_more_ends_the_run_after_the_invoice(
    scene: Scene, status: int, code: int
) -> None:
    deal = scene.deal(_ready(scene))
    scene.world.configured(patience_seconds=1)
    handle = scene.world.siigo.handle

    def then_down(request: Any) -> Any:
        answer = handle(request)
        if (request.method, request.path) == ("POST", "/v1/invoices"):
            scene.world.escala.faults.add(Fault(kind="refuse", status=status, body={}))
        return answer

    scene.world.siigo.handle = then_down  # type: ignore[method-assign]
    result = scene.sync()
    assert (result.exit_code, counts(result)) == (code, {"read": 1, "created": 1})
    assert scene.row(deal).number_due
    scene.world.escala.faults.clear()
    scene.sync()
    assert (scene.row(deal).number_due, len(scene.invoices())) == (False, 1)


def test_done_of_one_that_waits_for_nothing_changes_nothing(scene: Scene) -> None:
    deal = scene.deal(scene.ready(), stage="Prospecto")
    scene.sync()
    scene.world.pass_time(hours=1)
    scene.world.escala.move_deal(deal, "Ganada")
    scene.world.escala.faults.add(Fault(kind="refuse", method="GET", path=f".*/crm/deals/{deal}", status=400))
    assert codes(scene.sync()) == ["UNEXPECTED_ANSWER"]
    assert "se intentará de nuevo" in _say(scene, deal, "done")[0]
    scene.world.escala.faults.clear()
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_what_waits_for_a_person_says_so_however_the_run_ends(scene: Scene) -> None:
    contact = scene.ready()
    scene.deal(None, name="Sola")
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    scene.deal(contact, name="Nueva")
    scene.world.configured(patience_seconds=1)
    scene.world.siigo.faults.add(Fault(kind="refuse", status=503, path="/v1/.*"))
    result = scene.sync()
    assert (counts(result), result.exit_code) == ({"read": 2, "needs_attention": 1, "failed": 1}, 4)
    assert codes(result) == ["CUSTOMER_DATA_MISSING", "NOT_REACHED", "SIIGO_UNREACHABLE"]
    scene.world.siigo.faults.clear()
    stop, handle = threading.Event(), scene.world.siigo.handle

    def stopping(request: Request) -> Response:
        stop.set()  # what is in Escala was read; what Siigo has to decide it by is asked for
        return handle(request)

    scene.world.siigo.handle = stopping  # type: ignore[method-assign]
    stopped = scene.sync(stop=stop)
    scene.world.siigo.handle = handle  # type: ignore[method-assign]
    assert (counts(stopped), stopped.exit_code) == ({"read": 2, "needs_attention": 1, "failed": 1}, 130)
    assert counts(scene.sync()) == {"read": 2, "created": 1, "needs_attention": 1}
