"""`python3 run.py bench [--full] [--only NAME…] [--print]`: measures, and writes each one's section of
docs/benchmarks.md.

About ten minutes; `--full` adds the 1,000 invoices at the default limits, a ledger of 1,000,000 rows, many
companies, the screens before 200,000 invoices and the account with 100,000 (three quarters of an hour).
`--print` leaves the page alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from benchmarks import engine, growth, ledger, measurements, page, scale, size, unknown, web
from benchmarks.measurements import Row

_LATENCY_MS = 50.0


def _speed() -> Iterator[Row]:
    rows, run = measurements.speed(1000, 250, latency_ms=_LATENCY_MS)
    yield from rows
    yield from measurements.peer(1000, 250, latency_ms=_LATENCY_MS, ours=run)


USUAL: dict[str, Callable[[], Iterable[Row]]] = {
    "help": measurements.help_time,
    "calls": lambda: measurements.calls_of_a_year(1000, 250),
    "speed": _speed,
    "limits": lambda: measurements.default_limits(100, 25, latency_ms=_LATENCY_MS),
    "unknown": unknown.unknown,
    "memory": lambda: measurements.memory(5_000, 1250, small=1000),
    **engine.MEASUREMENTS,
}
FULL: dict[str, Callable[[], Iterable[Row]]] = {
    **USUAL,
    "limits": lambda: measurements.default_limits(1000, 250, latency_ms=_LATENCY_MS),
    "ledger": lambda: ledger.report_of_a_month(1_000_000),
    "size": size.size,
    **engine.LONG,
    "engine-growth": growth.growth,
    "web": web.web,
    "scale": lambda: scale.scale(100_000, 20_000, small=1000),
}


def main(arguments: list[str]) -> int:
    """Runs what was asked for; 1 where a figure was not reached."""
    parser = argparse.ArgumentParser(prog="run.py bench")
    parser.add_argument("--full", action="store_true", help="the long ones, too (three quarters of an hour)")
    parser.add_argument("--only", nargs="+", choices=list(FULL), help="these alone")
    parser.add_argument("--print", action="store_true", help="the page is not written")
    given = parser.parse_args(arguments)
    chosen = FULL if given.full else USUAL
    reached = True
    for name in given.only or chosen:
        began, load = datetime.now(UTC), os.getloadavg()[0]
        rows: list[Row] = []
        # What is long by itself is only made where it is named.
        for row in (chosen.get(name) or FULL[name])():
            rows.append(row)
            print(page.line(row), flush=True)
        if not given.print:
            command = f"python3 run.py bench{' --full' if given.full else ''} --only {name}"
            page.put(name, rows, command=command, began=began, load=load)
        reached = reached and all(row.reached is not False for row in rows)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
