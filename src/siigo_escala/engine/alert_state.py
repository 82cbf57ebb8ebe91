"""What people know of a trouble and what they have to be told yet. Pure: rows in, rows out, `now` given.

A trouble is told once, its end once. Whoever could not be reached is tried again with growing pauses; what
was never told and is over is never told at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from siigo_escala.engine.alert_texts import Kind

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
DIGEST_EVERY = timedelta(days=1)
_TRIES_OF_AN_END = 30
"""The good news of a trouble is tried for about a day."""


class Standing(Enum):
    """How a trouble stands: it is there, it is over, nobody watches it any more, or nobody knows."""

    ON = auto()
    OVER = auto()
    DROPPED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one kind of trouble.

    `patience`: told only if it is still there after so long; None: only once it is worse. `worse`: a later
    stage of the same trouble, which is told once more. `ids`: what it consists of.
    """

    kind: Kind
    standing: Standing
    patience: timedelta | None = timedelta(0)
    worse: bool = False
    ids: frozenset[int] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One trouble of one connection, as its row keeps it."""

    since: datetime
    told_at: datetime | None = None
    tries: int = 0
    """Attempts at the message that is to be told now."""
    due: datetime | None = None
    """When the message is to be tried; None: there is nothing to tell."""
    left: tuple[str, ...] | None = None
    """Addresses that the message has not reached yet; None: none of them was tried."""
    reached: tuple[str, ...] = ()
    """Addresses that know of the trouble."""
    over: bool = False
    closed: bool = False
    """Over and told; kept for a day so that a digest comes once a day at most."""
    worse: bool = False
    ids: tuple[int, ...] = ()
    """What was told to consist of."""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the trouble is there as far as we know."""
        return not self.over and not self.closed


def noted(told: Told | None, finding: Finding, *, now: datetime) -> Told | None:
    """What is kept after a finding; the same object where nothing has changed."""
    match finding.standing:
        case Standing.UNKNOWN:
            return told
        case Standing.DROPPED:
            return None
        case Standing.OVER:
            return _ended(told, now=now)
        case Standing.ON:
            return _there(told, finding, now=now)


def _there(told: Told | None, finding: Finding, *, now: datetime) -> Told:
    if told is None:
        due = None if finding.patience is None else now + finding.patience
        return Told(since=now, due=due, worse=finding.worse, facts=dict(finding.facts))
    if told.closed:
        return Told(
            since=now, told_at=told.told_at, due=_next_digest(told, now=now), facts=dict(finding.facts)
        )
    if told.over:
        # Nobody has heard that it was over: there is nothing new to say.
        told = replace(told, over=False, due=None, tries=0, left=None)
        if not told.reached:
            return replace(told, due=now)
    if finding.worse and not told.worse:
        return replace(told, worse=True, facts=dict(finding.facts), due=now, tries=0, left=None)
    joined = finding.ids is not None and told.due is None and bool(finding.ids - set(told.ids))
    if joined:
        return replace(told, due=_next_digest(told, now=now), tries=0, left=None)
    return told


def _next_digest(told: Told, *, now: datetime) -> datetime:
    return max(now, told.told_at + DIGEST_EVERY) if told.told_at else now


def _ended(told: Told | None, *, now: datetime) -> Told | None:
    if told is None or not told.is_open:
        return told
    if told.reached:
        return replace(told, over=True, due=now, tries=0, left=told.reached)
    if told.tries:
        # A message may be on its way at this moment: who gets it must hear the end, too.
        return replace(told, over=True, left=())
    return None


def claimed(told: Told, *, now: datetime) -> Told | None:
    """The row as it stands while its message is on its way; None where nothing is to be told now.

    Whoever is killed meanwhile leaves it to be told again after the pause.
    """
    if told.due is None or told.due > now:
        return None
    pause = PAUSES[min(told.tries, len(PAUSES) - 1)]
    return replace(told, tries=told.tries + 1, due=now + pause)


def settled(
    told: Told, sent: Told, *, reached: Collection[str], missed: Collection[str], now: datetime
) -> Told | None:
    """What is kept after the message of `sent` (as claimed) went out; `told`: the row as it is by now."""
    if sent.over:
        return _end_told(told, sent, reached=reached, missed=missed, now=now)
    known = tuple(dict.fromkeys((*told.reached, *reached)))
    told = replace(
        told,
        reached=known,
        told_at=now if reached else told.told_at,
        ids=sent.ids if reached else told.ids,
    )
    if told.over:
        # It ended while it was told: its end follows at once.
        return replace(told, left=known, due=now, tries=0) if known else None
    if told.tries != sent.tries:
        return told
    if missed:
        return replace(told, left=tuple(missed), due=told.due or sent.due)
    return replace(told, left=None, due=None, tries=0)


def _end_told(
    told: Told, sent: Told, *, reached: Collection[str], missed: Collection[str], now: datetime
) -> Told | None:
    unaware = tuple(mark for mark in told.reached if mark not in reached)
    if not told.over:
        # It came back while its end was told: those who heard of the end are told of it anew.
        return replace(told, reached=unaware, left=tuple(reached), due=now, tries=0) if reached else told
    if missed and sent.tries < _TRIES_OF_AN_END:
        return replace(told, reached=unaware, left=tuple(missed))
    return replace(told, over=False, closed=True, due=None, left=None, reached=()) if told.ids else None


def of_row(*, since: datetime, told_at: datetime | None, tries: int, detail: Mapping[str, Any]) -> Told:
    """A trouble again from its row."""
    due, left = detail.get("due"), detail.get("left")
    return Told(
        since=since,
        told_at=told_at,
        tries=tries,
        due=datetime.fromisoformat(due) if due else None,
        left=None if left is None else tuple(left),
        reached=tuple(detail.get("reached", ())),
        over=bool(detail.get("over")),
        closed=bool(detail.get("closed")),
        worse=bool(detail.get("worse")),
        ids=tuple(detail.get("ids", ())),
        facts=dict(detail.get("facts", {})),
    )


def to_row(told: Told) -> dict[str, Any]:
    """The columns of a trouble's row."""
    return {
        "since": told.since,
        "told_at": told.told_at,
        "tries": told.tries,
        "detail": {
            "due": told.due.isoformat() if told.due else None,
            "left": None if told.left is None else list(told.left),
            "reached": list(told.reached),
            "over": told.over,
            "closed": told.closed,
            "worse": told.worse,
            "ids": list(told.ids),
            "facts": dict(told.facts),
        },
    }
