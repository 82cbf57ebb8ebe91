"""What only the sweep notices is noticed once: a death between noticing and deciding must not forget it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from tests.resilience import lives
from tests.resilience.chaos.dying import Killed, Mortal, mortal
from tests.sync.world import World

_MOST = 30


def test_a_deletion_noticed_by_a_sweep_that_dies_is_carried_out_by_the_next_run(
    world: World, database: str
) -> None:
    _every_death_is_made_good(world, database, world.siigo.delete_invoice, "INVOICE_DELETED")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_so_is_an_annulment_that_no_list_shows(world: World, database: str) -> None:
    world.siigo.switches.update({"annulled_in_list": False})
    _every_death_is_made_good(world, database, world.siigo.annul_invoice, "INVOICE_ANNULLED_LATER")


def _every_death_is_made_good(world: World, database: str, undo: Callable[[str], object], code: str) -> None:
    invoices = world.invoices(_MOST, customers=2)
    world.connect('on_annulled = "lost_stage"')
    assert world.sync().exit_code == 0
    file = Path(database.removeprefix("sqlite:///")) if database.startswith("sqlite") else None
    for number in range(1, _MOST):
        undo(invoices[number]["id"])
        world.pass_time(days=1)
        process = Mortal(file)
        process.dies_at_commit(number)
        died = False
        try:
            with mortal(process):
                world.sync()
        except Killed:
            died = True
            connections.close_all()
            process.buried()
            lives.again(world)
        row = world.row(invoices[number]["name"])
        assert (row.code, row.applied.get("undone")) == (code, True), f"died at commit {number}"
        if not died:
            return
    raise AssertionError("every run died: there are more commits than this test thinks")
