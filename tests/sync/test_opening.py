"""Opening a connection: by its name, with the key that sealed its secrets, under both limits."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from siigo_escala.siigo.token import NoStore
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from siigo_escala.sync import clients, opening
from siigo_escala.sync.clients import Credentials, StoredToken
from siigo_escala.sync.session import Listener, Options, Stopped
from tests.sync.world import World, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_name_that_does_not_exist_comes_with_those_that_do(world: World) -> None:
    with pytest.raises(StoreProblem, match="todavía ninguna") as refused:
        opening.open_connection(world.environment, "nada")
    assert refused.value.code == "CONNECTION_UNKNOWN"
    world.connect()
    with pytest.raises(StoreProblem, match="«acme»"):
        opening.open_connection(world.environment, "nada")


def test_a_missing_key_is_key_missing_and_no_new_one_is_made(world: World) -> None:
    world.connect()
    world.configured(secret_keys=())
    with pytest.raises(StoreProblem) as refused:
        opening.open_connection(world.environment, "acme")
    assert refused.value.code == "KEY_MISSING"
    assert not (world.environment.home / "secret.key").exists()


def test_a_token_alone_is_a_secret_too(world: World) -> None:
    world.connect()
    models.Connection.objects.update(siigo_key_sealed="", escala_key_sealed="")
    world.configured(secret_keys=())
    with pytest.raises(StoreProblem):
        opening.vault_of(world.environment)
    models.SiigoCompany.objects.update(token_sealed="")
    opening.vault_of(world.environment)
    assert (world.environment.home / "secret.key").exists(), "nothing was sealed with another key"


def test_another_key_is_key_missing_and_makes_no_call(world: World) -> None:
    world.connect()
    world.configured(secret_keys=("otra clave que no abre nada",))
    calls = len(world.siigo.calls)
    with pytest.raises(StoreProblem) as refused:
        world.sync()
    assert refused.value.code == "KEY_MISSING"
    assert len(world.siigo.calls) == calls


def test_both_limits_are_shared_by_the_accounts_of_the_connection(world: World) -> None:
    world.configured(siigo_rate=6000, escala_rate=500)
    assert clients.siigo_interval_s(world.environment) == pytest.approx(61 / 6000)
    assert clients.escala_interval_s(world.environment) == pytest.approx(1.03 / 500)
    world.invoices(1)
    connection = world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert set(models.Limit.objects.values_list("account", flat=True)) >= {
        f"siigo:{connection.siigo_id}",
        f"escala:{connection.escala_id}",
    }


def test_without_limits_there_is_no_interval(world: World) -> None:
    assert clients.siigo_interval_s(world.environment) == clients.escala_interval_s(world.environment) == 0.0


def test_credentials_do_not_show_their_secrets(database: str) -> None:
    shown = repr(Credentials(siigo_username="api", siigo_key="secreta", escala_key="llave"))
    assert "api" in shown
    assert "secreta" not in shown
    assert "llave" not in shown


def test_the_token_is_kept_sealed_for_its_own_user_alone(world: World) -> None:
    connection = world.connect()
    vault = opening.vault_of(world.environment)
    store = StoredToken(connection.siigo, vault, username="otro@empresa.example")
    assert store.load() is None
    until = world.now() + timedelta(hours=1)
    store.save("ficha", until)
    assert store.load() == ("ficha", until)
    assert "ficha" not in models.SiigoCompany.objects.get().token_sealed
    assert StoredToken(connection.siigo, vault, username=connection.siigo_username).load() is None


def test_a_store_that_holds_no_token_hands_none_over(database: str) -> None:
    empty, other = NoStore(), NoStore()
    empty.hand_over(other)
    assert other.load() is None


def test_a_token_of_connect_spares_the_first_run_its_sign_in(world: World) -> None:
    world.connect()
    world.siigo.calls.clear()
    world.sync()
    assert world.siigo.calls.count("POST", "/auth") == 0


def test_a_dry_run_can_change_no_row_of_the_ledger(world: World) -> None:
    world.connect()
    opened = opening.open_connection(world.environment, "acme")
    session = opening.open_session(opened, Options(dry_run=True), Listener(), lease=None, now=world.now)
    try:
        with pytest.raises(RuntimeError), session.ledger():
            models.Connection.objects.update(enabled=False)
        assert models.Connection.objects.get().enabled
        assert session.run_id == 0
    finally:
        session.close()


def test_whoever_waits_stops_when_asked_to(database: str) -> None:
    stop = threading.Event()
    listener = Listener(stop=stop)
    listener.wait(0)
    stop.set()
    with pytest.raises(Stopped):
        listener.wait(60)


def test_rules_that_are_only_supposed_are_not_read_again_and_those_of_a_run_are(world: World) -> None:
    world.connect()
    for supposed in (True, False):
        opened = replace(opening.open_connection(world.environment, "acme"), supposed=supposed)
        opened.connection.stage_id = "supposed"
        session = opening.open_session(opened, Options(dry_run=True), Listener(), lease=None, now=world.now)
        session.close()
        assert (session.connection.stage_id == "supposed") is supposed
