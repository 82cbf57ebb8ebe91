"""`run.py chaos --directions`: lives in which the direction changes, drawn by test_both_directions.py.

Each is one test with a company of its own; half of the seeds on each store.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.resilience.chaos import page

LIVES = Path(__file__).parents[1] / "test_both_directions.py"
SEEDS = "CHAOS_DIRECTION_SEEDS"


class _Counted:
    """A plugin of pytest: how many lives came to their end as they should."""

    def __init__(self) -> None:
        self.lived, self.diverged = 0, list[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One life has ended, or could not begin."""
        if report.when == "call" or report.failed:
            self.lived += 1
            if report.failed:
                self.diverged.append(report.nodeid.rpartition("[")[2].rstrip("]"))


def chosen(default: range) -> range:
    """The seeds that a command asked for; else those of every test."""
    asked = os.environ.get(SEEDS, "")
    return range(*map(int, asked.split(":"))) if asked else default


def lived(first: int, count: int, *, jobs: int, write: bool, given: str) -> int:
    """Lives so many of them and says what became of them; exit code 1 where one diverged."""
    os.environ[SEEDS] = f"{first}:{first + count}"
    counted, began = _Counted(), time.monotonic()
    pytest.main(
        ["-q", "-n", str(jobs), "-m", "", "-k", "nothing_is_made_twice", str(LIVES)], plugins=[counted]
    )
    seconds = time.monotonic() - began
    diverged = " ".join([str(len(counted.diverged)), *counted.diverged])
    sys.stdout.write(f"{counted.lived} lives with both directions, {diverged} diverged, in {seconds:.0f} s\n")
    if write:
        server = sum(seed % 2 for seed in range(first, first + count))  # seeds.store_of, which needs Django
        page.section(
            "directions",
            [
                ("command", f"`{given}`"),
                ("seeds", f"{count}: {first} to {first + count - 1}"),
                ("of them on PostgreSQL", str(server)),
                ("made something twice, or lost it", diverged),
                *page.machine(seconds),
            ],
        )
    return 1 if counted.diverged or counted.lived < count else 0
