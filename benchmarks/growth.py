"""How the engine's own work grows with the number of companies, on PostgreSQL; nobody is called."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks import engine, town
from benchmarks.measurements import Row


def growth(sizes: Sequence[int] = (1_000, 10_000)) -> list[Row]:
    """One table row a size."""
    rows = []
    for size in sizes:
        with ExitStack() as held:
            both, _ = held.enter_context(town.running(1))
            home = held.enter_context(engine.home_folder())
            database = held.enter_context(engine.postgresql())
            environ = engine.environ(home, both) | {
                "SIIGO_ESCALA_DATABASE_URL": database.url,
                "SIIGO_ESCALA_SECRET_KEY": secrets.token_hex(16),
            }
            engine.succeed([engine.COMMAND, "migrate"], environ)
            engine.connect(environ, home, 1)
            told = engine.succeed([sys.executable, "-m", "benchmarks.growth_work", str(size)], environ)
        found = json.loads(told)
        rows.append(
            Row(
                what=f"{size:,} companies on PostgreSQL: what the engine asks of its database",
                figure="",
                measured=_told(found),
                reached=None,
            )
        )
    return rows


def _told(found: dict[str, float]) -> str:
    ms = {name: f"{value * 1000:,.0f} ms" for name, value in found.items()}
    return (
        f"a minute's look at the timetables {ms['tick']} ({ms['tick_cpu']} of its processor), a round of "
        f"two seconds {ms['round']} ({ms['round_cpu']}), a minute's look for alerts {ms['alerts']} "
        f"({ms['alerts_cpu']}), `/metrics` {ms['metrics']} ({ms['metrics_cpu']}); all due at once: "
        f"{ms['put']} each to claim and queue ({ms['put_cpu']}), then {found['taken_a_second']:.1f} taken a "
        f"second by one worker, at {found['backlog_share']:.0%} of a core; {found['engine_kb']:.1f} KB a turn"
    )
