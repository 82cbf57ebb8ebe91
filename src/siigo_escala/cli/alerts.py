"""`siigo-escala alerts test`: a test message by every address of a connection's [alerts]."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from siigo_escala.cli import arguments, output, setup, stored
from siigo_escala.cli.failures import CommandProblem


class Action(StrEnum):
    """What can be done with alerts."""

    TEST = "test"


def alerts(
    _action: Annotated[Action, typer.Argument(metavar="test", help="Envía un mensaje de prueba.")],
    name: arguments.Name,
    *,
    as_json: arguments.Json = False,
) -> int:
    """Envía un mensaje de prueba a cada dirección de [alerts] y dice si salió.

    Las direcciones se muestran sin lo que pueda ser secreto. A «heartbeat_url» no se llama: sería un
    éxito falso.
    """
    environment = setup.prepared(reads_only=True)
    connection = stored.named(name)
    from siigo_escala.engine import alerts as telling

    tried = telling.send_test(connection, environment=environment)
    if not tried:
        raise CommandProblem(
            "ALERTS_MISSING",
            f"La conexión «{name}» no tiene a quién avisar: escriba en [alerts] de su archivo, por ejemplo, "
            'email = ["gerencia@empresa.co"] o urls = ["slack://…"], y conecte de nuevo.',
            key="alerts",
        )
    if as_json:
        addresses = [
            {"address": to.shown, "key": to.key, "sent": done.sent, "message": done.why or None}
            for to, done in tried
        ]
        output.document({"schema": 1, "connection": name, "addresses": addresses})
    else:
        output.table(
            [("Dirección", "left"), ("Mensaje de prueba", "left")],
            [[to.shown, "salió" if done.sent else f"no salió: {done.why}"] for to, done in tried],
        )
    return 0 if all(done.sent for _, done in tried) else 1
