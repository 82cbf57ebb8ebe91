"""What a self-check may cost: so many calls and seconds in all, whatever the two systems do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from siigo_escala.rest.errors import System, TryLater
from siigo_escala.rest.limiter import Limiter

CALLS = 10
_UNTIL_S: Mapping[System, float] = {"siigo": 8.0, "escala": 14.0}
"""Seconds after the beginning by which a system's last call has ended: one that is slow leaves the other its
share of fifteen."""
_LEAST_S = 0.2


class Spent(TryLater):
    """No further call: the check has had what it may use. Says nothing of the system."""


class Budget:
    """Counts what a check uses. Its parts fit into `clients.Bounds`."""

    def __init__(
        self,
        *,
        calls: int = CALLS,
        until_s: Mapping[System, float] = _UNTIL_S,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls_left = calls
        self._until_s = until_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._began = monotonic()
        self._system: System = "siigo"
        """Whose call is being waited for: a check asks one system after the other."""

    def limited(self, system: System, inner: Limiter) -> Limiter:
        """A limiter that allows no call beyond the budget."""
        return _Bounded(self, system, inner)

    def longest_s(self, system: System) -> float:
        """How long a call that begins now may last."""
        return max(self._began + self._until_s[system] - self._monotonic(), _LEAST_S)

    def wait(self, seconds: float) -> None:
        """Waits for a turn or a repetition; Spent at once where that would take too long."""
        if seconds > self.longest_s(self._system) - _LEAST_S:
            raise self._spent()
        self._sleep(seconds)

    def take(self, system: System) -> None:
        """One more call, or Spent."""
        self._system = system
        if not self._calls_left or self.longest_s(system) <= _LEAST_S:
            raise self._spent()
        self._calls_left -= 1

    def _spent(self) -> Spent:
        return Spent(
            "La revisión hace diez llamadas y dura quince segundos a lo sumo, y ya los usó.",
            system=self._system,
        )


class _Bounded:
    """Satisfies rest's port `Limiter`."""

    def __init__(self, budget: Budget, system: System, inner: Limiter) -> None:
        self._budget = budget
        self._system: System = system
        self._inner = inner

    def acquire(self) -> None:
        self._budget.take(self._system)
        self._inner.acquire()

    def pause(self, seconds: float) -> None:
        self._inner.pause(seconds)
