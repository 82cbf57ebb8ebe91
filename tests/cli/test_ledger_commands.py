"""`report`, `invoices`, `list`, `status`, `runs`: what is known, without a call."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow
PARTS = ("in_escala", "excluded", "annulled", "needs_attention", "failed")
ROW = {
    "invoice", "siigo_id", "date", "customer", "seller", "value", "siigo_total", "currency", "balance",
    "status", "code", "open", "deal_id", "contact_id", "candidates",
}  # fmt: skip


@pytest.fixture
def worked(connected_twice: Program, siigo: SiigoSimulator) -> Program:
    """A ledger with one invoice in Escala, one excluded, one annulled and one that waits."""
    siigo.create_invoice(total=Decimal("1110054.50"))
    siigo.create_customer(identification="222222222222", name=["Consumidor", "Final"])
    siigo.create_invoice("222222222222", total=10_000)
    siigo.annul_invoice(siigo.create_invoice(total=70_000)["name"])
    siigo.distort(siigo.create_invoice(total=5_000)["name"], total="mucho")
    assert connected_twice("sync", "acme", "--json").code == 1
    return connected_twice


def test_every_invoice_is_accounted_for(
    worked: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    asked = len(siigo.calls.entries()) + len(escala.calls.entries())
    report = worked("report", "acme", "--json")
    assert report.code == 0
    counts, value = report.document["invoices"], report.document["value"]
    assert set(counts) == set(value) == {"total", *PARTS}
    assert counts == {
        "total": 4, "in_escala": 1, "excluded": 1, "annulled": 1, "needs_attention": 1, "failed": 0,
    }  # fmt: skip
    assert sum(counts[part] for part in PARTS) == counts["total"]
    assert sum(Decimal(value[part]) for part in PARTS) == Decimal(value["total"])
    assert all(set(row) == ROW for row in report.document["rows"])
    people = worked("report", "acme")
    assert "$ 1.110.054,50" in people.out

    rows = worked("invoices", "acme", "--status", "in_escala", "--json").document["rows"]
    assert [(row["status"], row["code"], row["open"]) for row in rows] == [("in_escala", None, False)]
    assert rows[0]["deal_id"] == escala.state()["deals"][0]["id"]
    waiting = worked("invoices", "acme", "--code", "VALUE_INVALID", "--json").document
    assert (waiting["connection"], len(waiting["rows"])) == ("acme", 1)
    assert worked("invoices", "acme", "--open", "--json").document["rows"] == waiting["rows"]
    shown = worked("invoices", "acme").out
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "WALK_IN_BUYER" in shown

    listed = worked("list", "--json").document["connections"]
    assert [set(one) for one in listed] == [{"connection", "direction", "enabled", "paused", "last_success"}]
    status = worked("status", "acme", "--json").document
    assert status["sentence"] == "Hay 1 factura que espera por usted."
    assert status["tone"] == "warning"
    assert status["counts"] == {**counts, "open": 1}
    runs = worked("runs", "acme", "--json").document["runs"]
    assert [run["invoices"]["read"] for run in runs] == [4]
    assert "problems" not in runs[0]
    assert worked("runs", "acme").code == 0
    assert len(siigo.calls.entries()) + len(escala.calls.entries()) == asked


def test_the_csv_has_room_for_decisions(worked: Program) -> None:
    done = worked("invoices", "acme", "--csv", "facturas.csv")
    assert (done.code, "4 filas" in done.out) == (0, True)
    with (worked.folder / "facturas.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["siigo_id", "invoice", "code", "candidates", "decision", "target"]
    assert {row["decision"] + row["target"] for row in rows} == {""}
    told = worked("invoices", "acme", "--csv", "no/esta/facturas.csv", "--json")
    assert (told.code, told.error["key"]) == (2, "--csv")


def test_a_new_connection_says_so(connected: Program) -> None:
    status = connected("status", "acme", "--json").document
    assert (status["sentence"], status["tone"]) == ("Todavía no se ha sincronizado.", "neutral")
    assert status["last_success"] is None
    assert connected("sync", "acme").code == 0
    status = connected("status", "acme", "--json").document
    assert status["sentence"].startswith("Todo lo leído hasta el ")
    assert (status["sentence"].endswith("está en Escala."), status["tone"]) == (True, "ok")
