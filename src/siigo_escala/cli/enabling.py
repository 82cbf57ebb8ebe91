"""`siigo-escala enable` and `disable`: the schedule on and off; `enable` lifts pauses after one probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siigo_escala.cli import arguments, listing, output, running, setup, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siigo_escala.store.models import Connection

_MOST_NAMED = 5


def enable(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Enciende el horario y levanta toda pausa, después de una prueba con las dos cuentas.

    Con esta orden usted confirma que la app nativa y otras instalaciones están apagadas.
    """
    environment = setup.prepared()
    connection = stored.named(name)
    if connection.forgotten:
        raise running.without_credentials(name)
    from siigo_escala.sync import access, introduction, other_writer, probing

    braked = access.reads_only(connection, now=setup.now())
    lifted = bool(connection.paused or connection.refusals or braked)
    if lifted:
        # Each try may be one refusal more.
        hurried = probing.hurried(environment, patience_s=introduction.PATIENCE_S)
        probing.resume(hurried, connection, now=setup.now)
    connection = _switch(connection, on=True)
    accepted = other_writer.accept(connection, now=setup.now())
    _done(
        connection,
        _switched_on(connection, lifted=lifted),
        as_json=as_json,
        warnings=[_confirmed(accepted)] if accepted else [],
    )
    return 0


def _switched_on(connection: Connection, *, lifted: bool) -> str:
    """What is true of it now: without an hour it runs by no schedule, switched on though it is."""
    if listing.has_times(connection):
        return "Horario encendido" + (" y pausa levantada: las dos cuentas responden." if lifted else ".")
    return ("Pausa levantada: las dos cuentas responden. " if lifted else "") + (
        "Horario sin hora («schedule.daily_at», «schedule.every_minutes»): solo se sincroniza a mano."
    )


def _confirmed(deals: list[str]) -> str:
    """What the person has confirmed with this command, and which opportunities it concerns."""
    shown = ", ".join(deals[:_MOST_NAMED]) + (
        f" y {len(deals) - _MOST_NAMED} más" if len(deals) > _MOST_NAMED else ""
    )
    return (
        "Con esta orden usted confirma que la app nativa de Siigo y otras instalaciones están apagadas. Si "
        f"una de estas oportunidades repite una factura, ciérrela en Escala, pues no la tocaremos: {shown}."
    )


def disable(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Apaga el horario; a mano sigue funcionando."""
    setup.prepared()
    connection = stored.named(name)
    connection = _switch(connection, on=False)
    _done(connection, "Horario apagado; «siigo-escala sync» a mano sigue funcionando.", as_json=as_json)
    return 0


def _switch(connection: Connection, *, on: bool) -> Connection:
    from siigo_escala.sync import schedule

    return schedule.switch(connection, on=on, who="línea de comandos", now=setup.now())


def _done(connection: Connection, sentence: str, *, as_json: bool, warnings: Sequence[str] = ()) -> None:
    if as_json:
        output.document(
            {"schema": 1, "connection": connection.name, "done": True, "warnings": list(warnings)}
        )
    else:
        output.say(f"«{connection.name}»: {sentence}")
        for warning in warnings:
            output.say(warning)
