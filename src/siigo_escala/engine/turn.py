"""One turn of one connection: the run that is due, or the one that somebody asked for.

Called by whatever distributes turns, safe to kill anywhere, safe to call again: the row says whether this
number was done. A turn that finds the accounts held ends at once and comes again; it never waits in a place
that another company could use.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from django.db.models import F

from siigo_escala.config.env import Environment
from siigo_escala.domain import reasons, timetable
from siigo_escala.domain.reasons import Code
from siigo_escala.engine import due, insisting
from siigo_escala.engine.due import Ticket
from siigo_escala.store.errors import LeaseTaken, StoreProblem
from siigo_escala.store.models import Connection, Request, Turn
from siigo_escala.sync import opening, requests, run
from siigo_escala.sync.run import Result
from siigo_escala.sync.session import Listener, Options

SLICE_S = 300.0
"""After so long a run makes nothing more and gives way; where nobody else waits, it goes on at once."""
_AGAIN = timedelta(seconds=5)
_DEATHS = 3
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class UnderWay:
    """A turn that this process is at."""

    listener: Listener = field(default_factory=Listener)
    began: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    def attend(self, *, cancel: bool) -> None:
        """Asks the run to end where a person wants it, and to give way once it has had its time."""
        if cancel:
            self.cancelled = True
            self.listener.stop.set()
        if time.monotonic() - self.began >= SLICE_S:
            self.listener.enough.set()


Then = Literal["kept", "on", "soon", "later"]
"""What follows a run: its schedule or request was served; it goes on; the accounts were held by another;
a system, or our own store, was out of reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """How a turn's run ended. `document`: the run's, or the error's; None where there is nothing to tell."""

    then: Then
    document: dict[str, Any] | None = None
    exit_code: int = 0


def take(
    environment: Environment,
    ticket: Ticket,
    under_way: UnderWay,
    *,
    now: Callable[[], datetime],
    after: Callable[[Connection, dict[str, Any], int], None] = lambda _connection, _document, _code: None,
) -> None:
    """Does one turn, unless it was done. `after` hears of every run, and of what kept one from beginning."""
    stop = under_way.listener.stop
    turn = insisting.insist(lambda: _begun(ticket), stop=stop)
    if turn is None:
        return
    connection = turn.connection
    if turn.begun > _DEATHS:
        _pause(connection, now=now())
        _end(turn, unfinished=False)
        return
    request = None
    if not due.day_is_due(turn, now=now()):
        request = Request.objects.filter(connection=connection, waiting=True).order_by("pk").first()
    if connection.forgotten or (request is None and not connection.enabled):
        _end(turn, unfinished=False)
        return
    started = now()
    options = requests.options_of(request) if request is not None else Options()
    with structlog.contextvars.bound_contextvars(connection=connection.name):
        ended = _run(environment, connection, options, under_way, now=now)
        # What the run has broken off for must not keep its end from being written down.
        insisting.insist(lambda: _settle(turn, request, ended, started=started, now=now()), stop=stop)
        if ended.document is not None:
            after(connection, ended.document, ended.exit_code)


def _begun(ticket: Ticket) -> Turn | None:
    """The turn, one death more on its account until it ends; None where it was done or is gone."""
    same = Turn.objects.filter(connection_id=ticket.connection_id, number=ticket.number)
    if not same.update(begun=F("begun") + 1, cancelled=False):
        return None
    return same.select_related("connection").first()


def _run(
    environment: Environment,
    connection: Connection,
    options: Options,
    under_way: UnderWay,
    *,
    now: Callable[[], datetime],
) -> _Ended:
    try:
        opened = opening.open_connection(environment, connection.name)
        result = run.run(opened, options, under_way.listener, now=now)
    except LeaseTaken:
        return _Ended(then="soon")
    except StoreProblem as problem:
        log.error("turn refused", code=problem.code, cause=problem.message)
        told = {"error": {"code": problem.code, "message": problem.message}}
        return _Ended(then="kept", document=told, exit_code=2)
    except Exception as problem:
        log.error("turn failed", exc_info=problem)
        return _Ended(then="later")
    return _Ended(then=_then(result, under_way), document=result.document, exit_code=result.exit_code)


def _then(result: Result, under_way: UnderWay) -> Then:
    if result.exit_code == 5:
        return "soon"
    if result.exit_code in (2, 4):
        return "later"
    if under_way.cancelled:
        return "kept"
    # Interrupted although nobody cancelled it: this worker was asked to end.
    return "on" if result.gave_way or result.exit_code == 130 else "kept"


def _settle(turn: Turn, request: Request | None, ended: _Ended, *, started: datetime, now: datetime) -> None:
    """Writes down what this turn leaves: schedule kept or due again, request done or waiting."""
    table = due.timetable_of(turn.connection)
    changes: dict[str, Any] = {
        "unfinished": _is_unfinished(turn, request, ended),
        "retry_at": None,
        "failures": 0,
    }
    if ended.then == "soon":
        changes |= {"retry_at": now + _AGAIN, "failures": turn.failures}
    elif ended.then == "later":
        failures = turn.failures + 1
        changes |= {"retry_at": now + timetable.retry_after(table, failures=failures), "failures": failures}
    if request is None and ended.then != "soon":
        changes["last_start"] = started
    if request is None and (ended.then == "kept" or (ended.then == "on" and ended.exit_code != 130)):
        changes["slot_done"] = due.last_slot(turn, now=started) or turn.slot_done
    if request is not None and ended.then in ("kept", "later"):
        document = ended.document or {}
        Request.objects.filter(pk=request.pk).update(waiting=False, run_id=document.get("run"))
    _end(turn, **changes)


def _is_unfinished(turn: Turn, request: Request | None, ended: _Ended) -> bool:
    """Whether the schedule's own run has still to come to its end: its hour counts as kept by now.

    What somebody asked for in between, an outage or held accounts end it not; a request waits by itself.
    """
    if request is not None:
        return turn.unfinished
    return ended.then == "on" or (turn.unfinished and ended.then in ("soon", "later"))


def _end(turn: Turn, **changes: Any) -> None:
    """The number was done: the next one is free to be queued."""
    Turn.objects.filter(pk=turn.pk, number=turn.number).update(
        number=F("number") + 1, queued_at=None, begun=0, **changes
    )


def _pause(connection: Connection, *, now: datetime) -> None:
    """Whatever kills the process within this company's runs shall not do it for ever."""
    log.error("paused after three deaths", connection=connection.name)
    Connection.objects.filter(pk=connection.pk, paused="").update(
        paused=Code.RUN_CRASHES.value, paused_text=reasons.catalogue[Code.RUN_CRASHES].text, paused_at=now
    )
