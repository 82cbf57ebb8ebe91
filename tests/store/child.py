"""What a test lets another process do: take turns at a limiter, or hold a lease until it is told to end.

    python -m tests.store.child ADDRESS limiter GRANTS WINDOW_S CALLS
    python -m tests.store.child ADDRESS lease NAME

They say "ready" on standard output, and wait for a line on standard input before they begin or let go. A
fork that rotates the key or restores dies of a kill -9 before one of its steps, a statement of SQL or a
rename, or ends well where it has no more steps.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

from tests import ready


def main(address: str, what: str, *told: str) -> None:
    """Does what it is told on that database."""
    _set_up(address)
    if what == "limiter":
        _take_turns(int(told[0]), float(told[1]), int(told[2]))
    else:
        _hold(told[0])


def rotate(address: str, home: Path, step: int) -> None:
    """Rotates the key, up to that step."""
    from siigo_escala.store import rotation

    _set_up(address)
    _die_at(step)
    rotation.rotate((), home=home)


def restore(address: str, home: Path, step: int, path: Path, key: str) -> None:
    """Restores that archive, up to that step."""
    from siigo_escala.store import restoring

    _set_up(address)
    _die_at(step)
    now = datetime.now(UTC)
    restoring.restore(path, keys=[key], home=home, replace=True, with_credentials=True, now=now)


def _set_up(address: str) -> None:
    os.environ["SIIGO_ESCALA_DATABASE_URL"] = address
    os.environ["SIIGO_ESCALA_SECRET_KEY"] = "una-clave-de-ejemplo-para-las-pruebas"
    os.environ["DJANGO_SETTINGS_MODULE"] = "siigo_escala.config.settings"
    ready.forget_settings()
    django.setup()


def _take_turns(grants: int, window_s: float, calls: int) -> None:
    from siigo_escala.store.limiter import SqlLimiter

    limiter = SqlLimiter("siigo:1", grants=grants, window_s=window_s)
    _ready()
    moments = []
    for _ in range(calls):
        limiter.acquire()
        moments.append(time.time())
    limiter.close()
    _say(json.dumps(moments))


def _hold(name: str) -> None:
    from siigo_escala.store import lease, models

    held = lease.take(models.Connection.objects.get(name=name))
    _ready()
    held.release()
    _say("released")


def _die_at(step: int) -> None:
    """A kill before that step."""
    from django.db import connection

    left = step

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, _: tuple[Any, ...]) -> None:
        if event == "os.rename":
            tick()

    def asked(execute: Callable[..., Any], *call: Any) -> Any:
        tick()
        return execute(*call)

    sys.addaudithook(heard)
    connection.execute_wrappers.append(asked)


def _ready() -> None:
    _say("ready")
    sys.stdin.readline()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
