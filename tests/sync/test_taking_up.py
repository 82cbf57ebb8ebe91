"""What a run decides although no list of Siigo shows it."""

from __future__ import annotations

import pytest

from tests.sync.world import World, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_note_for_an_invoice_that_no_list_of_this_run_shows_is_decided_by_it(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect('on_credited = "subtract"')
    world.sync()
    world.pass_time(days=100)
    assert world.sync().document["sweep"]["done"]
    world.siigo.credit_note(invoice["name"], total=300)
    for dry in (True, False):
        result = world.sync(dry_run=dry)
        assert not result.document["sweep"]["done"]
        assert counts(result)["updated"] == 1
        assert world.deal_of(invoice["name"])["value"] == (1000 if dry else 700)
