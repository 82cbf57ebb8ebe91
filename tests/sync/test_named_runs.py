"""Runs that were asked for something: names and dates (contract.md, sections 3 and 4)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from siigo_escala.store import models
from tests.sync.world import World, codes, counts


def test_named_invoices_are_read_made_and_counted_once_each(world: World) -> None:
    first, second, third = world.invoices(3)
    world.connect()
    result = world.sync(invoices=(first["name"], second["name"], first["name"]))
    assert counts(result) == {"read": 2, "created": 2}
    assert models.Connection.objects.get(name="acme").invoices_mark is None
    assert counts(world.sync(invoices=(third["name"],))) == {"read": 1, "created": 1}
    assert counts(world.sync()) == {"read": 3, "unchanged": 3}


def test_a_name_that_siigo_does_not_have_is_failed_and_worth_nothing(world: World) -> None:
    (first,) = world.invoices(1, total=1000)
    world.connect()
    for name in ("FV-2-9999", first["name"][:-1], first["name"].lower(), f"{first['name']} ", "FV", ""):
        result = world.sync(invoices=(name, first["name"]))
        assert counts(result)["failed"] == 1, name
        assert codes(result) == ["INVOICE_NOT_FOUND"]
        assert result.document["value"]["failed"] == "0.00"
        assert result.exit_code == 1
        (problem,) = result.document["problems"]
        assert problem["invoice"] == name or not name


def test_a_named_invoice_ignores_start_and_a_name_is_compared_whole(world: World) -> None:
    customer = world.customer()["id"]
    old = world.siigo.create_invoice(customer, number=104, date="2020-03-02", created="2020-03-02T15:00:00Z")
    longer = world.siigo.create_invoice(customer, number=1045)
    world.connect()
    assert counts(world.sync(invoices=(old["name"],))) == {"read": 1, "created": 1}
    assert [deal["name"].split()[0] for deal in world.deals()] == [old["name"]]
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.deal_of(longer["name"])


@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
@pytest.mark.parametrize("bare", ["utc", "bogota"])
def test_dates_are_inclusive_and_those_of_bogota(world: World, end: str, bare: str) -> None:
    world.siigo.switches.update({"date_end": end, "bare_dates": bare})
    customer = world.customer()["id"]
    made = {
        # 23:30 of the 31st in Bogotá is the 1st of February in UTC.
        "2026-01-31": world.siigo.create_invoice(customer, date="2026-01-31", created="2026-02-01T04:30:00Z"),
        "2026-01-01": world.siigo.create_invoice(customer, date="2026-01-01", created="2026-01-01T05:10:00Z"),
        "2025-12-31": world.siigo.create_invoice(customer, date="2025-12-31", created="2026-01-01T04:59:00Z"),
        "2026-02-01": world.siigo.create_invoice(customer, date="2026-02-01", created="2026-02-01T05:01:00Z"),
    }
    world.connect()
    result = world.sync(date_from=date(2026, 1, 1), date_to=date(2026, 1, 31))
    assert counts(result) == {"read": 2, "created": 2}
    assert (result.document["from"], result.document["to"]) == ("2026-01-01", "2026-01-31")
    names = {deal["name"].split()[0] for deal in world.deals()}
    assert names == {made["2026-01-01"]["name"], made["2026-01-31"]["name"]}
    assert counts(world.sync(date_from=date(2026, 1, 31), date_to=date(2026, 1, 31))) == {
        "read": 1,
        "unchanged": 1,
    }
    assert counts(world.sync(date_to=date(2025, 12, 31))) == {"read": 1, "created": 1}
    assert counts(world.sync(date_from=date(2026, 2, 1))) == {"read": 1, "created": 1}


def test_a_run_with_dates_moves_no_mark_and_leaves_open_rows_of_other_days_alone(world: World) -> None:
    customer = world.customer()["id"]
    held = world.siigo.create_invoice(customer, total=1000)
    world.escala.create_deal(name=f"{held['name']} de otro", value=5)
    world.connect()
    world.sync()
    mark = models.Connection.objects.get(name="acme").invoices_mark
    old = world.siigo.create_invoice(customer, date="2026-01-15", created="2026-01-15T15:00:00Z")
    result = world.sync(date_from=date(2026, 1, 1), date_to=date(2026, 1, 31))
    assert counts(result) == {"read": 1, "created": 1}
    assert result.exit_code == 0
    assert models.Connection.objects.get(name="acme").invoices_mark == mark
    world.deal_of(old["name"])


def test_a_credit_note_seen_by_a_run_with_dates_is_dealt_with_by_the_next_ordinary_run(world: World) -> None:
    customer = world.customer()["id"]
    early = world.siigo.create_invoice(
        customer, total=1000, date="2026-01-15", created="2026-01-15T15:00:00Z"
    )
    world.connect('start = "2026-01-01"')
    world.sync()
    world.siigo.credit_note(early["name"], total=100)
    today = world.today()
    dated = world.sync(date_from=today - timedelta(days=1), date_to=today)
    assert counts(dated) == {}
    assert codes(world.sync()) == ["INVOICE_CREDITED_PARTLY"]


@pytest.mark.parametrize("names", [(), ("own",)])
def test_retry_reads_again_what_is_open_with_its_customer(world: World, names: tuple[str, ...]) -> None:
    customer = world.customer(1, contacts=[])
    world.escala.switches.change({"email_required": "yes"})
    bare = world.siigo.create_invoice(customer["id"], total=1000)
    healthy = world.siigo.create_invoice(world.customer(2)["id"], total=2000)
    world.connect()
    assert codes(world.sync()) == ["CONTACT_DATA_MISSING"]
    world.siigo.edit_customer(customer["id"], contacts=[{"first_name": "Eva", "email": "eva@uno.example"}])
    result = world.sync(kind="retry", invoices=tuple(bare["name"] for _ in names))
    assert counts(result) == {"read": 1, "created": 1}
    world.deal_of(healthy["name"])
    assert counts(world.sync(kind="retry")) == {}


def test_a_first_day_alone_is_open_to_today(world: World) -> None:
    customer = world.customer()["id"]
    for days in (-1, 0, 1):
        day = world.today() + timedelta(days=days)
        world.siigo.create_invoice(customer, date=day.isoformat(), total=1000)
    world.connect()
    assert counts(world.sync(date_from=world.today())) == {"read": 1, "created": 1}
    assert counts(world.sync(date_to=world.today())) == {"read": 2, "created": 1, "unchanged": 1}
