"""What a seed tells: a company, what people do, and everything that goes wrong meanwhile. Drawn, not lived.

A story is days. A day begins with what people did overnight, goes on with runs to which things happen (people
go on working during them), and ends with one run that nothing disturbs. What people do during runs is only
what comes to the same end whatever run sees it first; what does not (an annulment before or after the
opportunity was made are two different things) happens overnight, when both worlds stand alike.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.resilience.chaos import company, trouble
from tests.resilience.chaos.trouble import Attempt

_FIRST = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that somebody does. Invoices and customers are numbered in the order of their making."""

    do: str
    invoice: int = -1
    customer: int = -1
    other: int = -1
    amount: int = 0
    text: str = ""
    days: int = 0
    """Days before today: the date on the invoice."""

    @property
    def on_deal(self) -> bool:
        """Done to a deal: between runs, since Escala's updates cannot be told what they overwrite."""
        return self.do.endswith("_deal") and not self.do.startswith("stray")

    def __str__(self) -> str:
        parts = [self.do]
        parts += [f"{name}={value}" for name in ("invoice", "customer", "other", "amount", "text", "days")
                  if (value := getattr(self, name)) not in (-1, "", 0)]  # fmt: skip
        return " ".join(parts).replace("\n", " · ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Overnight, attempts with what is done meanwhile, and the healthy run of the next morning."""

    begins: datetime
    overnight: Sequence[Event] = ()
    meanwhile: Sequence[tuple[Event, ...]] = ()
    """For each attempt, what people do during it."""
    attempts: Sequence[Attempt] = ()

    @property
    def closes(self) -> datetime:
        """The next local day, so that a sweep is due."""
        return self.begins + timedelta(hours=30)

    @property
    def today(self) -> date:
        """The local day."""
        return (self.begins - timedelta(hours=5)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything about one seed."""

    seed: int
    rules: str
    siigo: Mapping[str, Any]
    escala: Mapping[str, Any]
    days: Sequence[Day]
    renamed: frozenset[int] = field(default=frozenset())
    """Customers whose name changes: which one an opportunity bears depends on the hour."""
    shared: bool = False
    """Customers share e-mails and phones: who comes first keeps them."""

    @property
    def lines_certain(self) -> bool:
        """Whether every product can be looked up: one that cannot costs an opportunity its line, no more."""
        attempts = [attempt for day in self.days for attempt in day.attempts]
        lies = any(fault["path"] == "/pms/products" for one in attempts for _, fault in one.faults)
        late = "register" in self.rules and any(attempt.late for attempt in attempts)
        return not lies and not late

    def told(self) -> str:
        """The whole story, for people."""
        lines = [f"seed {self.seed}", f"  rules: {' · '.join(self.rules.splitlines())}",
                 f"  Siigo: {dict(self.siigo)}", f"  Escala: {dict(self.escala)}"]  # fmt: skip
        for number, day in enumerate(self.days, start=1):
            lines.append(f"  day {number}, {day.begins:%Y-%m-%d %H:%M} UTC")
            lines += [f"    overnight: {event}" for event in day.overnight]
            for attempt, events in zip(day.attempts, day.meanwhile, strict=True):
                lines.append(f"    run: {attempt}")
                lines += [f"      meanwhile: {event}" for event in events]
            lines.append(f"    healthy run, {day.closes:%Y-%m-%d %H:%M} UTC")
        return "\n".join(lines)


def draw(seed: int) -> Story:
    """The story of a seed: always the same."""
    dice = random.Random(f"chaos {seed}")
    manner = company.draw_manner(dice)
    people = company.People(dice, manner)
    days = []
    begins = _FIRST + timedelta(days=dice.randrange(300), minutes=dice.randrange(24 * 60))
    number_of_days = dice.choice((2, 2, 3))
    for number in range(number_of_days):
        overnight = people.overnight(first=number == 0)
        attempts = trouble.draw_day(dice, last=number == number_of_days - 1)
        # What was forgotten is found again as it is: an edit that it was made with cannot be told from it.
        settled = trouble.brings_back(attempts)
        meanwhile = [tuple(people.meanwhile(settled=settled)) for _ in attempts]
        days.append(Day(begins=begins, overnight=overnight, attempts=attempts, meanwhile=meanwhile))
        begins += timedelta(days=dice.choice((2, 3, 6)), minutes=dice.randrange(-300, 300))
    return Story(
        seed=seed,
        rules=manner.rules,
        siigo=manner.siigo,
        escala=manner.escala,
        days=days,
        renamed=frozenset(people.renamed),
        shared=manner.shared,
    )
