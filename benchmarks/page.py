"""docs/benchmarks.md: a section for each measurement, written when it is made."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measurements import Row

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
TITLES = {
    "help": "The start",
    "calls": "Calls",
    "speed": "A thousand new invoices, against the same calls in a row and against a careful script",
    "limits": "At the default limits",
    "unknown": "A write without certain outcome, in an account of 50,000 deals",
    "memory": "Memory",
    "engine-idle": "The engine with nothing to do",
    "engine-overhead": "The engine's own cost",
    "ledger": "A ledger of a million invoices",
    "size": "Two years on the disk",
    "engine-many": "500 companies",
    "engine-growth": "Thousands of companies",
    "web": "The screens before 200,000 invoices",
    "scale": "A company of 100,000 invoices",
}
_HEAD = """# Benchmarks

Written by `python3 run.py bench`; do not edit. Each section tells its own command, day, commit and load:
the machine's average of a minute before and after it, where a quiet machine has 0 before. Both systems are
the simulators of this project, each in a process of its own on the same machine; the program is the
installed command, where nothing else is said with a fresh SQLite database. Times are wall-clock times from
the start of the program to its end.

Machine: {machine}
"""
_TABLE = "| what | figure to reach | measured | reached |\n|---|---|---|---|\n"


def put(name: str, rows: Sequence[Row], *, command: str, began: datetime, load: float) -> None:
    """Replaces a measurement's section; what others came to stays."""
    seconds = (datetime.now(UTC) - began).total_seconds()
    told = (
        f"`{command}`, {began:%Y-%m-%d}, commit {_commit()}, load {load:.1f} and {os.getloadavg()[0]:.1f}, "
        f"{seconds:.0f} s\n\n"
    )
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    known = dict(re.findall(r"<!-- ([\w-]+): begin -->\n(.*?)<!-- \1: end -->", before, re.DOTALL))
    known[name] = told + _TABLE + "".join(f"{line(row)}\n" for row in rows)
    sections = (
        f"\n## {title}\n\n<!-- {key}: begin -->\n{known.get(key, _not_yet(key))}<!-- {key}: end -->\n"
        for key, title in TITLES.items()
    )
    PAGE.write_text(_HEAD.format(machine=machine()) + "".join(sections), encoding="utf-8")


def line(row: Row) -> str:
    """One row of the table."""
    reached = "" if row.reached is None else "yes" if row.reached else "**no**"
    return f"| {row.what} | {row.figure} | {row.measured} | {reached} |"


def machine() -> str:
    """Processor, cores, memory, system, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {sys.version.split()[0]}"
    )


def _not_yet(name: str) -> str:
    return f"Not measured yet: `python3 run.py bench --only {name}`.\n"


def _commit() -> str:
    told = subprocess.run(
        ["git", "-C", str(PAGE.parent), "rev-parse", "--short=10", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = (one.partition(":")[2].strip() for one in lines if one.startswith("model name"))
    return next(named, platform.machine())
