"""One chaos of the engine in this process: its store, its folder, its workers, its verdict."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests import databases, postgresql
from tests.resilience.chaos.many import _Open
from tests.resilience.engine import checks, life, moments, server, town
from tests.resilience.engine.life import Life, Verdict
from tests.resilience.engine.server import Server
from tests.resilience.engine.trouble import Store

_KEY = "una-clave-de-ejemplo-para-las-pruebas"
_DATABASE = "chaos"
_CONNECTING_S = 8.0
_SHORTER_S = 20.0
"""The quiet end takes so long at least: it counts as part of the minutes."""
_AFTER_SLOT_S = 15.0


def live(folder: Path, store: Store, *, minutes: float, seed: int, tolerance_s: float, logs: Path) -> Verdict:
    """So many minutes of chaos on a store, everything in `folder`. Django has to be set up.

    What the workers told is kept in `logs`.
    """
    home = folder / "home"
    home.mkdir(mode=0o700)
    with contextlib.ExitStack() as held:
        own = held.enter_context(server.running()) if store == "postgresql" else None
        url = held.enter_context(_database(store, folder, home, own))
        variables = _variables(home, url)
        there = held.enter_context(town.standing(variables))
        held.enter_context(databases.opened(url))
        slot = _slot(moments.now(), seconds=minutes * 60)
        there.settle(life.plans(slot))
        # The daily runs take place within the chaos, however short.
        seconds = max(minutes * 60 - _SHORTER_S, (slot - moments.now()).total_seconds() + _AFTER_SLOT_S)
        environment = {
            **variables,
            "SIIGO_ESCALA_SIIGO_URL": there.environment.siigo_url,
            "SIIGO_ESCALA_ESCALA_URL": there.environment.escala_url,
        }
        workers = held.enter_context(life.fleet(environment, store, folder))
        lived = Life(
            store=store,
            seed=seed,
            seconds=seconds,
            tolerance=timedelta(seconds=tolerance_s),
            town=there,
            fleet=workers,
            server=own,
            database=_DATABASE,
        )
        try:
            return lived.live()
        finally:
            for told in folder.glob("worker-*.log"):
                shutil.copyfile(told, logs / f"engine-{store}-{told.name}")


def _slot(now: datetime, *, seconds: float) -> datetime:
    """A full minute in the middle, or the next one that is not just about to begin."""
    wanted = now + timedelta(seconds=max(_CONNECTING_S, seconds / 2 - 60))
    return wanted.replace(second=0, microsecond=0) + timedelta(minutes=1)


@contextlib.contextmanager
def _database(store: Store, folder: Path, home: Path, own: Server | None) -> Iterator[str]:
    if own is None:
        with databases.sqlite_database(home, templates=folder, blocker=_Open()) as url:
            yield url
    else:
        postgresql.create_database(own.url, _DATABASE)
        url = postgresql.address(own.url, _DATABASE)
        databases._migrate(url, _Open())
        yield url


def _variables(home: Path, url: str) -> dict[str, str]:
    values = {
        "HOME": home,
        "DATABASE_URL": url,
        "SECRET_KEY": _KEY,
        "SIIGO_RATE": checks.SIIGO_RATE,
        "ESCALA_RATE": checks.ESCALA_RATE,
        "SETTLE_SECONDS": 3,
        "PATIENCE_SECONDS": 8,
    }
    return {f"SIIGO_ESCALA_{name}": str(value) for name, value in values.items()}
