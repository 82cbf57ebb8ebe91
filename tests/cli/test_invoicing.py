"""The other direction at the command line: connect, look, run, tell, decide."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import FIELD, Program

FILE = """
name = "acme"
direction = "opportunities_to_invoices"
[siigo]
username = "{user}"
access_key = "{key}"
[escala]
api_key = "{api_key}"
[invoices]
trigger_pipeline = "Ventas"
trigger_stage = "Ganada"
document_type = 24446
payment_type = 5636
seller = "ventas@laceiba.example"
identification_field = "{field}"
{more}
"""


@pytest.fixture
def write(tmp_path: Path, siigo: SiigoSimulator, escala: EscalaSimulator) -> Callable[[str], str]:
    """Writes the connection file; what is given goes into [invoices]."""

    def written(more: str = "") -> str:
        path = tmp_path / "acme.toml"
        path.write_text(
            FILE.format(
                user=siigo.company.username,
                key=siigo.company.access_key,
                api_key=escala.api_key,
                field=FIELD,
                more=more,
            ),
            encoding="utf-8",
        )
        return str(path)

    return written


@pytest.fixture
def shop(
    single: Program, write: Callable[[str], str], siigo: SiigoSimulator, escala: EscalaSimulator
) -> Program:
    """One opportunity that stood there, one that can be invoiced, one without contact."""
    siigo.create_customer()
    contact = escala.create_contact(first_name="Marcela", custom={FIELD: "900482137"})
    coffee = escala.add_product("CAF-500", "Café", price=85000)
    lines = [{"productId": coffee, "quantity": 2}]

    def deal(name: str, contact_id: str | None) -> str:
        return escala.create_deal(
            name=name, contact_id=contact_id, value=170000, stage="Ganada", products=lines
        )

    deal("Vieja", contact)
    done = single("connect", write(""), "--json")
    assert done.code == 0, done.out + done.err
    deal("Buena", contact)
    deal("Sola", None)
    return single


def _rows(program: Program) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in program("invoices", "acme", "--json").document["rows"]}


def test_a_dry_run_and_the_run_after_it_agree_and_people_read_them(shop: Program) -> None:
    dry = shop("sync", "acme", "--dry-run", "--json")
    assert (dry.code, dry.document["direction"]) == (1, "opportunities_to_invoices")
    real = shop("sync", "acme", "--json")
    assert real.code == 1
    assert "invoices" not in real.document
    assert "contacts" not in real.document
    assert real.document["opportunities"] == dry.document["opportunities"]
    parts = {key: count for key, count in real.document["opportunities"].items() if count}
    assert parts == {"read": 3, "created": 1, "excluded": 1, "needs_attention": 1}
    assert real.document["value"]["read"] == "510000.00"
    assert real.document["customers"] == {"created": 0, "matched": 1}
    (problem,) = real.document["problems"]
    assert set(problem) == {"opportunity", "code", "message"}
    again = shop("sync", "acme")
    assert again.code == 1
    for words in ("Oportunidades", "Por revisar", "CUSTOMER_DATA_MISSING"):
        assert words in again.out
    assert "Contactos" not in again.out


def test_a_row_is_one_opportunity_in_the_singular(shop: Program) -> None:
    shop("sync", "acme", "--json")
    shown = shop("invoices", "acme").out
    for word in ("Facturada", "Excluida", "Por revisar"):
        assert re.search(rf"\b{word}\b", shown), shown
    assert not re.search(r"Facturadas|Excluidas", shown)


def test_the_ledger_is_told_with_the_status_of_each(shop: Program) -> None:
    shop("sync", "acme", "--json")
    report = shop("report", "acme", "--json").document
    assert report["opportunities"] == {
        "total": 3, "invoiced": 1, "excluded": 1, "needs_attention": 1, "failed": 0,
    }  # fmt: skip
    assert report["value"]["total"] == "510000.00"
    rows = {row["name"]: row for row in report["rows"]}
    assert set(rows["Buena"]) == {
        "opportunity", "name", "date", "customer", "value", "status", "code", "open", "invoice", "siigo_id",
        "invoice_total",
    }  # fmt: skip
    assert (rows["Buena"]["value"], rows["Buena"]["invoice_total"]) == ("170000.00", "202300.00")
    assert rows["Sola"]["invoice_total"] is None
    assert report["invoiced"] == {"count": 1, "total": "202300.00"}
    assert "En Siigo la factura suma $ 202.300,00" in shop("report", "acme").out.replace("\u00a0", " ")
    assert (rows["Buena"]["status"], rows["Buena"]["customer"]) == ("invoiced", "900482137")
    assert (rows["Vieja"]["code"], rows["Sola"]["open"]) == ("ALREADY_IN_STAGE", True)
    assert "Facturadas" in shop("report", "acme").out
    day = rows["Buena"]["date"]
    assert (
        shop("report", "acme", "--from", day, "--to", day, "--json").document["opportunities"]["total"] == 3
    )
    assert shop("report", "acme", "--to", "2020-01-01", "--json").document["opportunities"]["total"] == 0


def test_rows_are_chosen_by_status_and_code(shop: Program) -> None:
    shop("sync", "acme", "--json")
    assert set(_rows(shop)) == {"Vieja", "Buena", "Sola"}
    open_ = shop("invoices", "acme", "--status", "needs_attention", "--json").document["rows"]
    assert [row["name"] for row in open_] == ["Sola"]
    old = shop("invoices", "acme", "--code", "ALREADY_IN_STAGE", "--json").document["rows"]
    assert [row["name"] for row in old] == ["Vieja"]
    told = shop("invoices", "acme")
    said = " ".join(told.out.split())
    assert "el contacto de la oportunidad (póngaselo en Escala); complete el dato en Escala" in said
    assert "Oportunidad" in told.out
    assert "Buena · 900482137" in told.out
    assert "Facturada" in told.out
    wrong = shop("invoices", "acme", "--status", "in_escala", "--json")
    assert (wrong.code, wrong.error["key"]) == (2, "--status")
    nothing = shop("invoices", "acme", "--status", "failed")
    assert "No hay oportunidades así" in nothing.out


def test_status_runs_list_and_check_speak_of_opportunities(shop: Program) -> None:
    assert "Todavía no se ha sincronizado" in shop("status", "acme").out
    shop("sync", "acme", "--json")
    status = shop("status", "acme", "--json").document
    assert status["counts"] == {
        "total": 3, "invoiced": 1, "excluded": 1, "needs_attention": 1, "failed": 0, "open": 1,
    }  # fmt: skip
    assert "1 oportunidad que espera" in status["sentence"]
    assert "Facturadas" in shop("status", "acme").out
    (run,) = shop("runs", "acme", "--json").document["runs"]
    assert run["opportunities"]["created"] == 1
    assert "Creadas" in shop("runs", "acme").out
    (one,) = shop("list", "--json").document["connections"]
    assert one["direction"] == "opportunities_to_invoices"
    checks = {one["code"]: one for one in shop("check", "acme", "--json").document["checks"]}
    assert (checks["INVOICING_RULES"]["result"], checks["WAITING"]["result"]) == ("ok", "warning")


def test_named_and_retried_ones_are_read_alone(shop: Program, escala: EscalaSimulator) -> None:
    shop("sync", "acme", "--json")
    alone = _rows(shop)["Sola"]["opportunity"]
    named = shop("sync", "acme", "--opportunity", alone, "--json")
    assert (named.code, named.document["opportunities"]["read"]) == (1, 1)
    contact = escala.create_contact(first_name="Otra", custom={FIELD: "900482137"})
    escala.edit_deal(alone, {"contactId": contact})
    other = escala.create_deal(name="Nadie", value=170000, stage="Ganada")
    shop("sync", "acme", "--opportunity", other, "--json")
    retried = shop("retry", "acme", "--opportunity", alone, "--json")
    assert (retried.code, retried.document["opportunities"]["created"]) == (0, 1)
    assert retried.document["opportunities"]["read"] == 1
    rest = shop("retry", "acme", "--json")
    assert (rest.code, rest.document["opportunities"]["read"]) == (1, 1)
    shop("resolve", "acme", "--opportunity", other, "--ignore")
    assert "ya estaba en Siigo" in shop("sync", "acme").out
    nowhere = shop("retry", "acme", "--opportunity", "no-hay", "--json")
    assert (nowhere.code, nowhere.document["problems"][0]["code"]) == (1, "OPPORTUNITY_NOT_FOUND")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("sync", "acme", "--invoice", "FV-2-1"), "--invoice"),
        (("sync", "acme", "--opportunity", " "), "--opportunity"),
        (("retry", "acme", "--invoice", "FV-2-1"), "--invoice"),
        (("retry", "acme", "--opportunity", ""), "--opportunity"),
        (("resolve", "acme", "--invoice", "FV-2-1", "--ignore"), "--invoice"),
        (("resolve", "acme", "--opportunity", "d", "--deal", "x"), "--deal"),
        (("resolve", "acme", "--opportunity", "d", "--contact", "x"), "--contact"),
        (("resolve", "acme", "--opportunity", " ", "--again"), "--opportunity"),
    ],
)
def test_words_of_the_other_direction_are_a_mistake(shop: Program, words: tuple[str, ...], key: str) -> None:
    told = shop(*words, "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "USAGE", key)


def test_decisions_one_by_one_or_as_a_file(shop: Program, tmp_path: Path) -> None:
    shop("sync", "acme", "--json")
    rows = _rows(shop)
    told = shop("resolve", "acme", "--opportunity", rows["Buena"]["opportunity"], "--create", "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "DECISION_NOT_POSSIBLE", "--opportunity")
    done = shop("resolve", "acme", "--opportunity", rows["Sola"]["opportunity"], "--ignore", "--json")
    assert (done.code, done.document["done"]) == (0, True)
    path = tmp_path / "filas.csv"
    assert shop("invoices", "acme", "--csv", str(path)).code == 0
    with path.open(encoding="utf-8") as stream:
        listed = list(csv.DictReader(stream))
    assert list(listed[0]) == ["opportunity", "name", "code", "decision"]
    text = path.read_text(encoding="utf-8").replace(
        "Vieja,ALREADY_IN_STAGE,", "Vieja,ALREADY_IN_STAGE,create"
    )
    path.write_text(text, encoding="utf-8")
    assert shop("resolve", "acme", "--file", str(path)).code == 0
    assert shop("invoices", "acme", "--csv", str(path), "--json").error["code"] == "FILE_EXISTS"
    ended = shop("sync", "acme", "--json")
    assert (ended.code, ended.document["opportunities"]["created"]) == (0, 1)
    assert {row["status"] for row in _rows(shop).values()} == {"invoiced", "excluded"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opportunity,decision\nd,deal\n", "no existe la decisión"),
        ("opportunity,decision\n,create\n", "falta la oportunidad"),
        ("opportunity,decision\nd,create\n", "primero se lee"),
        ("siigo_id,decision\nd,create\n", "«opportunity»"),
        ("opportunity,name\nd,x\n", "«decision»"),
    ],
)
def test_a_file_that_cannot_be_obeyed_stores_nothing(
    shop: Program, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "mala.csv"
    path.write_text(text, encoding="utf-8")
    told = shop("resolve", "acme", "--file", str(path), "--json")
    assert (told.code, told.error["code"]) == (2, "DECISION_NOT_POSSIBLE")
    assert said in told.error["message"]
    path.write_text("opportunity,decision\nd,\n", encoding="utf-8")
    done = shop("resolve", "acme", "--file", str(path), "--json").document
    assert "Ninguna fila" in done["warnings"][0]


def test_the_direction_may_change_and_change_back(
    shop: Program, write_file: Callable[..., str], write: Callable[[str], str]
) -> None:
    shop("sync", "acme", "--json")
    assert shop("connect", write_file(), "--json").code == 0
    forward = shop("sync", "acme", "--json").document
    assert forward["invoices"]["excluded"] == 1
    assert shop("connect", write(""), "--json").code == 0
    back = shop("sync", "acme", "--json").document
    assert back["opportunities"]["created"] == 0


def test_connect_tells_what_a_switch_does_before_it_takes_effect(
    shop: Program, write: Callable[[str], str], tmp_path: Path, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    shop("sync", "acme", "--json")
    back = write("")
    text = (
        Path(back)
        .read_text(encoding="utf-8")
        .replace('direction = "opportunities_to_invoices"', 'direction = "invoices_to_opportunities"')
    )
    forward = tmp_path / "otra.toml"
    forward.write_text(
        f'{text}\n[opportunities]\npipeline = "Ventas"\nstage = "Prospecto"\n'
        f'identification_field = "{FIELD}"\n',
        encoding="utf-8",
    )
    told = shop("connect", str(forward), "--json")
    switched = "La dirección cambia: las facturas de Siigo crean oportunidades en Escala"
    assert told.code == 0
    assert switched in told.err
    assert switched in told.document["warnings"][0]
    assert "1 oportunidad por $ 170.000,00 espera y queda como está." in told.document["warnings"][0]
    assert shop("connect", str(forward), "--json").document["warnings"] == told.document["warnings"][1:]
    again = shop("connect", back)
    assert again.code == 0
    assert "Nada esperaba en la dirección de antes. En «Ganada» ya hay 3 oportunidades" in again.err
    assert "no se facturan, solo las que lleguen desde ahora" in again.err
    assert "La dirección cambia" not in again.out
    text = Path(write('existing = "invoice"')).read_text(encoding="utf-8")
    shop("connect", str(forward))
    assert "se facturan 2 oportunidades" in shop("connect", write('existing = "invoice"')).err, text
    gone = Path(write("")).read_text(encoding="utf-8").replace('"Ganada"', '"Nadie"')
    shop("connect", str(forward))
    wrong = tmp_path / "mal.toml"
    wrong.write_text(gone, encoding="utf-8")
    refused = shop("connect", str(wrong))
    assert refused.code == 2
    assert "no tiene la etapa" in refused.err
