"""The simulator's own time: a source that tests may replace, and an offset that may be moved at run time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_time() -> datetime:
    """The machine's time, aware, UTC."""
    return datetime.now(UTC)


class Clock:
    """Aware UTC time plus `offset_s` seconds; what a simulator stamps on records and on its `Date` header."""

    def __init__(self, source: Callable[[], datetime] | None = None) -> None:
        self._source = source or real_time
        self.offset_s = 0.0

    def now(self) -> datetime:
        """The simulated instant, aware, UTC."""
        return self._source().astimezone(UTC) + timedelta(seconds=self.offset_s)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass at once."""
        self.offset_s += seconds
