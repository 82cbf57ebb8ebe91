"""A database that knows less than it believes: restored, copied, or with a token that no key opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from siigo_escala.store import backup, models, place, restoring
from siigo_escala.store.vault import Vault
from tests.sync import people
from tests.sync.world import FIELD, World, counts


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


@pytest.mark.parametrize("again", [False, True])
def test_what_a_person_wanted_made_and_was_made_after_the_copy_is_not_made_twice(
    world: World, tmp_path: Path, again: bool
) -> None:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "needs_attention": 1}
    people.say(world, "create", invoice["name"])
    keys = world.environment.secret_keys
    backup.make(tmp_path / "copia.zip", keys=keys, overwrite=False, now=world.now())
    assert counts(world.sync()) == {"read": 1, "created": 1}
    restoring.restore(
        tmp_path / "copia.zip",
        keys=keys,
        home=world.environment.home,
        replace=True,
        with_credentials=True,
        now=world.now(),
    )
    if again:
        # Somebody has made a second one meanwhile: then which is whose is asked.
        world.escala.create_deal(name=f"{invoice['name']} otra", contact_id=contact, value=1000)
    made = len(world.deals())
    assert counts(world.sync()) == {"read": 1, "needs_attention" if again else "unchanged": 1}
    assert len(world.deals()) == made


@pytest.mark.parametrize("history", ["kept", "gone"])
def test_a_person_who_wants_it_made_gets_it_made_whatever_else_bears_its_name(
    world: World, history: str
) -> None:
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: "900100200"})
    world.escala.create_deal(name="Computador Ana", contact_id=contact, value=1000)
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    people.say(world, "create", invoice["name"])
    if history == "gone":
        models.InvoiceEvent.objects.all().delete()
    world.escala.create_deal(name=f"{invoice['name']} de otro", value=5)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert len(world.deals()) == 3
