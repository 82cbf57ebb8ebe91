"""What logs hold: company, run and invoice; never a secret, and of a customer nothing but ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow
MAIL = "pagos@quetzal.example"


def _logged(done_err: str, home: Path) -> tuple[list[dict[str, Any]], str]:
    """The lines of standard error, and everything that was logged anywhere."""
    kept = home / "logs" / "siigo-escala.log"
    lines = [json.loads(line) for line in done_err.splitlines() if line.startswith("{")]
    return lines, done_err + (kept.read_text() if kept.exists() else "")


def _misfortunes(siigo: SiigoSimulator, escala: EscalaSimulator) -> None:
    """Answers that hold what must not be logged, and answers that cannot be read."""
    echo = {"message": f"The contact {MAIL} of Distribuidora Quetzal (900482137) exists", "code": 500}
    for fault in (
        {
            "kind": "refuse",
            "method": "POST",
            "path": "/crm/contacts",
            "status": 500,
            "body": echo,
            "times": 1,
        },
        {"kind": "refuse", "method": "POST", "path": "/crm/deals", "status": 400, "body": echo},
        {"kind": "drop", "method": "GET", "path": "/crm/contacts", "times": 1},
    ):
        escala.faults.add_json(fault)
    odd = {"results": [{"name": MAIL, "id": None}], "pagination": {"total_results": "Quetzal"}}
    siigo.faults.add_json(
        {"kind": "refuse", "method": "GET", "path": "/v1/credit-notes", "status": 200, "body": odd}
    )


@pytest.mark.parametrize("level", ["WARNING", "DEBUG"])
def test_a_run_with_faults_logs_no_secret_and_no_customer(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, home: Path, level: str
) -> None:
    customer = siigo.create_customer(
        person_type="Company", name=["Distribuidora Quetzal S.A.S."], identification="901234567",
        contacts=[{
            "first_name": "Hermelinda", "last_name": "Zuluaga", "email": MAIL,
            "phone": {"number": "3157778899"},
        }],
    )  # fmt: skip
    for number in range(4):
        siigo.create_invoice(customer["id"], total=10_000 + number)
    _misfortunes(siigo, escala)
    connected.more["SIIGO_ESCALA_LOG_LEVEL"] = level
    done = connected("sync", "acme", "--json")
    assert done.code in (1, 4), done.out
    lines, everything = _logged(done.err, home)
    hidden = (
        siigo.company.access_key, siigo.company.username, escala.api_key, "Bearer", "eyJ",
        "Quetzal", "Hermelinda", "Zuluaga", MAIL, "3157778899", "901234567",
    )  # fmt: skip
    assert not [word for word in hidden if word in everything], everything
    told = {line["event"]: line for line in lines}
    assert ("run started" in told) is (level != "WARNING")
    if level != "WARNING":
        assert told["run ended"]["exit_code"] == done.code
        assert {told[event]["run"] for event in ("run started", "run ended")} == {done.document["run"]}
        assert told["run ended"]["connection"] == "acme"


def test_what_libraries_say_of_each_request_is_not_logged(
    connected: Program, siigo: SiigoSimulator, home: Path
) -> None:
    siigo.create_invoice(total=10_000)
    connected.more["SIIGO_ESCALA_LOG_LEVEL"] = "DEBUG"
    done = connected("sync", "acme", "--json")
    assert done.code == 0
    assert {line.get("logger") for line in _logged(done.err, home)[0]} <= {None}
