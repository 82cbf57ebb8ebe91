"""Trying what is stored: one call to each account, and what it means for a pause."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from siigo_escala.config.env import Environment
from siigo_escala.rest.errors import System
from siigo_escala.store import models
from siigo_escala.store.models import Connection
from siigo_escala.sync import access, clients, opening
from siigo_escala.sync.account import Calls
from siigo_escala.sync.session import Listener

BOTH: tuple[System, ...] = ("siigo", "escala")


def probe(
    environment: Environment,
    connection: Connection,
    *,
    systems: Collection[System] = BOTH,
    now: Callable[[], datetime],
    bounds: clients.Bounds = clients.NO_BOUNDS,
) -> None:
    """Signs in anew and asks these accounts. Raises what they, or the vault, answer; changes no pause."""
    opened = opening.open_connection(environment, connection.name)
    if "siigo" in systems:
        # A token kept from before would prove nothing.
        models.SiigoCompany.objects.filter(pk=connection.siigo_id).update(token_sealed="", token_expires=None)
    pair = opening.client_pair(
        opened,
        opened.connection,
        calls=Calls(),
        listener=Listener(),
        now=now,
        bounds=bounds,
        by_hand=True,
    )
    try:
        if "siigo" in systems:
            pair.siigo.users()
        if "escala" in systems:
            pair.escala.pipelines()
    finally:
        pair.close()


def resume(
    environment: Environment,
    connection: Connection,
    *,
    now: Callable[[], datetime],
    bounds: clients.Bounds = clients.NO_BOUNDS,
) -> None:
    """Lifts every pause after both accounts have answered; where one refuses, pause and count stay."""
    probe(environment, connection, now=now, bounds=bounds)
    access.resume(connection)


def hurried(environment: Environment, *, patience_s: int) -> Environment:
    """The same, with as much patience as somebody has who waits for a page."""
    return replace(environment, patience_seconds=min(patience_s, environment.patience_seconds))
