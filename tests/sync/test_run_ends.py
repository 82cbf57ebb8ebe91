"""How a run ends, whatever ends it: its document, its exit code, and what the next run finds."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store import models
from tests.sync import inside
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _refusing(table: str, event: str) -> None:
    """From now on the store takes nothing of that kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER no_{event}_{table} BEFORE {event} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )


def _accepting(table: str, event: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER no_{event}_{table}")


def test_a_plan_that_is_declined_writes_nothing_and_is_asked_again(world: World) -> None:
    world.invoices(2)
    world.connect()
    result = world.sync(plan=lambda _: False)
    assert counts(result) == {"read": 2, "failed": 2}
    assert codes(result) == ["NOT_REACHED", "NOT_REACHED"]
    assert models.Run.objects.get().exit_code == 1, "of what was not reached, not of the refusal"
    assert world.escala.calls.count(method="POST") == 0
    assert counts(world.sync()) == {"read": 2, "created": 2}


def test_a_stopped_run_ends_with_130_and_tells_what_it_read(world: World) -> None:
    world.invoices(2)
    world.connect()
    stop = threading.Event()

    def plan(_: dict[str, Any]) -> bool:
        stop.set()
        return True

    result = world.sync(stop=stop, plan=plan)
    assert result.exit_code == 130
    assert counts(result)["read"] == 2
    run = models.Run.objects.get()
    assert (run.exit_code, run.finished is not None) == (130, True)
    assert "problems" not in run.document
    again = world.sync()
    assert again.exit_code == 0
    assert len(world.deals()) == 2


def test_a_run_may_be_stopped_while_it_waits_to_look_what_became_of_a_write(world: World) -> None:
    world.configured(settle_seconds=30)
    world.invoices(1)
    world.connect()
    world.escala.faults.add(Fault(kind="store_then_status", method="POST", path=".*/crm/deals", times=1))
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)

    def plan(_: dict[str, Any]) -> bool:
        timer.start()
        return True

    result = world.sync(stop=stop, plan=plan)
    timer.cancel()
    assert result.exit_code == 130
    assert codes(result) == ["OUTCOME_UNKNOWN"]
    assert any("se espera" in sentence for sentence in world.said)


def test_a_run_whose_lease_was_taken_over_ends_with_5_and_writes_no_more(world: World) -> None:
    world.invoices(2)
    world.connect()

    def taken_over(_: dict[str, Any]) -> bool:
        models.EscalaAccount.objects.update(epoch=F("epoch") + 1)
        return True

    result = world.sync(plan=taken_over)
    assert result.exit_code == 5
    assert "RUN_IN_PROGRESS" in codes(result)
    assert world.escala.calls.count(method="POST") == 0


@pytest.mark.parametrize("run_row_too", [False, True])
def test_a_full_disk_ends_the_run_with_2_and_its_normal_document(world: World, run_row_too: bool) -> None:
    world.invoices(2)
    world.connect()

    def full(_: dict[str, Any]) -> bool:
        _refusing("invoice_event", "INSERT")
        if run_row_too:
            _refusing("run", "UPDATE")
        return True

    result = world.sync(plan=full)
    assert result.exit_code == 2
    assert counts(result) == {"read": 2, "failed": 2}
    assert "STORAGE_FAILED" in codes(result)
    assert (models.Run.objects.get().exit_code is None) == run_row_too
    assert world.escala.calls.count(method="POST") == 0, "no intent, no call"
    _accepting("invoice_event", "INSERT")
    if run_row_too:
        _accepting("run", "UPDATE")
    assert counts(world.sync()) == {"read": 2, "created": 2}


def test_a_record_that_breaks_the_decision_is_parked_and_stops_no_other(world: World) -> None:
    first, second, third = world.invoices(3)
    world.connect()
    world.sync()
    models.Invoice.objects.filter(name=second["name"]).update(applied={"value": "no es un número"})
    result = world.sync()
    assert counts(result) == {"read": 3, "unchanged": 2, "failed": 1}
    assert codes(result) == ["INTERNAL_ERROR"]
    assert result.exit_code == 1
    assert world.row(second["name"]).code == "INTERNAL_ERROR"
    assert [world.row(one["name"]).code for one in (first, third)] == ["", ""]


