"""A ledger of many years: what the commands that ask it take."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
from pathlib import Path

from benchmarks import product, systems
from benchmarks.measurements import Row

_YEARS = 5
_STARTS = 3
_MODELS = 20
_COPIES = """
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :rows - 1)
INSERT INTO invoice ({columns})
SELECT {values} FROM number
JOIN (SELECT *, row_number() OVER () - 1 AS place FROM invoice WHERE deal_id IS NOT NULL LIMIT :models) AS one
ON place = n % :models
"""
_DAY = "'-' || (:days - n * :days / :rows) || ' days'"
"""Years of invoices come in by day."""
_CHANGED = {
    "siigo_id": "'copy-' || n",
    "name": "'FV-9-' || n",
    "deal_id": "'copy-' || n",
    "date": f"date('now', {_DAY})",
    "sent_at": f"datetime('now', {_DAY})",
}


def report_of_a_month(rows: int) -> list[Row]:
    """`report` for a month of a ledger that holds so many invoices of five years."""
    with (
        systems.running("new", invoices=_MODELS, customers=10) as both,
        tempfile.TemporaryDirectory() as folder,
    ):
        home = Path(folder) / "home"
        installed = product.installed(both, home, connections=1, limits=product.NO_LIMITS)
        installed.sync()
        _copy(home / "siigo-escala.db", rows)
        command = ("report", "acme", "--json", "--from", "2026-03-01", "--to", "2026-03-31")
        runs = [installed.run(*command) for _ in range(_STARTS)]
    seconds = statistics.median(run.seconds for run in runs)
    shown = runs[0].output.count('"siigo_id"')
    if runs[0].exit_code != 0 or not shown:
        raise RuntimeError(f"report ended with {runs[0].exit_code}: {runs[0].errors}")
    return [
        Row(
            what=f"`report` for a month, {rows:,} invoices in the ledger ({shown:,} in that month)",
            figure="≤ 1 s",
            measured=f"{seconds:.2f} s (median of {_STARTS})",
            reached=seconds <= 1,
        )
    ]


def _copy(database: Path, rows: int) -> None:
    """Fills the ledger with copies of its invoices, each with an id, a name and a day of its own."""
    with sqlite3.connect(database) as connection:
        # Nothing of it must survive a power cut, and all of it fits into memory: minutes less.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"):
            connection.execute(f"PRAGMA {pragma}")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(invoice)") if row[1] != "id"]
        values = ", ".join(_CHANGED.get(column, column) for column in columns)
        statement = _COPIES.format(columns=", ".join(columns), values=values)
        connection.execute(statement, {"rows": rows, "days": 365 * _YEARS, "models": _MODELS})
    connection.close()
