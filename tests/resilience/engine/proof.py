"""What must hold after any chaos, said of plain records: calls within their number, schedules kept, sums."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

_PARTS = ("created", "updated", "unchanged", "excluded", "needs_attention", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time during which something was wrong, for one company or for all (""), with its aftermath."""

    begin: datetime
    end: datetime
    what: str
    company: str = ""


def most_in_a_window(moments: Sequence[float], window_s: float) -> int:
    """The largest number of calls in any window of that length, whatever its beginning."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def sums_wrong(document: Mapping[str, Any]) -> str:
    """What does not add up in the account of a run; "" where all does."""
    told = []
    for name in ("invoices", "value"):
        part = document.get(name) or {}
        if Decimal(part.get("read", 0)) != sum(Decimal(part.get(key, 0)) for key in _PARTS):
            told.append(f"{name} of run {document.get('run')}: {dict(part)}")
    return "; ".join(told)


def differences(
    found: Iterable[tuple[str, ...]], wanted: Iterable[tuple[str, ...]]
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """What is there and should not be, and what is missing; twice what is there twice."""
    here, there = Counter(found), Counter(wanted)
    return sorted((here - there).elements()), sorted((there - here).elements())


def gaps(starts: Sequence[datetime], *, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The times between one good run's start and the next one's, from `since` to `until`."""
    points = [since, *sorted(one for one in starts if since < one < until), until]
    return list(itertools.pairwise(points))


def too_long(
    gap: tuple[datetime, datetime],
    *,
    interval: timedelta,
    tolerance: timedelta,
    spans: Sequence[Span],
    company: str,
) -> timedelta | None:
    """By how much a gap is longer than the schedule and what was wrong meanwhile allow; None: it is not."""
    allowed = interval + tolerance + disturbed(gap, spans=spans, company=company)
    over = gap[1] - gap[0] - allowed
    return over if over > timedelta(0) else None


def disturbed(gap: tuple[datetime, datetime], *, spans: Sequence[Span], company: str) -> timedelta:
    """How much of a gap something was wrong: what overlaps counts once."""
    total, reached = timedelta(0), gap[0]
    mine = [span for span in spans if span.company in ("", company)]
    for span in sorted(mine, key=lambda one: one.begin):
        begin, end = max(span.begin, reached), min(span.end, gap[1])
        if end > begin:
            total += end - begin
            reached = end
    return total
