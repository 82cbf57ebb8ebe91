"""`resolve`: decisions one by one and as a spreadsheet, without a call, beside a run."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from siigo_escala.store import lease, models
from tests import databases
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow


@pytest.fixture
def ledger(connected: Program, sqlite_url: str, django_db_blocker: Any) -> Iterator[None]:
    """The program's own database, to be looked at."""
    with django_db_blocker.unblock(), databases.opened(sqlite_url):
        yield


@pytest.fixture
def held(connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator) -> Program:
    """Three invoices whose names stand on deals that agree in nothing."""
    for number in range(3):
        invoice = siigo.create_invoice(total=1000 + number)
        escala.create_deal(name=f"{invoice['name']} de otra", value=1)
    assert connected("sync", "acme", "--json").code == 1
    return connected


def _rows(program: Program, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = program("invoices", "acme", "--json", *words).document["rows"]
    return rows


def test_one_decision_is_stored_without_a_call_and_obeyed_by_the_next_run(
    held: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    first, second, third = _rows(held)
    assert first["code"] == "DEAL_NAME_TAKEN"
    asked = len(siigo.calls.entries()) + len(escala.calls.entries())
    done = held("resolve", "acme", "--invoice", first["invoice"], "--deal", first["candidates"][0], "--json")
    assert (done.code, done.document) == (
        0,
        {"schema": 1, "connection": "acme", "done": True, "warnings": []},
    )
    told = held("resolve", "acme", "--invoice", second["siigo_id"], "--ignore")
    assert (told.code, told.err) == (0, "")
    assert "1 decisión guardada" in told.out
    assert len(siigo.calls.entries()) + len(escala.calls.entries()) == asked
    document = held("sync", "acme", "--json").document
    counted = {part: count for part, count in document["invoices"].items() if count}
    assert counted == {"read": 3, "unchanged": 1, "excluded": 1, "needs_attention": 1}
    assert [problem["invoice"] for problem in document["problems"]] == [third["invoice"]]


@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")])
def test_the_file_that_invoices_wrote_comes_back_with_decisions(
    held: Program, escala: EscalaSimulator, separator: str, encoding: str
) -> None:
    assert held("invoices", "acme", "--code", "DEAL_NAME_TAKEN", "--csv", "out.csv").code == 0
    with (held.folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0] |= {"decision": "deal", "target": rows[0]["candidates"]}
    rows[1] |= {"decision": "Create"}
    with (held.folder / "in.csv").open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    done = held("resolve", "acme", "--file", "in.csv", "--json")
    assert done.code == 0, done.out
    counts = held("sync", "acme", "--json").document["invoices"]
    assert (counts["unchanged"], counts["created"], counts["needs_attention"]) == (1, 1, 1)
    assert len(escala.state()["deals"]) == 4


@pytest.mark.usefixtures("ledger")
def test_one_row_that_cannot_be_obeyed_stores_nothing_and_is_named(held: Program) -> None:
    first, second, _ = _rows(held)
    path = held.folder / "in.csv"
    head = "siigo_id,invoice,code,candidates,decision,target\n"
    path.write_text(f"{head}{first['siigo_id']},,,,ignore,\n{second['siigo_id']},,,,deal,la-azul\n")
    told = held("resolve", "acme", "--file", "in.csv", "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "DECISION_NOT_POSSIBLE", "--file")
    assert told.error["message"].startswith("Línea 3: «la-azul» no es el id de una oportunidad")
    assert not models.Invoice.objects.exclude(decision="").exists()
    path.write_text(f"{head}{first['siigo_id']},,,,,\n")
    quiet = held("resolve", "acme", "--file", "in.csv", "--json").document
    assert quiet["warnings"] == ["Ninguna fila del archivo trae una decisión."]
    path.write_bytes(b"siigo_id,decision,target\ni\xf1,ignore,\n")
    assert held("resolve", "acme", "--file", "in.csv", "--json").error["code"] == "FILE_INVALID"
    assert held("resolve", "acme", "--file", "no.csv", "--json").error["code"] == "FILE_MISSING"
    with path.open("wb") as stream:
        stream.truncate(60_000_000)
    assert "demasiado grande" in held("resolve", "acme", "--file", "in.csv").err


@pytest.mark.usefixtures("ledger")
def test_what_is_wrong_with_several_rows_is_told_in_one_answer(held: Program) -> None:
    first, second, third = _rows(held)
    path = held.folder / "in.csv"
    path.write_text(
        "siigo_id,invoice,code,candidates,decision,target\n"
        f"{first['siigo_id']},,,,ignore,\n"
        f"{second['siigo_id']},{second['invoice']},,,create,{second['candidates'][0]}\n"
        f"{third['siigo_id']},,,,deal,la-azul\n"
        "no-such,,,,ignore,\n",
        encoding="utf-8",
    )
    told = held("resolve", "acme", "--file", "in.csv", "--json")
    assert (told.code, told.error["code"]) == (2, "DECISION_NOT_POSSIBLE")
    one, two, three = told.error["message"].split("\n")
    assert one.startswith(f"Línea 3: la factura «{second['invoice']}» trae «create»")
    assert two.startswith("Línea 4: «la-azul» no es el id de una oportunidad")
    assert three.startswith("Línea 5: la factura «no-such» no está en el registro")
    assert not models.Invoice.objects.exclude(decision="").exists()


@pytest.mark.usefixtures("ledger")
def test_a_file_with_a_quote_left_open_is_no_file_without_decisions(held: Program) -> None:
    first, second, _ = _rows(held)
    path = held.folder / "in.csv"
    path.write_text(
        "siigo_id,invoice,code,candidates,decision,target\n"
        f'{first["siigo_id"]},"{first["invoice"]},,,ignore,\n{second["siigo_id"]},,,,ignore,\n',
        encoding="utf-8",
    )
    told = held("resolve", "acme", "--file", "in.csv", "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "FILE_INVALID", "--file")
    assert told.error["message"].startswith("Línea 2: ")
    assert not models.Invoice.objects.exclude(decision="").exists()


def test_people_go_on_filling_in_a_file_whose_decisions_were_obeyed(
    held: Program, escala: EscalaSimulator
) -> None:
    first, second, third = _rows(held)
    path = held.folder / "in.csv"
    head = "siigo_id,invoice,code,candidates,decision,target\n"
    done = f"{first['siigo_id']},,,,create,\n"
    path.write_text(head + done, encoding="utf-8")
    assert held("resolve", "acme", "--file", "in.csv").code == 0
    assert held("sync", "acme", "--json").document["invoices"]["created"] == 1
    deals = len(escala.state()["deals"])
    again = held("resolve", "acme", "--file", "in.csv", "--json").document
    (warning,) = again["warnings"]
    assert warning.startswith(
        f"La factura «{first['invoice']}» ya tuvo la oportunidad que usted pidió crear;"
    )
    path.write_text(f"{head}{done}{second['siigo_id']},,,,create,\n", encoding="utf-8")
    told = held("resolve", "acme", "--file", "in.csv")
    assert told.code == 0, told.err
    assert "1 decisión guardada" in told.out
    assert held("sync", "acme", "--json").document["invoices"]["created"] == 1
    assert len(escala.state()["deals"]) == deals + 1
    path.write_text(f"{head}{done}{second['siigo_id']},,,,create,\n{done}", encoding="utf-8")
    (warning,) = held("resolve", "acme", "--file", "in.csv", "--json").document["warnings"]
    assert warning.startswith("3 facturas ya tuvieron")
    alone = held("resolve", "acme", "--invoice", first["invoice"], "--create", "--json")
    assert (alone.code, alone.error["code"]) == (2, "DECISION_NOT_POSSIBLE")
    target = third["candidates"][0]
    assert held("resolve", "acme", "--invoice", third["invoice"].lower(), "--deal", target).code == 0
    held("sync", "acme", "--json")
    path.write_text(f"{head}{third['siigo_id']},,,,create,\n", encoding="utf-8")
    assert "ya tiene su oportunidad" in held("resolve", "acme", "--file", "in.csv").err


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ([], "--invoice"),
        (["--invoice", "FV-2-1"], "--deal"),
        (["--invoice", "FV-2-1", "--create", "--ignore"], "--ignore"),
        (["--invoice", " ", "--create"], "--invoice"),
        (["--invoice", "FV-2-1", "--deal", " "], "--deal"),
        (["--invoice", "FV-2-1", "--opportunity", "d", "--create"], "--invoice"),
        (["--opportunity", "d", "--create"], "--opportunity"),
        (["--invoice", "FV-2-1", "--again"], "--again"),
        (["--file", "x.csv", "--create"], "--file"),
        (["--file", "x.csv", "--invoice", "FV-2-1"], "--file"),
    ],
)
def test_words_that_make_no_decision_are_a_mistake_of_usage(
    connected: Program, words: list[str], key: str
) -> None:
    told = connected("resolve", "acme", *words, "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "USAGE", key)


def test_what_is_not_there_is_named(connected: Program) -> None:
    told = connected("resolve", "acme", "--invoice", "FV-2-99", "--ignore", "--json")
    assert (told.code, told.error["key"]) == (2, "--invoice")
    assert "FV-2-99" in told.error["message"]
    assert connected("resolve", "otra", "--invoice", "FV-2-9", "--ignore", "--json").error["code"] == (
        "CONNECTION_UNKNOWN"
    )


@pytest.mark.usefixtures("ledger")
def test_a_decision_is_stored_while_a_run_holds_the_lease(held: Program) -> None:
    first = _rows(held)[0]
    taken = lease.take(models.Connection.objects.get())
    try:
        done = held("resolve", "acme", "--invoice", first["invoice"], "--create")
    finally:
        taken.release()
    assert done.code == 0, done.err
    assert models.Invoice.objects.get(name=first["invoice"]).decision == "create"


def test_a_file_may_stand_anywhere(held: Program, tmp_path: Path) -> None:
    first = _rows(held)[0]
    path = tmp_path / "más allá.csv"
    path.write_text(f"invoice,decision,target\n{first['invoice']},ignore,\n", encoding="utf-8")
    assert held("resolve", "acme", "--file", str(path)).code == 0
