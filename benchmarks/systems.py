"""Both simulators as processes, and what is asked of them over their control address."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.work import Kind

ROOT = Path(__file__).resolve().parent.parent
System = Literal["siigo", "escala"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """The addresses of both."""

    siigo: str
    escala: str

    def calls(self, system: System) -> list[dict[str, Any]]:
        """Every call so far, in order of arrival."""
        return list(self.control(system, "GET", "calls"))

    def forget_calls(self) -> None:
        """Empties both logs."""
        self.control("siigo", "DELETE", "calls")
        self.control("escala", "DELETE", "calls")

    def control(self, system: System, method: str, name: str, body: object = None) -> Any:
        """One call of the control address."""
        base = self.siigo if system == "siigo" else self.escala
        request = urllib.request.Request(  # noqa: S310 - a simulator on this machine
            f"{base}/_control/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.loads(answer.read())


@contextmanager
def running(
    kind: Kind, *, invoices: int, customers: int, latency_ms: float = 0.0, keep_bodies: bool = False
) -> Iterator[Systems]:
    """Both simulators with this work, ended on the way out."""
    options = [
        *("--kind", kind, "--invoices", str(invoices), "--customers", str(customers)),
        *("--latency-ms", str(latency_ms), *(["--keep-bodies"] if keep_bodies else [])),
    ]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.simulator", system, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for system in ("siigo", "escala")
    ]
    try:
        yield Systems(siigo=_address(started[0]), escala=_address(started[1]))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout is not None else ""
    found = re.search(r"http://\S+", line)
    if found is None:
        raise RuntimeError(f"a simulator did not start: {line!r}")
    return found.group()
