"""`enable`, `disable`, `disconnect`, `export`, `migrate`, `fields`, `check`: the life of a connection."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.domain import rules
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import FIELD, Program

pytestmark = pytest.mark.slow
File = Callable[..., str]


def _listed(program: Program) -> dict[str, Any]:
    (one,) = program("list", "--json").document["connections"]
    found: dict[str, Any] = one
    return found


def test_the_schedule_is_switched_in_the_stored_file(connected: Program, write_file: File) -> None:
    done = connected("disable", "acme", "--json")
    assert done.document == {"schema": 1, "connection": "acme", "done": True, "warnings": []}
    assert _listed(connected)["enabled"] is False
    assert "enabled = false" in connected("export", "acme").out
    assert connected("sync", "acme", "--json").code == 0
    assert connected("enable", "acme", "--json").code == 0
    assert _listed(connected)["enabled"] is True
    assert connected("disable", "acme").code == 0
    assert connected("connect", write_file()).code == 0
    assert _listed(connected)["enabled"] is True


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ('daily_at = "02:00"', "«acme»: Horario encendido."),
        ('daily_at = ""\nevery_minutes = 30', "«acme»: Horario encendido."),
        (
            'daily_at = ""',
            "«acme»: Horario sin hora («schedule.daily_at», «schedule.every_minutes»): solo se ",
        ),
    ],
)
def test_enable_says_of_a_schedule_without_an_hour_that_it_has_none(
    program: Program, write_file: File, siigo: SiigoSimulator, times: str, said: str
) -> None:
    assert program("connect", write_file(extra=f"[schedule]\n{times}")).code == 0
    assert program("disable", "acme").code == 0
    assert said in " ".join(program("enable", "acme").out.split())
    if "sin hora" not in said:
        return
    siigo.change_access_key("otra")
    for _ in range(2):
        assert program("sync", "acme", "--json").code == 3
    siigo.change_access_key("clave-de-ejemplo")
    lifted = " ".join(program("enable", "acme").out.split())
    assert "«acme»: Pausa levantada: las dos cuentas responden. Horario sin hora" in lifted


def test_enable_says_what_it_confirms_of_another_writer(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    invoice = siigo.create_invoice(total=10_000)
    assert connected("sync", "acme", "--json").code == 0
    escala.clock.advance(1200)
    foreign = escala.create_deal(name=f"Factura {invoice['name']}", value=10_000)
    siigo.create_invoice(invoice["customer"]["id"], total=5)
    assert "OTHER_WRITER_SEEN" in connected("sync", "acme").out
    (warning,) = connected("enable", "acme", "--json").document["warnings"]
    assert warning.startswith("Con esta orden usted confirma que la app nativa de Siigo")
    assert foreign in warning
    assert connected("enable", "acme", "--json").document["warnings"] == [], "once"


def test_enable_lifts_a_pause_after_a_probe_and_not_before(
    connected: Program, siigo: SiigoSimulator, write_file: File
) -> None:
    siigo.change_access_key("otra")
    for _ in range(2):
        assert connected("sync", "acme", "--json").code == 3
    assert _listed(connected)["paused"] == "CREDENTIALS_REFUSED"
    status = connected("status", "acme", "--json").document
    assert (status["tone"], "CREDENTIALS_REFUSED" in status["sentence"]) == ("failed", True)
    still = connected("enable", "acme", "--json")
    assert (still.code, still.error["code"]) == (3, "CREDENTIALS_REFUSED")
    assert _listed(connected)["paused"] == "CREDENTIALS_REFUSED"
    siigo.change_access_key("clave-de-ejemplo")
    assert connected("enable", "acme", "--json").code == 0
    assert _listed(connected)["paused"] is None
    assert connected("sync", "acme", "--json").code == 0


def test_enable_begins_the_brakes_count_anew_also_where_only_writes_rest(
    connected: Program, siigo: SiigoSimulator, home: Path
) -> None:
    assert connected("sync", "acme", "--json").code == 0
    with contextlib.closing(sqlite3.connect(home / "siigo-escala.db")) as database:
        database.execute("UPDATE call_hour SET calls = 40, refused = 14 WHERE account LIKE 'siigo:%'")
        database.commit()
        siigo.change_access_key("otra")
        assert connected("enable", "acme", "--json").code == 3
        counted = "SELECT max(refused) FROM call_hour WHERE account LIKE 'siigo:%'"
        assert database.execute(counted).fetchone()[0] >= 14, "after a probe in vain it stands"
        siigo.change_access_key("clave-de-ejemplo")
        assert connected("enable", "acme", "--json").code == 0
        assert database.execute(counted).fetchone()[0] is None


def test_connect_with_new_credentials_lifts_their_pause(
    connected: Program, siigo: SiigoSimulator, write_file: File
) -> None:
    siigo.change_access_key("otra")
    for _ in range(2):
        assert connected("sync", "acme", "--json").code == 3
    assert connected("connect", write_file(), "--json").code == 0
    assert _listed(connected)["paused"] is None


def test_disconnect_takes_the_credentials_and_keeps_the_ledger(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator, write_file: File
) -> None:
    program = connected_twice
    siigo.create_invoice(total=10_000)
    assert program("sync", "acme").code == 0
    unsure = program("disconnect", "acme", "--json")
    assert (unsure.code, unsure.error["key"]) == (2, "--yes")
    assert program("disconnect", "acme", "--yes", "--json").document["done"] is True
    assert _listed(program)["paused"] == "CREDENTIALS_MISSING"
    assert "sin credenciales" in program("list").out
    assert "sin credenciales" in program("status", "acme").out
    for command in ("sync", "retry", "enable", "check"):
        told = program(command, "acme", "--json")
        assert (told.code, told.error["code"]) == (3, "CREDENTIALS_MISSING")
    assert program("report", "acme", "--json").document["invoices"]["in_escala"] == 1
    assert program("connect", write_file()).code == 0
    again = program("sync", "acme", "--json")
    assert (again.code, again.document["invoices"]["created"]) == (0, 0)
    assert program("disconnect", "acme", "--forget", "--yes").code == 0
    assert program("list", "--json").document["connections"] == []
    assert len(escala.state()["deals"]) == 1


def test_the_exported_file_is_the_whole_truth_without_its_secrets(
    connected: Program, tmp_path: Path, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    text = connected("export", "acme").out
    assert connected("export", "acme", "--json").document["file"] == text
    assert siigo.company.access_key not in text
    assert escala.api_key not in text
    whole = text.replace(
        '# access_key = "env:SIIGO_ACCESS_KEY"', f'access_key = "{siigo.company.access_key}"'
    )
    whole = whole.replace('# api_key = "env:ESCALA_API_KEY"', f'api_key = "{escala.api_key}"')
    assert rules.parse(whole).opportunities.stage == "Prospecto"
    (tmp_path / "otra.toml").write_text(whole, encoding="utf-8")
    assert connected("connect", "otra.toml").code == 0
    assert connected("export", "acme").out == text


def test_sqlite_makes_its_schema_by_itself_and_backs_up_before_a_change(single: Program, home: Path) -> None:
    single.more["SIIGO_ESCALA_DATABASE_URL"] = f"sqlite:///{home}/otra.db"
    assert single("list", "--json").code == 0
    done = single("migrate", "--json")
    assert (done.code, done.document["done"]) == (0, True)


def test_a_newer_schema_is_refused(single: Program, home: Path) -> None:
    with sqlite3.connect(home / "siigo-escala.db") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_later', '2026-01-01')"
        )
    database.close()
    told = single("list", "--json")
    assert (told.code, told.error["code"]) == (2, "SCHEMA_NEWER")


def test_postgresql_waits_for_migrate(single: Program, postgresql_server: str) -> None:
    from tests import postgresql

    name = "cli_without_schema"
    postgresql.drop_database(postgresql_server, name)
    single.more["SIIGO_ESCALA_DATABASE_URL"] = postgresql.create_database(postgresql_server, name)
    try:
        told = single("list", "--json")
        assert (told.code, told.error["code"]) == (2, "SCHEMA_OLD")
        assert single("migrate").code == 0
        assert single("list", "--json").code == 0
    finally:
        postgresql.drop_database(postgresql_server, name)


def test_fields_shows_what_escala_holds_before_there_is_a_connection(
    single: Program, escala: EscalaSimulator, tmp_path: Path
) -> None:
    escala.create_contact(first_name="Ana", email="ana@x.example", custom={FIELD: "900482137"})
    (tmp_path / "solo.toml").write_text(f'[escala]\napi_key = "{escala.api_key}"\n')
    told = single("fields", "solo.toml", "--json")
    assert told.code == 0
    assert told.document["fields"] == [
        {"key": FIELD, "entity": "contact", "name": "Cedula", "type": "text", "sample": "900482137"}
    ]
    assert FIELD in single("fields", "solo.toml").out
    (tmp_path / "sin.toml").write_text('name = "acme"\n')
    missing = single("fields", "sin.toml", "--json")
    assert (missing.code, missing.error["key"]) == (2, "escala.api_key")
    (tmp_path / "mala.toml").write_text('[escala]\napi_key = "otra"\n')
    assert single("fields", "mala.toml", "--json").code == 3


def test_check_finds_nothing_wrong_within_ten_calls(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_invoice(total=10_000)
    before = len(siigo.calls.entries()) + len(escala.calls.entries())
    told = connected("check", "acme", "--json")
    assert told.code == 0, told.out
    calls = siigo.calls.entries() + escala.calls.entries()
    assert len(calls) - before <= 10
    checks = told.document["checks"]
    assert all(set(one) == {"code", "result", "message", "remedy"} for one in checks)
    assert {one["result"] for one in checks} <= {"ok", "warning"}
    assert len({one["code"] for one in checks}) == len(checks) >= 20
    assert [one["doubt"] for one in told.document["doubts"]] == [f"U{number}" for number in range(1, 21)]
    assert {"doubt": "U20", "settled": True, "verdict": "visible"} in told.document["doubts"]
    assert all(one["remedy"] for one in checks if one["result"] != "ok")
    assert max(len(line) for line in connected("check", "acme").out.splitlines()) <= 100


def test_facts_are_written_for_their_owner_alone_and_a_folder_that_is_missing_is_told(
    connected: Program, escala: EscalaSimulator, tmp_path: Path
) -> None:
    done = connected("check", "acme", "--facts", "datos.json")
    assert (done.code, "«datos.json»" in done.out) == (0, True)
    assert (tmp_path / "datos.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "datos.json").read_text())["doubts"]["U20"] == "visible"
    missing = connected("check", "acme", "--write-probe", "--facts", "no/esta/datos.json", "--json")
    assert (missing.code, missing.error["key"], "no existe" in missing.error["message"]) == (
        2, "--facts", True
    )  # fmt: skip
    assert not escala.state()["deals"], "nothing was made that nobody would have been told of"


def test_what_a_write_probe_left_is_named_where_its_facts_cannot_be_written(
    connected: Program, escala: EscalaSimulator, tmp_path: Path
) -> None:
    (tmp_path / "carpeta").mkdir()
    told = connected("check", "acme", "--write-probe", "--facts", "carpeta", "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "STORAGE_FAILED", "--facts")
    made = escala.state()["deals"]
    assert made
    for one in made:
        assert one["id"] in told.error["message"]


def test_a_write_probe_is_asked_for_and_names_what_it_left(
    connected: Program, escala: EscalaSimulator, siigo: SiigoSimulator
) -> None:
    told = connected("check", "acme", "--write-probe", "--json")
    assert told.code == 0, told.out
    left = told.document["left_in_escala"]
    assert {one["id"] for one in left} >= {one["id"] for one in escala.state()["deals"]} != set()
    assert [one["code"] for one in told.document["checks"]][-1] == "WRITE_PROBE"
    siigo.change_access_key("otra")
    for _ in range(2):
        connected("sync", "acme")
    paused = connected("check", "acme", "--write-probe", "--json")
    assert (paused.code, paused.error["code"]) == (3, "CREDENTIALS_REFUSED")


def test_check_names_what_is_gone_and_who_refuses(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    escala.delete_stage("Prospecto")
    told = connected("check", "acme", "--json")
    assert told.code == 1
    (stage,) = [one for one in told.document["checks"] if one["code"] == "STAGE"]
    assert (stage["result"], "«Ganada»" in stage["remedy"]) == ("failed", True)
    escala.rotate_key("nueva")
    told = connected("check", "acme", "--json")
    assert told.code == 3
    assert [one["code"] for one in told.document["checks"] if one["result"] == "failed"] == ["ESCALA_ACCESS"]
    siigo.switches.update({"failures": "500"})
    escala.rotate_key("llave-de-ejemplo")
    assert connected("check", "acme", "--json").code == 4
