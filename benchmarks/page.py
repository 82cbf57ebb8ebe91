"""docs/benchmarks.md: the figures, the machine, the date and the command."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.measurements import Row

_HEAD = """# Benchmarks

Written by `{command}`; do not edit. Both systems are the simulators of this project, each in a process
of its own on the same machine; the program is the installed command with a fresh SQLite database. Times are
wall-clock times from the start of the program to its end.

- Date: {date:%Y-%m-%d}
- Machine: {machine}
- Load of the machine before and after (a quiet one has 0 before): {before:.1f}, {after:.1f}
- Took {took:.0f} s

| what | figure to reach | measured | reached |
|---|---|---|---|
"""


def text(rows: Sequence[Row], *, command: str, date: datetime, took: float, load: float) -> str:
    """The page. `load`: the machine's average of a minute before the first measurement."""
    after = os.getloadavg()[0]
    head = _HEAD.format(command=command, date=date, machine=machine(), took=took, before=load, after=after)
    return head + "\n".join(line(row) for row in rows) + "\n"


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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = (one.partition(":")[2].strip() for one in lines if one.startswith("model name"))
    return next(named, platform.machine())
