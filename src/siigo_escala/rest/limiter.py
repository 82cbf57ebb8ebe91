"""The port through which every call asks for its turn. The limiter that counts lives in `store`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

LONGEST_WAIT_S = 15 * 60.0
"""Nobody waits for longer in one call: a run ends and is told when to come again."""
LONGEST_PAUSE_S = 24 * 3600.0
"""What a 429 asks for beyond it is a mistake; some such moments are in no calendar."""


class TooLong(Exception):
    """A call is allowed only after more `seconds` than anybody waits."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Limiter(Protocol):
    """How often one remote account may be called."""

    def acquire(self) -> None:
        """Blocks until a call is allowed. Raises TooLong at once."""

    def pause(self, seconds: float) -> None:
        """Nobody is allowed a call for `seconds`: the remote system asked for it (429)."""


class NoLimit:
    """As many calls as one likes, except while the remote system asked for a pause."""

    def __init__(
        self, *, wait: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wait = wait
        self._monotonic = monotonic
        self._not_before = 0.0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Blocks while a pause lasts."""
        while (seconds := self._not_before - self._monotonic()) > 0:
            if seconds > LONGEST_WAIT_S:
                raise TooLong(seconds)
            self._wait(seconds)

    def pause(self, seconds: float) -> None:
        """Holds every caller for `seconds`."""
        with self._lock:
            self._not_before = max(self._not_before, self._monotonic() + seconds)
