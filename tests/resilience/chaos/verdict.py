"""What came of a seed; readable without Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Store = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a seed's disturbed life came to the undisturbed end, and everything it told."""

    seed: int
    store: Store
    problem: str
    told: str
    runs: int
    deaths: int
    faults: int
    seconds: float
    """How long both lives took, by the machine's clock."""
