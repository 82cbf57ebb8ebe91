"""Which connections are to have a turn now: by their schedule, because somebody asked, or to go on.

Reads and claims rows of ours; what the engine does with an answer is engine/queue.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, Q

from siigo_escala.domain import timetable
from siigo_escala.domain.timetable import Kept, Timetable
from siigo_escala.store.models import Connection, Request, Turn
from siigo_escala.sync import access

log = structlog.get_logger()
_UNHEARD = timedelta(minutes=1)
"""A turn was claimed, and the engine may never have heard of it: it is told again after so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One turn of one connection; done once, however often the engine hears of it."""

    connection_id: int
    number: int


def make_turns(*, now: datetime) -> None:
    """Every connection has its row: new ones get it here, and what an older version or a restore left."""
    without = Connection.objects.filter(turn__isnull=True).values_list("pk", flat=True)
    Turn.objects.bulk_create([Turn(connection_id=key, since=now) for key in without], ignore_conflicts=True)


def by_schedule(*, now: datetime) -> Iterator[Ticket]:
    """Turns that the timetables ask for at this moment, each claimed for whoever reads them.

    Whoever reads only some has those that have waited longest; what was claimed a minute ago comes last.
    """
    scheduled = _turns(Q(connection__enabled=True))
    for turn, delayed in sorted(_delays(scheduled), key=_longest_waiting):
        if not _is_free(turn, now=now):
            continue
        kept = Kept(since=turn.since, last_start=turn.last_start, slot_done=turn.slot_done)
        if timetable.is_due(timetable_of(turn.connection), kept, now=now, delayed=delayed):
            yield from _claimed(turn, now=now)


def by_request(*, now: datetime, connection_id: int | None = None) -> Iterator[Ticket]:
    """Turns that somebody asked for, and those that gave way to others; each claimed. All, or that one's."""
    asked = Request.objects.filter(connection=OuterRef("connection"), waiting=True)
    wanted = Q(Exists(asked)) | Q(unfinished=True, connection__enabled=True)
    # Most of those that wait are queued already: they are not even read.
    unqueued = Q(queued_at=None) | Q(queued_at__lte=now - _UNHEARD) | Q(queued_at__gt=now)
    if connection_id is not None:
        wanted &= Q(connection=connection_id)
    for turn in _turns(wanted & unqueued):
        if _is_free(turn, now=now):
            yield from _claimed(turn, now=now)


def next_start(connection: Connection, *, now: datetime) -> datetime | None:
    """When this connection runs by itself next; None: never, as it is."""
    turn = Turn.objects.filter(connection=connection).first()
    if turn is None or not connection.enabled or connection.paused or connection.forgotten:
        return None
    kept = Kept(since=turn.since, last_start=turn.last_start, slot_done=turn.slot_done)
    moment = timetable.next_start(timetable_of(connection), kept, now=now, delayed=delay_of(connection))
    return max(moment, turn.retry_at) if moment is not None and turn.retry_at is not None else moment


def queued(most: int) -> int:
    """How many turns wait or are under way, counted up to `most`."""
    return Turn.objects.filter(queued_at__isnull=False)[:most].count()


def day_is_due(turn: Turn, *, now: datetime) -> bool:
    """Whether the run of the day has not been yet: whoever keeps asking must not crowd it out."""
    kept = Kept(since=turn.since, last_start=turn.last_start, slot_done=turn.slot_done)
    return turn.connection.enabled and timetable.daily_is_due(
        timetable_of(turn.connection), kept, now=now, delayed=_delay_now(turn.connection, now=now)
    )


def last_slot(turn: Turn, *, now: datetime) -> datetime | None:
    """The daily moment of this turn's connection that has passed last."""
    delayed = _delay_now(turn.connection, now=now)
    return timetable.last_slot(timetable_of(turn.connection), now=now, delayed=delayed)


def delay_of(connection: Connection) -> timedelta:
    """How long after its hour this connection's daily run starts, because others start then, too."""
    listed = _delays(_turns(Q(connection__enabled=True)))
    return next((delayed for turn, delayed in listed if turn.connection_id == connection.pk), timedelta(0))


def _delay_now(connection: Connection, *, now: datetime) -> timedelta:
    """The delay where it makes a difference: else the others, who decide it, need not be read."""
    matters = timetable.delay_matters(timetable_of(connection), now=now)
    return delay_of(connection) if matters else timedelta(0)


def timetable_of(connection: Connection) -> Timetable:
    """The timetable that a connection's stored file says; one that cannot be read asks for nothing.

    `connect` lets no such file in. But the zones that a machine knows change with its system, and one company
    that has none must not cost all others their runs.
    """
    schedule: dict[str, Any] = connection.file.get("schedule", {})
    try:
        return Timetable.read(
            daily_at=schedule.get("daily_at", "02:00"),
            every_minutes=schedule.get("every_minutes", 0),
            time_zone=connection.file.get("time_zone", "America/Bogota"),
        )
    except (ValueError, TypeError, LookupError, OSError) as problem:
        log.error("timetable unreadable", connection=connection.name, cause=str(problem))
        return Timetable.read(daily_at="", every_minutes=0, time_zone="UTC")


def _turns(wanted: Q) -> list[Turn]:
    """Turns of connections that have credentials and our direction, in the order they were made."""
    return list(
        Turn.objects.filter(wanted, connection__forgotten=False)
        .select_related("connection")
        .order_by("connection_id")
    )


def _is_free(turn: Turn, *, now: datetime) -> bool:
    """Neither queued nor to be left alone; of pauses only the brake's ends by itself, with a probe."""
    queued, connection = turn.queued_at, turn.connection
    waits = queued is not None and now - _UNHEARD < queued <= now
    left_alone = turn.retry_at is not None and now < turn.retry_at
    paused = bool(connection.paused) and not access.may_probe(connection, now=now)
    return not (waits or left_alone or paused)


def _delays(turns: Sequence[Turn]) -> Iterator[tuple[Turn, timedelta]]:
    """Each turn with its delay: those of one hour start one after another."""
    of_an_hour: dict[Any, list[Turn]] = defaultdict(list)
    for turn in turns:
        table = timetable_of(turn.connection)
        of_an_hour[table.daily_at, table.zone].append(turn)
    for same in of_an_hour.values():
        for rank, turn in enumerate(same):
            yield turn, timetable.delay(rank, len(same))


def _longest_waiting(listed: tuple[Turn, timedelta]) -> tuple[bool, datetime]:
    turn, _ = listed
    return turn.queued_at is not None, turn.last_start or turn.since


def _claimed(turn: Turn, *, now: datetime) -> Iterator[Ticket]:
    """The ticket, for the one worker whose update came first."""
    same = Turn.objects.filter(pk=turn.pk, number=turn.number, queued_at=turn.queued_at)
    if same.update(queued_at=now):
        yield Ticket(connection_id=turn.connection_id, number=turn.number)
