"""Two at once, and what a signal does: exit 5, 130 and 143, and never a lost sum."""

from __future__ import annotations

import json
import os
import signal
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
    program: Program, escala: EscalaSimulator, siigo: SiigoSimulator
) -> Iterator[tuple[subprocess.Popen[str], Gate]]:
    """A run that stands in the middle of its first write, and its gate: the write is made when that opens."""
    for total in (10_000, 20_000, 30_000):
        siigo.create_invoice(total=total)
    gate = Gate(escala, method="POST", path="/crm/contacts")
    program.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "30"
    process = program.start("sync", "acme", "--json")
    try:
        gate.reached()
        yield process, gate
    finally:
        gate.open()
        process.kill()
        process.communicate()


def test_a_second_run_of_a_company_is_turned_away_at_once(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected_twice, escala, siigo) as (first, gate):
        second = connected_twice("sync", "acme", "--json")
        assert (second.code, second.error["code"]) == (5, "RUN_IN_PROGRESS")
        assert first.poll() is None
        for command in ("report", "status"):
            assert connected_twice(command, "acme", "--json").code == 0
        dry = connected_twice("sync", "acme", "--dry-run", "--json")
        assert {problem["code"] for problem in dry.document["problems"]} == {"OUTCOME_UNKNOWN"}
        waiting = connected_twice.start("sync", "acme", "--wait", "--json")
        assert waiting.stderr is not None
        assert "se espera" in waiting.stderr.readline()
        gate.open()
        out, _ = first.communicate()
        assert json.loads(out)["invoices"]["created"] == 3
        out, _ = waiting.communicate()
        assert (waiting.returncode, json.loads(out)["invoices"]["created"]) == (0, 0)


def test_waiting_ends_when_its_seconds_have_passed(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected, escala, siigo) as (first, _):
        told = connected("sync", "acme", "--wait", "0.3", "--json")
        assert (told.code, told.error["code"]) == (5, "RUN_IN_PROGRESS")
        assert "se espera" in told.err
        waiting = connected.start("sync", "acme", "--wait", "--json")
        assert waiting.stderr is not None
        assert "se espera" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        out, _ = waiting.communicate()
        assert waiting.returncode == 130
        assert json.loads(out)["error"]["code"] == "INTERRUPTED"
        assert first.poll() is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_after_the_call_under_way_and_the_document_is_whole(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, number: signal.Signals, code: int
) -> None:
    with _held(connected, escala, siigo) as (run, gate):
        run.send_signal(number)
        gate.open()
        out, err = run.communicate(timeout=50)
    assert run.returncode == code
    assert "Traceback" not in err
    counts = json.loads(out)["invoices"]
    assert counts["read"] == 3 == counts["created"] + counts["failed"]
    connected.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "1"
    assert connected("sync", "acme", "--json").code == 0
    assert len(escala.state()["deals"]) == 3


def test_the_second_signal_ends_it_at_once_and_the_next_run_loses_nothing(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected, escala, siigo) as (run, _):
        while run.poll() is None:
            # The first asks, a later one ends it: with the write still under way.
            run.send_signal(signal.SIGINT)
            os.sched_yield()
        run.communicate()
    assert run.returncode == 130
    connected.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "1"
    again = connected("sync", "acme", "--json")
    assert again.code == 0
    assert len(escala.state()["deals"]) == 3
