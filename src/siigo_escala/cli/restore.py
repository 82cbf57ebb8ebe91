"""`siigo-escala restore`: what a backup holds, in place of what stands here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siigo_escala.cli import arguments, output, setup

if TYPE_CHECKING:
    from siigo_escala.store.restoring import Restored


def restore(
    path: Annotated[
        Path, typer.Argument(readable=False, metavar="ARCHIVO", help="Copia hecha con «backup».")
    ],
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Reemplaza lo que hay aquí, que antes se guarda en «backups»."),
    ] = False,
    without_credentials: Annotated[
        bool,
        typer.Option(
            "--without-credentials",
            help="Sin la clave de la copia: todo menos las credenciales; las conexiones quedan en pausa.",
        ),
    ] = False,
    as_json: arguments.Json = False,
) -> int:
    """Restaura una copia, toda o nada. Necesita la clave con que se hizo.

    La sincronización siguiente lee completos los contactos y las oportunidades de Escala antes de escribir:
    lo creado después de la copia se reconoce y no se duplica.
    """
    path = path.absolute()
    environment = setup.prepared()
    from siigo_escala.store import keys, restoring

    done = restoring.restore(
        path,
        keys=keys.known(environment.secret_keys, home=environment.home),
        home=environment.home,
        replace=replace,
        with_credentials=not without_credentials,
        now=setup.now(),
    )
    warnings = list(_warnings(done))
    if as_json:
        output.document(
            {
                "schema": 1,
                "file": str(path),
                "done": True,
                "warnings": warnings,
                "connections": list(done.connections),
                "before": str(done.before) if done.before else None,
            }
        )
        return 0
    names = ", ".join(f"«{name}»" for name in done.connections) or "ninguna"
    output.say(f"Copia del {_day(done.manifest.made)} restaurada; conexiones: {names}.")
    for warning in warnings:
        output.say(f"  Aviso: {warning}")
    return 0


def _warnings(done: Restored) -> list[str]:
    told = []
    if done.before is not None:
        told.append(f"Lo que había antes quedó en «{done.before}».")
    if done.without_credentials:
        names = ", ".join(f"«{name}»" for name in done.without_credentials)
        told.append(f"En pausa y sin credenciales hasta que conecte de nuevo con su archivo: {names}.")
    if done.erasures_lost:
        told.append(
            "Sin la clave de la copia no se reconoce a las personas cuyos datos se habían borrado: borre de "
            "nuevo sus datos con «personal-data erase»."
        )
    return told


def _day(made: str) -> str:
    return "/".join(reversed(made[:10].split("-")))
