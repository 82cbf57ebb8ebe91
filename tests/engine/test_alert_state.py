"""A trouble is told once, its end once, whatever comes between: without a database, a clock or a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from siigo_escala.engine import alert_state
from siigo_escala.engine.alert_state import Finding, Standing, Told

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ON = Finding(kind="failed", standing=Standing.ON)
OVER = Finding(kind="failed", standing=Standing.OVER)
DROPPED = Finding(kind="failed", standing=Standing.DROPPED)
UNKNOWN = Finding(kind="failed", standing=Standing.UNKNOWN)


def _noted(told: Told | None, finding: Finding, *, at: datetime = NOON) -> Told | None:
    return alert_state.noted(told, finding, now=at)


def _on(told: Told | None = None, *, at: datetime = NOON, finding: Finding = ON) -> Told:
    made = _noted(told, finding, at=at)
    assert made is not None
    return made


def _told(
    told: Told,
    *,
    reached: tuple[str, ...] = ("a", "b"),
    missed: tuple[str, ...] = (),
    at: datetime = NOON,
    ids: tuple[int, ...] = (),
) -> Told | None:
    sent = alert_state.claimed(told, now=at)
    assert sent is not None, "nothing is to be told"
    return alert_state.settled(sent, replace(sent, ids=ids), reached=reached, missed=missed, now=at)


def _known(*, at: datetime = NOON, finding: Finding = ON, ids: tuple[int, ...] = ()) -> Told:
    """A trouble that everybody was told of."""
    told = _told(_on(at=at, finding=finding), at=at, ids=ids)
    assert told is not None
    assert told.due is None
    return told


def _waits_for(*ids: int) -> Finding:
    return Finding(kind="attention", standing=Standing.ON, ids=frozenset(ids))


def _silent(told: Told | None, *, at: datetime = NOON + 10 * DAY) -> bool:
    return told is None or alert_state.claimed(told, now=at) is None


def test_a_trouble_is_told_once_however_often_it_is_found() -> None:
    known = _known()
    for hours in range(100):
        assert _noted(known, ON, at=NOON + hours * HOUR) == known
    assert _silent(known)


def test_its_end_is_told_once_to_those_who_know_of_it() -> None:
    ended = _noted(_known(), OVER, at=NOON + HOUR)
    assert ended is not None
    assert ended.left == ("a", "b")
    assert _noted(ended, OVER, at=NOON + 2 * HOUR) == ended
    assert _told(ended, at=NOON + HOUR) is None


def test_what_nobody_was_told_ends_in_silence() -> None:
    assert _noted(_on(), OVER) is None
    assert _noted(None, OVER) is None
    assert _noted(None, UNKNOWN) is None


@pytest.mark.parametrize("told", [_on(), _known(), _noted(_known(), OVER)])
def test_what_nobody_watches_any_more_is_dropped_in_silence(told: Told) -> None:
    assert _noted(told, DROPPED) is None
    assert _noted(told, UNKNOWN) is told


def test_who_could_not_be_reached_is_tried_again_with_growing_pauses_and_nobody_else_is() -> None:
    told, at, pauses = _told(_on(), reached=("a",), missed=("b",)), NOON, []
    for _ in range(5):
        assert told is not None
        assert told.left == ("b",)
        assert told.reached == ("a",)
        assert told.due is not None
        pauses.append(told.due - at)
        at = told.due
        assert _silent(told, at=at - timedelta(seconds=1))
        told = _told(told, reached=(), missed=("b",), at=at)
    assert pauses == [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, HOUR]
    assert told is not None
    done = _told(told, reached=("b",), at=at + HOUR)
    assert done is not None
    assert done.due is None
    assert done.reached == ("a", "b")


def test_a_claim_is_good_for_one_worker_and_comes_back_where_that_one_dies() -> None:
    claimed = alert_state.claimed(_on(), now=NOON)
    assert claimed is not None
    assert alert_state.claimed(claimed, now=NOON) is None
    assert alert_state.claimed(claimed, now=NOON + MINUTE) is not None


def test_patience_tells_only_what_is_still_there_after_it() -> None:
    patient = replace(ON, patience=15 * MINUTE)
    told = _on(finding=patient)
    assert _silent(told, at=NOON + 14 * MINUTE)
    assert not _silent(told, at=NOON + 15 * MINUTE)
    assert _noted(told, OVER) is None


def test_without_patience_a_trouble_is_told_once_it_is_worse() -> None:
    first = _on(finding=replace(ON, patience=None))
    assert _silent(first)
    worse = _on(first, finding=replace(ON, worse=True))
    assert not _silent(worse)
    known = _told(worse)
    assert known is not None
    assert _silent(_on(known, finding=replace(ON, worse=True)))


def test_what_gets_worse_is_told_once_more() -> None:
    worse = _on(_known(), finding=replace(ON, worse=True, facts={"why": "x"}))
    assert not _silent(worse)
    assert worse.facts == {"why": "x"}
    assert _told(worse) is not None


def test_what_comes_back_before_its_end_was_told_was_never_over() -> None:
    ended = _on(_noted(_known(), OVER))
    assert ended.is_open
    assert _silent(ended)


def test_what_comes_back_while_its_end_is_told_is_told_anew_to_those_who_heard_the_end() -> None:
    ended = _noted(_known(), OVER)
    assert ended is not None
    sent = alert_state.claimed(ended, now=NOON)
    assert sent is not None
    back = _on(sent)
    heard = alert_state.settled(back, sent, reached=("a",), missed=("b",), now=NOON + MINUTE)
    assert heard is not None
    assert heard.left == ("a",)
    assert heard.reached == ("b",)
    assert not _silent(heard, at=NOON + MINUTE)
    assert alert_state.settled(back, sent, reached=(), missed=("a", "b"), now=NOON) == back


def test_what_ends_while_it_is_told_for_the_first_time_is_followed_by_its_end() -> None:
    sent = alert_state.claimed(_on(), now=NOON)
    assert sent is not None
    ended = _noted(sent, OVER)
    assert ended is not None
    told = alert_state.settled(ended, sent, reached=("a",), missed=("b",), now=NOON)
    assert told is not None
    assert told.left == ("a",)
    assert not _silent(told)
    assert alert_state.settled(ended, sent, reached=(), missed=("a",), now=NOON) is None


def test_what_ended_after_a_claim_whose_worker_died_is_dropped_when_its_turn_comes() -> None:
    sent = alert_state.claimed(_on(), now=NOON)
    ended = _noted(sent, OVER)
    assert ended is not None
    assert ended.left == ()
    assert _told(ended, reached=(), at=NOON + MINUTE) is None
    back = _on(ended, at=NOON + MINUTE)
    assert not _silent(back, at=NOON + MINUTE)


def test_what_got_worse_while_it_was_told_is_told_all_the_same() -> None:
    sent = alert_state.claimed(_on(), now=NOON)
    assert sent is not None
    worse = _on(sent, finding=replace(ON, worse=True))
    told = alert_state.settled(worse, sent, reached=("a",), missed=(), now=NOON)
    assert told is not None
    assert told.reached == ("a",)
    assert not _silent(told)


def test_an_end_is_not_tried_for_ever() -> None:
    told, at = _noted(_known(), OVER), NOON
    for _ in range(40):
        if told is None:
            break
        assert told.due is not None
        at = told.due
        told = _told(told, reached=(), missed=("a", "b"), at=at)
    assert told is None
    assert at - NOON > 20 * HOUR


def test_a_digest_is_told_again_only_when_new_ones_joined_and_once_a_day_at_most() -> None:
    known = _known(finding=_waits_for(1, 2), ids=(1, 2))
    assert known.ids == (1, 2)
    assert _silent(_on(known, finding=_waits_for(1)))
    joined = _on(known, finding=_waits_for(2, 3), at=NOON + HOUR)
    assert _silent(joined, at=NOON + DAY - MINUTE)
    assert not _silent(joined, at=NOON + DAY)
    assert _on(joined, finding=_waits_for(2, 3, 4), at=NOON + 2 * HOUR) == joined


def test_a_digest_that_was_over_waits_for_its_day_too() -> None:
    ended = _noted(_known(finding=_waits_for(1), ids=(1,)), OVER, at=NOON + HOUR)
    assert ended is not None
    closed = _told(ended, at=NOON + HOUR, ids=(1,))
    assert closed is not None
    assert _silent(closed)
    assert _noted(closed, OVER) == closed
    again = _on(closed, finding=_waits_for(2), at=NOON + 2 * HOUR)
    assert again.is_open
    assert again.since == NOON + 2 * HOUR
    assert _silent(again, at=NOON + DAY - MINUTE)
    assert not _silent(again, at=NOON + DAY)


def test_a_row_keeps_everything() -> None:
    told = Told(
        since=NOON, told_at=NOON + HOUR, tries=2, due=NOON + DAY, left=("a",), reached=("b",), over=True,
        closed=True, worse=True, ids=(1, 2), facts={"why": "x"},
    )  # fmt: skip
    for one in (told, Told(since=NOON)):
        assert alert_state.of_row(**alert_state.to_row(one)) == one
