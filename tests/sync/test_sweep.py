"""What only the sweep can notice, however little Siigo's lists say."""

from __future__ import annotations

from datetime import date, timedelta

from siigo_escala.store import models
from siigo_escala.sync import sweep
from tests.sync.world import World, codes, counts


def test_thirty_days_in_a_row_sweep_every_day_of_the_year_before_once() -> None:
    before = date(2028, 4, 1)
    days: list[date] = []
    for number in range(sweep.PARTS):
        first, last = sweep.part_of_year(before, number)
        days += [first + timedelta(days=one) for one in range((last - first).days + 1)]
    assert days == [before - timedelta(days=one) for one in range(365, 0, -1)]
    assert sweep.part_of_year(before, sweep.PARTS) == sweep.part_of_year(before, 0)


def test_an_invoice_that_needs_attention_and_is_deleted_in_siigo_needs_it_no_more(world: World) -> None:
    first, second = world.invoices(2, total=1000)
    world.escala.create_deal(name=f"{first['name']} de otro", value=5)
    world.connect()
    assert codes(world.sync()) == ["DEAL_NAME_TAKEN"]
    world.siigo.delete_invoice(first["name"])
    world.pass_time(days=1)
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "excluded": 1}
    assert world.row(first["name"]).code == "INVOICE_DELETED"
    assert counts(world.sync()) == {"read": 1, "unchanged": 1} or not codes(world.sync())
    world.deal_of(second["name"])


def test_annulled_invoices_that_the_list_hides_are_found_by_their_id_and_asked_for_once(world: World) -> None:
    first, second = world.invoices(2)
    world.siigo.switches.update({"annulled_in_list": False})
    world.connect()
    world.sync()
    world.siigo.annul_invoice(first["name"])
    world.pass_time(days=1)
    result = world.sync()
    assert counts(result) == {"read": 2, "unchanged": 1, "needs_attention": 1}
    assert codes(result) == ["INVOICE_ANNULLED_LATER"]
    asked = world.siigo.calls.count(path=f"/v1/invoices/{first['id']}")
    world.pass_time(days=1)
    assert codes(world.sync()) == ["INVOICE_ANNULLED_LATER"]
    assert world.siigo.calls.count(path=f"/v1/invoices/{first['id']}") == asked
    world.deal_of(second["name"])


def test_the_sweep_is_due_once_a_local_day_by_siigos_clock(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.sync()
    assert not world.sync().document["sweep"]["done"], "the first run was the day's sweep"
    world.pass_time(days=1)
    assert world.sync().document["sweep"]["done"]
    assert not world.sync().document["sweep"]["done"]
    assert world.sync(sweep=True).document["sweep"]["done"], "where it is asked for"
    world.pass_time(days=1)
    assert not world.sync(sweep=False).document["sweep"]["done"]
    assert world.sync().document["sweep"]["done"], "it stayed due"


def test_a_sweep_that_is_asked_for_after_runs_with_dates_alone_is_made(world: World) -> None:
    first, second = world.invoices(2)
    world.connect()
    assert not world.sync(dry_run=True, sweep=True).document["sweep"]["done"], "nothing is there to be swept"
    world.sync(date_from=world.today() - timedelta(days=400))
    world.pass_time(hours=2)
    world.escala.delete_deal(world.deal_of(first["name"])["id"])
    result = world.sync(sweep=True)
    assert result.document["sweep"]["done"]
    assert codes(result) == ["DEAL_DELETED"]
    world.deal_of(second["name"])


def test_the_local_day_begins_at_midnight_there_and_not_at_utcs(world: World) -> None:
    world.invoices(1)
    world.connect()
    evening = world.now().replace(hour=22, minute=30, second=0, microsecond=0) + timedelta(days=1)
    world.pass_time(seconds=(evening - world.now()).total_seconds())
    assert world.sync(sweep=True).exit_code == 0
    world.pass_time(hours=3)
    assert not world.sync().document["sweep"]["done"], "half past eight in the evening in Bogotá"
    world.pass_time(hours=4)
    assert world.sync().document["sweep"]["done"], "half past twelve at night"


def test_a_sweep_that_breaks_off_stays_due_and_what_was_read_is_applied(world: World) -> None:
    from siigo_escala.simulators.faults import Fault

    first, _ = world.invoices(2)
    world.connect()
    world.sync()
    world.pass_time(days=1)
    world.siigo.annul_invoice(first["name"])
    world.escala.faults.add(Fault(kind="refuse", method="GET", path=".*/crm/deals.*", status=500, body={}))
    result = world.sync()
    assert result.exit_code == 4
    assert not result.document["sweep"]["done"]
    assert "INVOICE_ANNULLED_LATER" in codes(result)
    world.escala.faults.clear()
    assert world.sync().document["sweep"]["done"]


def test_the_run_that_swept_applies_the_retention_and_no_other_does(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    old = world.now() - timedelta(days=40)
    models.InvoiceEvent.objects.update(at=old, raw="{}")
    world.sync()
    world.pass_time(days=1)
    world.sync(dry_run=True, sweep=True)
    assert set(models.InvoiceEvent.objects.values_list("raw", flat=True)) == {"{}"}
    world.sync()
    assert set(models.InvoiceEvent.objects.values_list("raw", flat=True)) == {""}
    assert world.row(invoice["name"]).deal_id


def test_a_clock_that_is_years_ahead_takes_nothing_away(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.sync()
    models.InvoiceEvent.objects.update(raw="{}")
    world.now_offset += timedelta(days=800)
    world.sync(sweep=True)
    assert set(models.InvoiceEvent.objects.values_list("raw", flat=True)) == {"{}"}
