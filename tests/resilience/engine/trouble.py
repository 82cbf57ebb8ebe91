"""What goes wrong and what people do, second by second: drawn from a seed, before anything begins."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.resilience.chaos import trouble as lies

Store = Literal["sqlite", "postgresql"]
Kind = Literal[
    "kill", "stop", "restart", "cut", "busy", "lie", "outage", "ask", "cancel", "sell", "edit", "pay"
]
_CALM_S, _STORM_S = 45, 90
_PEOPLE: Sequence[tuple[Kind, float]] = (
    ("sell", 0.5), ("edit", 0.06), ("pay", 0.06), ("ask", 0.25), ("cancel", 0.02),
)  # fmt: skip
"""How often in a second people do it, in all companies together."""
_TROUBLE: Sequence[tuple[Kind, float]] = (
    ("kill", 0.05), ("stop", 0.04), ("lie", 0.25), ("outage", 0.012),
)  # fmt: skip
_OF_STORE: dict[Store, Sequence[tuple[Kind, float]]] = {
    "sqlite": (("busy", 0.04),),
    "postgresql": (("restart", 0.015), ("cut", 0.03)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing, `at_s` seconds after the beginning. `seconds`: how long; `number`: which, how much."""

    at_s: float
    kind: Kind
    number: int
    seconds: float = 0.0
    system: str = ""

    def __str__(self) -> str:
        parts = [f"{self.at_s:.1f} s: {self.kind} {self.system}".rstrip()]
        parts += [f"for {self.seconds:.1f} s"] if self.seconds else []
        return " ".join(parts)


def draw(seed: int, *, seconds: float, store: Store, first_s: float = 4.0) -> list[Happening]:
    """What happens in so many seconds, oldest first: the same for the same seed; of everything something."""
    dice = random.Random(f"engine {seed}")
    people, trouble = list(_PEOPLE), [*_TROUBLE, *_OF_STORE[store]]
    found = [
        _happening(dice, kind, at_s=dice.uniform(first_s, min(seconds, _STORM_S) * 0.8), left=seconds)
        for kind, _ in (*people, *trouble)
    ]
    for second in range(int(seconds)):
        storm = second % (_STORM_S + _CALM_S) < _STORM_S and second >= first_s
        for kind, share in (*people, *trouble) if storm else people:
            if dice.random() < share:
                found.append(_happening(dice, kind, at_s=second + dice.random(), left=seconds - second))
    return sorted(found, key=lambda one: one.at_s)


def lie(number: int) -> tuple[str, dict[str, object]]:
    """The system and the lie that a number stands for."""
    system, fault = lies._lie(random.Random(f"lie {number}"))
    # One answer or a few, and none that a whole run has to sit out.
    return system, {**fault, "times": min(int(fault["times"]), 2)}


def _happening(dice: random.Random, kind: Kind, *, at_s: float, left: float) -> Happening:
    seconds = 0.0
    if kind in ("stop", "outage", "restart", "busy"):
        longest = {"stop": 25.0, "outage": 15.0, "restart": 6.0, "busy": 4.0}[kind]
        seconds = min(dice.uniform(0.3, longest) if dice.random() < 0.4 else dice.uniform(0.3, 5.0), left)
    system = dice.choice(("siigo", "escala")) if kind == "outage" else ""
    return Happening(at_s=at_s, kind=kind, number=dice.randrange(1_000_000), seconds=seconds, system=system)
