"""A visitor of the web application, and companies that it tells of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import TEST_KEY
from tests.sync.conftest import world_by_the_clock

if TYPE_CHECKING:
    from django.test import Client

    from siigo_escala.store import models
    from tests.sync.world import World
    from tests.web.screens import Screens

__all__ = ["world_by_the_clock"]
TOKEN = "una-clave-para-las-metricas"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def installed(database: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of an installation on each store; the database's address."""
    monkeypatch.setenv("SIIGO_ESCALA_HOME", str(home))
    monkeypatch.setenv("SIIGO_ESCALA_DATABASE_URL", database)
    monkeypatch.setenv("SIIGO_ESCALA_SECRET_KEY", TEST_KEY)
    monkeypatch.setenv("SIIGO_ESCALA_METRICS_TOKEN", TOKEN)
    # Nobody answers there: a screen that asks an account goes on without it.
    monkeypatch.setenv("SIIGO_ESCALA_SIIGO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SIIGO_ESCALA_ESCALA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SIIGO_ESCALA_PATIENCE_SECONDS", "1")
    from siigo_escala.config import env
    from siigo_escala.web import signing

    signing.use_keys(env.read(os.environ))
    return database


@pytest.fixture
def visitor() -> Client:
    """Somebody on this machine; what goes wrong in a view is answered, not raised."""
    from django.test import Client

    return Client(SERVER_NAME="localhost", raise_request_exception=False)


@pytest.fixture
def company(database: str) -> Callable[..., models.Connection]:
    """Makes a connection with accounts of its own."""
    from siigo_escala.store import models
    from siigo_escala.store.vault import Vault

    def made(name: str = "acme", **more: Any) -> models.Connection:
        fields: dict[str, Any] = {
            "direction": "invoices_to_opportunities",
            "file": {"name": name},
            "siigo": models.SiigoCompany.objects.create(),
            "escala": models.EscalaAccount.objects.create(),
            "siigo_username": "api@acme.example",
            "siigo_key_sealed": Vault([TEST_KEY]).seal("una-clave-de-siigo"),
            "created_at": NOW,
            "start": date(2026, 1, 1),
            **more,
        }
        return models.Connection.objects.create(name=name, **fields)

    return made


@pytest.fixture
def world(world_by_the_clock: World) -> World:
    """Both systems empty, nothing connected yet: pages go by this machine's clock."""
    return world_by_the_clock


@pytest.fixture
def served(installed: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation whose screens call both simulators; what they began has ended when the test has."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    from siigo_escala.web import errands

    yield
    errands.wait()


@pytest.fixture
def screens(world: World, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Screens:
    """Both systems, empty; nothing connected and nobody signed in yet."""
    from siigo_escala.config import env
    from siigo_escala.web import signing
    from tests.web import screens as screens_

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    signing.use_keys(env.read(os.environ))
    return screens_.Screens(world=world)
