"""How long a run insists on a system that gives no usable answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Patience:
    """A budget of `seconds` for one system and run, from the first failure since its last usable answer.

    Time spent on obeying a 429 is not counted. Shared by every thread that calls the system.
    """

    def __init__(self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._since: float | None = None
        self._excused_until = 0.0

    def answered(self) -> None:
        """A usable answer came: the budget is whole again."""
        self._since = None

    def failed(self) -> None:
        """A call gave no usable answer."""
        with self._lock:
            if self._since is None:
                self._since = self._monotonic()

    def excuse(self, seconds: float) -> None:
        """The next `seconds` are waited because the system asked for it."""
        with self._lock:
            now = self._monotonic()
            more = now + seconds - max(now, self._excused_until)
            if more > 0:
                self._excused_until = now + seconds
                if self._since is not None:
                    self._since += more

    @property
    def left(self) -> float:
        """Seconds that are left; not positive: no more patience."""
        since = self._since
        return self.seconds if since is None else since + self.seconds - self._monotonic()
