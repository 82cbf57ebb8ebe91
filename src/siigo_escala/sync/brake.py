"""The brake: a Siigo user is never driven to where Siigo blocks it (docs/reference/siigo-api.md, section 11).

Siigo blocks a user whose calls of seven days are errors for more than four fifths. From one half on, and at
least 25 calls, this program makes no more calls and pauses the connection; an hour later one probe, or a
person, resumes it. What was counted before a probe is not forgotten: as long as all of it together stands at
one half, the first refusal pauses again, so that no outage takes a user past one half. The stage before that,
reads only, concerns the other direction: this one only reads.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from siigo_escala.rest.errors import AccessDenied
from siigo_escala.rest.limiter import Limiter
from siigo_escala.rest.transport import Call
from siigo_escala.store.counting import CallCounter

LEAST_CALLS = 25
_TOO_MANY = 0.5


class Braked(AccessDenied):
    """Too many of the user's calls were refused: no more are made."""


class Brake:
    """A limiter that allows no call once too many were refused. Satisfies rest's port `Limiter`."""

    def __init__(self, limiter: Limiter, counter: CallCounter) -> None:
        self._limiter = limiter
        self._counter = counter
        self._calls, self._refused = counter.totals()
        self._before = counter.aside()
        self._last_refusal = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Blocks until a call is allowed; Braked where none is."""
        calls, refused = self._calls + self._before[0], self._refused + self._before[1]
        once_more = self._refused > 0 and _too_many(calls, refused)
        if once_more or _too_many(self._calls, self._refused):
            raise Braked(
                f"Siigo rechazó {refused} de las últimas {calls} llamadas de este usuario: se "
                "hace una pausa para que Siigo no lo bloquee. Corrija la causa y use «siigo-escala enable».",
                system="siigo",
                cause="blocked",
            )
        self._limiter.acquire()

    def pause(self, seconds: float) -> None:
        """Nobody calls for `seconds`."""
        self._limiter.pause(seconds)

    def count(self, call: Call) -> None:
        """One more call to Siigo; refusals of calls that were under way together are one."""
        with self._lock:
            counts = call.refused and call.at - timedelta(seconds=call.seconds) >= self._last_refusal
            self._last_refusal = call.at if call.refused else self._last_refusal
            self._calls += 1
            self._refused += counts
        self._counter.add(refused=counts)


def _too_many(calls: int, refused: int) -> bool:
    return calls >= LEAST_CALLS and refused / calls >= _TOO_MANY
