"""What is measured, one function a subject; each gives the rows of the page."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import one_after_another, process, product, systems, work
from benchmarks.process import Measured
from benchmarks.product import Product, Sync
from benchmarks.systems import Systems
from benchmarks.work import Kind

_ESCALA_RATE = 4
_STARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the page. `reached` None: told for comparison, there is no figure to reach."""

    what: str
    figure: str
    measured: str
    reached: bool | None


def help_time() -> list[Row]:
    """The start of the command line."""
    seconds = [_run(["--help"]).seconds for _ in range(_STARTS)]
    middle = statistics.median(seconds)
    return [_row("`--help`", "≤ 0.4 s", f"{middle:.2f} s (median of {_STARTS})", reached=middle <= 0.4)]


def calls_of_a_year(invoices: int, customers: int) -> list[Row]:
    """A cold run against a company with a year of everything, and the run after it that finds nothing new."""
    with _installed("year", invoices=invoices, customers=customers, connections=1) as (both, installed):
        before = both.control("escala", "GET", "state")
        contacts, products = len(before["contacts"]), len(before["products"])
        cold = installed.sync().document
        pages = -(-cold["invoices"]["read"] // 100)
        siigo_most = pages + min(-(-customers // 100), customers) + 5
        made = cold["contacts"]["created"] + cold["invoices"]["created"]
        escala_most = made + -(-contacts // 100) + -(-products // 100) + 5
        calls = cold["calls"]
        filled = sum(call["method"] == "PUT" for call in both.calls("escala"))
        again = [installed.sync() for _ in range(_STARTS)]
    idle_calls = max(sum(run.document["calls"].values()) for run in again)
    idle_s = statistics.median(run.measured.seconds for run in again)
    size = f"{invoices:,} invoices, {customers:,} customers in Siigo, {contacts} contacts in Escala"
    return [
        _row(
            f"Siigo calls, cold ({size})",
            f"≤ {siigo_most}",
            str(calls["siigo"]),
            reached=calls["siigo"] <= siigo_most,
        ),
        _row(
            # The formula knows no contact that is filled in; each is once for ever (ADR 0010).
            f"Escala calls, cold (of them {made} that create), and 2 for each contact found by its e-mail "
            "that is given its identification",
            f"≤ {escala_most} + {2 * filled}",
            f"{calls['escala'] - 2 * filled} + {2 * filled}",
            reached=calls["escala"] - 2 * filled <= escala_most,
        ),
        _row("nothing new, no sweep due: calls", "≤ 4", str(idle_calls), reached=idle_calls <= 4),
        _row(
            "nothing new, with the start of the program",
            "≤ 1 s",
            f"{idle_s:.2f} s (median of {_STARTS})",
            reached=idle_s <= 1,
        ),
    ]


def speed(invoices: int, customers: int, *, latency_ms: float) -> tuple[list[Row], Sync]:
    """New invoices with 16 connections, and the same calls one after another."""
    with _installed(
        "new",
        invoices=invoices,
        customers=customers,
        connections=16,
        latency_ms=latency_ms,
        keep_bodies=True,
    ) as (both, installed):
        run = installed.sync()
        created = run.document["invoices"]["created"]
        if created != invoices:
            raise RuntimeError(f"{created} of {invoices} opportunities were made: {run.document}")
        floor_s, statuses = one_after_another.replay(both)
    odd = {status: count for status, count in statuses.items() if status >= 300}
    calls = sum(run.document["calls"].values())
    ratio = floor_s / run.measured.seconds
    own_ms = run.measured.cpu_s * 1000 / invoices
    title = f"{invoices:,} invoices, {customers} customers, {latency_ms:.0f} ms a call, 16 connections"
    rows = [
        _row(
            title,
            "≥ 10 × faster than its calls one after another",
            f"{run.measured.seconds:.1f} s against {floor_s:.1f} s for the same {calls} calls: {ratio:.1f} ×"
            + (f" (answers other than 2xx: {odd})" if odd else ""),
            reached=ratio >= 10,
        ),
        _row(
            "its own processor time an invoice, start included",
            "≤ 3 ms",
            f"{own_ms:.1f} ms",
            reached=own_ms <= 3,
        ),
        _row(
            "its peak memory",
            "≤ 120 MB",
            f"{run.measured.peak_mb:.0f} MB",
            reached=run.measured.peak_mb <= 120,
        ),
    ]
    return rows, run


def peer(invoices: int, customers: int, *, latency_ms: float, ours: Sync) -> list[Row]:
    """The careful script on the same work, beside the program's run."""
    with (
        systems.running("new", invoices=invoices, customers=customers, latency_ms=latency_ms) as both,
        tempfile.TemporaryDirectory() as folder,
    ):
        # The script relies on the filter by e-mail, which the program does not need.
        both.control("escala", "PUT", "switches", {"contact_filters": "all"})
        options = {"siigo": both.siigo, "escala": both.escala, "start": work.start().isoformat()}
        arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
        measured = process.measure(
            [
                sys.executable,
                "-m",
                "benchmarks.careful_script",
                *arguments,
                "--ledger",
                f"{folder}/ledger.db",
            ],
            environ={"PATH": ""},
            folder=systems.ROOT,
        )
    if measured.exit_code != 0:
        raise RuntimeError(f"the careful script failed: {measured.errors}")
    made, calls = (int(text) for text in measured.output.split())
    return [
        Row(
            what="a careful script on the same work (`benchmarks/careful_script.py`)",
            figure="",
            measured=f"{measured.seconds:.1f} s, {calls / made:.2f} calls an opportunity, "
            f"{measured.cpu_s * 1000 / made:.1f} ms of processor, {measured.peak_mb:.0f} MB; the program: "
            f"{ours.measured.seconds:.1f} s, {sum(ours.document['calls'].values()) / made:.2f} calls",
            reached=None,
        )
    ]


def default_limits(invoices: int, customers: int, *, latency_ms: float) -> list[Row]:
    """With nothing set: how much of the allowed rate is used, and whether the plan told the truth."""
    with _installed(
        "new",
        invoices=invoices,
        customers=customers,
        connections=1,
        latency_ms=latency_ms,
        limits=product.DEFAULT_LIMITS,
    ) as (both, installed):
        run = installed.sync()
        moments = [call["at"] for call in both.calls("escala") if call["method"] == "POST"]
    used = (len(moments) - 1) / (moments[-1] - moments[0]) / _ESCALA_RATE
    plan, calls = run.document["plan"], run.document["calls"]
    seconds = run.measured.seconds
    off_calls = _off(sum(plan["calls"].values()), sum(calls.values()))
    off_seconds = _off(plan["seconds"], seconds)
    return [
        _row(
            f"default limits, {invoices:,} invoices: share of Escala's allowed rate that its writes use",
            "≥ 95 %",
            f"{used:.1%}",
            reached=used >= 0.95,
        ),
        _row(
            "its calls, told beforehand",
            "within 10 %",
            f"{sum(plan['calls'].values())} told, {sum(calls.values())} made ({off_calls:+.1%})",
            reached=abs(off_calls) <= 0.1,
        ),
        _row(
            "its duration, told beforehand",
            "within 10 %",
            f"{plan['seconds']} s told, {seconds:.1f} s taken, start included ({off_seconds:+.1%})",
            reached=abs(off_seconds) <= 0.1,
        ),
    ]


def memory(invoices: int, customers: int, *, small: int) -> list[Row]:
    """Peak memory of a large run against that of a small one, same settings."""
    peaks = {}
    for count in (small, invoices):
        share = max(customers * count // invoices, 20)
        with _installed("year", invoices=count, customers=share, connections=16) as (_, installed):
            peaks[count] = installed.sync().measured
    ratio = peaks[invoices].peak_mb / peaks[small].peak_mb
    large = peaks[invoices]
    return [
        _row(
            f"peak memory, {invoices:,} invoices against {small:,}",
            "≤ 1.3 ×",
            f"{large.peak_mb:.0f} MB against {peaks[small].peak_mb:.0f} MB: {ratio:.2f} × "
            f"({large.seconds:.0f} s, {large.cpu_s * 1000 / invoices:.1f} ms of processor an invoice)",
            reached=ratio <= 1.3,
        )
    ]


@contextmanager
def _installed(
    kind: Kind,
    *,
    invoices: int,
    customers: int,
    connections: int,
    latency_ms: float = 0.0,
    limits: dict[str, str] | None = None,
    keep_bodies: bool = False,
) -> Iterator[tuple[Systems, Product]]:
    with (
        systems.running(
            kind, invoices=invoices, customers=customers, latency_ms=latency_ms, keep_bodies=keep_bodies
        ) as both,
        tempfile.TemporaryDirectory() as folder,
    ):
        yield (
            both,
            product.installed(
                both,
                Path(folder) / "home",
                connections=connections,
                limits=product.NO_LIMITS if limits is None else limits,
            ),
        )


def _run(arguments: list[str]) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        environ = {"SIIGO_ESCALA_HOME": folder}
        return process.measure([product.COMMAND, *arguments], environ=environ, folder=Path(folder))


def _off(told: float, done: float) -> float:
    return (told - done) / done if done else 0.0


def _row(what: str, figure: str, measured: Any, *, reached: bool) -> Row:
    return Row(what=what, figure=figure, measured=str(measured), reached=reached)
