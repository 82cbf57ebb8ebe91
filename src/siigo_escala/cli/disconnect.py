"""`siigo-escala disconnect`: credentials away, or everything that is known of a connection."""

from __future__ import annotations

from typing import Annotated

import typer

from siigo_escala.cli import arguments, output, setup, stored
from siigo_escala.cli.failures import CommandProblem


def disconnect(
    name: arguments.Name,
    *,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Borra también el registro de facturas y todo lo demás de la conexión."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Confirma; sin ella no se hace nada.")] = False,
    as_json: arguments.Json = False,
) -> int:
    """Quita las credenciales guardadas; con --forget, todo lo que se sabe de la conexión.

    Con --forget se guarda antes una copia en la carpeta «backups». Lo que ya está en Escala y en Siigo no se
    toca.
    """
    environment = setup.prepared()
    connection = stored.named(name)
    if not yes:
        raise CommandProblem(
            "USAGE", f"Para desconectar «{name}» confirme con --yes; no se cambió nada.", key="--yes"
        )
    from siigo_escala.store import keys
    from siigo_escala.sync import disconnecting

    warnings = []
    if forget:
        kept = disconnecting.forget(
            connection,
            home=environment.home,
            keys=keys.known(environment.secret_keys, home=environment.home),
            now=setup.now(),
        )
        warnings.append(
            f"Lo que había, también lo de las demás conexiones, quedó en «{kept}»; «purge» borra esa copia "
            "a los 90 días. Si nada debe quedar, bórrela usted."
        )
    else:
        disconnecting.take_credentials(connection)
    if as_json:
        output.document({"schema": 1, "connection": name, "done": True, "warnings": warnings})
        return 0
    output.say(
        f"«{name}»: se borró todo lo que se sabía de ella. Lo que está en Escala sigue allí."
        if forget
        else f"«{name}»: ya no tiene credenciales. El registro de facturas se conserva; para volver, conecte "
        "de nuevo con su archivo."
    )
    for warning in warnings:
        output.say(f"  Aviso: {warning}")
    return 0
