"""Answers of Siigo that are lost, late or wrong: never a second invoice, and none missing in the end."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from siigo_escala.simulators.faults import Fault
from siigo_escala.store.models import Invoicing, Opportunity, OpportunityEvent
from tests.sync.two.scene import Scene, codes, counts, on_invoices


class Impatient(threading.Event):
    """Somebody who stops the run as soon as it waits."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the signature of Event
        """At once, and stopped."""
        return True


@pytest.mark.parametrize(
    "fault",
    [
        on_invoices(kind="store_then_lost", times=1),
        on_invoices(kind="store_then_status", times=1),
        on_invoices(kind="cut", times=1),
        on_invoices(kind="empty", times=1),
        on_invoices(kind="html", stored=True, times=1),
        on_invoices(kind="drop", times=1),
        on_invoices(kind="refuse", status=500, times=1),
        on_invoices(kind="refuse", status=409, body={"Errors": [{"Code": "already_exists"}]}, times=1),
        on_invoices(kind="refuse", status=400, body="<html>", times=1),
        on_invoices(kind="429_header", times=1),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_one_run_settles_what_became_of_a_write(scene: Scene, fault: Fault) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(fault)
    result = scene.sync()
    assert (counts(result), result.exit_code) == ({"read": 1, "created": 1}, 0)
    assert result.document["customers"] == {"created": 0, "matched": 1}
    (invoice,) = scene.invoices()
    row = scene.row(deal)
    assert (row.state, row.invoice, row.body) == (Invoicing.INVOICED, invoice["name"], "")
    assert counts(scene.sync()) == {}


def test_an_invoice_that_the_list_shows_late_is_not_made_twice(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.switches.update({"list_lag_s": 3600})
    scene.world.siigo.faults.add(on_invoices(kind="store_then_lost", times=1))
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert [one["observations"].endswith(f"[escala:{deal}:1]") for one in scene.invoices()] == [True]


def test_a_write_of_days_ago_gets_a_key_of_its_own_once_it_is_proved_absent(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(on_invoices(kind="drop"))
    first = scene.sync(limit=1)
    assert first.exit_code == 1
    scene.world.siigo.faults.clear()
    row = scene.row(deal)
    row.state, row.body, row.unknowns, row.code = Invoicing.SENDING, "{}", 0, ""
    row.intent_at = scene.world.now()
    row.save()
    scene.world.pass_time(hours=25)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    (invoice,) = scene.invoices()
    assert not invoice["observations"].endswith(":1]")


def test_an_invoice_is_sent_again_after_two_reads_that_do_not_show_it(scene: Scene) -> None:
    """A list may lag: one that shows it late is asked twice, the second time after the settle time."""
    scene.deal(scene.ready())
    scene.world.siigo.faults.add(on_invoices(kind="drop", times=1))
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    calls = [
        one["method"] for one in scene.world.siigo.calls.entries() if one["path"].startswith("/v1/invoices")
    ]
    first, second = (at for at, method in enumerate(calls) if method == "POST")
    assert calls[first + 1 : second] == ["GET", "GET"]


def test_what_siigo_cannot_do_three_times_waits_for_a_person(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(on_invoices(kind="refuse", status=500))
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "needs_attention": 1}, ["SIIGO_ERROR"])
    assert scene.invoices() == []
    scene.world.siigo.faults.clear()
    assert codes(scene.sync()) == ["SIIGO_ERROR"], "nobody has looked"
    assert scene.invoices() == []
    assert counts(scene.sync(kind="retry")) == {"read": 1, "created": 1}
    assert scene.row(deal).generation == 2


def test_three_lost_answers_and_a_list_that_lags_make_no_second_invoice(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    before, settle = scene.world.now_offset, scene.world.environment.settle_seconds
    scene.world.siigo.switches.update({"list_lag_s": 3600 * 2})
    scene.world.siigo.faults.add(on_invoices(kind="store_then_lost", times=3))
    assert codes(scene.sync()) == ["SIIGO_ERROR"]
    waited = scene.world.now_offset - before
    assert waited >= timedelta(seconds=3 * settle), "each sending is given its time to be shown"
    assert codes(scene.sync()) == ["SIIGO_ERROR"]
    scene.world.pass_time(hours=3)
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}, "the first one is shown at last"
    assert [one["observations"].endswith(f"[escala:{deal}:1]") for one in scene.invoices()] == [True]


def test_each_sending_is_written_down_with_its_own_moment_before_it_goes_out(scene: Scene) -> None:
    """Killed in the middle of it, the next run counts the settle time from there."""
    deal = scene.deal(scene.ready())
    handle = scene.world.siigo.handle
    written: list[datetime] = []

    def looking(request: Any) -> Any:
        if (request.method, request.path) == ("POST", "/v1/invoices"):
            written.append(Opportunity.objects.get(deal_id=deal).intent_at or scene.world.now())
            connections.close_all()
        return handle(request)

    scene.world.siigo.handle = looking  # type: ignore[method-assign]
    scene.world.siigo.switches.update({"list_lag_s": 5 * 3600})
    scene.world.siigo.faults.add(on_invoices(kind="store_then_lost", times=2))
    scene.sync(stop=Impatient())
    scene.world.pass_time(hours=2)
    scene.sync(stop=Impatient())
    first, second = written
    assert second - first >= timedelta(hours=2)
    assert (scene.row(deal).intent_at or first) > second, "and its outcome is looked for from its end on"
    scene.world.pass_time(hours=6)
    assert counts(scene.sync()) == {"read": 1, "created": 1}, (
        "found, though it is older than the last sending"
    )
    assert len(scene.invoices()) == 1


def test_a_run_that_is_stopped_while_it_waits_leaves_the_intent(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(on_invoices(kind="store_then_lost", times=1))

    result = scene.sync(stop=Impatient())
    assert result.exit_code == 130
    assert codes(result) == ["OUTCOME_UNKNOWN"]
    assert scene.row(deal).state == Invoicing.SENDING
    assert (scene.report()["rows"][0]["status"], scene.report()["rows"][0]["code"]) == (
        "failed",
        "OUTCOME_UNKNOWN",
    )
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert len(scene.invoices()) == 1


def test_an_outage_before_the_write_leaves_nothing_under_way(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.configured(patience_seconds=1)
    scene.world.siigo.faults.add(on_invoices(kind="429_header", retry_after=3000))
    result = scene.sync()
    assert result.exit_code == 4
    assert scene.row(deal).state == Invoicing.PENDING
    assert codes(result) == ["NOT_REACHED", "SIIGO_UNREACHABLE"]
    scene.world.siigo.faults.clear()
    scene.world.pass_time(hours=1)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_refused_permission_leaves_nothing_under_way(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(
        on_invoices(kind="refuse", status=403, body={"Errors": [{"Code": "disabled_functionality"}]})
    )
    result = scene.sync()
    assert result.exit_code == 3
    assert codes(result) == ["CREDENTIALS_REFUSED", "NOT_REACHED"]
    assert scene.row(deal).state == Invoicing.PENDING
    scene.world.siigo.faults.clear()
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_the_history_tells_what_was_sent_and_what_came_of_it(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.world.siigo.faults.add(on_invoices(kind="drop", times=1))
    scene.sync()
    kinds = list(OpportunityEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["intent", "unknown", "absent", "invoiced"]
