"""The command as people start it, killed at random instants of a random call; the instants are seeded."""

from __future__ import annotations

import random
import signal

import pytest

from tests.resilience import dying, failure_table, lives
from tests.resilience.dying import Assassin
from tests.sync.world import World


@pytest.mark.parametrize("seed", range(4))
def test_the_command_killed_at_a_random_instant_is_made_good_by_one_rerun(
    world: World, environment: dict[str, str], seed: int
) -> None:
    lives.begin(world)
    dice = random.Random(seed)
    calls = sum(call.times for call in failure_table.CALLS if call.system == "escala")
    assassin = Assassin(
        world.escala,
        method="*",
        path=".*",
        number=dice.randint(1, calls),
        moment="answered",
        delay_s=dice.uniform(0, 0.02),
    )
    process = dying.command(environment, "sync", "acme", "--json")
    assassin.aims_at(process.pid)
    told, _ = process.communicate(timeout=30)
    # The last calls may be followed by the end before the blow falls.
    assert process.returncode == -signal.SIGKILL or told
    known = lives.bound(world)
    result = lives.again(world)
    assert result.exit_code == 0
    assert result.document["invoices"]["created"] == len(lives.NEW) - known
    assert lives.end(world) == lives.UNDISTURBED
    lives.assert_nothing_left(world)
