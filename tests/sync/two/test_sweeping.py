"""What becomes of an invoice of ours in Siigo after it was made, and what people make there by hand."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.domain.decisions import DealWish, DecisionProblem
from siigo_escala.simulators.faults import Fault
from siigo_escala.store.models import Connection, Opportunity
from siigo_escala.sync.invoicing import report, resolve
from tests.sync.two.scene import Scene, codes, counts


def decide(scene: Scene, kind: str, deal: str) -> list[str]:
    """What a person says of it."""
    return resolve.store(
        Connection.objects.get(),
        [DealWish(kind=kind, deal_id=deal)],  # type: ignore[arg-type]  # named by the tests
        now=scene.world.now(),
    )


def invoiced(scene: Scene, **deal: object) -> str:
    """An opportunity with its invoice; its id."""
    made = scene.deal(scene.ready(), **deal)  # type: ignore[arg-type]
    result = scene.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert result.document["sweep"]["done"] is True
    scene.world.pass_time(days=1)
    return made


def undo(scene: Scene, how: str) -> None:
    """Somebody undoes the first invoice in Siigo."""
    first = scene.invoices()[0]
    match how:
        case "annulled":
            scene.world.siigo.annul_invoice(first["id"])
        case "deleted":
            scene.world.siigo.delete_invoice(first["id"])
        case _:
            scene.world.siigo.stamp(first["id"], "Accepted")
            scene.world.siigo.credit_note(first["id"])


@pytest.mark.parametrize(
    ("how", "told"),
    [("annulled", "se anuló"), ("deleted", "ya no está"), ("credited", "tiene nota crédito")],
)
def test_an_invoice_that_was_undone_is_told_once_and_never_made_again_by_itself(
    scene: Scene, how: str, told: str
) -> None:
    deal = invoiced(scene)
    undo(scene, how)
    left = len(scene.invoices())
    dry = scene.sync(dry_run=True)
    result = scene.sync()
    assert counts(result) == counts(dry) == {"read": 1, "needs_attention": 1}
    (problem,) = result.document["problems"]
    assert (problem["code"], problem["opportunity"]) == ("INVOICE_UNDONE", deal)
    assert told in problem["message"]
    assert "«resolve --again»" in problem["message"]
    assert result.document["sweep"]["calls"] > 0
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}, "until a person answers"
    assert counts(scene.sync(sweep=True)) == {"read": 1, "needs_attention": 1}
    decide(scene, "done", deal)
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    assert counts(scene.sync(sweep=True)) == {}, "it was told"
    assert len(scene.invoices()) == left


def test_the_sweep_notices_that_a_draft_was_sent_to_the_dian(scene: Scene) -> None:
    deal = invoiced(scene)
    assert Opportunity.objects.get(deal_id=deal).stamp == "Draft"
    scene.world.siigo.stamp(scene.invoices()[0]["id"], "Accepted")
    scene.sync(dry_run=True)
    assert Opportunity.objects.get(deal_id=deal).stamp == "Draft", "a dry run changes nothing"
    assert counts(scene.sync()) == {}
    assert Opportunity.objects.get(deal_id=deal).stamp == "Accepted"


def test_what_is_credited_in_part_stands_and_is_told_with_how_much(scene: Scene) -> None:
    deal = invoiced(scene)
    made = scene.invoices()[0]
    scene.world.siigo.stamp(made["id"], "Accepted")
    scene.world.siigo.credit_note(made["id"], total=50000)
    scene.world.siigo.credit_note(made["id"], total=7000, link=False)
    result = scene.sync()
    assert codes(result) == ["INVOICE_CREDITED_PARTLY"]
    said = result.document["problems"][0]["message"].replace("\u00a0", " ")
    assert f"su factura {made['name']} tiene nota crédito por una parte, $ 50.000,00, y sigue en pie" in said
    assert codes(scene.sync(sweep=True)) == ["INVOICE_CREDITED_PARTLY"], "until a person answers"
    decide(scene, "again", deal)
    refused = scene.sync()
    assert codes(refused) == ["INVOICE_STANDS"]
    assert "retira lo que pidió" in refused.document["problems"][0]["message"]
    decide(scene, "done", deal)
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    assert counts(scene.sync(sweep=True)) == {}, "it was told"
    scene.world.siigo.credit_note(made["id"], total=60000)
    more = scene.sync(sweep=True)
    assert "$ 110.000,00" in more.document["problems"][0]["message"].replace("\u00a0", " ")
    scene.world.siigo.credit_note(made["id"], total=made["total"] - 110000)
    assert codes(scene.sync(sweep=True)) == ["INVOICE_UNDONE"], "nothing of it is left"
    decide(scene, "again", deal)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_part_of_an_invoice_in_dollars_is_no_whole(scene: Scene) -> None:
    """A person may put the invoice into another currency before it goes to the DIAN."""
    invoiced(scene)
    made = scene.invoices()[0]
    dollars = {"code": "USD", "exchange_rate": 4000}
    scene.world.siigo.distort(made["id"], total=100, currency=dollars)
    scene.world.siigo.stamp(made["id"], "Accepted")
    note = scene.world.siigo.credit_note(made["id"], total=99)
    scene.world.siigo.distort(note["id"], kind="credit_notes", currency={**dollars, "exchange_rate": 4200})
    result = scene.sync()
    assert codes(result) == ["INVOICE_CREDITED_PARTLY"]
    assert "$ 396.000,00" in result.document["problems"][0]["message"].replace("\u00a0", " ")


@pytest.mark.parametrize(("how", "part"), [("annulled", "excluded"), ("credited", "invoiced")])
def test_the_report_adds_up_no_invoice_that_is_gone(scene: Scene, how: str, part: str) -> None:
    deal = invoiced(scene)
    undo(scene, how)
    scene.sync()
    stands = int(part == "invoiced")

    def shown() -> dict[str, Any]:
        return report.report(Connection.objects.get(), date_from=None, date_to=None)

    assert shown()["opportunities"]["needs_attention"] == 1
    assert shown()["invoiced"]["count"] == stands
    decide(scene, "done", deal)
    assert (shown()["opportunities"][part], shown()["invoiced"]["count"]) == (1, stands)
    assert report.counted(Connection.objects.get())[part] == 1


def test_another_is_made_where_a_person_asks_and_is_watched_like_the_first(scene: Scene) -> None:
    deal = invoiced(scene)
    undo(scene, "annulled")
    scene.sync()
    decide(scene, "again", deal)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    row = scene.row(deal)
    assert (row.undone, len(row.earlier), len(scene.invoices())) == ("", 1, 2)
    scene.world.siigo.annul_invoice(str(row.siigo_id))
    assert codes(scene.sync(sweep=True)) == ["INVOICE_UNDONE"]


def test_what_changed_in_escala_too_waits_for_the_graver_reason(scene: Scene) -> None:
    deal = invoiced(scene)
    undo(scene, "annulled")
    scene.world.escala.edit_deal(deal, {"value": 200000})
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "needs_attention": 1}, ["INVOICE_UNDONE"])


def test_the_sweep_is_due_once_a_day_and_left_out_where_one_says_so(scene: Scene) -> None:
    invoiced(scene)
    assert scene.sync(sweep=False).document["sweep"] == {"done": False, "calls": 0}
    assert scene.sync(date_from=scene.world.today()).document["sweep"]["done"] is False
    assert scene.sync(kind="retry").document["sweep"]["done"] is False
    assert scene.sync().document["sweep"]["done"] is True
    assert scene.sync().document["sweep"]["done"] is False
    # One that stands in Siigo, though it does not come in the list of its days, is asked for by its id.
    scene.world.siigo.edit_invoice(scene.invoices()[0]["name"], date="2020-01-02")
    assert counts(scene.sync(sweep=True)) == {}


@pytest.mark.parametrize("status", [403, 500])
def test_a_siigo_without_credit_notes_is_told_and_the_rest_is_swept(scene: Scene, status: int) -> None:
    invoiced(scene)
    undo(scene, "annulled")
    fault = Fault(kind="refuse", method="GET", path="/v1/credit-notes", status=status, body={})
    scene.world.siigo.faults.add(fault)
    result = scene.sync()
    assert counts(result) == {"read": 1, "needs_attention": 1}
    assert set(codes(result)) == {"CREDIT_NOTES_UNREADABLE", "INVOICE_UNDONE"}
    assert result.document["sweep"]["done"] is True


def test_credentials_that_are_refused_end_the_sweep_which_stays_due(scene: Scene) -> None:
    invoiced(scene)
    undo(scene, "annulled")
    fault = Fault(kind="refuse", method="GET", path="/v1/credit-notes", status=401, body={}, times=4)
    scene.world.siigo.faults.add(fault)
    broken = scene.sync()
    assert (broken.exit_code, broken.document["sweep"]["done"]) == (3, False)
    scene.world.siigo.faults.clear()
    assert codes(scene.sync()) == ["INVOICE_UNDONE"]


def test_an_invoice_made_by_hand_while_it_waited_is_not_made_twice(scene: Scene) -> None:
    contact = scene.ready()
    deal = scene.deal(None)
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    # Another one of the same customer and value is no sign: it carries our marker.
    other = scene.deal(contact, name="Otra venta")
    assert counts(scene.sync()) == {"read": 2, "created": 1, "needs_attention": 1}
    scene.world.pass_time(minutes=5)
    body = {key: scene.invoices()[0][key] for key in ("items",)}
    by_hand = scene.world.siigo.create_invoice(scene.invoices()[0]["customer"]["id"], **body)
    assert by_hand["total"] == scene.row(other).total
    scene.world.escala.edit_deal(deal, {"contactId": contact})
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "needs_attention": 1}, ["INVOICE_BY_HAND"])
    assert by_hand["name"] in result.document["problems"][0]["message"]
    assert decide(scene, "done", deal) == ["La oportunidad «Venta de café» se intentará de nuevo."]
    assert codes(scene.sync()) == ["INVOICE_BY_HAND"], "not made because somebody said done"
    assert len(scene.invoices()) == 2
    decide(scene, "create", deal)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_create_is_refused_where_it_cannot_say_which_value_counts(scene: Scene) -> None:
    deal = scene.deal(scene.ready(), value=999)
    assert codes(scene.sync()) == ["VALUE_DIFFERS"]
    with pytest.raises(DecisionProblem, match="on_value_difference"):
        decide(scene, "create", deal)
    assert scene.row(deal).decision == ""


def test_a_dry_run_tells_the_calls_of_the_run_after_it(scene: Scene) -> None:
    contact = scene.ready('default_city = "11001"\nnumber_field = "cf_deal_numero_de_factura_hqpe_text"')
    for number in range(6):
        scene.deal(contact, name=f"Venta {number}")
    for number in range(3):
        other = scene.contact(f"90010020{number}", company=f"Nueva {number} SAS")
        scene.world.escala.edit_contact(other, {"personal": {"address": "Cra 15"}})
        scene.deal(other, name=f"De otra {number}")
    scene.deal(None, name="Sola")
    dry = scene.sync(dry_run=True).document["plan"]["calls"]
    real = scene.sync().document["calls"]
    for system in ("siigo", "escala"):
        assert abs(dry[system] - real[system]) <= 0.1 * real[system] + 1, (system, dry, real)


def test_an_invoice_whose_annulment_the_list_leaves_out_is_told_by_its_id(scene: Scene) -> None:
    invoiced(scene)
    scene.world.siigo.switches.update({"annulled_in_list": False})
    undo(scene, "annulled")
    result = scene.sync()
    assert codes(result) == ["INVOICE_UNDONE"]
    assert "se anuló" in result.document["problems"][0]["message"]
    asked = scene.world.siigo.calls.count(path="/v1/invoices/.*")
    scene.world.pass_time(days=1)
    assert codes(scene.sync()) == ["INVOICE_UNDONE"]
    assert scene.world.siigo.calls.count(path="/v1/invoices/.*") == asked, "what is known is not asked again"


def test_a_sweep_that_was_not_shown_everything_stays_due(scene: Scene) -> None:
    invoiced(scene)
    for number in range(12):
        # A list that says it has nine and shows another one each time that it is read.
        row = {"id": f"0000000{number:04}", "name": f"FV-9-{number}", "document": {"id": 1}, "total": 5}
        for results in ([row], []):
            body = {"pagination": {"page": 1, "page_size": 100, "total_results": 9}, "results": results}
            fault = Fault(method="GET", path="/v1/invoices", kind="refuse", status=200, body=body, times=1)
            scene.world.siigo.faults.add(fault)
    scene.sync()
    day = Connection.objects.get().sweep_day
    scene.world.siigo.faults.clear()
    undo(scene, "deleted")
    assert codes(scene.sync()) == ["INVOICE_UNDONE"], "the same day"
    assert Connection.objects.get().sweep_day != day


@pytest.mark.parametrize("how", ["annulled", "edited"])
def test_what_a_person_settles_while_a_run_works_stays_settled(scene: Scene, how: str) -> None:
    deal = invoiced(scene)
    if how == "edited":
        scene.world.escala.edit_deal(deal, {"value": 180_000})
    else:
        undo(scene, how)
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    scene.world.pass_time(hours=1)
    scene.deal(scene.contact("900482137-2", first_name="Otra"), name="Otra")

    def meanwhile(_: dict[str, object]) -> bool:
        decide(scene, "done", deal)
        return True

    scene.sync(plan=meanwhile)
    assert scene.row(deal).state == "invoiced"
    assert "OPPORTUNITY_EDITED" not in codes(result := scene.sync())
    assert codes(result) == []


def test_what_the_sweep_finds_out_while_a_person_settles_something_else_is_told(scene: Scene) -> None:
    deal = invoiced(scene)
    scene.world.escala.edit_deal(deal, {"value": 180_000})
    assert codes(scene.sync()) == ["OPPORTUNITY_EDITED"]
    scene.world.pass_time(days=1)
    undo(scene, "annulled")
    scene.deal(scene.contact("900482137-2", first_name="Otra"), name="Otra")

    def meanwhile(_: dict[str, object]) -> bool:
        decide(scene, "done", deal)
        return True

    scene.sync(plan=meanwhile)
    assert scene.row(deal).code == "INVOICE_UNDONE"
    assert codes(scene.sync()) == ["INVOICE_UNDONE"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_invoice_that_siigo_shows_without_its_id_stands(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    (invoice,) = scene.invoices()
    scene.world.siigo.distort(invoice["id"], remove=["id"])
    scene.world.pass_time(days=1)
    result = scene.sync(sweep=True)
    assert (result.exit_code, result.document["sweep"]["done"]) == (0, True)
    assert scene.row(deal).state == "invoiced"
    resolve.store(Connection.objects.get(), [DealWish(kind="again", deal_id=deal)], now=scene.world.now())
    assert codes(scene.sync()) == ["INVOICE_STANDS"]
    assert len(scene.invoices()) == 1
