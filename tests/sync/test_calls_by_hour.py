"""Calls to Escala are counted by the hour, as calls to Siigo are."""

from __future__ import annotations

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync.world import World


def _counted() -> tuple[int, int]:
    account = f"escala:{models.EscalaAccount.objects.get().pk}"
    rows = list(models.CallHour.objects.filter(account=account).values_list("calls", "refused"))
    return sum(calls for calls, _ in rows), sum(refused for _, refused in rows)


def test_every_call_of_every_run_is_counted_with_those_that_were_refused(world: World) -> None:
    world.connect()
    made = 0
    for total, dry in ((10_000, False), (20_000, True), (30_000, False)):
        world.siigo.create_invoice(total=total)
        made += world.sync(dry_run=dry).document["calls"]["escala"]
        assert _counted() == (made, 0)
    world.escala.faults.add(
        Fault(kind="refuse", method="POST", path=".*/crm/deals", status=400, body={}, times=1)
    )
    world.siigo.create_invoice(total=40_000)
    made += world.sync().document["calls"]["escala"]
    assert _counted() == (made, 1)
    assert models.CallHour.objects.filter(account__startswith="siigo:").exists()
