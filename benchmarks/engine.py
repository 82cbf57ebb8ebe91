"""What the engine costs: an idle worker, a run through the queue, many companies on several workers."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks import product, systems, town
from benchmarks.measurements import Row
from benchmarks.systems import Systems

_SETTLED_S = 20.0
_MB = 1024 * 1024
COMMAND = product.COMMAND


def idle(seconds: float = 60.0) -> Iterator[Row]:
    """Processor and memory of a worker, and of all of `run`, that have nothing to do."""
    with town.running(3) as (both, _), home_folder() as home:
        variables = environ(home, both)
        connect(variables, home, 3)
        for command, most_mb in (("worker", 160), ("run", 250)):
            if command == "run" and not _is_command("run"):
                continue
            with _started(variables, command) as process:
                _call(variables, "ask")
                time.sleep(_SETTLED_S)
                group = [process, *process.children(recursive=True)]
                before, began = _cpu(group), time.monotonic()
                time.sleep(seconds)
                share = (_cpu(group) - before) / (time.monotonic() - began)
                memory = sum(map(_pss_mb, group))
                rss = max(one.memory_info().rss for one in group) / _MB
            yield _row(
                f"`{command}` with nothing to do, {len(group)} process{'es' if len(group) > 1 else ''}: "
                f"processor over {seconds:.0f} s",
                "≤ 2 % of a core",
                f"{share:.1%}",
                reached=share <= 0.02,
            )
            yield _row(
                f"`{command}`, after runs: memory (PSS)",
                f"≤ {most_mb} MB",
                f"{memory:.0f} MB (largest process: {rss:.0f} MB resident)",
                reached=memory <= most_mb,
            )


def overhead(companies: int = 48) -> list[Row]:
    """A run through the queue against the same run called directly."""
    with town.running(companies) as (both, _), home_folder() as home:
        variables = environ(home, both)
        connect(variables, home, companies)
        found = _call(variables, "overhead")
    runs = found["runs"]
    wall_ms = (found["queued_seconds"] - found["direct_seconds"]) / runs * 1000
    cpu = found["queued_cpu"] - found["idle_share"] * found["queued_seconds"] - found["direct_cpu"]
    cpu_ms = cpu / runs * 1000
    direct = {name: found[f"direct_{name}"] / runs * 1000 for name in ("cpu", "seconds")}
    return [
        _row(
            f"a run through the queue, more than the same run called directly ({runs} companies with nothing "
            f"new, {found['places']} at once, SQLite)",
            "≤ 50 ms of processor",
            f"{cpu_ms:.0f} ms (directly {direct['cpu']:.0f} ms); of time {wall_ms:.0f} ms (directly "
            f"{direct['seconds']:.0f} ms), most of it waiting for the next look at the queue: every 2 s at "
            "first, more and more often while there is a backlog",
            reached=cpu_ms <= 50,
        )
    ]


def many(companies: int = 500, workers: Sequence[int] = (1, 2, 3)) -> list[Row]:
    """Runs a second over all workers, nothing new anywhere, on PostgreSQL."""
    rows = []
    with ExitStack() as held:
        both, simulators = held.enter_context(town.running(companies))
        home = held.enter_context(home_folder())
        database = held.enter_context(postgresql())
        variables = environ(home, both) | {
            "SIIGO_ESCALA_DATABASE_URL": database.url,
            "SIIGO_ESCALA_SECRET_KEY": secrets.token_hex(16),
        }
        succeed([COMMAND, "migrate"], variables)
        connect(variables, home, companies)
        for count in workers:
            with ExitStack() as running:
                group = [running.enter_context(_started(variables, "worker")) for _ in range(count)]
                time.sleep(8)
                if not rows:
                    _call(variables, "ask")  # the first ones make the opportunities
                parts = {
                    "the workers": lambda group=group: _cpu(group),
                    "PostgreSQL": lambda: _cpu(_family(database.pid)),
                    "both simulators": lambda: _cpu([psutil.Process(simulators)]),
                }
                before = {name: part() for name, part in parts.items()}
                found = _call(variables, "ask")
                used = {name: part() - before[name] for name, part in parts.items()}
                memory = sum(map(_pss_mb, group)) / count
            rows.append(_throughput(found, count, used=used, memory=memory))
    return rows


def _throughput(found: Mapping[str, float], count: int, *, used: Mapping[str, float], memory: float) -> Row:
    seconds = found["seconds"]
    cores = ", ".join(f"{name} {share / seconds:.2f}" for name, share in used.items())
    workers = f"{count} worker{'s' if count > 1 else ''}"
    return Row(
        what=f"{found['runs']} companies with nothing new, {workers} on PostgreSQL",
        figure="",
        measured=f"{found['runs'] / seconds:.1f} runs a second; of {os.cpu_count()} cores {cores}; "
        f"{memory:.0f} MB a worker (PSS)",
        reached=None,
    )


def environ(home: Path, both: Systems) -> dict[str, str]:
    """The program's environment in that home."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")}
    return {
        **inherited,
        "SIIGO_ESCALA_HOME": str(home),
        "SIIGO_ESCALA_SIIGO_URL": both.siigo,
        "SIIGO_ESCALA_ESCALA_URL": both.escala,
        "SIIGO_ESCALA_BIND": "127.0.0.1:18734",
    }


@contextmanager
def home_folder() -> Iterator[Path]:
    """An empty home."""
    with tempfile.TemporaryDirectory(prefix="siigo-escala-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        yield home


def connect(variables: Mapping[str, str], home: Path, companies: int) -> None:
    """So many connections, without a schedule."""
    files = town.files(home, companies)
    for first in range(0, companies, 50):
        succeed([COMMAND, "connect", *map(str, files[first : first + 50])], variables)


@contextmanager
def _started(variables: Mapping[str, str], command: str) -> Iterator[psutil.Process]:
    """`siigo-escala COMMAND`, asked to end on the way out."""
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [COMMAND, command], env=dict(variables), stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
        try:
            time.sleep(3)
            if process.poll() is not None:
                told.seek(0)
                raise RuntimeError(told.read().decode())
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


class Server:
    """A PostgreSQL of the measurement's own, with the settings of a real one."""

    def __init__(self, server: Any, url: str) -> None:
        self.url = url
        self.pid: int = server.pid


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server with an empty database."""
    sys.path.insert(0, str(systems.ROOT))
    from tests import postgresql
    from tests.resilience.engine import server

    with server.running(durable=True) as one:
        yield Server(one, postgresql.create_database(one.url, "bench"))


def _is_command(name: str) -> bool:
    told = subprocess.run([COMMAND, name, "--help"], capture_output=True, check=False)
    return told.returncode == 0


def _call(variables: Mapping[str, str], what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        succeed([sys.executable, "-m", "benchmarks.engine_work", what], variables)
    )
    return found


def succeed(command: Sequence[str], variables: Mapping[str, str]) -> str:
    """What the command told; it has to end well."""
    done = subprocess.run(
        command, env=dict(variables), cwd=systems.ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[:3]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(group: Sequence[psutil.Process]) -> float:
    """Processor seconds, of children that have ended as well."""
    total = 0.0
    for process in group:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _pss_mb(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / _MB


def _row(what: str, figure: str, measured: str, *, reached: bool) -> Row:
    return Row(what=what, figure=figure, measured=measured, reached=reached)


MEASUREMENTS: Mapping[str, Callable[[], Iterator[Row] | list[Row]]] = {
    "engine-idle": idle,
    "engine-overhead": overhead,
}
LONG: Mapping[str, Callable[[], Iterator[Row] | list[Row]]] = {"engine-many": many}
