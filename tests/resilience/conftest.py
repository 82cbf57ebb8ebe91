"""The same worlds as for the run's own tests: both systems, both stores, by the clock of the real command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sync.conftest import world_by_the_clock

if TYPE_CHECKING:
    from tests.sync.world import World

__all__ = ["world_by_the_clock"]


@pytest.fixture
def world(world_by_the_clock: World) -> World:
    """What is tried in this process and in others."""
    return world_by_the_clock
