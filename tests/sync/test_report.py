"""The report: every invoice in one part, with its pesos, from the ledger alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from siigo_escala.store import models
from siigo_escala.sync import report
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _connection() -> models.Connection:
    return models.Connection.objects.get(name="acme")


def _mixed(world: World) -> dict[str, str]:
    """One invoice in each part; the name of each."""
    customer = world.customer()["id"]
    there = world.siigo.create_invoice(customer, total=1000)
    world.connect()
    world.sync()
    annulled = world.siigo.create_invoice(customer, total=2000, stamp="Draft")
    world.siigo.annul_invoice(annulled["name"])
    left_out = world.siigo.create_invoice(
        world.customer(identification="222222222222", contacts=[])["id"], total=3000
    )
    held = world.siigo.create_invoice(customer, total=4000)
    world.escala.create_deal(name=f"{held['name']} de otro", value=1)
    world.sync()
    late = world.siigo.create_invoice(customer, total=5000)
    world.sync(limit=0)
    found = (there, left_out, annulled, held, late)
    return dict(zip(report.PARTS, [str(one["name"]) for one in found], strict=True))


def test_every_invoice_stands_in_one_part_and_the_parts_add_up(world: World) -> None:
    names = _mixed(world)
    calls = len(world.siigo.calls) + len(world.escala.calls)
    told = world.report()
    assert len(world.siigo.calls) + len(world.escala.calls) == calls, "without a call"
    assert told["invoices"] == {"total": 5} | dict.fromkeys(report.PARTS, 1)
    assert {row["status"]: row["invoice"] for row in told["rows"]} == names
    values = {key: Decimal(value) for key, value in told["value"].items()}
    assert values.pop("total") == sum(values.values()) == 15000
    assert {row["status"]: row["code"] for row in told["rows"]} == {
        "in_escala": None,
        "excluded": "WALK_IN_BUYER",
        "annulled": "INVOICE_ANNULLED",
        "needs_attention": "DEAL_NAME_TAKEN",
        "failed": "NOT_REACHED",
    }
    assert [row["status"] for row in told["rows"] if row["open"]] == ["needs_attention"]
    held = next(row for row in told["rows"] if row["open"])
    assert len(held["candidates"]) == 1
    assert held["deal_id"] is None


@pytest.mark.parametrize(
    ("date_from", "date_to", "expected"),
    [
        (None, None, ["FV-1", "FV-2", "FV-3", "sin fecha"]),
        (date(2026, 3, 1), None, ["FV-2", "FV-3"]),
        (None, date(2026, 3, 1), ["FV-1", "FV-2"]),
        (date(2026, 3, 1), date(2026, 3, 1), ["FV-2"]),
    ],
)
def test_dates_are_inclusive_and_an_invoice_without_one_stands_in_no_range(
    world: World, date_from: date | None, date_to: date | None, expected: list[str]
) -> None:
    connection = world.connect()
    days = {"FV-1": date(2026, 2, 28), "FV-2": date(2026, 3, 1), "FV-3": date(2026, 3, 2), "sin fecha": None}
    for name, day in days.items():
        models.Invoice.objects.create(
            connection=connection,
            escala=connection.escala,
            siigo_id=name,
            name=name,
            date=day,
            siigo_total="7",
        )
    told = report.report(connection, date_from=date_from, date_to=date_to)
    assert sorted(row["invoice"] for row in told["rows"]) == expected
    assert told["from"] == (date_from.isoformat() if date_from else None)
    assert told["to"] == (date_to.isoformat() if date_to else None)
    assert {row["date"] for row in told["rows"]} <= {None, *(str(day) for day in days.values())}
    assert all((row["siigo_total"], row["balance"]) == ("7.00", None) for row in told["rows"])


def test_rows_are_chosen_by_status_and_by_code(world: World) -> None:
    names = _mixed(world)
    connection = _connection()

    def chosen(*, statuses: tuple[str, ...] = (), codes: tuple[str, ...] = ()) -> list[str]:
        return [row["invoice"] for row in report.rows_of(connection, statuses=statuses, codes=codes)]

    assert chosen(statuses=("excluded", "failed")) == [names["excluded"], names["failed"]]
    assert chosen(codes=("DEAL_NAME_TAKEN",)) == [names["needs_attention"]]
    assert chosen(statuses=("excluded",), codes=("DEAL_NAME_TAKEN",)) == []


def test_a_write_without_outcome_says_so_and_what_is_undone_is_annulled_whatever_its_state(
    world: World,
) -> None:
    first, second = world.invoices(2)
    connection = world.connect()
    world.sync()
    rows = models.Invoice.objects.filter(connection=connection)
    rows.filter(name=first["name"]).update(state="sending", deal_id=None, intent_at=world.now())
    rows.filter(name=second["name"]).update(state="needs_attention", code="INVOICE_DELETED", deleted=True)
    told = {row["invoice"]: (row["status"], row["code"], row["open"]) for row in world.report()["rows"]}
    assert told == {
        first["name"]: ("failed", "OUTCOME_UNKNOWN", False),
        second["name"]: ("annulled", "INVOICE_DELETED", True),
    }


def test_a_wholly_credited_invoice_is_annulled_and_a_partly_credited_one_is_open(world: World) -> None:
    whole, part = world.invoices(2, total=1000)
    world.connect()
    world.sync()
    world.siigo.credit_note(whole["name"])
    world.siigo.credit_note(part["name"], total=300)
    world.pass_time(minutes=1)
    world.sync(date_from=world.today() - timedelta(days=3))
    told = {row["invoice"]: (row["status"], row["code"], row["value"]) for row in world.report()["rows"]}
    assert told == {
        whole["name"]: ("annulled", "INVOICE_CREDITED", "1000.00"),
        part["name"]: ("needs_attention", "INVOICE_CREDITED_PARTLY", "1000.00"),
    }
