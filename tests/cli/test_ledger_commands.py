"""`report`, `invoices`, `list`, `status`, `runs`: what is known, without a call."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import FIELD, Program

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


def test_a_csv_with_decisions_in_it_is_not_written_over(worked: Program) -> None:
    path = worked.folder / "facturas.csv"
    for text in ("", "otra cosa", "invoice;decision;target\nFV-2-1; ;\n"):
        path.write_text(text)
        assert worked("invoices", "acme", "--csv", "facturas.csv").code == 0
    filled = "invoice;decision;target\nFV-2-1;crear;\n"
    path.write_text(filled, encoding="latin-1")
    told = worked("invoices", "acme", "--csv", "facturas.csv", "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "FILE_EXISTS", "--csv")
    assert "«facturas.csv»" in told.error["message"]
    assert path.read_text() == filled


def test_what_an_invoice_may_be_stands_on_the_screen_whole(
    single: Program, write_file: Callable[..., str], siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    assert single("connect", write_file(), "--json").code == 0
    invoice = siigo.create_invoice(total=1000)
    contact = escala.create_contact(first_name="Ana", custom={FIELD: "900482137"})
    deals = [escala.create_deal(name="Computador", contact_id=contact, value=1000) for _ in range(2)]
    (problem,) = single("sync", "acme", "--json").document["problems"]
    assert "hay una o varias oportunidades (" in problem["message"]
    shown = single("invoices", "acme", "--code", "POSSIBLE_TWIN").out
    assert "POSSIBLE_TWIN: ¿Son la misma? La app" in shown
    for deal in deals:
        (line,) = [line for line in shown.splitlines() if deal in line]
        assert line.split() == [invoice["name"], "la", "oportunidad", deal]
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "Puede ser" not in single("invoices", "acme", "--status", "in_escala").out


def test_a_connection_without_a_schedule_says_so(single: Program, write_file: Callable[..., str]) -> None:
    assert single("connect", write_file()).code == 0
    assert "activo" in single("list").out
    never = '[schedule]\ndaily_at = ""\n'
    for extra, said in ((never, "ninguno"), (f"{never}every_minutes = 5\n", "activo")):
        assert single("connect", write_file(extra=extra)).code == 0
        assert said in single("list").out
        assert f"Horario: {said}." in single("status", "acme").out


def test_a_part_alone_is_told_as_a_part(connected: Program, siigo: SiigoSimulator) -> None:
    name = siigo.create_invoice(total=10_000)["name"]
    for words, what in (
        (("--from", "2000-01-01", "--to", "2000-01-31"), "las facturas del 01/01/2000 al 31/01/2000"),
        (("--invoice", name), "las facturas que se nombraron"),
        (("--from", "2000-01-01"), "las facturas desde el 01/01/2000"),
    ):
        assert connected("sync", "acme", *words).code == 0
        status = connected("status", "acme", "--json").document
        assert status["sentence"].startswith(f"Hasta ahora solo se ha sincronizado {what}, el "), status
        assert status["sentence"].endswith("«siigo-escala sync acme» trae todo lo demás.")
        assert status["tone"] == "neutral"
    path = connected.environ["SIIGO_ESCALA_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as store:
        assert {json.loads(asked)["by"] for (asked,) in store.execute("SELECT asked FROM run")} == {"command"}


def test_a_new_connection_says_so(connected: Program) -> None:
    status = connected("status", "acme", "--json").document
    assert (status["sentence"], status["tone"]) == ("Todavía no se ha sincronizado.", "neutral")
    assert status["last_success"] is None
    assert connected("sync", "acme").code == 0
    status = connected("status", "acme", "--json").document
    assert status["sentence"].startswith("Todo lo leído hasta el ")
    assert (status["sentence"].endswith("está en Escala."), status["tone"]) == (True, "ok")
