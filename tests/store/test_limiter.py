"""The limiter: never more than so many calls in any window, over threads, processes and clocks set back."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from siigo_escala.rest.limiter import LONGEST_PAUSE_S, LONGEST_WAIT_S, TooLong
from siigo_escala.store import models
from siigo_escala.store.limiter import SqlLimiter

ROOT = Path(__file__).parents[2]
CHILD = (sys.executable, "-m", "tests.store.child")
EPSILON = 0.002
"""Moments are compared after they were rounded to text and read from another clock's answer."""


def _granted(account: str = "siigo:1") -> list[float]:
    moments: list[float] = json.loads(models.Limit.objects.get(account=account).grants)
    return moments


def _assert_exact(moments: Sequence[float], *, grants: int, window_s: float) -> None:
    """In any window of that length there are at most so many."""
    ordered = sorted(moments)
    for first, after in zip(ordered, ordered[grants:], strict=False):
        assert after - first >= window_s - EPSILON


def test_so_many_go_at_once_and_the_next_waits_for_the_window(database: str) -> None:
    waits: list[float] = []
    limiter = SqlLimiter("siigo:1", grants=3, window_s=60.0, wait=waits.append)
    for _ in range(7):
        limiter.acquire()
    limiter.close()
    assert len(waits) == 4
    assert waits[0] == pytest.approx(60, abs=1)
    assert waits[3] == pytest.approx(120, abs=1)
    assert limiter.waited_s == pytest.approx(sum(waits))
    assert len(_granted()) == 3, "the row does not grow"


def test_accounts_do_not_wait_for_each_other(database: str) -> None:
    waits: list[float] = []
    for account in ("siigo:1", "siigo:2", "escala:1"):
        limiter = SqlLimiter(account, grants=1, window_s=60.0, wait=waits.append)
        limiter.acquire()
        limiter.close()
    assert not waits


def test_a_window_that_is_over_costs_no_wait(database: str) -> None:
    waits: list[float] = []
    limiter = SqlLimiter("siigo:1", grants=1, window_s=60.0, wait=waits.append)
    limiter.acquire()
    models.Limit.objects.update(grants=json.dumps([time.time() - 61]))
    limiter.acquire()
    limiter.close()
    assert not waits


def test_a_429_holds_everybody_back_and_the_longer_of_two_counts(database: str) -> None:
    waits: list[float] = []
    one, other = (SqlLimiter("siigo:1", grants=9, window_s=1.0, wait=waits.append) for _ in range(2))
    one.pause(30)
    one.pause(10)
    other.acquire()
    one.close()
    other.close()
    assert waits == [pytest.approx(30, abs=1)]


def test_a_429_holds_back_who_waits_already(database: str) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            other.pause(200)

    one, other = (SqlLimiter("siigo:1", grants=2, window_s=60.0, wait=wait) for _ in range(2))
    for _ in range(3):
        one.acquire()
    one.close()
    other.close()
    assert waits == [pytest.approx(60, abs=1), pytest.approx(200, abs=1)]
    assert _granted()[-1] == pytest.approx(time.time() + 200, abs=2)


def test_a_clock_set_back_does_not_stop_calls_for_ever(database: str) -> None:
    waits: list[float] = []
    limiter = SqlLimiter("siigo:1", grants=2, window_s=60.0, wait=waits.append)
    limiter.acquire()
    limiter.acquire()
    ahead = time.time() + 3 * 3600
    models.Limit.objects.update(grants=json.dumps([ahead, ahead]), not_before=ahead)
    limiter.acquire()
    assert not waits, "moments hours ahead are from a clock that was set back"
    limiter.pause(LONGEST_WAIT_S - 60)
    limiter.acquire()
    limiter.close()
    assert waits == [pytest.approx(LONGEST_WAIT_S - 60, abs=1)], "a pause that was obeyed is kept"


