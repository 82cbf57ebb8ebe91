"""`siigo-escala worker`: the engine, which runs every connection by itself until it is asked to end."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from siigo_escala.cli import output, setup, stopping
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.engine.daily import Daily
    from siigo_escala.store.models import Connection

_PAUSE_S = 1.0


def worker() -> int:
    """Sincroniza por sí solo: cada conexión a su hora, y lo que se pida entre tanto.

    Termina con Ctrl-C o SIGTERM, después de la llamada en curso; lo que falte sigue la próxima vez. Pueden
    correr varios a la vez: con SQLite en el mismo equipo, con PostgreSQL en cualquiera.
    """
    with stopping.quietly() as stop:
        from siigo_escala.engine import parent

        by_hand = not parent.watch(stop.set)
        environment = _prepared(stop)
        if environment is None:
            return 0
        if by_hand:
            output.note("El motor está en marcha; Ctrl-C lo detiene.")
        _work(environment, stop)
    return 0


def _prepared(stop: threading.Event) -> Environment | None:
    """The environment, with Django ready; None where `stop` came first.

    A database server that starts later than we do, as after a power cut, is waited for as long as it takes.
    """
    from siigo_escala.store import causes

    told = False
    while True:
        try:
            return setup.prepared()
        except Exception as problem:
            if not causes.is_out_of_reach(problem):
                raise
            if not told:
                why = causes.in_spanish(problem)
                output.note(f"La base de datos no responde todavía ({why}); el motor la espera.")
                told = True
        if stop.wait(_PAUSE_S):
            return None


def _work(environment: Environment, stop: threading.Event) -> None:
    """Takes turns until `stop`."""
    from siigo_escala.engine import alerts
    from siigo_escala.engine.daily import Daily
    from siigo_escala.engine.worker import PlaceLost, Worker
    from siigo_escala.sync import opening

    # Whatever keeps every run from starting is told now, and not once for each of them.
    opening.vault_of(environment)

    def tell(connection: Connection, document: dict[str, Any], exit_code: int) -> None:
        alerts.after_run(connection, document, exit_code, environment=environment, now=setup.now())

    worker = Worker(
        environment=environment,
        now=setup.now,
        stop=stop,
        after_run=tell,
        each_minute=partial(_look_around, Daily(environment=environment)),
    )
    try:
        worker.run()
    except PlaceLost:
        raise CommandProblem(
            "RUN_IN_PROGRESS",
            "Otro motor ocupó el puesto de este mientras la base de datos estaba fuera de alcance: "
            "inícielo de nuevo.",
            exit_code=5,
        ) from None


def _look_around(daily: Daily) -> None:
    """What is not a turn, once a minute: people are told whatever becomes of the daily work."""
    from siigo_escala.engine import alerts

    try:
        daily.look(now=setup.now())
    finally:
        alerts.watch(daily.environment, now=setup.now(), backup=daily.problem)
