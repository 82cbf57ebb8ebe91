"""When a connection is to run by itself."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from siigo_escala.domain import timetable
from siigo_escala.domain.timetable import Kept, Timetable

BOGOTA = ZoneInfo("America/Bogota")
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
NEVER = timedelta(0)
MINUTE = timedelta(minutes=1)


def at(text: str, zone: ZoneInfo = BOGOTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def table(daily: str = "02:00", *, every: int = 0, zone: ZoneInfo = BOGOTA) -> Timetable:
    return Timetable.read(daily_at=daily, every_minutes=every, time_zone=zone.key)


MADE = at("2026-03-01T12:00")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-01T23:59", False),
        ("2026-03-02T01:59", False),
        ("2026-03-02T02:00", True),
        ("2026-03-05T17:00", True),
    ],
)
def test_the_first_daily_run_is_at_its_hour_after_the_connection_was_made(now: str, due: bool) -> None:
    assert timetable.is_due(table(), Kept(since=MADE), now=at(now)) is due


def test_an_hour_before_the_schedule_was_chosen_is_not_made_good() -> None:
    chosen = at("2026-03-02T10:00")
    assert not timetable.is_due(table("09:00"), Kept(since=chosen), now=at("2026-03-02T10:01"))
    assert timetable.is_due(table("09:00"), Kept(since=chosen), now=at("2026-03-03T09:00"))


def test_days_that_were_missed_are_made_good_once() -> None:
    now = at("2026-03-20T17:00")
    before = Kept(since=MADE, slot_done=at("2026-03-02T02:00"))
    assert timetable.is_due(table(), before, now=now)
    after = Kept(since=MADE, slot_done=timetable.last_slot(table(), now=now))
    assert not timetable.is_due(table(), after, now=now)
    assert not timetable.is_due(table(), after, now=at("2026-03-21T01:59"))
    assert timetable.is_due(table(), after, now=at("2026-03-21T02:00"))


def test_an_hour_that_the_change_of_the_clock_leaves_out_moves_forward() -> None:
    # In Madrid, 02:30 of this day does not exist: the clock goes from 02:00 to 03:00.
    slot = timetable.last_slot(table("02:30", zone=MADRID), now=at("2026-03-29T12:00", MADRID))
    assert slot == at("2026-03-29T03:30", MADRID)


def test_an_hour_that_comes_twice_is_kept_once() -> None:
    # 02:30 comes twice on this day; half an hour after each of them:
    daily = table("02:30", zone=MADRID)
    first, second = (datetime(2026, 10, 25, hour, 45, tzinfo=UTC) for hour in (0, 1))
    slot = timetable.last_slot(daily, now=first)
    assert slot == timetable.last_slot(daily, now=second)


def test_every_n_minutes_counts_from_the_last_start() -> None:
    started = at("2026-03-02T10:00") + timedelta(seconds=3)
    kept = Kept(since=MADE, last_start=started)
    every = table("", every=45)
    # Asked at full minutes, 45 is 45 and not 46.
    assert not timetable.is_due(every, kept, now=at("2026-03-02T10:44"))
    assert timetable.is_due(every, kept, now=at("2026-03-02T10:45"))
    assert timetable.is_due(table("", every=90), kept, now=at("2026-03-02T11:30"))


def test_without_hour_and_minutes_it_never_runs_by_itself() -> None:
    never = table("")
    assert not timetable.is_due(never, Kept(since=MADE), now=MADE + timedelta(days=400))
    assert timetable.next_start(never, Kept(since=MADE), now=MADE) is None
    assert timetable.longest_gap(never) is None


def test_what_is_due_already_starts_now() -> None:
    now = at("2026-03-02T10:00")
    assert timetable.next_start(table(), Kept(since=MADE), now=now) == now


def test_a_clock_that_was_ahead_and_was_put_right_stops_nothing() -> None:
    now = at("2026-03-02T10:00")
    ahead = Kept(since=MADE, last_start=now + timedelta(days=300), slot_done=now + timedelta(days=300))
    assert timetable.is_due(table("", every=60), ahead, now=now)
    assert timetable.is_due(table(), ahead, now=now)


def test_a_clock_set_back_an_hour_doubles_no_daily_run() -> None:
    done = Kept(since=MADE, slot_done=at("2026-03-02T02:00"), last_start=at("2026-03-02T02:00"))
    assert not timetable.is_due(table(), done, now=at("2026-03-02T01:30"))
    assert not timetable.is_due(table(), done, now=at("2026-03-02T02:30"))


def test_a_last_start_a_little_ahead_of_the_clock_is_its_drift_and_more_is_a_clock_put_right() -> None:
    now, every = at("2026-03-02T10:00"), table("", every=60)
    assert not timetable.is_due(every, Kept(since=MADE, last_start=now + MINUTE), now=now)
    assert timetable.is_due(every, Kept(since=MADE, last_start=now + 1.5 * MINUTE), now=now)


def test_a_daily_run_noted_up_to_a_day_ahead_was_done_by_a_clock_of_before() -> None:
    now = at("2026-03-02T10:00")
    assert not timetable.is_due(table(), Kept(since=MADE, slot_done=now + timedelta(days=1)), now=now)


def test_a_schedule_chosen_at_its_very_hour_begins_with_it() -> None:
    hour = at("2026-03-02T02:00")
    assert timetable.daily_is_due(table(), Kept(since=hour), now=hour, delayed=NEVER) is True
    later = Kept(since=hour + MINUTE)
    assert timetable.daily_is_due(table(), later, now=hour + MINUTE, delayed=NEVER) is False


def test_a_delay_of_most_of_a_day_looks_back_two_days() -> None:
    slot = timetable.last_slot(table(), now=at("2026-03-05T00:30"), delayed=timedelta(hours=23))
    assert slot == at("2026-03-03T02:00")


@pytest.mark.parametrize(
    ("daily", "now", "matters"),
    [
        ("02:00", "2026-03-02T02:00", True),
        ("02:00", "2026-03-02T02:19", True),
        ("02:00", "2026-03-02T02:20", False),
        ("02:00", "2026-03-02T01:59", False),
        ("", "2026-03-02T02:00", False),
    ],
)
def test_a_delay_matters_for_twenty_minutes_after_the_hour(daily: str, now: str, matters: bool) -> None:
    assert timetable.delay_matters(table(daily), now=at(now)) is matters


def test_the_first_wait_for_a_system_out_of_reach_is_a_minute_and_doubles() -> None:
    waits = [timetable.retry_after(table(), failures=failures) for failures in (1, 2, 3, 8, 9)]
    assert waits == [1 * MINUTE, 2 * MINUTE, 4 * MINUTE, 128 * MINUTE, 240 * MINUTE]


@given(count=st.integers(1, 500))
def test_connections_of_one_hour_start_one_after_another_within_twenty_minutes(count: int) -> None:
    delays = [timetable.delay(rank, count) for rank in range(count)]
    assert delays[0] == NEVER
    assert delays == sorted(set(delays))
    assert delays[-1] < timedelta(minutes=20)


def test_a_delay_that_changes_from_day_to_day_makes_no_second_run() -> None:
    daily, now = table(), at("2026-03-02T02:10")
    done = Kept(since=MADE, slot_done=timetable.last_slot(daily, now=now, delayed=9 * MINUTE))
    for minutes in range(20):
        later = at("2026-03-02T02:20")
        assert not timetable.is_due(daily, done, now=later, delayed=minutes * MINUTE)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-10-30T06:30", "2026-10-31T06:00"),
        ("2026-10-31T06:30", "2026-11-01T07:00"),
        ("2026-11-01T06:30", "2026-11-01T07:00"),
        ("2026-11-01T07:30", "2026-11-02T07:00"),
        ("2026-03-07T07:30", "2026-03-08T07:00"),
        ("2026-03-08T06:30", "2026-03-08T07:00"),
        ("2026-03-08T07:30", "2026-03-09T06:00"),
    ],
)
def test_a_day_on_which_the_clock_changes_has_another_length(now: str, start: str) -> None:
    daily, moment = table(zone=NEW_YORK), at(now, ZoneInfo("UTC"))
    kept = Kept(since=MADE - timedelta(days=30), slot_done=timetable.last_slot(daily, now=moment))
    assert timetable.next_start(daily, kept, now=moment) == at(start, ZoneInfo("UTC"))


@pytest.mark.parametrize("now", ["2026-03-02T01:30", "2026-03-01T10:00"])
def test_a_run_that_a_clock_of_before_has_done_is_not_the_next_one(now: str) -> None:
    done = Kept(since=MADE - timedelta(days=30), slot_done=at("2026-03-02T02:00"))
    assert timetable.next_start(table(), done, now=at(now)) == at("2026-03-03T02:00")


def test_a_schedule_chosen_in_its_very_minute_is_told_to_begin_after_its_delay() -> None:
    hour = at("2026-03-02T02:00")
    assert timetable.next_start(table(), Kept(since=hour), now=hour, delayed=MINUTE) == hour + MINUTE


def test_a_schedule_that_counts_from_later_on_begins_then() -> None:
    later = Kept(since=at("2026-03-09T12:00"))
    assert timetable.next_start(table(), later, now=at("2026-03-02T01:30")) == at("2026-03-10T02:00")


schedules = st.builds(
    Timetable,
    daily_at=st.none() | st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    every=st.integers(0, 1440).map(lambda minutes: minutes * MINUTE),
    zone=st.sampled_from(
        ["America/Bogota", "America/New_York", "Europe/Madrid", "Pacific/Auckland", "UTC"]
    ).map(ZoneInfo),
)


@given(schedule=schedules, delayed=st.integers(0, 19), minutes=st.integers(0, 400 * 1440))
@example(schedule=table("11:58"), delayed=3, minutes=0)  # made between the hour and its delay
@example(schedule=table("23:58"), delayed=5, minutes=721)  # its delay is over on the next day
def test_who_asks_every_minute_starts_at_the_moment_that_was_told(
    schedule: Timetable, delayed: int, minutes: int
) -> None:
    now = MADE + minutes * MINUTE
    delay = delayed * MINUTE
    kept = Kept(since=MADE, last_start=now, slot_done=timetable.last_slot(schedule, now=now, delayed=delay))
    told = timetable.next_start(schedule, kept, now=now, delayed=delay)
    if told is None:
        assert timetable.longest_gap(schedule) is None
        return
    gap = timetable.longest_gap(schedule)
    assert gap is not None
    assert now < told <= now + max(gap, timedelta(days=1)) + timedelta(hours=1)
    assert not timetable.is_due(schedule, kept, now=told - MINUTE, delayed=delay)
    assert timetable.is_due(schedule, kept, now=told, delayed=delay)


@given(failures=st.integers(1, 60), every=st.integers(0, 1440))
def test_a_system_out_of_reach_is_asked_less_and_less_but_not_less_than_by_schedule(
    failures: int, every: int
) -> None:
    schedule = table(every=every)
    wait = timetable.retry_after(schedule, failures=failures)
    assert MINUTE <= wait <= timedelta(hours=4)
    assert wait <= timetable.retry_after(schedule, failures=failures + 1)
    if every:
        assert wait <= every * MINUTE