def test_a_name_that_siigo_does_not_have_counts_as_failed(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    result = world.sync(invoices=(invoice["name"], "FV-9-9", invoice["name"]))
    assert counts(result) == {"read": 2, "created": 1, "failed": 1}
    assert codes(result) == ["INVOICE_NOT_FOUND"]
    assert models.Connection.objects.get().invoices_mark is None


@pytest.mark.parametrize("by_name", [True, False])
def test_a_retry_reads_invoice_and_customer_again(world: World, by_name: bool) -> None:
    world.escala.switches.change({"email_required": "yes"})
    customer = world.customer(contacts=[])
    held = world.siigo.create_invoice(customer["id"])
    world.connect()
    assert codes(world.sync()) == ["CONTACT_DATA_MISSING"]
    world.siigo.edit_customer(
        customer["id"], contacts=[{"first_name": "Ana", "last_name": "Paz", "email": "ana@empresa.example"}]
    )
    names = (held["name"],) if by_name else ()
    assert counts(world.sync(kind="retry", invoices=names)) == {"read": 1, "created": 1}
    assert counts(world.sync(kind="retry")) == {}, "nothing is left to be tried again"


def test_a_retry_of_an_invoice_that_siigo_does_not_have_any_more_makes_no_opportunity(world: World) -> None:
    world.invoices(2)
    world.connect()
    assert counts(world.sync(limit=1)) == {"read": 2, "created": 1, "failed": 1}
    (left,) = [row for row in world.rows().values() if row.deal_id is None]
    world.siigo.delete_invoice(left.name)
    foretold = world.sync(kind="retry", dry_run=True)
    assert not world.row(left.name).deleted
    result = world.sync(kind="retry")
    assert counts(foretold) == counts(result) == {"read": 1, "excluded": 1}
    assert world.row(left.name).code == "INVOICE_DELETED"
    assert len(world.deals()) == 1


def test_a_list_of_credit_notes_that_needs_other_credentials_ends_the_run(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/credit-notes", status=401, body={}))
    result = world.sync()
    assert result.exit_code == 3
    assert world.deals() == []


def _never_still(world: World) -> None:
    """Siigo's list of invoices says that it has nine, and shows one, another one each time it is read."""
    for number in range(12):
        row = {
            "id": f"0000000{number:04}",
            "name": f"FV-9-{number}",
            "date": world.today().isoformat(),
            "document": {"id": 1},
            "total": 5,
        }
        for results in ([row], []):
            body = {"pagination": {"page": 1, "page_size": 100, "total_results": 9}, "results": results}
            world.siigo.faults.add(
                Fault(kind="refuse", method="GET", path="/v1/invoices", status=200, body=body, times=1)
            )


def test_a_list_that_never_stands_still_ends_with_4_and_moves_no_mark(world: World) -> None:
    world.connect("document_types = [24450]")
    _never_still(world)
    result = world.sync()
    assert result.exit_code == 4
    assert "SIIGO_UNREACHABLE" in codes(result)
    assert models.Run.objects.get().document["unreachable"] == "siigo"
    assert counts(result)["excluded"] >= 2, "what was read is dealt with"
    assert models.Connection.objects.get().invoices_mark is None


def test_a_sweep_of_such_a_list_stays_due(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.sync()
    world.pass_time(days=1)
    for _ in range(2):
        world.siigo.faults.add(
            Fault(
                kind="refuse",
                method="GET",
                path="/v1/invoices",
                status=200,
                body={"pagination": {"total_results": 0}, "results": []},
                times=1,
            )
        )
    _never_still(world)
    swept = world.sync()
    assert (swept.exit_code, swept.document["sweep"]["done"]) == (4, False)
    assert not models.Invoice.objects.filter(deleted=True).exists(), "such a list proves no deletion"
    world.siigo.faults.clear()
    assert world.sync().document["sweep"]["done"]


def test_a_write_of_long_ago_is_settled_before_anything_is_sent(world: World) -> None:
    world.invoices(1)
    world.connect()
    inside.lose(world, inside.DEALS)
    inside.run_until_it_waits(world)
    lost = world.deals()[0]["id"]
    world.pass_time(minutes=30)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert [deal["id"] for deal in world.deals()] == [lost]


def test_a_write_that_did_not_happen_long_ago_is_made_at_once(world: World) -> None:
    world.configured(settle_seconds=60)
    world.invoices(1)
    world.connect()
    world.escala.faults.add(Fault(kind="drop", method="POST", path=inside.DEALS, times=1))
    inside.run_until_it_waits(world)
    world.pass_time(minutes=30)
    world.said.clear()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.said == [], "nothing is left to be waited for"
    assert len(world.deals()) == 1


def test_what_no_list_can_prove_is_not_waited_for_twice(world: World) -> None:
    world.configured(settle_seconds=60)
    world.invoices(1)
    world.connect()
    world.escala.faults.add(Fault(kind="drop", method="POST", path=inside.DEALS, times=1))
    inside.run_until_it_waits(world)
    world.pass_time(minutes=30)
    world.escala.faults.add(
        Fault(
            kind="refuse",
            method="GET",
            path=".*/crm/deals(/scroll)?",
            status=200,
            body={"items": [], "total": 99},
        )
    )
    world.said.clear()
    result = world.sync()
    assert (result.exit_code, codes(result)) == (1, ["OUTCOME_UNKNOWN"])
    assert world.said == []
    assert world.deals() == []


def test_what_was_asked_for_by_name_is_made_though_its_first_write_was_lost(world: World) -> None:
    (invoice,) = world.invoices(1)
    tomorrow = (world.today() + timedelta(days=2)).isoformat()
    world.connect(f'start = "{tomorrow}"')
    world.escala.faults.add(Fault(kind="drop", method="POST", path=".*/crm/deals", times=1))
    result = world.sync(invoices=(invoice["name"],))
    assert counts(result) == {"read": 1, "created": 1}
    assert len(world.deals()) == 1


def test_a_part_is_no_success_of_the_whole_and_a_killed_run_has_its_document(world: World) -> None:
    (invoice,) = world.invoices(1)
    connection = world.connect()
    begun: dict[str, Any] = {}

    def plan(_: dict[str, Any]) -> bool:
        begun.update(models.Run.objects.get().document)
        return True

    world.sync(invoices=(invoice["name"],), plan=plan)
    assert (begun["invoices"]["read"], begun["finished"]) == (0, None)
    assert begun["sweep"] == {"done": False, "calls": 0}
    connection.refresh_from_db()
    assert connection.last_success is None
    world.sync()
    connection.refresh_from_db()
    assert connection.last_success is not None


def test_what_waits_for_a_person_says_so_where_somebody_stops_the_run(world: World) -> None:
    held, _ = world.invoices(2, customers=2, total=1000)
    world.escala.create_deal(name=f"{held['name']} de otro", value=5)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 1, "needs_attention": 1}
    world.siigo.create_invoice(world.customer(3)["id"], total=500)
    stop, handle = threading.Event(), world.escala.handle

    def stopping(request: Request) -> Response:
        stop.set()  # invoices were read; what of Escala is needed to decide them is not
        return handle(request)

    world.escala.handle = stopping  # type: ignore[method-assign]
    result = world.sync(stop=stop)
    world.escala.handle = handle  # type: ignore[method-assign]
    assert result.exit_code == 130
    assert counts(result) == {"read": 3, "unchanged": 1, "needs_attention": 1, "failed": 1}
    assert sorted(codes(result)) == ["DEAL_NAME_TAKEN", "NOT_REACHED"]
    assert counts(world.sync()) == {"read": 3, "unchanged": 1, "created": 1, "needs_attention": 1}
