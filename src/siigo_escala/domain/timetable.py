"""When a connection is to run by itself: once a local day, every so many minutes, or both.

Pure: everything is told, the present moment too. What was missed is due once, however often it was missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_SPREAD = timedelta(minutes=20)
_FIRST_RETRY, _LAST_RETRY = timedelta(minutes=1), timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """`daily_at` is local; None: no daily run. `every`: zero for none."""

    daily_at: time | None
    every: timedelta
    zone: ZoneInfo

    @classmethod
    def read(cls, *, daily_at: str, every_minutes: int, time_zone: str) -> Timetable:
        """From what a connection file says: "HH:MM" or "", minutes or 0."""
        return cls(
            daily_at=time.fromisoformat(daily_at) if daily_at else None,
            every=timedelta(minutes=every_minutes),
            zone=ZoneInfo(time_zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How far a connection's schedule was kept. `since`: the schedule as it is today counts from there."""

    since: datetime
    last_start: datetime | None = None
    slot_done: datetime | None = None


def delay(rank: int, among: int) -> timedelta:
    """How long after its hour the daily run of one of several connections starts: twenty minutes at most.

    `rank` counts from 0 among those of the same hour, so a connection alone is on time.
    """
    return _SPREAD * rank / among


def is_due(timetable: Timetable, kept: Kept, *, now: datetime, delayed: timedelta = timedelta(0)) -> bool:
    """Whether a run is to start. A clock that was ahead and has been put right is no reason to wait."""
    return daily_is_due(timetable, kept, now=now, delayed=delayed) or _interval_is_over(
        timetable, kept, now=now
    )


def last_slot(timetable: Timetable, *, now: datetime, delayed: timedelta = timedelta(0)) -> datetime | None:
    """The daily moment that has passed last, `delayed` (less than a day) here; None without a daily run.

    It is the hour itself, not the delayed one: a delay may change from day to day.
    """
    if timetable.daily_at is None:
        return None
    slots = _slots(timetable, timetable.daily_at, days=(0, -1, -2), now=now)
    return next(slot for slot in slots if slot + delayed <= now)


def delay_matters(timetable: Timetable, *, now: datetime) -> bool:
    """Whether the last daily moment is so near that some delay would put it off."""
    slot = last_slot(timetable, now=now)
    return slot is not None and now - slot < _SPREAD


def next_start(
    timetable: Timetable, kept: Kept, *, now: datetime, delayed: timedelta = timedelta(0)
) -> datetime | None:
    """The next moment at which a run is due by schedule, now at the earliest; None: never."""
    if is_due(timetable, kept, now=now, delayed=delayed):
        return now
    found = []
    if timetable.daily_at is not None:
        # Day by day: one on which the clock changes has 23 or 25 hours.
        slots = _slots(timetable, timetable.daily_at, days=(-1, 0, 1, 2), now=max(now, kept.since))
        starts = (slot + delayed for slot in slots if slot + delayed > now)
        found += [at for at in starts if daily_is_due(timetable, kept, now=at, delayed=delayed)][:1]
    if timetable.every and kept.last_start is not None:
        found.append(kept.last_start + timetable.every)
    return min(found, default=None)


def longest_gap(timetable: Timetable) -> timedelta | None:
    """The longest time that may pass between two starts of an undisturbed schedule; None: there is none."""
    if timetable.every:
        return timetable.every
    return _DAY if timetable.daily_at is not None else None


def retry_after(timetable: Timetable, *, failures: int) -> timedelta:
    """How long to leave a system alone that was out of reach `failures` times in a row (1 or more)."""
    doublings = min(failures - 1, 10)
    wait = min(_FIRST_RETRY * (1 << doublings), _LAST_RETRY)
    return min(wait, timetable.every) if timetable.every else wait


def daily_is_due(timetable: Timetable, kept: Kept, *, now: datetime, delayed: timedelta) -> bool:
    """Whether the day's run is to start."""
    slot = last_slot(timetable, now=now, delayed=delayed)
    if slot is None or slot < kept.since:
        return False
    done = kept.slot_done
    return done is None or done < slot or done > now + _DAY


def _slots(timetable: Timetable, hour: time, *, days: Iterable[int], now: datetime) -> Iterator[datetime]:
    """The daily moments of these days, counted from today."""
    today = now.astimezone(timetable.zone).date()
    for day in days:
        # By way of UTC: an hour that a change of the clock leaves out moves forward.
        yield datetime.combine(today + day * _DAY, hour, timetable.zone).astimezone(UTC)


def _interval_is_over(timetable: Timetable, kept: Kept, *, now: datetime) -> bool:
    if not timetable.every:
        return False
    last = kept.last_start
    if last is None or last > now + _MINUTE:
        return True
    # Asked once a minute: whole minutes are compared, so that 45 means 45 and not 46.
    return _minute(now) - _minute(last) >= timetable.every


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
