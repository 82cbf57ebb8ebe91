"""What has to be written down is tried again while the store is out of reach: a server that restarts, a file
that somebody else holds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")

LONGEST_S = 60.0
_PAUSE_S = 1.0
log = structlog.get_logger()


def insist(work: Callable[[], T], *, stop: threading.Event) -> T:
    """What `work` gives, tried again for a minute at most; once more and no longer where `stop` is set.

    Its last OperationalError or InterfaceError where all was in vain. `work` must bear to be done twice.
    """
    deadline = time.monotonic() + LONGEST_S
    pause_s = 0.0
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError) as problem:
            # Whatever is left of a session that was cut would refuse everything that follows.
            connection.close()
            if time.monotonic() >= deadline or (pause_s and stop.wait(pause_s)):
                raise
            log.warning("store out of reach", cause=str(problem))
            pause_s = _PAUSE_S
