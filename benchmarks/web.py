"""The screens before a ledger of 200,000 invoices, asked ten times a second beside a synchronisation."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks import engine, product, systems
from benchmarks.measurements import Row

_MOST_MS = 300
_MOST_KB = 400
_A_SECOND = 10
_MODELS = 3000
_WARM_UP = 2
_STORES = ("SQLite", "PostgreSQL")


def web(rows: int = 200_000, *, seconds: float = 30.0) -> Iterator[Row]:
    """p95 of what is looked at every day, on both stores; then what the first look costs the line."""
    for store in _STORES:
        with _served(store, rows) as (address, found):
            for name, paths in _mixes(found).items():
                yield _measured(store, rows, name, _asked(address, paths, found["cookie"], seconds=seconds))
            if store == "SQLite":
                yield _first_look(address, found["cookie"])


def _mixes(found: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What is asked, by page: words for it and its address."""
    company = "/empresas/acme/"

    def invoices(**more: str) -> str:
        return f"{company}facturas/?{urlencode(more)}"

    return {
        "Inicio": {"": company},
        "Facturas": {
            "plain": invoices(),
            "by number": invoices(q=f"FV-{found['number']}"),
            "by digits alone": invoices(q=found["plain_number"]),
            "by NIT": invoices(q=found["nit"]),
            "by customer": invoices(q=found["customer"]),
            "by value": invoices(q=found["value"]),
            "by state": invoices(estado="excluida"),
            "by seller": invoices(vendedor=found["seller"]),
            "by dates": invoices(desde="2025-01-01", hasta="2025-03-31"),
            "by balance": invoices(saldo="pendiente"),
            "sorted by value": invoices(orden="-valor"),
            "sorted by customer": invoices(orden="cliente"),
        },
        "an invoice": {"": f"{company}facturas/{found['siigo_id']}/"},
        "Conciliación": {"": f"{company}conciliacion/"},
    }


def _measured(store: str, rows: int, name: str, times: Mapping[str, Sequence[float]]) -> Row:
    whole = [one for part in times.values() for one in part]
    p95 = _p95(whole)
    worst = max(times, key=lambda kind: _p95(times[kind]))
    more = f"; the slowest of {len(times)}, {worst}: {_p95(times[worst]):.0f} ms" if len(times) > 1 else ""
    return Row(
        what=f"{name}, {rows:,} invoices, {_A_SECOND} a second beside a synchronisation, {store}: p95",
        figure=f"≤ {_MOST_MS} ms",
        measured=f"{p95:.0f} ms (median {statistics.median(whole):.0f}, longest {max(whole):.0f}, "
        f"{len(whole)} requests{more}; load {os.getloadavg()[0]:.1f})",
        reached=p95 <= _MOST_MS,
    )


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[max(int(len(times) * 0.95) - 1, 0)] if times else 0.0


def _asked(address: str, paths: Mapping[str, str], cookie: str, *, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each answer, from the moment when it was due: whoever waits in a row waits, too."""
    kept = threading.local()
    times: dict[str, list[float]] = defaultdict(list)
    wrong: list[str] = []
    host = urlsplit(address).netloc

    def ask(kind: str, path: str, due: float) -> None:
        connection = getattr(kept, "connection", None)
        if connection is None:
            connection = kept.connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            wrong.append(f"{path}: {answer.status}")
        times[kind].append((time.monotonic() - due) * 1000)

    with ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        count = int(seconds * _A_SECOND)
        for number, (kind, path) in zip(range(count), itertools.cycle(paths.items()), strict=False):
            due = began + number / _A_SECOND
            time.sleep(max(due - time.monotonic(), 0))
            pool.submit(ask, kind, path, due)
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers: {wrong[0]}")
    return times


def _first_look(address: str, cookie: str) -> Row:
    """The page and everything that a browser without a cache then asks for, in bytes on the line."""
    page, size = _fetched(address, "/empresas/acme/", cookie)
    named = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.decode()))
    total = size + sum(_fetched(address, path.replace("&amp;", "&"), cookie)[1] for path in named)
    return Row(
        what=f"first load of Inicio: the page ({size / 1024:.0f} KB) and {len(named)} files, as transferred",
        figure=f"≤ {_MOST_KB} KB",
        measured=f"{total / 1024:.0f} KB",
        reached=total <= _MOST_KB * 1024,
    )


def _fetched(address: str, path: str, cookie: str) -> tuple[bytes, int]:
    request = urllib.request.Request(address + path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own, on this machine
        body = answer.read()
    return body, len(body) + len(str(answer.headers))


@contextmanager
def _served(store: str, rows: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The web application before that ledger, while a synchronisation creates what its limits allow."""
    with ExitStack() as held:
        both = held.enter_context(systems.running("new", invoices=_MODELS, customers=600))
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="siigo-escala-bench-"))
        variables: dict[str, str] = {}
        if store == "PostgreSQL":
            url = held.enter_context(engine.postgresql()).url
            variables = {
                "SIIGO_ESCALA_DATABASE_URL": url,
                "SIIGO_ESCALA_SECRET_KEY": secrets.token_hex(16),
            }
        variables["SIIGO_ESCALA_BIND"] = f"127.0.0.1:{_free_port()}"
        if store == "PostgreSQL":
            at_first = {**os.environ, **variables, "SIIGO_ESCALA_HOME": folder}
            engine.succeed([product.COMMAND, "migrate"], at_first)
        installed = product.installed(
            both, Path(folder) / "home", connections=4, limits={**product.NO_LIMITS, **variables}
        )
        # A tenth of the work makes the models of the copies; the rest is left for the run beside the screens.
        installed.sync("--limit", str(_MODELS // 10))
        told = engine.succeed([sys.executable, "-m", "benchmarks.web_work", str(rows)], installed.environ)
        found = json.loads(told)
        limited = {key: value for key, value in installed.environ.items() if not key.endswith("_RATE")}
        held.enter_context(_process([product.COMMAND, "sync", "acme"], limited))
        held.enter_context(_process([product.COMMAND, "web"], installed.environ))
        address = f"http://{variables['SIIGO_ESCALA_BIND']}"
        _until_served(address)
        for _ in range(_WARM_UP):
            for paths in _mixes(found).values():
                for path in paths.values():
                    _fetched(address, path, found["cookie"])
        yield address, found


@contextmanager
def _process(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[None]:
    """A command that goes on beside us, asked to end on the way out."""
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            command, env=dict(variables), stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
        try:
            yield
            if process.poll() is not None:
                told.seek(0)
                raise RuntimeError(f"{command[1]} ended before the measurement did: {told.read()[-2000:]!r}")
        finally:
            process.terminate()
            process.wait(60)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _until_served(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{address}/healthz").close()  # noqa: S310 - our own, on this machine
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the web application did not start")
