"""Calls of one Siigo user over seven days: counted from any thread, kept over restarts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from siigo_escala.domain.braking import Stretch
from siigo_escala.store import counting
from siigo_escala.store.counting import CallCounter

NOW = datetime(2026, 8, 27, 12, 30, tzinfo=UTC)


def _totals(account: str, *, now: datetime = NOW) -> tuple[int, int]:
    counted = counting.stretches(account, now=now)
    return sum(one.calls for one in counted), sum(one.refused for one in counted)


def test_calls_are_counted_by_user_in_stretches_that_a_refusal_after_a_success_begins(database: str) -> None:
    minutes = iter(range(10))
    counter = CallCounter("siigo:1:a", now=lambda: NOW + timedelta(minutes=next(minutes)))
    other = CallCounter("siigo:1:b", now=lambda: NOW)
    for refused in (True, False, False, True, True, False):
        counter.add(refused=refused)
    other.add(refused=True)
    counter.close()
    other.close()
    assert counting.stretches("siigo:1:a", now=NOW) == [
        Stretch(since=NOW.replace(minute=0), calls=3, refused=1),
        Stretch(since=NOW + timedelta(minutes=4), calls=3, refused=2),
    ]
    assert _totals("siigo:1:b") == (1, 1)


def test_another_counter_goes_on_where_the_last_one_ended(database: str) -> None:
    for refused in (False, False, True, True):
        counter = CallCounter("siigo:1:a", now=lambda: NOW)
        counter.add(refused=refused)
        counter.close()
    stretches = counting.stretches("siigo:1:a", now=NOW)
    assert [(one.calls, one.refused) for one in stretches] == [(2, 0), (2, 2)]


def test_what_other_processes_were_refused_counts_after_ones_own_refusal(database: str) -> None:
    counters = [CallCounter("siigo:1:a", now=lambda: NOW) for _ in range(5)]
    made = 0
    while asking := [one for one in counters if one.standing().allows(under_way=0, probing=False)]:
        for counter in asking:
            counter.add(refused=True)
            made += 1
    for counter in counters:
        counter.close()
    assert made == 25 + 4, "each of the others makes the one that shows it"
    assert _totals("siigo:1:a") == (29, 29)


def test_seven_days_count_and_no_more(database: str) -> None:
    for age in (timedelta(days=7, hours=1), timedelta(days=6, hours=23), timedelta(0)):
        counter = CallCounter("siigo:1:a", now=lambda age=age: NOW - age)  # type: ignore[misc]  # bound now
        counter.add(refused=True)
        counter.close()
    assert _totals("siigo:1:a") == (2, 2)


def test_a_count_that_begins_anew_leaves_other_users_alone(database: str) -> None:
    for account in ("siigo:1:a", "siigo:1:b"):
        counter = CallCounter(account, now=lambda: NOW)
        counter.add(refused=True)
        counter.close()
    counting.begin_anew("siigo:1:a")
    assert _totals("siigo:1:a") == (0, 0)
    assert _totals("siigo:1:b") == (1, 1)


def test_no_call_of_many_threads_is_lost(database: str) -> None:
    counter = CallCounter("siigo:1:a", now=lambda: NOW)

    def call() -> None:
        for number in range(10):
            counter.add(refused=number % 2 == 0)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter.close()
    assert _totals("siigo:1:a") == (40, 20)


def test_closing_waits_for_a_thread_that_counts(database: str) -> None:
    counter = CallCounter("siigo:1:a", now=lambda: NOW)
    counter.add(refused=False)
    with counter._lock:
        closing = threading.Thread(target=counter.close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
    closing.join(10)
    assert not closing.is_alive()
