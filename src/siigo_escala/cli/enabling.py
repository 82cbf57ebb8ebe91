"""`siigo-escala enable` and `disable`: the schedule on and off; `enable` lifts pauses after one probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siigo_escala.cli import arguments, output, running, setup, stored

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.store.models import Connection


def enable(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Enciende el horario y levanta toda pausa, después de una prueba con las dos cuentas.

    Con esta orden usted confirma que la app nativa y otras instalaciones están apagadas.
    """
    environment = setup.prepared()
    connection = stored.named(name)
    if connection.forgotten:
        raise running.without_credentials(name)
    lifted = bool(connection.paused or connection.refusals)
    if lifted:
        _probe(environment, connection)
    _switch(connection, on=True)
    from siigo_escala.sync import other_writer

    other_writer.accept(connection, now=setup.now())
    _done(
        connection,
        "Horario encendido" + (" y pausa levantada: las dos cuentas responden." if lifted else "."),
        as_json=as_json,
    )
    return 0


def disable(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Apaga el horario; a mano sigue funcionando."""
    setup.prepared()
    connection = stored.named(name)
    _switch(connection, on=False)
    _done(connection, "Horario apagado; «siigo-escala sync» a mano sigue funcionando.", as_json=as_json)
    return 0


def _probe(environment: Environment, connection: Connection) -> None:
    """Signs in anew and asks both accounts; where one refuses, the pause stays."""
    from siigo_escala.store import models
    from siigo_escala.sync import access, opening
    from siigo_escala.sync.account import Calls
    from siigo_escala.sync.session import Listener

    opened = opening.open_connection(environment, connection.name)
    # The brake would refuse the probe itself, and a token kept from before would prove nothing.
    access.begin_anew(connection)
    models.SiigoCompany.objects.filter(pk=connection.siigo_id).update(token_sealed="", token_expires=None)
    pair = opening.client_pair(opened, opened.connection, calls=Calls(), listener=Listener(), now=setup.now)
    try:
        pair.siigo.users()
        pair.escala.pipelines()
    finally:
        pair.close()
    access.resume(connection)


def _switch(connection: Connection, *, on: bool) -> None:
    connection.enabled = on
    connection.file = {**connection.file, "enabled": on}
    connection.save(update_fields=["enabled", "file"])


def _done(connection: Connection, sentence: str, *, as_json: bool) -> None:
    if as_json:
        output.document({"schema": 1, "connection": connection.name, "done": True, "warnings": []})
    else:
        output.say(f"«{connection.name}»: {sentence}")
