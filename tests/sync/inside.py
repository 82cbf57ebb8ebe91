"""What tests need that look into a run: its session, and a run that ends where a lost write is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from siigo_escala.simulators import faults
from siigo_escala.store import lease as leases
from siigo_escala.sync import opening, run
from siigo_escala.sync.run import Result
from siigo_escala.sync.session import Listener, Options, Progress, Session
from tests.sync.world import World

CONTACTS, DEALS = "/crm/contacts", "/crm/deals"


@contextmanager
def session(world: World, **options: Any) -> Iterator[Session]:
    """The surroundings of a run that has not begun, with the lease unless it is a dry one."""
    opened = opening.open_connection(world.environment, "acme")
    lease = None if options.get("dry_run") else leases.take(opened.connection)
    try:
        made = opening.open_session(
            opened, Options(**options), Listener(say=world.said.append), lease=lease, now=world.now
        )
        try:
            yield made
        finally:
            made.close()
    finally:
        if lease is not None:
            lease.release()


def lose(world: World, path: str, *, times: int | None = 1, method: str = "POST") -> None:
    """Escala stores what is sent there and nobody hears of it."""
    world.escala.faults.add(faults.Fault(kind="store_then_lost", method=method, path=path, times=times))


def refuse(
    world: World, path: str, *, status: int, body: object, method: str = "POST", times: int | None = None
) -> None:
    """Escala answers this without looking at what was sent."""
    world.escala.faults.add(
        faults.Fault(kind="refuse", method=method, path=path, status=status, body=body, times=times)
    )


def run_until_it_waits(world: World, **options: Any) -> Result:
    """A run that is stopped when it begins to wait for writes without outcome: they stay open."""
    stop = threading.Event()

    def heard(progress: Progress) -> None:
        if progress.phase == "settle":
            stop.set()

    listener = Listener(progress=heard, stop=stop)
    return run.run(
        opening.open_connection(world.environment, "acme"), Options(**options), listener, now=world.now
    )


def posts(world: World, path: str) -> Callable[[], int]:
    """How many POSTs came to this path since now, refused ones included."""
    before = world.escala.calls.count(method="POST", path=f".*{path}")
    return lambda: world.escala.calls.count(method="POST", path=f".*{path}") - before
