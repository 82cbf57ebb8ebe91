"""The law of the brake: whatever Siigo answers, of 100 calls or more at most half are refused in a week."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siigo_escala.domain import braking
from siigo_escala.domain.braking import Stretch

_BEGIN = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
_JUDGED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spell:
    """Runs at an even distance, while Siigo answers by turns as `answers` says (True: refused)."""

    answers: tuple[bool, ...]
    runs: int
    calls: int
    """That each run would make, were none refused; it gives up after `tries` refusals."""
    tries: int
    gap: timedelta


@dataclass(slots=True)
class _User:
    """A Siigo user and the program that calls for it, on an invented clock."""

    now: datetime = _BEGIN
    stretches: list[Stretch] = field(default_factory=list)
    made: list[tuple[datetime, bool]] = field(default_factory=list)
    paused_at: datetime | None = None
    longest_pause: timedelta = timedelta(0)
    least_room: int = 50
    _answered: int = 0

    def live(self, spell: _Spell) -> None:
        for _ in range(spell.runs):
            self.now += spell.gap
            self.run(spell)

    def run(self, spell: _Spell) -> None:
        """As sync/run.py: a pause ends with a probe that goes well, and comes back as `standing` says."""
        self.stretches = [one for one in self.stretches if one.since > braking.oldest(self.now)]
        probing = self.paused_at is not None
        if self.paused_at is not None:
            if self.now - self.paused_at < braking.rest(braking.standing(self.stretches).room):
                return
            self.longest_pause = max(self.longest_pause, self.now - self.paused_at)
            self.paused_at = None
        tries = spell.tries
        for _ in range(spell.calls):
            self.now += timedelta(seconds=1)
            if not braking.standing(self.stretches).allows(under_way=0, probing=probing):
                self.paused_at = self.now
                return
            refused = spell.answers[self._answered % len(spell.answers)]
            self._count(refused=refused)
            probing, tries = probing and not refused, tries - refused
            if not tries:
                return

    def _count(self, *, refused: bool) -> None:
        self._answered += 1
        self.made.append((self.now, refused))
        latest = self.stretches[-1] if self.stretches else None
        since = braking.begins(latest, refused=refused, now=self.now)
        if latest is not None and latest.since == since:
            self.stretches.pop()
            calls, before = latest.calls + 1, latest.refused
        else:
            calls, before = 1, 0
        self.stretches.append(Stretch(since=since, calls=calls, refused=before + refused))
        self.least_room = min(self.least_room, braking.standing(self.stretches).room)

    def worst_week(self) -> float:
        """The highest share refused in any stretch of at most seven days with 100 calls or more."""
        worst = 0.0
        for first, (began, _) in enumerate(self.made):
            refused = 0
            for calls, (moment, was) in enumerate(self.made[first:], start=1):
                if moment - began >= braking.WINDOW:
                    break
                refused += was
                if calls >= _JUDGED:
                    worst = max(worst, refused / calls)
        return worst


_ANSWERS = st.one_of(
    st.sampled_from([(True,), (False,), (False, True), (True, True, False), (False,) * 4 + (True,)]),
    st.lists(st.booleans(), min_size=1, max_size=12).map(tuple),
)
_SPELLS = st.builds(
    _Spell,
    answers=_ANSWERS,
    runs=st.integers(1, 60),
    calls=st.integers(1, 12),
    tries=st.integers(1, 9),
    gap=st.sampled_from([1, 5, 61, 8 * 60, 25 * 60]).map(lambda minutes: timedelta(minutes=minutes)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_SPELLS, min_size=1, max_size=5))
def test_no_answers_take_a_user_past_half_of_100_calls_in_any_seven_days(spells: list[_Spell]) -> None:
    user = _User()
    for spell in spells:
        user.live(spell)
    assert user.worst_week() <= 0.5
    assert user.least_room > 0, "there is always room for the next probe"


_DOWN = _Spell(answers=(True,), runs=40 * 24 * 12, calls=4, tries=3, gap=timedelta(minutes=5))


@pytest.mark.parametrize("well", [0, 30, 2000])
def test_an_outage_of_weeks_is_asked_at_least_once_a_day_and_its_end_is_noticed(well: int) -> None:
    user = _User()
    user.live(_Spell(answers=(False,), runs=well // 2, calls=2, tries=9, gap=timedelta(minutes=5)))
    user.live(_DOWN)
    assert user.longest_pause <= timedelta(hours=24, minutes=6)
    user.now += timedelta(days=1)
    user.run(_Spell(answers=(False,), runs=1, calls=50, tries=9, gap=timedelta(0)))
    assert user.paused_at is None
    assert not any(refused for _, refused in user.made[-50:])


def test_an_outage_of_three_weeks_after_a_busy_month_stays_within_the_law() -> None:
    user = _User()
    user.live(_Spell(answers=(False,), runs=9 * 24 * 12, calls=1, tries=9, gap=timedelta(minutes=5)))
    user.made = user.made[-200:]  # what went well long before is of no interest
    user.live(_Spell(answers=(True,), runs=21 * 24, calls=4, tries=3, gap=timedelta(hours=1)))
    user.live(_Spell(answers=(False,), runs=200, calls=1, tries=9, gap=timedelta(minutes=5)))
    assert user.worst_week() <= 0.5
    assert user.paused_at is None


def _stretches(*parts: tuple[int, int]) -> list[Stretch]:
    """One for each pair of calls that were refused and, after them, calls that went well."""
    return [
        Stretch(since=_BEGIN + timedelta(minutes=number), calls=well + refused, refused=refused)
        for number, (refused, well) in enumerate(parts)
    ]


@pytest.mark.parametrize(
    ("parts", "room"),
    [
        ([], 50),
        ([(50, 0)], 0),
        ([(25, 0)], 25),
        ([(0, 1000), (39, 0)], 11),
        ([(45, 55)], 10),
        ([(40, 1000), (10, 0)], 40),
        ([(490, 510)], 20),
    ],
)
def test_the_room_is_what_the_worst_beginning_leaves(parts: list[tuple[int, int]], room: int) -> None:
    assert braking.standing(_stretches(*parts)).room == room


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], (0, 0, False)),
        ([(0, 13), (12, 0)], (12, 12, False)),  # 25 calls, fewer than half of them refused
        ([(0, 12), (13, 0)], (25, 13, True)),
        ([(0, 12), (12, 0)], (12, 12, False)),  # half, of 24
        ([(0, 25), (25, 0)], (50, 25, True)),
        ([(0, 12), (13, 1)], (26, 13, False)),  # after a success nobody stops
        ([(0, 1000), (38, 0)], (38, 38, False)),  # room for 12
        ([(0, 1000), (39, 0)], (39, 39, True)),
        ([(0, 5), (39, 0)], (39, 39, True)),  # both: told is what leaves so little room
        ([(0, 5), (38, 0)], (43, 38, True)),
    ],
)
def test_a_pause_is_due_after_a_refusal_at_half_of_25_or_where_little_room_is_left(
    parts: list[tuple[int, int]], told: tuple[int, int, bool]
) -> None:
    found = braking.standing(_stretches(*parts))
    assert (found.calls, found.refused, found.must_pause) == told


@pytest.mark.parametrize(
    ("parts", "only"),
    [
        ([], False),
        ([(24, 0)], False),
        ([(8, 17)], True),
        ([(7, 18)], False),
        ([(0, 21), (9, 0)], True),  # 30 % to the call
        ([(0, 22), (9, 0)], False),
        ([(100, 0)], True),
    ],
)
def test_nothing_is_written_from_30_percent_of_25_calls(parts: list[tuple[int, int]], only: bool) -> None:
    assert braking.reads_only(_stretches(*parts)) is only


@pytest.mark.parametrize(
    ("must_pause", "room", "under_way", "probing", "allowed"),
    [
        (False, 2, 1, False, True),
        (False, 2, 2, False, False),
        (True, 2, 1, False, False),
        (True, 2, 1, True, True),
        (True, 2, 2, True, False),
    ],
)
def test_a_call_wants_room_for_all_under_way_and_no_pause_but_for_a_probe(
    must_pause: bool, room: int, under_way: int, probing: bool, allowed: bool
) -> None:
    standing = braking.Standing(calls=30, refused=20, room=room, must_pause=must_pause)
    assert standing.allows(under_way=under_way, probing=probing) is allowed


def test_a_stretch_begins_with_its_hour_or_with_a_refusal_after_a_success() -> None:
    hour = datetime(2026, 3, 2, 15, tzinfo=UTC)
    now = hour + timedelta(minutes=30, seconds=20, microseconds=10)
    assert braking.begins(None, refused=True, now=now) == hour
    assert braking.begins(Stretch(since=hour, calls=1, refused=1), refused=True, now=now) == hour
    assert braking.begins(Stretch(since=hour, calls=2, refused=1), refused=False, now=now) == hour
    assert braking.begins(Stretch(since=hour, calls=2, refused=1), refused=True, now=now) == now
    before = Stretch(since=hour - timedelta(minutes=1), calls=2, refused=1)
    assert braking.begins(before, refused=True, now=now) == hour
    assert braking.oldest(now) == now - timedelta(days=7, hours=1)


def test_the_rests_from_the_reserve_to_no_room_last_longer_than_what_is_counted() -> None:
    rests = [braking.rest(room) for room in range(11, 0, -1)]
    assert [rest // timedelta(hours=1) for rest in rests] == [1, 2, 4, 8, 16, 24, 24, 24, 24, 24, 24]
    assert sum(rests, timedelta(0)) > braking.WINDOW
    assert braking.rest(50) == timedelta(hours=1)


def test_a_clock_that_was_set_back_changes_no_order() -> None:
    latest = Stretch(since=_BEGIN, calls=2, refused=1)
    hours_before = _BEGIN - timedelta(hours=5)
    assert braking.begins(latest, refused=False, now=hours_before) == _BEGIN
    assert braking.begins(latest, refused=True, now=hours_before) == _BEGIN + timedelta(microseconds=1)
