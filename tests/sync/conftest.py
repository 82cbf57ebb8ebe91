"""Every test here has a world of its own, on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from siigo_escala.simulators.escala.simulator import EscalaSimulator
    from siigo_escala.simulators.siigo.simulator import SiigoSimulator
    from tests.sync.world import World


@pytest.fixture
def world_by_the_clock(
    database: str, environment: dict[str, str], siigo: SiigoSimulator, escala: EscalaSimulator
) -> World:
    """Both systems empty, nothing connected yet; the hour is this machine's, as other processes have it."""
    from tests.sync import world as worlds

    siigo.switches.update({"rate_limit_per_minute": 0})
    return worlds.World(siigo=siigo, escala=escala, environment=worlds.from_variables(environment))


@pytest.fixture
def world(world_by_the_clock: World) -> World:
    """The same early in the morning, whatever hour it is here."""
    world_by_the_clock.wait_for_morning()
    return world_by_the_clock
