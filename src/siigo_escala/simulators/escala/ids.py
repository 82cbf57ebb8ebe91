"""Ids as Escala gives them: UUIDs of version 1 (time-based), and of version 4 for stages."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from siigo_escala.simulators import clock as clocks

_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)


class Ids:
    """New ids; the node and the random ones come from the seed, the time from the simulator's clock."""

    def __init__(self, clock: clocks.Clock, *, seed: str) -> None:
        self._clock = clock
        self._dice = random.Random(seed)
        self._node = self._dice.getrandbits(48) | 0x0100_0000_0000
        self._sequence = self._dice.getrandbits(14)
        self._last = 0

    def timed(self) -> str:
        """A version 1 UUID, never given before."""
        ticks = (self._clock.now() - _GREGORIAN) // timedelta(microseconds=1) * 10
        self._last = max(self._last + 1, ticks)
        return self._version_1(self._last)

    def fixed(self) -> str:
        """A version 1 UUID that depends on the seed alone: what an account keeps over restarts."""
        return self._version_1(0x1F0_9A2B_6F10_0000 + self._dice.getrandbits(40))

    def scattered(self) -> str:
        """A version 4 UUID from the seed."""
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    def _version_1(self, ticks: int) -> str:
        low, middle, high = ticks & 0xFFFF_FFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF
        sequence = self._sequence | 0x8000
        return f"{low:08x}-{middle:04x}-1{high:03x}-{sequence:04x}-{self._node:012x}"
