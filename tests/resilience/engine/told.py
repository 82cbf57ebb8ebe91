"""Both stores side by side, each in a process of its own; how their verdicts are told and written down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.resilience.chaos import page

ROOT = Path(__file__).parents[3]
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_LONGEST_END_S = 300


def started(
    store: str, *, minutes: float, seed: int, tolerance_s: float, output: Path
) -> subprocess.Popen[bytes]:
    """One chaos in the background; its verdict will stand in `output`, what went wrong itself beside it."""
    command = [sys.executable, "-m", "tests.resilience.engine", "--store", store, "--seed", str(seed)]
    command += ["--minutes", str(minutes), "--tolerance", str(tolerance_s)]
    command += ["--session", str(os.getpid()), "--output", str(output)]
    with output.with_suffix(".err").open("wb") as errors:
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True
        )


def lived(stores: Sequence[str], *, minutes: float, seed: int, given: str, write: bool) -> int:
    """Chaos on these stores at once; 1 where something was wrong."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="siigo-escala-engine-told-"))
    running = {
        store: (
            folder / f"{store}.json",
            started(store, minutes=minutes, seed=seed, tolerance_s=20.0, output=folder / f"{store}.json"),
        )
        for store in stores
    }
    code = 0
    for store, (output, process) in running.items():
        try:
            process.wait(minutes * 60 + _LONGEST_END_S)
        finally:
            process.terminate()
        if not output.exists():
            sys.stdout.write(f"{_NAMES[store]}: no verdict: {output.with_suffix('.err').read_text()}\n")
            code = 1
            continue
        verdict = json.loads(output.read_text())
        output.with_suffix(".txt").write_text(verdict["told"])
        sys.stdout.write(_told(verdict) + "\n")
        code = code or (1 if verdict["wrong"] else 0)
        if write:
            page.section(f"engine {store}", _rows(verdict, minutes=minutes, command=given, began=began))
    sys.stdout.write(f"What happened second by second, and the workers' logs: {folder}\n")
    return code


def _told(verdict: Mapping[str, Any]) -> str:
    figures = ", ".join(f"{name}: {value}" for name, value in verdict["figures"].items())
    wrong = "\n".join(verdict["wrong"]) or "all held"
    return f"{_NAMES[verdict['store']]}, seed {verdict['seed']}: {wrong}\n{figures}"


def _rows(verdict: Mapping[str, Any], *, minutes: float, command: str, began: float) -> list[tuple[str, str]]:
    figures = verdict["figures"]

    def of(*names: str) -> str:
        return ", ".join(f"{figures.get(name, 0)} {title}" for name in names for title in [_TITLES[name]])

    wrong = verdict["wrong"]
    doubled = sum(": lost" in one or ": doubled" in one for one in wrong)
    return [
        ("command", f"`{command}`"),
        ("worker processes, companies", f"{figures['workers']}, {figures['connections']}"),
        ("minutes", f"{minutes:g}"),
        ("to the workers", of("kill", "stop")),
        ("to the database", of("restart", "cut") if verdict["store"] == "postgresql" else of("busy")),
        ("to both systems", of("lie", "outage")),
        ("by people", of("sell", "edit", "pay", "ask", "cancel", "enabled again")),
        ("runs", f"{figures['runs']}, of them {figures.get('runs that ended with None', 0)} killed"),
        (
            "invoices",
            f"{figures['invoices']}, lost or doubled: {doubled}",
        ),
        (
            "most calls to Siigo in any 60 s, one company",
            f"{figures['most calls to siigo in 60 s']} of {figures['Siigo allowed']} allowed",
        ),
        (
            "most calls to Escala in any 60 s, one account",
            f"{figures['most calls to escala in 60 s']} of {figures['Escala allowed']} allowed",
        ),
        ("longest time between two good runs, every minute wanted", f"{figures['longest gap, s']} s"),
        ("daily runs, of two companies", str(figures["daily runs"])),
        ("what did not hold", "; ".join(wrong) or "nothing"),
        *page.machine(time.monotonic() - began),
    ]


_TITLES = {
    "kill": "killed with kill -9", "stop": "stopped for up to 25 s",
    "restart": "restarts or crashes", "cut": "times sessions cut", "busy": "times held by another writer",
    "lie": "false or lost answers", "outage": "outages",
    "sell": "sales", "edit": "edits", "pay": "payments", "ask": "runs asked for", "cancel": "cancels",
    "enabled again": "pauses lifted",
}  # fmt: skip
