"""Every test here has a scene of its own, on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sync.two.scene import Scene
    from tests.sync.world import World


@pytest.fixture
def scene(world: World) -> Scene:
    """Both systems empty, nothing connected yet."""
    from tests.sync.two import scene as scenes

    return scenes.Scene(world=world)
