"""docs/reliability.md, whose figures are written by the commands that found them."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.resilience.chaos import kept
from tests.resilience.chaos.verdict import Verdict

PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"


def write(verdicts: Sequence[Verdict], *, command: str) -> None:
    """Puts what the seeds came to into the page; its time is that of one life after another."""
    diverged = [str(one.seed) for one in verdicts if one.problem]
    stores = " and ".join(
        f"{sum(one.store == store for one in verdicts)} on {name}"
        for store, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL"))
    )
    section(
        "seeds",
        [
            ("command", f"`{command}`"),
            ("seeds", f"{len(verdicts)}: {verdicts[0].seed} to {verdicts[-1].seed}, {stores}"),
            ("runs of the program", str(sum(one.runs for one in verdicts))),
            ("of them killed", str(sum(one.deaths for one in verdicts))),
            ("faults and late writes laid out", str(sum(one.faults for one in verdicts))),
            ("came to another end", f"{len(diverged)} {', '.join(diverged)}".strip()),
            *machine(sum(one.seconds for one in verdicts)),
        ],
    )


def machine(seconds: float) -> list[tuple[str, str]]:
    """When, of which commit, where and how long."""
    return [
        ("commit", kept.commit()),
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("machine", f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"),
        ("took", f"{seconds / 60:.0f} min"),
    ]


def section(name: str, rows: Sequence[tuple[str, str]]) -> None:
    """Replaces the table between this section's marks."""
    table = "".join(
        f"| {title} | {value} |\n" for title, value in [("figure", "value"), ("---", "---"), *rows]
    )
    text = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{PAGE.name} has no place for {name}")
    PAGE.write_text(pattern.sub(lambda _: f"{begin}{table}{end}", text), encoding="utf-8")
