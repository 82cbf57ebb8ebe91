"""The same world as the tests of the run have."""

from __future__ import annotations

from tests.sync.conftest import world, world_by_the_clock

__all__ = ["world", "world_by_the_clock"]
