"""Calls of one Siigo user over seven days: counted from any thread, kept over restarts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from siigo_escala.store import models
from siigo_escala.store.counting import CallCounter

NOW = datetime(2026, 8, 27, 12, 30, tzinfo=UTC)


def test_calls_and_refusals_are_counted_by_hour_and_user(database: str) -> None:
    counter = CallCounter("siigo:1:a", now=lambda: NOW)
    other = CallCounter("siigo:1:b", now=lambda: NOW)
    for refused in (True, False, False):
        counter.add(refused=refused)
    other.add(refused=True)
    counter.close()
    other.close()
    assert CallCounter("siigo:1:a", now=lambda: NOW).totals() == (3, 1)
    assert models.CallHour.objects.get(account="siigo:1:a").hour == NOW.replace(minute=0)


def test_seven_days_count_and_no_more(database: str) -> None:
    for age in (timedelta(0), timedelta(days=6, hours=23), timedelta(days=7, hours=1)):
        counter = CallCounter("siigo:1:a", now=lambda age=age: NOW - age)  # type: ignore[misc]  # bound now
        counter.add(refused=True)
        counter.close()
    assert CallCounter("siigo:1:a", now=lambda: NOW).totals() == (2, 2)


def test_a_count_that_begins_anew_leaves_other_users_alone(database: str) -> None:
    for account in ("siigo:1:a", "siigo:1:b"):
        counter = CallCounter(account, now=lambda: NOW)
        counter.add(refused=True)
        counter.close()
    CallCounter("siigo:1:a", now=lambda: NOW).begin_anew()
    assert CallCounter("siigo:1:a", now=lambda: NOW).totals() == (0, 0)
    assert CallCounter("siigo:1:b", now=lambda: NOW).totals() == (1, 1)


def test_what_is_put_aside_for_a_probe_counts_on_apart_until_a_person_begins_anew(database: str) -> None:
    counter = CallCounter("siigo:1:a", now=lambda: NOW)
    for refused in (True, False, True):
        counter.add(refused=refused)
        counter.put_aside()
    assert (counter.totals(), counter.aside()) == ((0, 0), (3, 2))
    counter.add(refused=True)
    assert (counter.totals(), counter.aside()) == ((1, 1), (3, 2))
    week_later = CallCounter("siigo:1:a", now=lambda: NOW + timedelta(days=8))
    assert week_later.aside() == (0, 0)
    counter.begin_anew()
    assert (counter.totals(), counter.aside()) == ((0, 0), (0, 0))
    counter.close()


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
    assert counter.totals() == (40, 20)


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
