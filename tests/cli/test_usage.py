"""What cannot be understood ends with 2: one Spanish line, or the error document with `--json`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from siigo_escala.cli import main, output, spanish
from tests.cli.conftest import Program

WRONG = (
    (("snc",), "No existe la orden «snc»"),
    (("sync", "acme", "--form", "2026-01-01"), "No existe la opción --form"),
    (("sync", "acme", "--limit", "muchas"), "--limit no sirve: debe ser un número"),
    (("sync", "acme", "--limit", "-1"), "--limit no sirve: debe ser 0 o más"),
    (("sync", "acme", "--sweep", "--no-sweep"), "Use --sweep o --no-sweep, no ambos"),
    (("sync", "acme", "--wait", "-1"), "--wait espera un número de segundos, y «-1» no lo es"),
    (("sync", "acme", "--from", "01/02/2026"), "«01/02/2026» no es una fecha de la forma aaaa-mm-dd"),
    (("sync", "acme", "--from", "2026-02-30"), "«2026-02-30» no es una fecha"),
    (("sync", "acme", "--invoice", ""), "--invoice está vacío"),
    (("sync", "acme", "--from", "2026-02-02", "--to", "2026-02-01"), "--from es posterior a --to"),
    (("sync", "acme", "--from"), "La opción --from necesita un valor"),
    (("sync", "acme", "--wait=pronto"), "--wait espera un número de segundos"),
    (("sync",), "Falta el nombre de la conexión, o --all"),
    (("sync", "acme", "--all"), "no ambos"),
    (("report", "acme", "--from", "2026-02-02", "--to", "2026-02-01"), "--from es posterior a --to"),
    (("report", "acme", "otra"), "Sobra en la orden: otra"),
    (("connect",), "Falta ARCHIVO"),
    (("invoices", "acme", "--status", "paid"), "los estados son: in_escala, excluded"),
    (("invoices", "acme", "--code", "NADA"), "No existe el código «NADA»"),
    (("key",), "Falta decir «rotate»;"),
    (("key", "foo"), "Aquí solo puede decir «rotate»;"),
    (("personal-data",), "Falta decir «show» o «erase»;"),
    (("simulate", "otro", "--port", "0"), "«siigo» o «escala»"),
    (("simulate", "siigo"), "Falta --port"),
    (("simulate", "siigo", "--port", "70000"), "--port no sirve: debe ser 65535 o menos"),
)


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_a_command_that_cannot_be_understood_says_why(
    single: Program, words: tuple[str, ...], said: str
) -> None:
    told = single(words[0], "--json", *words[1:])
    assert told.code == 2
    assert told.error["code"] == "USAGE"
    assert said in told.error["message"]


def test_people_read_one_line_on_standard_error(single: Program) -> None:
    told = single("sync", "acme", "--limit", "muchas")
    assert (told.code, told.out) == (2, "")
    assert told.err == (
        "El valor de --limit no sirve: debe ser un número; agregue --help para ver cómo se usa. [USAGE]\n"
    )


@pytest.mark.slow
def test_a_name_that_does_not_exist_is_told_first_and_the_others_run(connected: Program) -> None:
    told = connected("sync", "acme", "otra", "--json")
    assert told.code == 2
    run, unknown = told.document["runs"]
    assert (run["connection"], "invoices" in run) == ("acme", True)
    assert (unknown["connection"], unknown["error"]["code"]) == ("otra", "CONNECTION_UNKNOWN")
    read = connected("sync", "acme", "otra")
    assert read.err.index("CONNECTION_UNKNOWN") < read.err.index("Leyendo Siigo")


@pytest.mark.slow
def test_words_that_are_no_text_are_told(connected: Program) -> None:
    for words in (("sync", "acme", "--invoice"), ("resolve", "acme", "--ignore", "--invoice"), ("report",)):
        told = connected(*words, "FV-\udcff", "--json")
        assert (told.code, told.error["code"]) == (2, "USAGE"), words


def test_files_that_cannot_be_written_or_read_are_told_in_spanish(connected: Program, tmp_path: Path) -> None:
    csv = connected("invoices", "acme", "--csv", "no/esta.csv", "--json")
    assert (csv.code, csv.error["key"], "(no existe)" in csv.error["message"]) == (2, "--csv", True)
    connected.more["SIIGO_ESCALA_HOME"] = str(tmp_path / "archivo")
    (tmp_path / "archivo").write_text("")
    told = connected("list", "--json")
    assert (told.code, told.error["code"]) == (2, "STORAGE_FAILED")
    assert "ya existe" in told.error["message"]
    assert "exists" not in told.error["message"]


def test_no_file_is_looked_at_by_typer_whose_words_are_english() -> None:
    program = typer.main.get_command(main._app())
    assert isinstance(program, spanish.Group)
    described: list[Any] = [
        getattr(parameter, "type_descriptor", None)
        for command in program.commands.values()
        for parameter in command.params
    ]
    of_files = [one.parameter_info.readable for one in described if one and "Path" in str(one.annotation)]
    assert of_files == [False] * 8


def test_a_demo_of_a_direction_that_does_not_exist_is_a_mistake(single: Program) -> None:
    told = single("demo", "--direction", "sideways")
    assert told.code == 2
    assert "invoices_to_opportunities" in told.err


@pytest.mark.slow
def test_the_demo_of_the_other_direction_makes_invoices_and_ends(single: Program) -> None:
    told = single("demo", "--direction", "opportunities_to_invoices", "--no-web")
    assert told.code == 0
    for words in ("ALREADY_IN_STAGE", "Facturadas", "Fin de la demostración"):
        assert words in told.out


@pytest.mark.parametrize(
    "command",
    ["status", "sync", "report", "invoices", "retry", "runs", "enable", "disable", "export", "check"],
)
def test_an_unknown_connection_is_named_with_those_that_exist(connected: Program, command: str) -> None:
    told = connected(command, "otra", "--json")
    assert told.code == 2
    assert told.error["code"] == "CONNECTION_UNKNOWN"
    assert "«acme»" in told.error["message"]


def test_a_wrong_environment_names_its_variable(single: Program, write_file: Callable[..., str]) -> None:
    single.more["SIIGO_ESCALA_SIIGO_RATE"] = "muchas"
    told = single("connect", write_file(), "--json")
    assert told.code == 2
    assert (told.error["code"], told.error["key"]) == ("ENVIRONMENT_INVALID", "SIIGO_ESCALA_SIIGO_RATE")


def test_plain_http_to_another_machine_is_refused(single: Program) -> None:
    single.more["SIIGO_ESCALA_ESCALA_URL"] = "http://escala.example/v1"
    told = single("list", "--json")
    assert told.code == 2
    assert told.error["key"] == "SIIGO_ESCALA_ESCALA_URL"


def test_postgresql_without_a_key_is_refused_by_name(single: Program) -> None:
    single.more |= {
        "SIIGO_ESCALA_DATABASE_URL": "postgresql://127.0.0.1:1/nada",
        "SIIGO_ESCALA_SECRET_KEY": "",
    }
    told = single("list", "--json")
    assert told.code == 2
    assert (told.error["code"], told.error["key"]) == ("KEY_MISSING", "SIIGO_ESCALA_SECRET_KEY")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "1 kB"),
        (1_499, "1 kB"),
        (23_600, "24 kB"),
        (99_999, "100 kB"),
        (100_000, "0,1 MB"),
        (1_960_000, "2,0 MB"),
        (1_234_460_000, "1.234,5 MB"),
    ],
)
def test_a_size_is_said_as_colombia_writes_it_and_never_as_nothing(count: int, said: str) -> None:
    assert output.size(count) == said
