"""What waits in the direction that is active now, before it turns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from siigo_escala.sync import waiting
from siigo_escala.sync.foretelling import Sum
from tests.sync import inside
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTHING = Sum(count=0, value=Decimal(0))


def test_what_is_open_and_what_was_sent_without_an_answer_are_told_apart(world: World) -> None:
    connection = world.connect()
    assert waiting.of(connection) == waiting.Waits(open=NOTHING, unknown=NOTHING)
    world.invoices(2, customers=2, total=1000)
    inside.lose(world, inside.DEALS)
    inside.run_until_it_waits(world, limit=1)
    one = Sum(count=1, value=Decimal(1000))
    assert waiting.of(connection) == waiting.Waits(open=one, unknown=one)
