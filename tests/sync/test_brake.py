"""The brake: no more calls for a Siigo user whose calls are refused too often (domain/braking.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from siigo_escala.rest.limiter import NoLimit
from siigo_escala.rest.transport import Call
from siigo_escala.store import counting
from siigo_escala.store.counting import CallCounter
from siigo_escala.sync.brake import Brake, Braked

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _call(*, refused: bool) -> Call:
    return Call(
        system="siigo",
        method="GET",
        path="/",
        status=500 if refused else 200,
        refused=refused,
        seconds=0.5,
        at=NOW,
    )


@pytest.fixture
def counter(database: str) -> Iterator[CallCounter]:
    counter = CallCounter("siigo:1:api", now=lambda: NOW)
    yield counter
    counter.close()


def _brake(counter: CallCounter, *, probing: bool = False) -> Brake:
    return Brake(NoLimit(wait=lambda _: None), counter, probing=probing)


def _after(counter: CallCounter, *, well: int, refused: int) -> Brake:
    """A brake that saw so many calls go well, and then so many refused."""
    for number in range(well + refused):
        counter.add(refused=number >= well)
    return _brake(counter)


@pytest.mark.parametrize(("well", "refused"), [(0, 24), (13, 12), (80, 38), (0, 0)])
def test_few_calls_or_few_refusals_pass(counter: CallCounter, well: int, refused: int) -> None:
    _after(counter, well=well, refused=refused).acquire()


@pytest.mark.parametrize(
    ("well", "refused", "told"),
    [(12, 13, "13 de las últimas 25"), (13, 13, "13 de las últimas 26"), (900, 39, "39 de las últimas 39")],
)
def test_half_of_25_calls_refused_or_39_in_a_row_stop_every_call(
    counter: CallCounter, well: int, refused: int, told: str
) -> None:
    with pytest.raises(Braked, match=told):
        _after(counter, well=well, refused=refused).acquire()


def test_another_run_sees_what_this_one_counted_for_seven_days(counter: CallCounter) -> None:
    _after(counter, well=0, refused=30)
    for days, stops in [(6, True), (8, False)]:
        later = CallCounter("siigo:1:api", now=lambda days=days: NOW + timedelta(days=days))  # type: ignore[misc]
        brake = _brake(later)
        if stops:
            with pytest.raises(Braked):
                brake.acquire()
        else:
            brake.acquire()


def test_a_429_pauses_whatever_limits_the_calls(counter: CallCounter) -> None:
    clock = [0.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    brake = Brake(NoLimit(wait=wait, monotonic=lambda: clock[0]), counter)
    brake.pause(7.0)
    brake.acquire()
    assert clock == [7.0]


def test_a_probe_goes_on_until_the_first_refusal(counter: CallCounter) -> None:
    _after(counter, well=0, refused=30)
    brake = _brake(counter, probing=True)
    for refused in (False, False, True):
        brake.acquire()
        brake.count(_call(refused=refused))
    with pytest.raises(Braked, match="31 de las últimas 33"):
        brake.acquire()
    assert sum(one.refused for one in counting.stretches("siigo:1:api", now=NOW)) == 31


def test_a_person_who_tries_makes_one_call_after_another_until_a_refusal_whatever_was_counted(
    counter: CallCounter,
) -> None:
    _after(counter, well=0, refused=50)
    brake = Brake(NoLimit(wait=lambda _: None), counter, by_hand=True)
    brake.acquire()
    with pytest.raises(Braked):
        brake.acquire()
    brake.count(_call(refused=False))
    brake.acquire()
    brake.count(_call(refused=True))
    with pytest.raises(Braked):
        brake.acquire()


def test_calls_under_way_need_room_for_the_refusal_of_each(counter: CallCounter) -> None:
    _after(counter, well=0, refused=48)
    brake = _brake(counter, probing=True)
    brake.acquire()
    brake.acquire()
    with pytest.raises(Braked):
        brake.acquire()
    brake.count(_call(refused=False))
    brake.acquire()


def test_a_call_that_was_not_made_gives_its_room_back(counter: CallCounter) -> None:
    _after(counter, well=0, refused=49)

    def wait(_: float) -> None:
        raise KeyboardInterrupt

    clock = [0.0]
    limiter = NoLimit(wait=wait, monotonic=lambda: clock[0])
    brake = Brake(limiter, counter, probing=True)
    brake.pause(7.0)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            brake.acquire()
    clock[0] = 8.0
    brake.acquire()
    with pytest.raises(Braked):
        brake.acquire()
