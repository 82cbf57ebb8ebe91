"""What a company's data come to on the disk after years: every table that grows with its invoices."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from benchmarks import product, systems
from benchmarks.measurements import Row

_MODELS = 1000
_CUSTOMERS = 250
_DAYS = 730
_RUNS_A_DAY = 96
_RAW_DAYS = 30
_MOST_MB = 1000
_APART = 1_000_000
"""Ids of two copies are so far from each other."""
_ITS_OWN = {
    "invoice": ("siigo_id", "name", "deal_id", "customer", "customer_id"),
    "invoice_event": (),
    "known_customer": ("siigo_id", "identity"),
    "known_contact": ("contact_id",),
    "contact_key": ("key", "contact_id"),
    "known_deal": ("deal_id", "name", "contact_id"),
    "deal_word": ("word", "deal_id"),
    "contact_binding": ("identity", "contact_id"),
}
"""The tables that grow with the invoices, and their texts that differ from row to row."""
_MOMENTS = ("date", "at", "sent_at", "created", "modified", "made_at", "read_at", "seen_at", "updated_at")
_NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {most})"


def size(invoices: int = 200_000) -> list[Row]:
    """The database after two years in which so many invoices came in, purged as it is every day."""
    with (
        systems.running("new", invoices=_MODELS, customers=_CUSTOMERS) as both,
        tempfile.TemporaryDirectory() as folder,
    ):
        home = Path(folder) / "home"
        installed = product.installed(both, home, connections=16, limits=product.NO_LIMITS)
        installed.sync()
        _grown(home / "siigo-escala.db", copies=invoices // _MODELS - 1)
        purged = installed.run("purge")
        saved = installed.run("backup", str(home / "copy.tar"))
        disk = sum(path.stat().st_size for path in home.glob("siigo-escala.db*")) / 1e6
        copy = (home / "copy.tar").stat().st_size / 1e6
        brought = installed.run("restore", str(home / "copy.tar"), "--replace")
        if any(run.exit_code for run in (purged, saved, brought)):
            raise RuntimeError(f"{purged.errors} {saved.errors} {brought.errors}")
    return [
        Row(
            what=f"the database after two years with {invoices:,} invoices, {invoices // 4:,} customers and "
            f"{_DAYS * _RUNS_A_DAY:,} synchronisations that all brought something",
            figure="≤ 1 GB",
            measured=f"{disk:,.0f} MB; its backup {copy:,.0f} MB, made in {saved.seconds:.0f} s and "
            f"brought back, after another of what was there, in {brought.seconds:.0f} s",
            reached=disk <= _MOST_MB,
        )
    ]


def _grown(database: Path, *, copies: int) -> None:
    """Each copy is of an earlier day, its answers as received gone after a month."""
    with sqlite3.connect(database) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {pragma}")
        for table, texts in _ITS_OWN.items():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = [_value(name, texts, copies) for name in names]
            connection.execute(
                f"{_NUMBERS.format(most=copies)} INSERT INTO {table} ({', '.join(map(_quoted, names))}) "
                f"SELECT {', '.join(values)} FROM {table}, number WHERE id < {_APART}"
            )
        names = [row[1] for row in connection.execute("PRAGMA table_info(run)") if row[1] != "id"]
        day = f"'-' || (n / {_RUNS_A_DAY}.0) || ' days'"
        values = [
            f"datetime({name}, {day})" if name in ("started", "finished") else _quoted(name) for name in names
        ]
        connection.execute(
            f"{_NUMBERS.format(most=_DAYS * _RUNS_A_DAY)} INSERT INTO run ({', '.join(map(_quoted, names))}) "
            f"SELECT {', '.join(values)} FROM (SELECT * FROM run ORDER BY id LIMIT 1), number"
        )
    connection.close()


def _value(name: str, texts: tuple[str, ...], copies: int) -> str:
    days = f"(n * {_DAYS} / {copies})"
    if name in ("id", "invoice_id"):
        return f"{name} + n * {_APART}"
    if name in texts:
        return f"{name} || '-' || n"
    if name == "date":
        return f"date(date, '-' || {days} || ' days')"
    if name in _MOMENTS:
        return f"strftime('%Y-%m-%d %H:%M:%f', {name}, '-' || {days} || ' days')"
    if name == "raw":
        return f"CASE WHEN {days} > {_RAW_DAYS} THEN '' ELSE raw END"
    return _quoted(name)


def _quoted(name: str) -> str:
    return f'"{name}"'
