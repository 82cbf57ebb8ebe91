"""How many refusals a Siigo user may still bear: when to pause, how long to rest, when to call at all.

The law: of any 100 calls or more that lie within seven days at most half were refused; of fewer, at most 50.
It is kept for every stretch of time that reaches up to now, not for the last seven days alone: what went well
before an outage falls out of the seven days first, and what is left must be within the law by itself. The
*room* is how many refusals in a row the law still allows; no call is made without room for it, so the law
holds whatever Siigo answers (docs/adr/0015-the-brake-keeps-room.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=7)
_HOUR = timedelta(hours=1)
_MOST = 50
"""Refusals that fewer than 100 calls may bear: with more, the hundredth would find them past one half."""
_LEAST_CALLS = 25
_RESERVE = 12
"""Room that a pause leaves: enough for every probe of a week without one success, see `rest`."""
_LONGEST_REST_H = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Calls in a row: first those that were refused, then those that went well, within one hour.

    A refusal after a success begins another one. So of all moments within a stretch its beginning is the
    worst to count from, and it is enough to look at beginnings.
    """

    since: datetime
    calls: int
    refused: int

    @property
    def ends_well(self) -> bool:
        """Whether the latest of these calls was not refused."""
        return self.calls > self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a user stands. `calls` and `refused` are those of the beginning that leaves the least room."""

    calls: int
    refused: int
    room: int
    must_pause: bool

    def allows(self, *, under_way: int, probing: bool) -> bool:
        """Whether one more call may be made while so many are under way, whatever comes of all of them."""
        return (probing or not self.must_pause) and self.room > under_way


def oldest(now: datetime) -> datetime:
    """Stretches that began after this moment may reach into the seven days."""
    return now - WINDOW - _HOUR


def begins(latest: Stretch | None, *, refused: bool, now: datetime) -> datetime:
    """The beginning of the stretch to which a call of now belongs: the latest one's, or another."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if latest is None or latest.since < hour:
        return hour
    if refused and latest.ends_well:
        # Also where the clock was set back: the order of stretches is the order of calls.
        return max(now, latest.since + timedelta(microseconds=1))
    return latest.since


def standing(stretches: Sequence[Stretch]) -> Standing:
    """Where a user stands after these stretches, oldest first.

    A pause is due after a refusal, where half of at least 25 calls of seven days were refused, or where there
    is no more room than the probes of a week may need. After a success there is no reason to stop.
    """
    calls = refused = 0
    worst = (_MOST, 0, 0)
    for stretch in reversed(stretches):
        calls, refused = calls + stretch.calls, refused + stretch.refused
        # So many refusals more in a row stay below 50 in all, or at half of all.
        worst = min(worst, (max(_MOST - refused, calls - 2 * refused), calls, refused))
    half = calls >= _LEAST_CALLS and 2 * refused >= calls
    room, of_calls, of_refused = worst
    if half and room >= _RESERVE:
        of_calls, of_refused = calls, refused
    bad = bool(stretches) and not stretches[-1].ends_well
    return Standing(
        calls=of_calls, refused=of_refused, room=room, must_pause=bad and (half or room < _RESERVE)
    )


def reads_only(stretches: Sequence[Stretch]) -> bool:
    """Whether nothing is to be written for now: 30 % of at least 25 calls of seven days were refused."""
    calls = sum(stretch.calls for stretch in stretches)
    refused = sum(stretch.refused for stretch in stretches)
    return calls >= _LEAST_CALLS and 10 * refused >= 3 * calls


def rest(room: int) -> timedelta:
    """How long a pause lasts before a probe: an hour, and twice as long for each refusal of the reserve.

    A day at most. All rests from the reserve to no room make more than seven days: a probe that is refused
    takes room, and before there is none, what was refused first is forgotten.
    """
    spent = max(_RESERVE - 1 - room, 0)
    return timedelta(hours=min(2**spent, _LONGEST_REST_H))