@pytest.mark.parametrize("seconds", [LONGEST_WAIT_S + 1, 3600, LONGEST_PAUSE_S])
def test_a_pause_that_nobody_waits_for_is_kept_and_told_at_once(database: str, seconds: float) -> None:
    waits: list[float] = []
    limiter = SqlLimiter("siigo:1", grants=2, window_s=60.0, wait=waits.append)
    limiter.acquire()
    limiter.pause(seconds)
    for _ in range(3):
        with pytest.raises(TooLong) as told:
            limiter.acquire()
        assert told.value.seconds == pytest.approx(seconds, abs=1)
    assert len(_granted()) == 1, "who does not wait takes nobody's turn"
    models.Limit.objects.update(not_before=time.time() + 30)
    limiter.acquire()
    limiter.close()
    assert waits == [pytest.approx(30, abs=1)]


def test_a_pause_beyond_the_longest_is_from_a_clock_that_was_set_back(database: str) -> None:
    limiter = SqlLimiter("siigo:1", grants=2, window_s=60.0, wait=lambda _: pytest.fail("waited"))
    models.Limit.objects.create(account="siigo:1", not_before=time.time() + LONGEST_PAUSE_S + 60)
    limiter.acquire()
    limiter.close()


def test_a_clock_set_back_a_little_never_grants_more(database: str) -> None:
    waits: list[float] = []
    limiter = SqlLimiter("siigo:1", grants=2, window_s=60.0, wait=waits.append)
    ahead = time.time() + 300
    models.Limit.objects.create(account="siigo:1", grants=json.dumps([ahead - 1, ahead]))
    limiter.acquire()
    limiter.acquire()
    limiter.close()
    assert waits == [pytest.approx(359, abs=1), pytest.approx(360, abs=1)]


def test_a_failure_inside_leaves_the_row_as_it_was_and_the_limiter_usable(database: str) -> None:
    limiter = SqlLimiter("siigo:1", grants=2, window_s=60.0)
    limiter.acquire()
    before = _granted()
    with pytest.raises(ZeroDivisionError), limiter._row() as row:
        row.grants = [1 // len(row.grants[1:])]
    assert _granted() == before
    limiter.acquire()
    limiter.close()
    assert len(_granted()) == 2


def test_closing_one_that_was_never_used_is_nothing(database: str) -> None:
    SqlLimiter("siigo:1", grants=2, window_s=60.0).close()
    assert not models.Limit.objects.exists()


def test_closing_waits_for_a_thread_that_is_at_the_row(database: str) -> None:
    # A run that breaks off closes while its read-ahead thread asks: under its hands it would end the process.
    limiter = SqlLimiter("siigo:1", grants=2, window_s=60.0)
    with limiter._row():
        closing = threading.Thread(target=limiter.close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
    closing.join(10)
    assert not closing.is_alive()


def test_threads_share_one_limiter_and_never_exceed_it(database: str) -> None:
    limiter = SqlLimiter("escala:1", grants=5, window_s=0.25)
    moments: list[float] = []

    def call() -> None:
        for _ in range(5):
            limiter.acquire()
            moments.append(time.time())

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    limiter.close()
    assert len(moments) == 20
    assert max(moments) - min(moments) >= 3 * 0.25 - EPSILON


@pytest.mark.slow
def test_processes_share_one_limiter_and_never_exceed_it(database: str) -> None:
    grants, window_s, calls = 4, 0.3, 8
    children = [
        subprocess.Popen(
            [*CHILD, database, "limiter", str(grants), str(window_s), str(calls)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for _ in range(3)
    ]  # fmt: skip
    moments: list[float] = []
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        told, _ = child.communicate(timeout=30)
        moments += json.loads(told)
    assert len(moments) == 3 * calls
    span = max(moments) - min(moments)
    assert span >= (3 * calls / grants - 1) * window_s - 0.05
    assert span < 4 * (3 * calls / grants) * window_s, "and it does use what is allowed"


def test_every_grant_of_many_threads_keeps_the_window(database: str) -> None:
    """The moments themselves, as granted; when a thread wakes up after its wait is the machine's matter."""
    granted: list[float] = []
    limiter = SqlLimiter("siigo:1", grants=3, window_s=10.0, wait=lambda _: None)
    lock = threading.Lock()

    def call() -> None:
        for _ in range(6):
            with lock:
                limiter.acquire()
                granted.append(_last(limiter))

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    limiter.close()
    assert len(granted) == 18
    _assert_exact(granted, grants=3, window_s=10.0)


def _last(limiter: SqlLimiter) -> float:
    with limiter._row() as row:
        return row.grants[-1]
