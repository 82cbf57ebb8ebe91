"""The brake: a Siigo user is never driven to where Siigo blocks it (docs/reference/siigo-api.md, section 11).

Siigo blocks a user whose calls of seven days are errors for more than four fifths. This program never lets
more than half of 100 calls or more be refused, whatever Siigo answers and for however long: domain/braking.py
says when no call is made, this makes it so. The stage before that, reads only, concerns the other direction:
this one only reads.
"""

from __future__ import annotations

import threading

from siigo_escala.rest.errors import AccessDenied
from siigo_escala.rest.limiter import Limiter
from siigo_escala.rest.transport import Call
from siigo_escala.store.counting import CallCounter


class Braked(AccessDenied):
    """Too many of the user's calls were refused: no more are made."""


class Brake:
    """A limiter that allows no call once too many were refused. Satisfies rest's port `Limiter`.

    `probing`: the pause has lasted for long enough, so calls are made until the next refusal.
    `by_hand`: a person tries, so one call after another is made until then, even where none has room.
    """

    def __init__(
        self, limiter: Limiter, counter: CallCounter, *, probing: bool = False, by_hand: bool = False
    ) -> None:
        self._limiter = limiter
        self._counter = counter
        self._standing = counter.standing()
        self._probing = probing
        self._by_hand = by_hand
        self._under_way = 0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Blocks until a call is allowed; Braked where none is."""
        with self._lock:
            alone = self._by_hand and not self._under_way
            if not alone and not self._standing.allows(under_way=self._under_way, probing=self._probing):
                raise Braked(
                    f"Siigo rechazó {self._standing.refused} de las últimas {self._standing.calls} llamadas "
                    "de este usuario: se hace una pausa para que Siigo no lo bloquee. Corrija la causa y use "
                    "«siigo-escala enable».",
                    system="siigo",
                    cause="blocked",
                )
            self._under_way += 1
        try:
            self._limiter.acquire()
        except BaseException:
            with self._lock:
                self._under_way -= 1
            raise

    def pause(self, seconds: float) -> None:
        """Nobody calls for `seconds`."""
        self._limiter.pause(seconds)

    def count(self, call: Call) -> None:
        """One more call to Siigo. Each refusal counts, as it does with Siigo, however many are under way."""
        with self._lock:
            self._under_way -= 1
            self._counter.add(refused=call.refused)
            self._standing = self._counter.standing()
            if call.refused:
                self._probing = self._by_hand = False
