"""A run that need not wait for its second look: the clocks of its world move on instead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from siigo_escala.store import lease, models
from siigo_escala.sync.session import Listener, Stopped


class Hurry(threading.Event):
    """A request to end whose waits cost no time."""

    def __init__(self, pass_time: Callable[..., None]) -> None:
        super().__init__()
        self._pass_time = pass_time

    def wait(self, timeout: float | None = None) -> bool:
        """Lets `timeout` seconds of the world go by."""
        self._pass_time(seconds=timeout or 0.0)
        return self.is_set()


@dataclass(slots=True, kw_only=True)
class Hurried(Listener):
    """Hears a run in a hurry, which waits between the tries of a call all the same: patience is real time."""

    def wait(self, seconds: float) -> None:
        """Waits in earnest."""
        if threading.Event.wait(self.stop, seconds):
            raise Stopped


class TakenOver(threading.Event):
    """While the run waits, somebody else takes its accounts over."""

    def wait(self, timeout: float | None = None) -> bool:
        """As long as asked for, and not stopped."""
        lease.end_runs(models.Connection.objects.all())
        return super().wait(timeout)
