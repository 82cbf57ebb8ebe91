"""What an engine of many companies does once a minute, once a round and once a poll, inside the program.

`python -m benchmarks.growth_work COMPANIES`: the one connection of the installation is copied until there are
so many, nobody calls anybody, and what the engine asks of its database is timed. Environment as the
program's; the answer is JSON: seconds, and processor seconds where the name says so.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

_ROUNDS = 5
_BACKLOG_S = 20.0
_CHUNK = 1000


def main() -> None:
    """Fills and measures."""
    from siigo_escala.cli import setup

    environment = setup.prepared()
    count = int(sys.argv[1])
    _fill(count)
    print(json.dumps({"companies": count, **_rounds(environment), **_due(environment, count)}))


def _fill(count: int) -> None:
    """Copies of the one connection: each with accounts of its own, daily at 02:00 and every hour."""
    from siigo_escala.store.models import Connection, EscalaAccount, SiigoCompany

    one = Connection.objects.select_related("siigo", "escala").get()
    schedule = {"daily_at": "02:00", "every_minutes": 60}
    Connection.objects.update(file={**one.file, "schedule": schedule})
    there = Connection.objects.count()
    for first in range(there, count, _CHUNK):
        numbers = range(first, min(first + _CHUNK, count))
        companies = SiigoCompany.objects.bulk_create([_copy(one.siigo) for _ in numbers])
        accounts = EscalaAccount.objects.bulk_create([_copy(one.escala) for _ in numbers])
        copies = []
        for number, siigo, escala in zip(numbers, companies, accounts, strict=True):
            copy = _copy(one)
            copy.name, copy.siigo, copy.escala = f"copia-{number}", siigo, escala
            copy.file = {**one.file, "schedule": schedule, "name": copy.name}
            copies.append(copy)
        Connection.objects.bulk_create(copies)


def _copy(row: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values.pop("id")
    return type(row)(**values)


def _rounds(environment: Any) -> dict[str, float]:
    """What is asked again and again while nothing is due."""
    from siigo_escala.cli import setup
    from siigo_escala.engine import alerts, due
    from siigo_escala.store.models import Turn
    from siigo_escala.web import measures

    began = time.monotonic()
    due.make_turns(now=setup.now())
    made_s = time.monotonic() - began
    # Everybody ran a moment ago.
    Turn.objects.update(last_start=setup.now(), slot_done=setup.now())
    found = {"turns_made": made_s}
    for name, work in {
        "tick": lambda: list(due.by_schedule(now=setup.now())),
        "tick_make_turns": lambda: due.make_turns(now=setup.now()),
        "round": lambda: list(due.by_request(now=setup.now())),
        "alerts": lambda: alerts.watch(environment, now=setup.now()),
        "metrics": lambda: measures.text(environment, now=setup.now()),
    }.items():
        found[name], found[f"{name}_cpu"] = _median(work)
    return found


def _due(environment: Any, count: int) -> dict[str, float]:
    """Everybody is due in the same minute: claimed, queued, and taken from a queue of so many."""
    from siigo_escala.cli import setup
    from siigo_escala.engine import due, queue
    from siigo_escala.store.models import Turn

    begun: list[int] = []
    queue.Handlers.turn = lambda ticket: begun.append(ticket.number)
    queue.Handlers.tick = lambda: None
    queue.launch(queue.address(environment.database_url, environment.home), executor="growth", places=8)
    idle = _share(5.0)
    Turn.objects.update(last_start=setup.now() - timedelta(hours=2), queued_at=None)
    now = setup.now()
    began, cpu = time.monotonic(), time.process_time()
    queue.put(due.by_schedule(now=now))
    put_s, put_cpu = time.monotonic() - began, time.process_time() - cpu
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('dbos.workflow_status') / 1024.0 / %s", [count])
        engine_kb = float(cursor.fetchone()[0])
    begun.clear()
    queue.hurry(backlog=True)
    time.sleep(1)
    backlog = _share(_BACKLOG_S)
    taken = len(begun)
    queue.close(drain_s=0)
    return {
        "put": put_s / count,
        "put_cpu": put_cpu / count,
        "idle_share": idle,
        "engine_kb": engine_kb,
        "backlog_share": backlog,
        "taken_a_second": taken / _BACKLOG_S,
    }


def _share(seconds: float) -> float:
    cpu = time.process_time()
    time.sleep(seconds)
    return (time.process_time() - cpu) / seconds


def _median(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and processor seconds of this process alone."""
    found = []
    for _ in range(_ROUNDS):
        began, cpu = time.monotonic(), time.process_time()
        work()
        found.append((time.monotonic() - began, time.process_time() - cpu))
    return sorted(found)[_ROUNDS // 2]


if __name__ == "__main__":
    main()
    # Threads of the engine's own may outlive it.
    sys.stdout.flush()
    os._exit(0)
