"""What a test lets another process do: take turns at a limiter, or hold a lease until it is told to end.

    python -m tests.store.child ADDRESS limiter GRANTS WINDOW_S CALLS
    python -m tests.store.child ADDRESS lease NAME

It says "ready" on standard output, and waits for a line on standard input before it begins or lets go.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django


def main(address: str, what: str, *told: str) -> None:
    """Sets Django up on that database and does what it is told."""
    os.environ["SIIGO_ESCALA_DATABASE_URL"] = address
    os.environ["SIIGO_ESCALA_SECRET_KEY"] = "una-clave-de-ejemplo-para-las-pruebas"
    os.environ["DJANGO_SETTINGS_MODULE"] = "siigo_escala.config.settings"
    django.setup()
    if what == "limiter":
        _take_turns(int(told[0]), float(told[1]), int(told[2]))
    else:
        _hold(told[0])


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


def _ready() -> None:
    _say("ready")
    sys.stdin.readline()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
