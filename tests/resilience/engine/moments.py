"""Real time: this chaos waits for the engine's own minutes."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The machine's clock, aware UTC."""
    return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Lets time go by."""
    time.sleep(seconds)


class Deadline:
    """So many seconds from now on."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def passed(self) -> bool:
        """Whether they are over."""
        return time.monotonic() >= self._at

    def left(self) -> float:
        """Seconds that are left; 0 when they are over."""
        return max(0.0, self._at - time.monotonic())
