"""A run seen from another process while it goes on: its progress, its status, its end or its death."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program
from tests.resilience.dying import Gate

pytestmark = pytest.mark.slow


@contextmanager
def _held(
    program: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> Iterator[tuple[subprocess.Popen[str], Gate]]:
    """A run that stands in the middle of its first opportunity, and the gate that lets it go on."""
    for number in range(3):
        siigo.create_invoice(total=10_000 + number)
    gate = Gate(escala, method="POST", path="/crm/deals")
    program.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "30"
    process = program.start("sync", "acme", "--json")
    try:
        gate.reached()
        yield process, gate
    finally:
        gate.open()
        process.kill()
        process.communicate()


def test_the_progress_of_a_run_is_seen_from_another_process_until_it_dies(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected, siigo, escala) as (run, _):
        standing = connected("status", "acme").out
        assert "Sincronizando desde el" in standing
        assert "Por llegar" in standing
        assert "Fallidas" not in standing
        assert "Por llegar" in connected("report", "acme").out
        assert "en curso" in connected("runs", "acme").out
        probe = connected("check", "acme", "--write-probe", "--json")
        assert (probe.code, probe.error["code"]) == (5, "RUN_IN_PROGRESS")
        following = connected.start("runs", "acme", "--follow")
        assert following.stderr is not None
        assert "llamadas: Siigo" in following.stderr.readline()
        run.kill()
        out, _ = following.communicate(timeout=20)
        assert (following.returncode, "se interrumpió" in out) == (0, True)
    assert "se interrumpió" in connected("status", "acme").out
    assert "interrumpida" in connected("runs", "acme").out


def test_a_run_that_ends_ends_who_follows_it_with_its_document(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected_twice, siigo, escala) as (run, gate):
        following = connected_twice.start("runs", "acme", "--follow", "--json")
        assert following.stderr is not None
        assert "faltan" in following.stderr.readline()
        gate.open()
        printed = json.loads(run.communicate(timeout=40)[0])
        (document,) = json.loads(following.communicate(timeout=20)[0])["runs"]
    printed.pop("problems")
    assert document == printed


def test_nothing_under_way_is_said_at_once(connected: Program) -> None:
    assert connected("runs", "acme", "--follow", "--json").document == {"schema": 1, "runs": []}
    assert "No hay ninguna sincronización en curso" in connected("runs", "acme", "--follow").out
