"""`simulate` and `demo`: what a person sees without any account."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Program

pytestmark = pytest.mark.slow


@pytest.fixture
def alone(home: Path, tmp_path: Path) -> Program:
    """The command line of somebody who has nothing yet."""
    return Program(environ={"SIIGO_ESCALA_HOME": str(home)}, folder=tmp_path)


@pytest.mark.parametrize("system", ["siigo", "escala"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_simulator_tells_its_address_and_ends_when_asked(
    alone: Program, system: str, number: signal.Signals
) -> None:
    (alone.folder / "escenario.json").write_text('{"seed": 1, "invoices": 20}')
    process = alone.start("simulate", system, "--port", "0", "--scenario", "escenario.json")
    assert process.stdout is not None
    line = process.stdout.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert address is not None
    assert "clave «" in line
    with urllib.request.urlopen(f"{address[0]}/_control/calls", timeout=5) as answer:  # noqa: S310 - our own address
        assert json.loads(answer.read()) == []
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_simulator_for_programs_prints_one_line_of_json(alone: Program) -> None:
    process = alone.start("simulate", "siigo", "--port", "0", "--json")
    assert process.stdout is not None
    shown = json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=10)
    assert shown["system"] == "siigo"
    assert shown["address"].startswith("http://127.0.0.1:")
    assert set(shown) == {"schema", "system", "address", "username", "access_key"}


def test_a_scenario_that_does_not_fit_is_a_sentence(alone: Program) -> None:
    (alone.folder / "malo.json").write_text('{"invoice": 1}')
    told = alone("simulate", "siigo", "--port", "0", "--scenario", "malo.json", "--json")
    assert (told.code, told.error["code"]) == (2, "FILE_INVALID")
    told = alone("simulate", "siigo", "--port", "0", "--scenario", "nada.json", "--json")
    assert (told.code, told.error["code"]) == (2, "FILE_MISSING")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"invoice": 1}', "«invoice» no existe; puede usar: customers, days, faults, invoices"),
        ('{"seed": "x"}', "«seed» debe ser un número entero"),
        ('{"state": []}', "«state» debe ser un objeto, entre llaves"),
        ('{"latency_s": -1}', "«latency_s» debe ser un número de segundos, de 0 a 3600"),
        ('{"faults": 3}', "«faults» debe ser una lista de objetos"),
        ('{"today": "ayer"}', "«today» debe ser una fecha de la forma aaaa-mm-dd"),
        ('{"today": 3}', "«today» debe ser una fecha de la forma aaaa-mm-dd"),
        ("[]", "lo que contiene debe ser un objeto, entre llaves"),
        ("", "no es JSON (línea 1, columna 1)"),
        ("[" * 100_000, "no es JSON que se pueda leer"),
        (b"\xff", "no es un texto en UTF-8"),
        ('{"switches": {"colour": 1}}', "«switches» tiene algo que este simulador no admite: «colour»"),
        ('{"faults": {"kind": "x"}}', "«faults» tiene algo que este simulador no admite"),
        ('{"faults": [{"kind": "drop", "path": "("}]}', "«faults» tiene algo que este simulador no admite"),
        ('{"invoices": 1, "days": 1000000000}', "«invoices» tiene algo que este simulador no admite"),
        ('{"state": {"customers": 3}}', "«state» tiene algo que este simulador no admite"),
        ('{"invoices": -1}', "«invoices» tiene algo que este simulador no admite"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_in_a_scenario_is_told_in_spanish(
    alone: Program, content: str | bytes, said: str
) -> None:
    (alone.folder / "malo.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    told = alone("simulate", "siigo", "--port", "0", "--scenario", "malo.json", "--json", timeout_s=10)
    assert (told.code, told.error["code"], told.error["key"]) == (2, "FILE_INVALID", "--scenario")
    assert told.error["message"].startswith(f"El escenario «malo.json» no sirve: {said}")


def test_the_demonstration_shows_the_whole_job_and_touches_nothing_else(alone: Program, home: Path) -> None:
    done = alone("demo", "--no-web", "--invoices", "40", timeout_s=58)
    assert done.code == 0, done.err
    parts = [
        "Simulacro de «demo»", "Sincronización de «demo»", "Editada", "Nota crédito por toda la factura",
        "Repaso hecho", "nada que escribir", "7. Las cuentas", "Factura en Siigo", "Oportunidad en Escala",
        "Contacto en Escala", "Fin de la demostración",
    ]  # fmt: skip
    at = [done.out.find(part) for part in parts]
    assert -1 not in at
    assert at == sorted(at)
    assert done.out.count("Oportunidad en Escala") == 3
    assert max(len(line) for line in done.out.splitlines()) <= 100
    assert {path.name for path in home.iterdir()} == {"demo"}


def _listens(process: subprocess.Popen[str]) -> bool:
    """Whether it has its own answer to SIGTERM, which Python alone has not."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("moment", ["it listens", "its folder is there", "it says where"])
def test_a_signal_in_its_first_second_ends_the_demonstration_with_0_and_leaves_nothing(
    alone: Program, home: Path, moment: str
) -> None:
    process = alone.start("demo", "--invoices", "40", start_new_session=True)
    assert process.stdout is not None
    if moment == "it says where":
        assert "Demostración con datos inventados" in process.stdout.readline()
    else:
        deadline = time.monotonic() + 20
        there = home / "demo" / "demo.lock"
        while not (_listens(process) if moment == "it listens" else there.exists()):
            assert time.monotonic() < deadline
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demonstration_with_0(alone: Program, number: signal.Signals) -> None:
    process = alone.start("demo", "--no-web")
    assert process.stderr is not None
    for line in process.stderr:
        if "Escribiendo en Escala" in line:
            break
    process.send_signal(number)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Demostración terminada." in out
