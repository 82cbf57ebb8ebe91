"""The time of a story: nothing waits, and whoever would wait moves it on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class Time:
    """One instant that everybody shares, moved by hand; safe to use from several threads."""

    def __init__(self, start: datetime) -> None:
        self._instant = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Aware, UTC."""
        return self._instant

    def pass_by(self, seconds: float) -> None:
        """So many seconds go by."""
        with self._lock:
            self._instant += timedelta(seconds=seconds)

    def reach(self, moment: datetime) -> None:
        """It is that moment now, or later already."""
        with self._lock:
            self._instant = max(self._instant, moment)


class Stop(threading.Event):
    """A run's request to end, whose waits cost no real time; `before` is asked first and may raise."""

    def __init__(self, time: Time, before: Callable[[], None]) -> None:
        super().__init__()
        self._time, self._before = time, before

    def wait(self, timeout: float | None = None) -> bool:
        """Lets `timeout` seconds of the story go by."""
        self._before()
        self._time.pass_by(timeout or 0.0)
        return self.is_set()
