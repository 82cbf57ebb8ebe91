"""Answers of Escala and Siigo that are odd: the record waits, the others go on, the account adds up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.domain.decisions import DealWish
from siigo_escala.simulators.faults import Fault
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.sync.invoicing import report, resolve
from tests.sync.two.scene import Scene, codes, counts, on_invoices


def test_a_question_about_one_record_that_is_refused_stops_no_other(scene: Scene) -> None:
    contact = scene.ready()
    bad, _ = scene.deal(contact, name="Mala"), scene.deal(contact, name="Buena")
    scene.world.escala.faults.add(
        Fault(kind="refuse", status=400, body={"message": "odd"}, path=f"/crm/deals/{bad}")
    )
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 2, "created": 1, "failed": 1}, ["UNEXPECTED_ANSWER"])
    scene.world.escala.faults.clear()
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_an_outage_while_deciding_ends_the_run_and_loses_nothing(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.world.configured(patience_seconds=1)
    scene.world.siigo.faults.add(Fault(kind="refuse", status=503, path="/v1/.*"))
    result = scene.sync()
    assert (counts(result), result.exit_code) == ({"read": 1, "failed": 1}, 4)
    scene.world.siigo.faults.clear()
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_one_question_that_siigo_answers_with_500_for_ever_ends_no_run(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.world.configured(patience_seconds=1)
    scene.world.siigo.faults.add(Fault(kind="refuse", status=500, path="/v1/customers", times=40))
    result = scene.sync()
    assert (counts(result), result.exit_code) == ({"read": 1, "failed": 1}, 1)
    scene.world.siigo.faults.clear()
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_list_that_was_not_read_to_its_end_is_told_and_what_it_showed_is_invoiced(scene: Scene) -> None:
    scene.deal(scene.ready())
    handle = scene.world.escala.handle

    def cut(request: object) -> object:
        answer = handle(request)  # type: ignore[arg-type]  # a request
        if request.path.endswith("/crm/deals/scroll"):  # type: ignore[attr-defined]  # a request
            answer.body["total"] = 99  # type: ignore[index]  # an envelope
        return answer

    scene.world.escala.handle = cut  # type: ignore[method-assign, assignment]  # it says that there are more
    result = scene.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert codes(result) == ["ESCALA_LIST_INCOMPLETE"]


def test_a_value_that_is_no_amount_counts_as_nothing(scene: Scene) -> None:
    scene.deal(scene.ready(), value="1e14")
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "needs_attention": 1}, ["VALUE_INVALID"])
    assert result.document["value"]["read"] in ("0.00", "100000000000000.00")


def test_a_value_below_a_cent_is_no_invoice(scene: Scene) -> None:
    contact = scene.ready('lines = "single"\nsingle_item = "INST-01"')
    scene.deal(contact, value="0.004", lines=())
    assert codes(scene.sync()) == ["VALUE_INVALID"]


def test_a_product_that_somebody_deactivated_is_told(scene: Scene) -> None:
    contact = scene.ready()
    table = scene.world.siigo.company.tables["products"]
    for one in table:
        table[one]["active"] = table[one]["code"] != "CAF-500"
    scene.deal(contact)
    result = scene.sync()
    assert codes(result) == ["PRODUCT_UNKNOWN_IN_SIIGO"]
    assert "inactivo" in result.document["problems"][0]["message"]


def test_a_product_that_siigo_does_not_have_is_told_and_the_rest_goes_on(scene: Scene) -> None:
    contact = scene.ready()
    scene.deal(contact, lines=(("AJENO", 1), ("CAF-500", 1)), value=170000)
    scene.deal(contact, lines=(("MUG-01", 1),), value=85000, name="Otra")
    result = scene.sync()
    assert (counts(result), codes(result)) == (
        {"read": 2, "created": 1, "needs_attention": 1},
        ["PRODUCT_UNKNOWN_IN_SIIGO"],
    )


def test_what_was_sent_yesterday_and_is_not_there_is_made_anew_today(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(on_invoices(kind="drop", times=1))
    body = {"Errors": [{"Code": "date_settings", "Message": "Old"}]}
    scene.world.siigo.faults.add(on_invoices(kind="refuse", status=400, times=1, body=body))
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    (invoice,) = scene.invoices()
    assert invoice["observations"].endswith(f"[escala:{deal}:2]")


def test_a_deal_is_about_to_be_sent_once(scene: Scene) -> None:
    """What the database knows to be under way is not sent, whatever a run believes."""
    deal = scene.deal(scene.ready())

    def meanwhile(_: dict[str, object]) -> bool:
        other = scene.world.now()
        connection = Connection.objects.get()
        Opportunity.objects.update_or_create(
            connection=connection, deal_id=deal, escala=connection.escala, company=connection.siigo,
            defaults={"state": Invoicing.SENDING, "body": "{}", "intent_at": other},
        )  # fmt: skip
        return True

    scene.world.siigo.faults.add(on_invoices(kind="refuse", status=400, body={"message": "x"}, times=1))
    scene.sync()
    with pytest.raises(RuntimeError, match="twice"):
        scene.sync(kind="retry", plan=meanwhile)
    assert scene.invoices() == []


def test_decisions_of_many_rows_are_committed_in_groups(scene: Scene) -> None:
    scene.ready()
    for number in range(205):
        scene.deal(None, lines=(), value=1, name=f"Sola {number}")
    assert counts(scene.sync()) == {"read": 205, "needs_attention": 205}
    assert Opportunity.objects.count() == 205


def test_a_seller_link_that_siigo_does_not_have_any_more_is_passed_over(scene: Scene) -> None:
    contact = scene.ready(tables='[sellers]\n"cartera@laceiba.example" = "laura@acme.example"\n')
    scene.world.siigo.deactivate_user(630)
    scene.deal(contact, owner="laura@acme.example")
    scene.sync()
    assert [one["seller"] for one in scene.invoices()] == [629]


def test_confirming_twice_keeps_the_first_moment(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.sync()
    for _ in range(2):
        resolve.store(Connection.objects.get(), [DealWish(kind="done", deal_id=deal)], now=scene.world.now())
        moment = Connection.objects.get().confirmed_at
        scene.world.pass_time(minutes=1)
    assert moment is not None
    assert scene.world.now() - moment > timedelta(seconds=60)


def test_the_ledger_is_told_by_dates_statuses_and_codes(scene: Scene) -> None:
    contact = scene.ready()
    made = scene.deal(contact)
    waits = scene.deal(None, name="Sola")
    scene.sync()
    connection = Connection.objects.get()
    today = scene.world.today()
    assert report.report(connection, date_from=today, date_to=today)["opportunities"]["total"] == 2
    assert report.report(connection, date_from=today + timedelta(days=1), date_to=None)["rows"] == []
    assert report.report(connection, date_from=None, date_to=today - timedelta(days=1))["rows"] == []
    assert [row["opportunity"] for row in report.rows_of(connection, statuses=["invoiced"])] == [made]
    assert [row["opportunity"] for row in report.rows_of(connection, codes=["CUSTOMER_DATA_MISSING"])] == [
        waits
    ]
    assert report.counted(connection) == {
        "total": 2, "invoiced": 1, "excluded": 0, "needs_attention": 1, "failed": 0, "open": 1,
    }  # fmt: skip
    Opportunity.objects.filter(deal_id=waits).update(state=Invoicing.PENDING, code="")
    (failed,) = report.rows_of(connection, statuses=["failed"])
    assert (failed["code"], failed["open"]) == ("NOT_REACHED", False)


def test_a_named_one_that_was_deleted_after_it_was_seen_is_left_out(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    scene.sync()
    scene.world.escala.delete_deal(deal)
    assert counts(scene.sync(opportunities=(deal,))) == {"read": 1, "excluded": 1}
    assert scene.row(deal).code == "DEAL_DELETED"


def test_another_invoice_whose_name_begins_the_same_is_none_of_ours(scene: Scene) -> None:
    world = scene.world
    contact = scene.ready()
    for _ in range(11):
        world.siigo.create_invoice(total=170000)
    handle = world.siigo.handle

    def loose(request: object) -> object:
        request.query.pop("name", None)  # type: ignore[attr-defined]  # Siigo may read the filter loosely
        return handle(request)  # type: ignore[arg-type]  # a request

    world.siigo.handle = loose  # type: ignore[method-assign, assignment]  # loosely
    scene.deal(contact, name="FV-2-99 renovación")
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_others_give_way_after_a_while(scene: Scene) -> None:
    from siigo_escala.sync import opening, run
    from siigo_escala.sync.session import Listener, Options

    scene.deal(scene.ready())
    listener = Listener()
    listener.enough.set()
    opened = opening.open_connection(scene.world.environment, "acme")
    result = run.run(opened, Options(), listener, now=scene.world.now)
    assert (counts(result), result.gave_way) == ({"read": 1, "failed": 1}, True)


def test_a_run_with_opportunities_is_asked_of_the_engine_and_comes_back(scene: Scene) -> None:
    from siigo_escala.sync import requests
    from siigo_escala.sync.session import Options

    connection = scene.connect()
    asked = requests.ask(connection, Options(opportunities=("d1", "d2")), now=scene.world.now())
    assert requests.options_of(asked).opportunities == ("d1", "d2")


def test_one_opportunity_that_escala_does_not_show_stops_no_other(scene: Scene) -> None:
    scene.world.configured(patience_seconds=1)
    contact = scene.ready()
    bad = scene.deal(contact, name="Mala")
    scene.deal(contact, name="Buena")
    stuck = Fault(kind="refuse", method="GET", path=f".*/crm/deals/{bad}", status=500, body={})
    scene.world.escala.faults.add(stuck)
    result = scene.sync()
    assert (counts(result), codes(result)) == (
        {"read": 2, "created": 1, "failed": 1},
        ["UNEXPECTED_ANSWER"],
    )
    scene.world.escala.faults.clear()
    assert counts(scene.sync()) == {"read": 1, "created": 1}
