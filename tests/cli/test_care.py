"""`purge` and `personal-data` as people run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow


def test_a_customers_data_is_shown_and_erased_and_no_run_brings_it_back(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, home: Path
) -> None:
    person = siigo.create_customer(
        person_type="Person",
        id_type="13",
        identification="52123456",
        name=["Zoraida", "Quintero"],
        contacts=[{"first_name": "Zoraida", "last_name": "Quintero", "email": "zoraida@correo.example"}],
    )
    siigo.create_invoice(person["id"], total=10_000)
    siigo.create_invoice(total=20_000)
    assert connected("sync", "acme", "--json").code == 0
    shown = connected("personal-data", "show", "acme", "52.123.456", "--json").document
    assert shown["found"] is True
    assert shown["customers"][0]["contacts"][0]["email"] == "zoraida@correo.example"
    assert (len(shown["contacts"]), len(shown["opportunities"]), len(shown["invoices"])) == (1, 1, 1)
    assert any("Siigo" in one for one in shown["remains"])
    assert any("Escala" in one for one in shown["remains"])
    told = connected("personal-data", "show", "acme", "52123456").out
    assert "zoraida@correo.example" in told
    assert "Siigo conserva" in told

    done = connected("personal-data", "erase", "acme", "52123456", "--json").document
    assert (done["done"], done["warnings"]) == (True, [])
    assert done["erased"]["invoices"] == 1
    assert connected("sync", "acme", "--sweep", "--json").code == 0
    assert connected("personal-data", "show", "acme", "52123456", "--json").document["found"] is False
    assert "no hay nada" in connected("personal-data", "show", "acme", "52123456").out
    files = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for word in (b"52123456", b"zoraida", b"Zoraida", b"Quintero"):
        assert word not in files
    assert "Zoraida" in str(escala.state()["contacts"]), "what Escala holds stays there"
    report = connected("report", "acme", "--json").document
    assert (report["invoices"]["in_escala"], report["invoices"]["total"]) == (2, 2)
    assert "Borrado aquí" in connected("personal-data", "erase", "acme", "52123456").out


def test_what_is_no_persons_identification_is_refused(connected: Program) -> None:
    for text in ("222222222222", "---"):
        told = connected("personal-data", "erase", "acme", text, "--json")
        assert (told.code, told.error["code"]) == (2, "USAGE")
    told = connected("personal-data", "show", "otra", "52123456", "--json")
    assert (told.code, told.error["code"]) == (2, "CONNECTION_UNKNOWN")
    assert connected("personal-data", "forget", "acme", "52123456", "--json").error["code"] == "USAGE"


def test_purge_says_what_would_go_and_takes_it_away(connected: Program, home: Path) -> None:
    import os

    (home / "backups").mkdir()
    old = home / "backups" / "before-restore-1.zip"
    old.touch()
    os.utime(old, (0, 0))
    told = connected("purge", "--dry-run", "--json").document
    assert (told["done"], told["removed"]["copies"]) == (False, 1)
    assert set(told["removed"]) == {
        "raw_answers", "customers", "history", "runs", "call_counts", "missing_codes", "previews", "copies",
        "raw_answers_of_opportunities", "history_of_opportunities",
    }  # fmt: skip
    assert old.exists()
    assert "Copias automáticas" in connected("purge", "--dry-run").out
    done = connected("purge", "--json").document
    assert (done["done"], done["removed"]["copies"]) == (True, 1)
    assert not old.exists()
