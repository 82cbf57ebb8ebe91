"""What Siigo refuses: told in Spanish with what mends it, nothing lost, and not sent again for nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from siigo_escala.domain import siigo_refusals_es
from siigo_escala.domain.decisions import DealWish
from siigo_escala.simulators.faults import Fault
from siigo_escala.store.models import Connection, Invoicing
from siigo_escala.sync.invoicing import resolve
from tests.sync.two.scene import Scene, codes, counts, on_invoices


def _refusal(code: str, *, times: int | None = None) -> Fault:
    body = {"Status": 400, "Errors": [{"Code": code, "Message": "It is refused", "Params": []}]}
    return on_invoices(kind="refuse", status=400, body=body, times=times)


@pytest.mark.parametrize(
    "code", sorted(set(siigo_refusals_es.KNOWN) - {"already_exists", "duplicated_document"})
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_code_is_a_sentence_with_its_remedy(scene: Scene, code: str) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(_refusal(code))
    result = scene.sync()
    assert codes(result) == ["SIIGO_REFUSED"]
    why, fix = siigo_refusals_es.KNOWN[code]
    message = result.document["problems"][0]["message"]
    assert why in message
    assert fix[1:] in message
    assert "retry" in message
    assert (scene.row(deal).state, scene.row(deal).generation) == (Invoicing.NEEDS_ATTENTION, 2)


def test_a_code_nobody_knows_is_told_in_siigos_words(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.world.siigo.faults.add(_refusal("brand_new"))
    assert "It is refused" in scene.sync().document["problems"][0]["message"]


def test_what_was_refused_is_sent_again_only_when_something_changed_or_a_person_asks(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(_refusal("blocked_transactions", times=1))
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    scene.world.pass_time(days=1)
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    assert scene.invoices() == []
    assert counts(scene.sync(kind="retry")) == {"read": 1, "created": 1}
    (invoice,) = scene.invoices()
    assert invoice["observations"].endswith(f"[escala:{deal}:2]")


def test_a_changed_opportunity_is_sent_again_by_itself(scene: Scene) -> None:
    deal = scene.deal(scene.ready('on_value_difference = "single"\nsingle_item = "INST-01"'))
    scene.world.siigo.faults.add(_refusal("invalid_value", times=1))
    scene.sync()
    scene.world.pass_time(minutes=10)
    scene.world.escala.edit_deal(deal, {"value": 180000})
    assert counts(scene.sync()) == {"read": 1, "created": 1}


@pytest.mark.parametrize(
    ("calculated", "made"), [("202300.01", 1), ("202299", 1), ("202301.01", 0), ("1", 0)]
)
def test_a_total_that_differs_by_a_peso_is_sent_once_more_with_siigos_figure(
    scene: Scene, calculated: str, made: int
) -> None:
    scene.deal(scene.ready())
    text = "The total payments must be equal to the total invoice. The total invoice calculated is "
    body = {"Errors": [{"Code": "invalid_total_payments", "Message": text + calculated}]}
    scene.world.siigo.faults.add(on_invoices(kind="refuse", status=400, body=body, times=1))
    handle = scene.world.siigo.handle
    sent: list[Decimal] = []

    def seeing(request: object) -> object:
        if request.method == "POST" and request.path == "/v1/invoices":  # type: ignore[attr-defined]  # a request
            sent.append(Decimal(str(request.json()["payments"][0]["value"])))  # type: ignore[attr-defined]  # a request
        return handle(request)  # type: ignore[arg-type]  # a request

    scene.world.siigo.handle = seeing  # type: ignore[method-assign, assignment]  # watched
    result = scene.sync()
    if made:
        # The simulator's own figure is another one again: what was sent is what it was told.
        assert sent == [Decimal(calculated)]
        assert codes(result) == ["TOTAL_DIFFERS"]
    else:
        assert sent == []
        assert codes(result) == ["TOTAL_DIFFERS"]
        assert "distinto" in result.document["problems"][0]["message"]
    assert scene.invoices() == []


def test_siigos_own_rounding_is_paid(scene: Scene) -> None:
    from siigo_escala.simulators.siigo import checking

    scene.deal(scene.ready())
    original = checking.checked

    def dearer(*given: object) -> object:
        completed = original(*given)  # type: ignore[arg-type]  # as given
        completed["total"] += Decimal("0.01")
        return completed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("siigo_escala.simulators.siigo.documents.checking.checked", dearer)
        assert counts(scene.sync()) == {"read": 1, "created": 1}
    (invoice,) = scene.invoices()
    assert invoice["payments"][0]["value"] == Decimal("202300.01")


def test_a_mismatch_that_siigo_hides_behind_an_error_ends_with_a_person(scene: Scene) -> None:
    from siigo_escala.simulators.siigo import checking

    scene.deal(scene.ready())
    scene.world.siigo.switches.update({"payments_mismatch": "unhandled_error"})
    original = checking.checked

    def dearer(*given: object) -> object:
        completed = original(*given)  # type: ignore[arg-type]  # as given
        completed["total"] += Decimal(5)
        return completed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("siigo_escala.simulators.siigo.documents.checking.checked", dearer)
        assert codes(scene.sync()) == ["SIIGO_ERROR"]
        assert codes(scene.sync()) == ["SIIGO_ERROR"]
    assert scene.invoices() == []


def test_rules_that_no_longer_fit_hold_everything_and_say_which(scene: Scene) -> None:
    contact = scene.ready()
    scene.deal(contact)
    kind = scene.world.siigo.company.entry("document_types", 24446)
    assert kind is not None
    kind["cost_center_mandatory"] = True
    result = scene.sync()
    assert codes(result) == ["SIIGO_REFUSED"]
    assert "«cost_center»" in result.document["problems"][0]["message"]
    scene.connect("cost_center = 235")
    assert counts(scene.sync()) == {"read": 1, "created": 1}


@pytest.mark.parametrize("gone", ["pipeline", "stage"])
def test_a_trigger_that_is_gone_holds_everything(scene: Scene, gone: str) -> None:
    scene.ready()
    deal = scene.deal(None)
    scene.sync()
    if gone == "pipeline":
        scene.world.escala.delete_pipeline("Ventas")
    else:
        scene.world.escala.delete_stage("Ganada")
    result = scene.sync()
    assert codes(result) == ["PIPELINE_GONE" if gone == "pipeline" else "STAGE_GONE"]
    assert "trigger" in result.document["problems"][0]["message"]
    assert scene.row(deal).state == Invoicing.NEEDS_ATTENTION


def test_one_record_that_nobody_foresaw_stops_no_other(scene: Scene) -> None:
    contact = scene.ready()
    scene.deal(contact, name="Una")
    bad = scene.deal(contact, name="Mala")
    from siigo_escala.domain.mapping import deal_to_invoice

    original = deal_to_invoice.lines_of

    def odd(deal: object, basis: object) -> object:
        if deal.id == bad:  # type: ignore[attr-defined]  # a deal
            raise ZeroDivisionError
        return original(deal, basis)  # type: ignore[arg-type]  # as given

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deal_to_invoice, "lines_of", odd)
        result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 2, "created": 1, "failed": 1}, ["INTERNAL_ERROR"])
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_what_siigo_refused_is_not_told_by_what_kept_it_in_between(scene: Scene) -> None:
    contact = scene.ready()
    deal = scene.deal(contact)
    body = {"Errors": [{"Code": "blocked_transactions", "Message": "Blocked"}]}
    scene.world.siigo.faults.add(on_invoices(kind="refuse", status=400, body=body))
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    asked = scene.world.siigo.calls.count(method="POST", path="/v1/invoices")
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    assert scene.world.siigo.calls.count(method="POST", path="/v1/invoices") == asked, "not sent unchanged"
    table = scene.world.siigo.company.tables["products"]
    for active, told in ((False, ["PRODUCT_UNKNOWN_IN_SIIGO"]), (True, ["SIIGO_REFUSED"])):
        for one in table:
            table[one]["active"] = active or table[one]["code"] != "CAF-500"
        assert codes(scene.sync()) == told
    scene.world.siigo.faults.clear()
    resolve.store(Connection.objects.get(), [DealWish(kind="done", deal_id=deal)], now=scene.world.now())
    assert counts(scene.sync()) == {"read": 1, "created": 1}, "whoever mended it says so"


def test_a_text_in_the_identification_field_holds_its_own_opportunity_alone(scene: Scene) -> None:
    contact = scene.ready()
    long = "NIT 900.123.456-8 COMERCIALIZADORA DE GRANOS Y CAFÉS DEL EJE LTDA, responsable de IVA " * 2
    scene.deal(scene.contact(long, first_name="Larga"), name="Larga")
    scene.deal(contact, name="Buena")
    result = scene.sync()
    assert (counts(result), codes(result)) == (
        {"read": 2, "created": 1, "needs_attention": 1},
        ["CUSTOMER_DATA_MISSING"],
    )


@pytest.mark.parametrize("value", [10**17, 10**29])
def test_an_opportunity_of_an_absurd_value_stops_no_other(scene: Scene, value: int) -> None:
    contact = scene.ready()
    scene.deal(contact, value=value, name="Absurda")
    scene.deal(contact, name="Buena")
    result = scene.sync()
    assert (counts(result), codes(result)) == (
        {"read": 2, "created": 1, "needs_attention": 1},
        ["VALUE_INVALID"],
    )
