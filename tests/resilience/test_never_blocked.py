"""Whatever Siigo refuses, and for however long: of 100 calls or more in seven days at most half are refused.

Days of runs on the story's time, counted by the simulator, probes included. A call is refused that was
answered by anything but success, or by nothing. The law itself, with far more histories:
tests/domain/test_braking.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.messages import Request
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from tests.resilience.chaos import life
from tests.resilience.chaos.life import Life
from tests.resilience.chaos.story import Day, Event, Story
from tests.resilience.chaos.time import Stop

_STORY = Story(
    seed=0,
    rules='products = "none"',
    siigo={},
    escala={},
    days=[Day(begins=datetime(2026, 5, 4, 15, tzinfo=UTC))],
)
_WEEK = timedelta(days=7)
_JUDGED = 100
_OUTAGES: dict[str, dict[str, Any]] = {
    "everything": {"kind": "refuse", "status": 500},
    "the invoices": {"kind": "refuse", "status": 503, "path": "/v1/invoices"},
    "most calls": {"kind": "refuse", "status": 502, "share": 0.7},
    "the customers and the credit notes": {
        "kind": "refuse",
        "status": 500,
        "path": "/v1/(credit-notes|customers.*)",
    },
    "the limit": {"kind": "429_header", "retry_after": 5},
    "the line": {"kind": "drop"},
    "the line now and then": {"kind": "drop", "share": 0.6},
    "answers that are no JSON": {"kind": "html", "path": "/v1/invoices"},
    "the sign-in": {"kind": "refuse", "status": 500, "path": "/auth"},
}


@dataclass(slots=True, kw_only=True)
class _Watched:
    """A company whose Siigo notes when each call came."""

    life: Life
    calls: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def run(self, *, after_hours: float) -> None:
        """One run by the schedule; nobody looks what comes of it."""
        world = self.life.world
        world.time.pass_by(after_hours * 3600)
        self.life.staff.wake((world.time.now() - timedelta(hours=5)).date())
        with contextlib.suppress(StoreProblem):
            world.sync(stop=Stop(world.time, lambda: None))

    def refused(self) -> list[tuple[datetime, bool]]:
        """When each call came, and whether it was refused."""
        return [(at, one["status"] is None or not 200 <= one["status"] < 300) for at, one in self.calls]

    def worst(self) -> float:
        """The highest share refused in at most seven days with enough calls, wherever they begin."""
        worst, calls = 0.0, self.refused()
        for first, (began, _) in enumerate(calls):
            refused = 0
            for number, (moment, was) in enumerate(calls[first:], start=1):
                if moment - began >= _WEEK:
                    break
                refused += was
                if number >= _JUDGED:
                    worst = max(worst, refused / number)
        return worst


@contextlib.contextmanager
def _watched(url: str, folder: Path) -> Iterator[_Watched]:
    with life.life(_STORY, url, folder) as lived:
        lived.connect()
        watched = _Watched(life=lived)
        begin = lived.world.siigo.calls.begin

        def noted(request: Request) -> dict[str, Any]:
            entry = begin(request)
            watched.calls.append((lived.world.time.now(), entry))
            return entry

        lived.world.siigo.calls.begin = noted  # type: ignore[method-assign]
        lived.staff.wake(_STORY.days[0].today)
        for customer in range(3):
            lived.staff.act(Event(do="invoice", customer=customer, amount=1000 + customer))
        yield watched


@pytest.mark.parametrize(
    ("outage", "healthy"),
    [
        ("everything", 35),
        ("the invoices", 35),
        ("the invoices", 0),
        ("most calls", 35),
        ("the customers and the credit notes", 35),
        ("the limit", 35),
        ("the line", 35),
        ("the line now and then", 35),
        ("answers that are no JSON", 35),
        ("the sign-in", 35),
    ],
)
def test_no_outage_takes_a_user_past_half_of_its_calls_refused(
    sqlite_url: str, tmp_path: Path, django_db_blocker: Any, outage: str, healthy: int
) -> None:
    with django_db_blocker.unblock(), _watched(sqlite_url, tmp_path) as watched:
        for _ in range(healthy):
            watched.run(after_hours=0.2)
        watched.life.world.siigo.faults.add(Fault(**_OUTAGES[outage]))
        for _ in range(20):
            watched.run(after_hours=1.1)
            watched.run(after_hours=8.5)
        refused = sum(was for _, was in watched.refused())
        assert watched.worst() <= 0.5, f"{refused} of {len(watched.calls)} calls"
        assert refused >= 25, "it was out"
        watched.life.world.siigo.faults.clear()
        watched.run(after_hours=25)
        assert not models.Connection.objects.get().paused
        assert not watched.life.world.siigo.company.is_blocked
