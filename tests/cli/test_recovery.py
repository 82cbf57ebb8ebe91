"""`backup`, `restore` and `key rotate` as people run them, and the run after them: nothing is doubled."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program
from tests.resilience.dying import Gate

pytestmark = pytest.mark.slow
File = Callable[..., str]


def _invoices(siigo: SiigoSimulator, count: int) -> None:
    for number in range(count):
        siigo.create_invoice(total=10_000 + number)


def _nothing_doubled(escala: EscalaSimulator, count: int) -> None:
    names = [str(deal["name"]) for deal in escala.state()["deals"]]
    assert len(names) == count
    assert len({name.split()[0] for name in names}) == count


def test_what_was_made_after_a_backup_is_adopted_after_its_restore(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator, tmp_path: Path
) -> None:
    program, path = connected_twice, tmp_path / "copia.zip"
    _invoices(siigo, 2)
    assert program("sync", "acme", "--json").code == 0
    made = program("backup", "copia.zip", "--json")
    assert (made.code, made.document["done"], made.document["file"]) == (0, True, str(path))
    assert made.document["warnings"] == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    _invoices(siigo, 3)
    later = program("sync", "acme", "--json").document
    assert later["invoices"]["created"] == 3
    report = program("report", "acme", "--json").document["value"]

    refused = program("restore", "copia.zip", "--json")
    assert (refused.code, refused.error["code"]) == (2, "HOME_NOT_EMPTY")
    assert "--replace" in refused.error["message"]
    done = program("restore", "copia.zip", "--replace", "--json")
    assert (done.code, done.document["done"], done.document["file"]) == (0, True, str(path))
    assert program("report", "acme", "--json").document["invoices"]["total"] == 2
    again = program("sync", "acme", "--json")
    assert (again.code, again.document["invoices"]["created"]) == (0, 0), again.out
    assert again.document["contacts"]["created"] == 0
    _nothing_doubled(escala, 5)
    assert program("report", "acme", "--json").document["value"] == report


def test_a_backup_restores_into_a_new_installation_under_the_same_key(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, tmp_path: Path
) -> None:
    _invoices(siigo, 2)
    assert connected("sync", "acme", "--json").code == 0
    made = connected("backup", "copia.zip")
    assert made.code == 0
    assert re.search(r": \d+ registros, \d+ kB\.", " ".join(made.out.split())), made.out
    _invoices(siigo, 1)
    assert connected("sync", "acme", "--json").code == 0
    new = tmp_path / "nueva"
    connected.more |= {
        "SIIGO_ESCALA_HOME": str(new),
        "SIIGO_ESCALA_DATABASE_URL": f"sqlite:///{new}/otra.db",
        "SIIGO_ESCALA_SECRET_KEY": "",
    }
    missing = connected("restore", "copia.zip", "--json")
    assert (missing.code, missing.error["code"]) == (2, "KEY_MISSING")
    assert not (new / "secret.key").exists(), "restore makes no key"
    assert connected("list", "--json").document["connections"] == []
    (new / "secret.key").write_text(str(connected.environ["SIIGO_ESCALA_SECRET_KEY"]))
    assert connected("restore", "copia.zip", "--json").code == 0
    again = connected("sync", "acme", "--json")
    assert (again.code, again.document["invoices"]["created"]) == (0, 0), again.out
    _nothing_doubled(escala, 3)


def test_without_credentials_everything_else_comes_back_and_rests(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, write_file: File
) -> None:
    _invoices(siigo, 1)
    assert connected("sync", "acme", "--json").code == 0
    assert connected("backup", "copia.zip").code == 0
    connected.more["SIIGO_ESCALA_SECRET_KEY"] = "otra clave"
    other = connected("restore", "copia.zip", "--replace", "--json")
    assert (other.code, other.error["code"]) == (2, "KEY_MISSING")
    done = connected("restore", "copia.zip", "--replace", "--without-credentials", "--json")
    assert done.code == 0
    assert any("acme" in warning for warning in done.document["warnings"])
    assert connected("list", "--json").document["connections"][0]["paused"] == "CREDENTIALS_MISSING"
    rests = connected("sync", "acme", "--json")
    assert (rests.code, rests.error["code"]) == (3, "CREDENTIALS_MISSING")
    assert connected("connect", write_file(), "--json").code == 0
    again = connected("sync", "acme", "--json")
    assert (again.code, again.document["invoices"]["created"]) == (0, 0), again.out
    _nothing_doubled(escala, 1)


def test_a_backup_without_the_key_of_what_is_sealed_is_refused(connected: Program, tmp_path: Path) -> None:
    connected.more["SIIGO_ESCALA_SECRET_KEY"] = ""
    told = connected("backup", "copia.zip", "--json")
    assert (told.code, told.error["code"]) == (2, "KEY_MISSING")
    assert not (tmp_path / "copia.zip").exists()


def test_a_copied_home_reads_everything_before_it_writes(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, home: Path, tmp_path: Path
) -> None:
    """Even where `since` proves nothing and the copy believes that it has just read everything."""
    escala.switches.change({"since_mode": "ignored"})
    _invoices(siigo, 2)
    assert connected("sync", "acme", "--json").code == 0
    copied = tmp_path / "copiada"
    shutil.copytree(home, copied)
    _invoices(siigo, 2)
    assert connected("sync", "acme", "--json").document["invoices"]["created"] == 2
    connected.more |= {
        "SIIGO_ESCALA_HOME": str(copied),
        "SIIGO_ESCALA_DATABASE_URL": f"sqlite:///{copied}/siigo-escala.db",
    }
    again = connected("sync", "acme", "--json")
    assert (again.code, again.document["invoices"]["created"]) == (0, 0), again.out
    _nothing_doubled(escala, 4)


def test_during_a_run_a_backup_is_made_and_a_restore_refused(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    program = connected_twice
    assert program("backup", "vieja.zip").code == 0
    _invoices(siigo, 3)
    # One command a gate: a write gives up after half a minute, and a busy machine is slow.
    contact, deal = (Gate(escala, method="POST", path=path) for path in ("/crm/contacts", "/crm/deals"))
    program.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "30"
    process = program.start("sync", "acme", "--json")
    try:
        contact.reached()
        assert program("backup", "copia.zip", "--json").code == 0
        contact.open()
        deal.reached()
        held = program("restore", "vieja.zip", "--replace", "--json")
        assert (held.code, held.error["code"]) == (5, "RUN_IN_PROGRESS")
        deal.open()
        process.communicate()
        assert process.returncode == 0
    finally:
        contact.open()
        deal.open()
        process.kill()
        process.communicate()
    # What was on its way when the backup was made is looked up, and not sent again.
    program.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "1"
    assert program("restore", "copia.zip", "--replace", "--json").code == 0
    again = program("sync", "acme", "--json")
    assert again.code == 0
    _nothing_doubled(escala, 3)


def test_what_a_backup_and_a_restore_refuse_is_one_sentence(connected: Program, tmp_path: Path) -> None:
    assert connected("backup", "copia.zip").code == 0
    exists = connected("backup", "copia.zip", "--json")
    assert (exists.code, exists.error["code"]) == (2, "FILE_EXISTS")
    assert "--overwrite" in exists.error["message"]
    assert connected("backup", "copia.zip", "--overwrite").code == 0
    (tmp_path / "corta.zip").write_bytes((tmp_path / "copia.zip").read_bytes()[:-500])
    for name, code in (
        ("corta.zip", "ARCHIVE_INVALID"),
        ("acme.toml", "ARCHIVE_INVALID"),
        ("x", "FILE_MISSING"),
    ):
        told = connected("restore", name, "--replace", "--json")
        assert (told.code, told.error["code"]) == (2, code)
    nowhere = connected("backup", "no/hay/copia.zip", "--json")
    assert (nowhere.code, nowhere.error["code"]) == (2, "FILE_MISSING")


def test_a_new_key_opens_everything_and_older_backups_need_the_older_one(
    connected: Program, siigo: SiigoSimulator, home: Path, write_file: File
) -> None:
    one = connected("key", "rotate", "--json")
    assert (one.code, one.error["code"], one.error["key"]) == (2, "USAGE", "SIIGO_ESCALA_SECRET_KEY")
    old = str(connected.environ["SIIGO_ESCALA_SECRET_KEY"])
    connected.more["SIIGO_ESCALA_SECRET_KEY"] = f"nueva,{old}"
    assert connected("key", "rotate", "--json").document["done"] is True
    connected.more["SIIGO_ESCALA_SECRET_KEY"] = "nueva"
    assert connected("sync", "acme", "--json").code == 0
    connected.more["SIIGO_ESCALA_SECRET_KEY"] = ""
    (home / "secret.key").write_text("nueva")
    assert connected("backup", "copia.zip").code == 0
    assert connected("key", "rotate").code == 0
    assert (home / "secret.key").read_text() not in ("nueva", "")
    assert connected("sync", "acme", "--json").code == 0
    told = connected("restore", "copia.zip", "--replace", "--json")
    assert (told.code, told.error["code"]) == (2, "KEY_MISSING")
    (home / "secret.key").write_text((home / "secret.key").read_text() + ",nueva")
    assert connected("restore", "copia.zip", "--replace", "--json").code == 0
    assert connected("sync", "acme", "--json").code == 0
