"""Two at once, and what a signal does: exit 5, 130 and 143, and never a lost sum."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow
HANGING_S = 8.0


@contextmanager
def _held(
    program: Program, escala: EscalaSimulator, siigo: SiigoSimulator
) -> Iterator[subprocess.Popen[str]]:
    """A run that stands in the middle of its first write, as long as that takes."""
    for total in (10_000, 20_000, 30_000):
        siigo.create_invoice(total=total)
    escala.faults.add_json(
        {"kind": "slow_after", "method": "POST", "path": "/crm/contacts", "seconds": HANGING_S, "times": 1}
    )
    program.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "30"
    process = program.start("sync", "acme", "--json")
    deadline = time.monotonic() + 30
    waiting = threading.Event()
    while not any(entry["method"] == "POST" for entry in escala.calls.entries()):
        assert time.monotonic() < deadline
        waiting.wait(0.02)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_run_of_a_company_is_turned_away_at_once(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected_twice, escala, siigo) as first:
        began = time.monotonic()
        second = connected_twice("sync", "acme", "--json")
        assert (second.code, second.error["code"]) == (5, "RUN_IN_PROGRESS")
        assert time.monotonic() - began < HANGING_S
        for words in (("report", "acme"), ("status", "acme"), ("sync", "acme", "--dry-run")):
            assert connected_twice(*words, "--json").code == 0
        waited = connected_twice("sync", "acme", "--wait", "--json")
        assert waited.code == 0
        out, _ = first.communicate()
        assert json.loads(out)["invoices"]["created"] == 3
        assert waited.document["invoices"]["created"] == 0


def test_waiting_ends_when_its_seconds_have_passed(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    with _held(connected, escala, siigo) as first:
        told = connected("sync", "acme", "--wait", "0.3", "--json")
        assert (told.code, told.error["code"]) == (5, "RUN_IN_PROGRESS")
        assert "se espera" in told.err
        waiting = connected.start("sync", "acme", "--wait", "--json")
        assert waiting.stderr is not None
        assert "se espera" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        out, _ = waiting.communicate(timeout=20)
        assert waiting.returncode == 130
        assert json.loads(out)["error"]["code"] == "INTERRUPTED"
        assert first.poll() is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_after_the_call_under_way_and_the_document_is_whole(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, number: signal.Signals, code: int
) -> None:
    with _held(connected, escala, siigo) as run:
        run.send_signal(number)
        out, err = run.communicate(timeout=30)
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
    with _held(connected, escala, siigo) as run:
        began = time.monotonic()
        run.send_signal(signal.SIGINT)
        while run.poll() is None and time.monotonic() < began + 3:
            run.send_signal(signal.SIGINT)
            os.sched_yield()
        run.communicate(timeout=5)
    assert run.returncode == 130
    assert time.monotonic() - began < HANGING_S
    connected.more["SIIGO_ESCALA_SETTLE_SECONDS"] = "1"
    again = connected("sync", "acme", "--json")
    assert again.code == 0
    assert len(escala.state()["deals"]) == 3
