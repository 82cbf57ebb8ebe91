"""What the measurements of the engine do inside the program: `python -m benchmarks.engine_work WHAT`.

`ask`: asks for a run of every connection and waits until all have ended. `overhead`: the same runs called
directly and through the queue. Environment as the program's; the answer is JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_WAIT_S = 900.0


def main() -> None:
    """Does what was asked for."""
    from siigo_escala.cli import setup

    environment = setup.prepared()
    print(json.dumps(_WORK[sys.argv[1]](environment)))


def _ask(_environment: Any) -> dict[str, float]:
    """Seconds from the request to the end of the last run."""
    began = time.monotonic()
    count = _requested()
    asked_s = time.monotonic() - began
    _until_done()
    return {"seconds": time.monotonic() - began, "asked_s": asked_s, "runs": count}


def _requested() -> int:
    from siigo_escala.cli import setup
    from siigo_escala.store.models import Connection
    from siigo_escala.sync import requests
    from siigo_escala.sync.session import Options

    connections = list(Connection.objects.all())
    for connection in connections:
        requests.ask(connection, Options(), now=setup.now())
    return len(connections)


def _until_done() -> None:
    from siigo_escala.store.models import Request

    deadline = time.monotonic() + _WAIT_S
    while Request.objects.filter(waiting=True).exists():
        if time.monotonic() > deadline:
            raise RuntimeError("the runs did not end")
        time.sleep(0.05)


def _overhead(environment: Any) -> dict[str, Any]:
    """Seconds and processor seconds: directly, and through the queue, as many at once."""
    from siigo_escala.cli import setup
    from siigo_escala.engine import worker as workers
    from siigo_escala.store.models import Connection

    names = list(Connection.objects.values_list("name", flat=True))

    def directly() -> None:
        with ThreadPoolExecutor(workers.PLACES) as pool:
            list(pool.map(lambda name: _run(environment, name), names))

    directly()  # the first ones make the opportunities
    stop = threading.Event()
    one = workers.Worker(environment=environment, now=setup.now, stop=stop)
    thread = threading.Thread(target=one.run)
    thread.start()
    time.sleep(5)

    def queued() -> None:
        _requested()
        _until_done()

    queued()  # whatever is only done once
    idle = _measured(lambda: time.sleep(10))
    found = {"runs": len(names), "places": workers.PLACES, "idle_share": idle["cpu"] / idle["seconds"]}
    parts: dict[str, list[dict[str, float]]] = {"direct": [], "queued": []}
    for _ in range(3):
        parts["direct"].append(_measured(directly))
        parts["queued"].append(_measured(queued))
    stop.set()
    thread.join()
    return found | {
        f"{name}_{key}": sorted(part[key] for part in some)[1]
        for name, some in parts.items()
        for key in ("seconds", "cpu")
    }


def _run(environment: Any, name: str) -> None:
    from django.db import connections

    from siigo_escala.cli import setup
    from siigo_escala.sync import opening, run
    from siigo_escala.sync.session import Listener, Options

    opened = opening.open_connection(environment, name)
    result = run.run(opened, Options(), Listener(), now=setup.now)
    if result.exit_code not in (0, 1):
        raise RuntimeError(str(result.document))
    connections.close_all()


def _measured(work: Callable[[], None]) -> dict[str, float]:
    began, cpu = time.monotonic(), time.process_time()
    work()
    return {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}


_WORK: dict[str, Callable[[Any], dict[str, Any]]] = {"ask": _ask, "overhead": _overhead}

if __name__ == "__main__":
    main()
    # Threads of the engine's own may outlive it.
    sys.stdout.flush()
    os._exit(0)
