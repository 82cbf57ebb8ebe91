"""A worker whose disk is full: it lives on, doubles nothing, and does the rest once there is room."""

from __future__ import annotations

import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow
_WAIT_S = 80


def test_a_worker_outlives_a_full_disk_and_goes_on_where_there_is_room(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, home: Path
) -> None:
    connected.more["COVERAGE_PROCESS_CONFIG"] = ""
    siigo.create_invoice(total=10_000)
    with _worker(connected) as (pid, told):
        connected("sync", "acme", "--queue")
        _until(lambda: len(escala.state()["deals"]) == 1 and _ended_runs(connected) == 1)
        for number in range(40):
            siigo.create_invoice(total=20_000 + number)
        largest = max(path.stat().st_size for path in home.glob("*.db*"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + 8192, resource.RLIM_INFINITY))
        connected("sync", "acme", "--queue")
        _until(lambda: any("storage failed" in line or "turn failed" in line for line in told))
        made = len(escala.state()["deals"])
        assert made < 41, "the disk was full indeed"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        # Until its end is written down, whoever asks for the same is told that it is asked for already.
        _until(lambda: not _waiting(home))
        connected("sync", "acme", "--queue")
        _until(lambda: len(escala.state()["deals"]) == 41)
    names = [deal["name"] for deal in escala.state()["deals"]]
    assert len(set(names)) == len(names) == 41
    assert not any("Traceback" in line for line in told)
    assert connected("sync", "acme", "--json").code == 0
    assert len(escala.state()["deals"]) == 41


@contextmanager
def _worker(program: Program) -> Iterator[tuple[int, list[str]]]:
    """A worker under way: its process, and what it says on standard error; in the end it ends well."""
    process = program.start("worker")
    told: list[str] = []
    stream = process.stderr
    assert stream is not None
    reader = threading.Thread(target=lambda: told.extend(stream))
    reader.start()
    try:
        yield process.pid, told
        assert process.poll() is None, told
        process.send_signal(signal.SIGTERM)
        assert process.wait(_WAIT_S) == 0, told
    finally:
        process.kill()
        process.wait()
        reader.join()
        for one in (process.stdout, stream):
            assert one is not None
            one.close()


def _ended_runs(program: Program) -> int:
    runs = program("runs", "acme", "--json").document["runs"]
    return sum(1 for one in runs if one["finished"])


def _waiting(home: Path) -> int:
    """How many requests no turn has answered."""
    with closing(sqlite3.connect(home / "siigo-escala.db")) as store:
        (count,) = store.execute("SELECT count(*) FROM request WHERE waiting").fetchone()
    return int(count)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
