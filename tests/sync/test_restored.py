"""A database that knows less than it believes: restored, copied, or with a token that no key opens."""

from __future__ import annotations

from siigo_escala.store import models, place
from siigo_escala.store.vault import Vault
from tests.sync.world import World, counts


def _escala_reads(world: World) -> int:
    """Calls to Escala of a run that makes one more opportunity, but for the two writes at most."""
    world.pass_time(minutes=4)
    made = len(world.deals()) + len(world.contacts())
    world.siigo.create_invoice(total=1_000)
    result = world.sync()
    assert counts(result)["created"] == 1
    calls: int = result.document["calls"]["escala"]
    return calls - (len(world.deals()) + len(world.contacts()) - made)


def test_a_copy_reads_everything_although_it_believes_that_it_has_just_done_so(world: World) -> None:
    world.escala.switches.change({"since_mode": "ignored"})
    world.connect()
    for _ in range(5):
        # Until it has learnt that this account's `since` proves nothing.
        _escala_reads(world)
    usual = _escala_reads(world)
    assert models.EscalaAccount.objects.get().read_place == place.here()
    models.EscalaAccount.objects.update(read_place="file:1:otro")
    assert _escala_reads(world) > usual
    assert models.EscalaAccount.objects.get().read_place == place.here()
    assert _escala_reads(world) == usual


def test_a_token_that_no_key_opens_is_fetched_again(world: World) -> None:
    world.connect()
    models.SiigoCompany.objects.update(token_sealed=Vault(["otra clave"]).seal("token"))
    world.siigo.create_invoice(total=1_000)
    assert counts(world.sync()) == {"read": 1, "created": 1}


def test_connecting_again_lifts_the_pause_of_a_restore_without_credentials(world: World) -> None:
    connection = world.connect()
    models.Connection.objects.update(
        siigo_key_sealed="", escala_key_sealed="", forgotten=True, paused="CREDENTIALS_MISSING"
    )
    again = world.connect()
    assert (again.pk, again.paused, again.forgotten) == (connection.pk, "", False)
    assert counts(world.sync()) == {}
