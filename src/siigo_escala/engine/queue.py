"""The durable queue and the clock: everything that we ask of DBOS, and the only module that imports it.

Its store says which turns are queued and which worker is at them; it may be deleted at any time, since what
is due stands in tables of ours (docs/adr/0013). One partition a connection, one turn at a time in each.
"""

from __future__ import annotations

import contextvars
import logging
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, Queue, SetEnqueueOptions, SetWorkflowID
from django.db import OperationalError
from sqlalchemy.exc import DBAPIError

from siigo_escala.engine.due import Ticket

_TURNS, _TICK = "turns", "tick"
_EVERY_MINUTE = "* * * * *"
POLL_S = 2.0
"""How often a worker looks for turns: what a quiet machine spends, against how soon a turn begins."""
HURRY_S = 0.25
"""The same while more turns wait than one worker takes at once."""
LISTEN_S = 5.0
_TURN_KEY = re.compile(r"\d+-\d+")
_UNDER_WAY = ("ENQUEUED", "PENDING")
_KEPT = timedelta(hours=6)
_DELETED_AT_ONCE = 1000
log = structlog.get_logger()


class Handlers:
    """What is called when a turn comes up, and once a minute; set before the launch."""

    turn: Callable[[Ticket], None]
    tick: Callable[[], None]


class _Taking:
    """The queue that this worker takes from, and whether it was told to hurry."""

    queue: Queue
    hurries = False


@DBOS.workflow(name="turn", max_recovery_attempts=None)
def _turn(connection_id: int, number: int) -> None:
    Handlers.turn(Ticket(connection_id=connection_id, number=number))


@DBOS.workflow(name=_TICK, max_recovery_attempts=None)
def _tick(_slot: datetime, _context: Any) -> None:
    Handlers.tick()


def address(database_url: str, home: Path) -> str:
    """Where the engine keeps its own store: a file of its own, or a schema of the same PostgreSQL."""
    return database_url if database_url.startswith("postgres") else f"sqlite:///{home / 'engine.db'}"


def launch(store: str, *, executor: str, places: int) -> None:
    """Starts taking turns, `places` at once, as the worker named `executor`."""
    _quiet()
    config: DBOSConfig = {
        "name": "siigo-escala",
        "system_database_url": store,
        "executor_id": executor,
        # A constant: a worker of another version of ours goes on with what this one has queued.
        "application_version": "1",
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "sys_db_pool_size": places + 4,
        "scheduler_polling_interval_sec": 20.0,
        # Nothing of ours waits for messages between workflows; but the end of a worker waits for this thread.
        "notification_listener_polling_interval_sec": LISTEN_S,
    }
    try:
        if store.startswith("sqlite"):
            # Kept by the file itself from then on.
            with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as file:
                file.execute("PRAGMA journal_mode=WAL")
        _started(config, places)
    except (DBAPIError, sqlite3.Error) as problem:
        DBOS.destroy()  # begun by halves it could neither be used nor begun again
        # What everybody else here understands.
        raise OperationalError(str(getattr(problem, "orig", problem))) from problem


def _started(config: DBOSConfig, places: int) -> None:
    DBOS(config=config)
    DBOS.launch()
    _Taking.hurries = False
    _Taking.queue = DBOS.register_queue(
        _TURNS,
        worker_concurrency=places,
        partition_concurrency=1,
        polling_interval_sec=POLL_S,
        on_conflict="always_update",
    )
    if not has_tick():
        DBOS.apply_schedules(
            [{"schedule_name": _TICK, "workflow_fn": _tick, "schedule": _EVERY_MINUTE, "context": None}]
        )


def hurry(*, backlog: bool) -> None:
    """Every worker looks more often while there is a backlog; asked again and again, by all of them."""
    if not (backlog or _Taking.hurries):
        return
    wanted = min(HURRY_S, POLL_S) if backlog else POLL_S
    # Kept for all workers in the engine's own store; one that has just started has put it back.
    if _Taking.queue.polling_interval_sec != wanted:
        _Taking.queue.set_polling_interval_sec(wanted)
    _Taking.hurries = backlog


def has_tick() -> bool:
    """Whether the schedule is there that asks once a minute what is due."""
    return DBOS.get_schedule(_TICK) is not None


def close(*, drain_s: int) -> None:
    """Takes no further turn, and waits for those under way."""
    DBOS.destroy(workflow_completion_timeout_sec=drain_s)


def put(tickets: Iterable[Ticket]) -> None:
    """Queues these turns; one that is queued or under way already stays as it is.

    A turn and a tick may call it: what they queue is no step of theirs, which DBOS would keep and repeat.
    """
    contextvars.Context().run(_put, tickets)


def _put(tickets: Iterable[Ticket]) -> None:
    for ticket in tickets:
        key = f"{ticket.connection_id}-{ticket.number}"
        status = DBOS.get_workflow_status(key)
        if status is not None and status.status in _UNDER_WAY:
            continue
        if status is not None:
            # It ended without an end in our own table, which alone counts.
            DBOS.delete_workflow(key)
        with SetWorkflowID(key), SetEnqueueOptions(queue_partition_key=str(ticket.connection_id)):
            DBOS.enqueue_workflow(_TURNS, _turn, ticket.connection_id, ticket.number)


def held_by_others(executor: str) -> dict[str, list[str]]:
    """What other workers are at: workflow ids by the name of the worker."""
    found: dict[str, list[str]] = defaultdict(list)
    # A dead worker's tick is not for anybody else: the next minute has its own.
    for one in DBOS.list_workflows(status="PENDING", name="turn", load_input=False, load_output=False):
        if one.executor_id and one.executor_id != executor:
            found[one.executor_id].append(one.workflow_id)
    return found


def queue_again(workflow_ids: list[str]) -> None:
    """What a dead worker left is for whoever is free; of a tick nothing is left to do, the next one asks."""
    turns = [key for key in workflow_ids if _TURN_KEY.fullmatch(key)]
    if turns:
        DBOS.resume_workflows(turns, queue_name=_TURNS)
    if ticks := [key for key in workflow_ids if key not in turns]:
        DBOS.cancel_workflows(ticks)


def forget_old() -> None:
    """Deletes what ended hours ago: the store does not grow, and ids are our table's business."""
    before = (datetime.now(UTC) - _KEPT).isoformat()
    old = DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED"],
        end_time=before,
        limit=_DELETED_AT_ONCE,
        load_input=False,
        load_output=False,
    )
    if old:
        DBOS.delete_workflows([one.workflow_id for one in old])


def _quiet() -> None:
    """Its log lines go where ours go, in one line each; its own handler would add whole tracebacks."""
    for name in ("dbos", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)
    engine = logging.getLogger("dbos")
    # One that it finds there is one that it does not make.
    engine.handlers = [logging.NullHandler()]
    engine.propagate = True
    engine.filters = [_shortened]


def _shortened(record: logging.LogRecord) -> bool:
    """Only what was tried and why it failed: the statements between are DBOS's own."""
    lines = [line.strip() for line in record.getMessage().splitlines() if line.strip()] or [""]
    cause = [lines[-1]] if "Traceback" in lines[0] else []
    record.msg, record.args = " ".join([lines[0].partition("Traceback")[0].strip(), *cause]), None
    record.exc_info = None
    return True
