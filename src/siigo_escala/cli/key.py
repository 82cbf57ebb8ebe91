"""`siigo-escala key rotate`: a new key, and everything sealed anew with it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from siigo_escala.cli import arguments, output, setup
from siigo_escala.cli.failures import CommandProblem


class Action(StrEnum):
    """What can be done with the key."""

    ROTATE = "rotate"


def key(
    _action: Annotated[Action, typer.Argument(metavar="rotate", help="Cambia la clave por una nueva.")],
    *,
    as_json: arguments.Json = False,
) -> int:
    """Cambia la clave de la instalación y cifra todo de nuevo con ella.

    Guarde antes secret.key si conserva copias viejas: se restauran con la clave que había al hacerlas.
    Con la clave en SIIGO_ESCALA_SECRET_KEY ponga primero la nueva delante de la vieja.
    """
    environment = setup.prepared()
    if len(environment.secret_keys) == 1:
        raise CommandProblem(
            "USAGE",
            "SIIGO_ESCALA_SECRET_KEY tiene una sola clave: ponga la nueva delante de la de ahora, separadas "
            "por una coma, en todas las máquinas; repita la orden y quite después la vieja.",
            key="SIIGO_ESCALA_SECRET_KEY",
        )
    from siigo_escala.store import rotation

    done = rotation.rotate(environment.secret_keys, home=environment.home)
    if as_json:
        output.document({"schema": 1, "done": True, "warnings": [], "resealed": done.resealed})
        return 0
    output.say(f"Clave cambiada; {output.number(done.resealed)} secretos cifrados de nuevo.")
    if done.in_environment:
        output.say("Todo se abre ya con la primera de SIIGO_ESCALA_SECRET_KEY: puede quitar las demás.")
    else:
        output.say(
            "secret.key tiene solo la clave nueva: guarde una copia de ese archivo. Las copias hechas antes "
            "se restauran con la clave anterior."
        )
    return 0
