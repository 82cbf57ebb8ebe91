"""The brake: no more calls for a Siigo user whose calls are refused too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from siigo_escala.rest.limiter import NoLimit
from siigo_escala.rest.transport import Call
from siigo_escala.store.counting import CallCounter
from siigo_escala.sync.brake import Brake, Braked

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _call(*, refused: bool, ended_s: float = 0.0) -> Call:
    """A call of half a second that ended so long after NOW."""
    return Call(
        system="siigo",
        method="GET",
        path="/",
        status=500 if refused else 200,
        refused=refused,
        seconds=0.5,
        at=NOW + timedelta(seconds=ended_s),
    )


def _brake(*, calls: int, refused: int) -> tuple[Brake, CallCounter]:
    counter = CallCounter("siigo:1:api", now=lambda: NOW)
    brake = Brake(NoLimit(wait=lambda _: None), counter)
    for number in range(calls):
        brake.count(_call(refused=number < refused, ended_s=number))
    return brake, counter


@pytest.mark.parametrize(("calls", "refused"), [(24, 24), (25, 12), (100, 49), (0, 0)])
def test_few_calls_or_few_refusals_pass(database: str, calls: int, refused: int) -> None:
    brake, counter = _brake(calls=calls, refused=refused)
    brake.acquire()
    assert counter.totals() == (calls, refused)
    counter.close()


@pytest.mark.parametrize(("calls", "refused"), [(25, 13), (26, 13), (100, 50)])
def test_half_of_at_least_25_calls_refused_stops_every_call(database: str, calls: int, refused: int) -> None:
    brake, counter = _brake(calls=calls, refused=refused)
    with pytest.raises(Braked, match=f"rechazó {refused} de las últimas {calls}"):
        brake.acquire()
    counter.close()


def test_another_run_sees_what_this_one_counted_for_seven_days(database: str) -> None:
    _, counter = _brake(calls=30, refused=30)
    for days, stops in [(6, True), (8, False)]:
        later = CallCounter("siigo:1:api", now=lambda days=days: NOW + timedelta(days=days))  # type: ignore[misc]
        brake = Brake(NoLimit(wait=lambda _: None), later)
        if stops:
            with pytest.raises(Braked):
                brake.acquire()
        else:
            brake.acquire()
    counter.close()


def test_a_429_pauses_whatever_limits_the_calls(database: str) -> None:
    clock = [0.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    brake = Brake(NoLimit(wait=wait, monotonic=lambda: clock[0]), CallCounter("siigo:1:api", now=lambda: NOW))
    brake.pause(7.0)
    brake.acquire()
    assert clock == [7.0]


def test_refusals_of_calls_under_way_together_are_one(database: str) -> None:
    brake, counter = _brake(calls=0, refused=0)
    for ended_s in (0.5, 0.6, 0.9, 1.5, 1.7):
        brake.count(_call(refused=True, ended_s=ended_s))
    brake.count(_call(refused=False, ended_s=1.8))
    assert counter.totals() == (6, 2)
    counter.close()
