"""`connect`: one file or several, checked whole, stored whole or not at all."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow

File = Callable[..., str]


def test_a_file_makes_a_connection_and_the_same_file_again_changes_nothing(
    program: Program, write_file: File
) -> None:
    first = program("connect", write_file(), "--json")
    assert first.code == 0
    assert first.document["connection"] == "acme"
    assert first.document["done"] is True
    assert any("cf_contact_cedula_kwzt_text" in warning for warning in first.document["warnings"])
    before = program("export", "acme").out
    assert program("connect", write_file()).code == 0
    assert program("export", "acme").out == before
    assert len(program("list", "--json").document["connections"]) == 1


def test_connect_asks_no_more_than_it_says(
    single: Program, write_file: File, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    assert single("connect", write_file()).code == 0
    asked = {entry["path"] for entry in siigo.calls.entries()} | {
        entry["path"] for entry in escala.calls.entries()
    }
    assert asked <= {"/auth", "/v1/users", "/v1/document-types", "/crm/pipelines"}


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"stage": '"Nada"'}, "opportunities.stage", "«Prospecto»"),
        ({"pipeline": '"Nada"'}, "opportunities.pipeline", "«Ventas»"),
        ({"stage": ""}, "opportunities.stage", "obligatoria"),
        ({"colour": '"red"'}, "opportunities.colour", "no existe"),
        ({"products": "3"}, "opportunities.products", "match"),
        ({"default_owner": '"nadie"'}, "opportunities.default_owner", "unassigned"),
        ({"identification_field": '"cedula"'}, "opportunities.identification_field", "cf_"),
        ({"document_types": "[1]"}, "opportunities.document_types", "24446"),
        ({"description": '"{numero}"'}, "opportunities.description", "{factura}"),
        ({"extra": '[sellers]\n"x@y.example" = "a@b.example"'}, 'sellers."x@y.example"', "x@y.example"),
        ({"top": 'direction = "both"'}, "direction", "invoices_to_opportunities"),
        ({"top": 'currency = "XXX1"'}, "currency", ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_in_a_file_is_named_with_what_there_is(
    single: Program, write_file: File, change: dict[str, str], key: str, said: str
) -> None:
    told = single("connect", write_file(**change), "--json")
    assert told.code == 2
    assert (told.error["code"], told.error["key"]) == ("FILE_INVALID", key)
    assert said in told.error["message"]
    assert single("list", "--json").document["connections"] == []


def test_a_file_that_is_not_there_is_a_sentence(single: Program, tmp_path: Path) -> None:
    told = single("connect", "nada.toml", "--json")
    assert told.code == 2
    assert told.error["code"] == "FILE_MISSING"
    assert "nada.toml" in told.error["message"]
    assert single("connect", str(tmp_path), "--json").error["code"] == "FILE_MISSING"


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe\x00", b"name = 'a'\n" * 200_000])
def test_a_file_that_is_no_toml_is_a_sentence(single: Program, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roto.toml").write_bytes(content)
    told = single("connect", "roto.toml", "--json")
    assert (told.code, told.error["code"]) == (2, "FILE_INVALID")


def test_a_secret_comes_from_the_environment_or_a_file_and_is_asked_for_once(
    single: Program, write_file: File, siigo: SiigoSimulator, tmp_path: Path
) -> None:
    user = siigo.company.username
    missing = single("connect", write_file(siigo_user=(user, "env:ACME_KEY")), "--json")
    assert (missing.code, missing.error["code"]) == (2, "SECRET_MISSING")
    assert missing.error["key"] == "siigo.access_key"
    assert "ACME_KEY" in missing.error["message"]
    nowhere = single("connect", write_file(siigo_user=(user, "file:no/esta")), "--json")
    assert (nowhere.code, nowhere.error["code"]) == (2, "SECRET_MISSING")
    assert "«no/esta»" in nowhere.error["message"]
    single.more["ACME_KEY"] = siigo.company.access_key
    assert single("connect", write_file(siigo_user=(user, "env:ACME_KEY"))).code == 0
    del single.more["ACME_KEY"]
    assert single("sync", "acme", "--json").code == 0
    (tmp_path / "clave").write_text(f"{siigo.company.access_key}\n")
    assert single("connect", write_file(siigo_user=(user, f"file:{tmp_path / 'clave'}"))).code == 0


def test_refused_credentials_end_with_3_and_save_nothing(
    single: Program, write_file: File, siigo: SiigoSimulator
) -> None:
    for file in (
        write_file("uno", siigo_user=(siigo.company.username, "otra")),
        write_file("dos", siigo_user=("nadie@empresa.example", siigo.company.access_key)),
        write_file("tres", api_key="otra"),
    ):
        told = single("connect", file, "--json")
        assert (told.code, told.error["code"]) == (3, "CREDENTIALS_REFUSED")
        assert "otra" not in told.error["message"].split()
    siigo.block_user()
    assert single("connect", write_file(), "--json").code == 3
    siigo.block_user(blocked=False)
    siigo.set_plan(has_api=False)
    assert single("connect", write_file(), "--json").code == 3
    assert single("list", "--json").document["connections"] == []


def test_a_system_out_of_reach_ends_with_4(single: Program, write_file: File) -> None:
    address = single.whole["SIIGO_ESCALA_SIIGO_URL"]
    single.more["SIIGO_ESCALA_SIIGO_URL"] = "http://127.0.0.1:9"
    told = single("connect", write_file(), "--json")
    assert (told.code, told.error["code"]) == (4, "SIIGO_UNREACHABLE")
    single.more |= {"SIIGO_ESCALA_SIIGO_URL": address, "SIIGO_ESCALA_ESCALA_URL": "http://127.0.0.1:9"}
    told = single("connect", write_file(), "--json")
    assert (told.code, told.error["code"]) == (4, "ESCALA_UNREACHABLE")


def test_the_same_two_accounts_belong_to_one_connection(connected: Program, write_file: File) -> None:
    told = connected("connect", write_file("otra", mark='"B"'), "--json")
    assert (told.code, told.error["code"]) == (2, "ACCOUNTS_TAKEN")
    assert "«acme»" in told.error["message"]


def test_of_several_files_all_are_read_before_any_is_stored(single: Program, write_file: File) -> None:
    good, bad = write_file("buena"), write_file("mala", colour='"red"')
    told = single("connect", good, bad, "--json")
    assert (told.code, told.error["key"]) == (2, "opportunities.colour")
    assert "mala.toml" in told.error["message"]
    assert single("list", "--json").document["connections"] == []


def test_of_several_files_one_that_is_refused_stops_no_other(
    single: Program, write_file: File, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.add_company(username="b@empresa.example", access_key="clave-b")
    escala.add_account("llave-b")
    told = single(
        "connect",
        write_file("a", siigo_user=(siigo.company.username, "otra")),
        write_file("b", siigo_user=("b@empresa.example", "clave-b"), api_key="llave-b"),
        "--json",
    )
    assert told.code == 3
    first, second = told.document["connections"]
    assert first["error"]["code"] == "CREDENTIALS_REFUSED"
    assert (second["connection"], second["done"]) == ("b", True)


def test_two_files_of_one_name_are_a_mistake(single: Program, write_file: File, tmp_path: Path) -> None:
    path = Path(write_file())
    (tmp_path / "copia.toml").write_text(path.read_text())
    told = single("connect", str(path), "copia.toml", "--json")
    assert (told.code, told.error["key"]) == (2, "name")


def test_what_is_kept_is_for_its_owner_alone(single: Program, write_file: File, home: Path) -> None:
    single.more |= {"SIIGO_ESCALA_SECRET_KEY": "", "SIIGO_ESCALA_DATABASE_URL": ""}
    (home / "siigo-escala.db").unlink()
    assert single("connect", write_file()).code == 0
    for path in (home, home / "secret.key", home / "siigo-escala.db"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    stored = (home / "siigo-escala.db").read_bytes()
    assert b"clave-de-ejemplo" not in stored
    assert b"llave-de-ejemplo" not in stored


def test_a_lost_key_is_one_clear_sentence_and_nothing_is_overwritten(
    single: Program, write_file: File, home: Path
) -> None:
    single.more["SIIGO_ESCALA_SECRET_KEY"] = ""
    assert single("connect", write_file()).code == 0
    (home / "secret.key").rename(home / "aparte")
    for words in (("sync", "acme"), ("connect", write_file())):
        told = single(*words, "--json")
        assert (told.code, told.error["code"]) == (2, "KEY_MISSING")
    assert not (home / "secret.key").exists()
    single.more["SIIGO_ESCALA_SECRET_KEY"] = "otra clave"
    assert single("sync", "acme", "--json").error["code"] == "KEY_MISSING"
    assert single("report", "acme", "--json").code == 0
    single.more["SIIGO_ESCALA_SECRET_KEY"] = (home / "aparte").read_text()
    assert single("sync", "acme", "--json").code == 0
