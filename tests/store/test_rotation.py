"""A new key: everything opens with it afterwards, and whatever interrupts leaves every secret usable."""

from __future__ import annotations

import signal
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.db import connections, transaction

from siigo_escala.store import keys, models, rotation, second_factors, tables, vault
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.vault import Vault
from tests.resilience import dying
from tests.store import child


@pytest.fixture
def key_file(home: Path) -> Path:
    path = home / "secret.key"
    keys.make(path)
    return path


@pytest.fixture
def sealed(connection: models.Connection, key_file: Path) -> models.Connection:
    """A connection whose secrets are sealed with the key of the file."""
    _seal(connection, Vault(keys.in_file(key_file)))
    return connection


def _seal(connection: models.Connection, found: Vault) -> None:
    connection.siigo_key_sealed, connection.escala_key_sealed = (
        found.seal("de siigo"),
        found.seal("de escala"),
    )
    connection.save()
    models.SiigoCompany.objects.update(
        token_sealed=found.seal("token"),
        token_expires=datetime(2026, 1, 1, tzinfo=UTC),
    )
    models.EscalaAccount.objects.update(erasure_key_sealed=found.seal("de personas"))
    person = models.User.objects.make("ana@acme.example", None)
    for kind, name, secret in (("totp", "secret", "teléfono"), ("recovery_codes", "seed", "códigos")):
        Authenticator.objects.create(user=person, type=kind, data={name: found.seal(secret)})


def _opened(found: Vault) -> list[str]:
    return sorted(
        found.open(value)
        for model, name in tables.sealed_columns()
        for value in model._default_manager.values_list(name, flat=True)
    ) + [found.open(value) for _, _, value in second_factors.sealed()]


OF_PEOPLE = ["teléfono", "códigos"]
ALL = ["de escala", "de personas", "de siigo", "token", *OF_PEOPLE]


def test_everything_is_sealed_with_the_new_key_alone(sealed: models.Connection, key_file: Path) -> None:
    (old,) = keys.in_file(key_file)
    done = rotation.rotate((), home=key_file.parent)
    assert (done.resealed, done.in_environment) == (6, False)
    (new,) = keys.in_file(key_file)
    assert new != old
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert _opened(Vault([new])) == ALL
    with pytest.raises(StoreProblem):
        _opened(Vault([old]))
    assert sorted(path.name for path in key_file.parent.glob("secret*")) == ["secret.key", "secret.key.lock"]


def test_keys_of_the_environment_are_sealed_for_the_first_of_them(
    connection: models.Connection, home: Path
) -> None:
    _seal(connection, Vault(["vieja"]))
    done = rotation.rotate(("nueva", "vieja"), home=home)
    assert (done.resealed, done.in_environment) == (6, True)
    assert _opened(Vault(["nueva"])) == ALL
    assert not list(home.glob("secret*"))


def test_a_token_that_nothing_opens_is_fetched_again(sealed: models.Connection, key_file: Path) -> None:
    models.SiigoCompany.objects.update(token_sealed=Vault(["otra"]).seal("token"))
    rotation.rotate((), home=key_file.parent)
    assert models.SiigoCompany.objects.get().token_sealed == ""
    assert _opened(Vault(keys.in_file(key_file))) == ["", *ALL[:3], *OF_PEOPLE]


@pytest.mark.parametrize("there", [None, "otra"])
def test_credentials_that_nothing_opens_stop_it_before_anything_changes(
    sealed: models.Connection, key_file: Path, there: str | None
) -> None:
    if there is None:
        key_file.unlink()
    else:
        key_file.write_text(there)
    before = _stored()
    with pytest.raises(StoreProblem) as problem:
        rotation.rotate((), home=key_file.parent)
    assert problem.value.code == "KEY_MISSING"
    assert _stored() == before
    assert key_file.exists() is (there is not None)


def test_an_installation_without_secrets_gets_a_key(database: str, home: Path) -> None:
    assert rotation.rotate((), home=home).resealed == 0
    assert len(keys.in_file(home / "secret.key")) == 1


def test_a_rotation_that_was_cut_off_is_finished_by_the_next(
    sealed: models.Connection, key_file: Path
) -> None:
    (old,) = keys.in_file(key_file)
    key_file.write_text(f"nueva,{old}")
    assert _opened(Vault(keys.in_file(key_file))) == ALL
    rotation.rotate((), home=key_file.parent)
    (new,) = keys.in_file(key_file)
    assert new not in ("nueva", old)
    assert _opened(Vault([new])) == ALL


def test_whoever_opened_the_vault_before_seals_and_opens_with_the_new_key(
    sealed: models.Connection, key_file: Path
) -> None:
    during = vault.open_vault((), key_file=key_file, anything_sealed=lambda: True, key_required=False)
    rotation.rotate((), home=key_file.parent)
    assert _opened(during) == ALL
    assert Vault(keys.in_file(key_file)).open(during.seal("nuevo")) == "nuevo"
    key_file.unlink()
    assert during.open(during.seal("sin archivo")) == "sin archivo"


def test_a_secret_stored_meanwhile_is_never_lost(sealed: models.Connection, key_file: Path) -> None:
    """A `connect` stores another secret in its own transaction while the key is changed."""
    during = vault.open_vault((), key_file=key_file, anything_sealed=lambda: True, key_required=False)
    inside, go_on = threading.Event(), threading.Event()

    def connect() -> None:
        with transaction.atomic():
            value = during.seal("otra de siigo")
            inside.set()
            go_on.wait(10)
            models.Connection.objects.update(siigo_key_sealed=value)
        connections.close_all()

    storing = threading.Thread(target=connect)
    storing.start()
    assert inside.wait(10)
    threading.Timer(0.3, go_on.set).start()
    if connections["default"].vendor == "postgresql":
        # There the keys stand in the environment: whoever seals with the older one is still opened by both.
        rotation.rotate(("nueva", *keys.in_file(key_file)), home=key_file.parent)
        storing.join()
        assert "otra de siigo" in _opened(Vault(["nueva", *keys.in_file(key_file)]))
        return
    rotation.rotate((), home=key_file.parent)
    storing.join()
    assert "otra de siigo" in _opened(Vault(keys.in_file(key_file)))


def _stored() -> list[tuple[str, ...]]:
    return [
        tuple(model._default_manager.values_list(name, flat=True)) for model, name in tables.sealed_columns()
    ] + [(value,) for _, _, value in second_factors.sealed()]


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_killed_at_any_step_every_secret_still_opens(
    sealed: models.Connection, key_file: Path, database: str
) -> None:
    for step in range(1, 40):
        code = dying.ended(dying.forked(child.rotate, database, key_file.parent, step))
        assert _opened(Vault(keys.in_file(key_file))) == ALL, step
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0
    assert step > 5
    assert len(keys.in_file(key_file)) == 1
    assert sorted(path.name for path in key_file.parent.glob("secret*")) == ["secret.key", "secret.key.lock"]
