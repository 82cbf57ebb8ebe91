"""`siigo-escala fields`: the custom fields that Escala was seen to hold, before or after `connect`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siigo_escala.cli import arguments, connect, output, setup
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.sync.fields import SeenField

_ENTITIES = {"contact": "Contacto", "deal": "Oportunidad"}


def fields(
    path: Annotated[
        Path, typer.Argument(readable=False, metavar="ARCHIVO", help="Archivo de conexión (TOML).")
    ],
    *,
    as_json: arguments.Json = False,
) -> int:
    """Los campos personalizados que se ven en Escala con la clave de ese archivo.

    Escala no deja listarlos: se ven los que ya tienen un valor en algún contacto u oportunidad. Del archivo
    solo hace falta «escala.api_key».
    """
    text = connect.read_text(path)
    environment = setup.prepared()
    found = _seen(environment, _api_key(text))
    if as_json:
        output.document({"schema": 1, "fields": [one.to_json() for one in found]})
    elif not found:
        output.say(
            "No se vio ningún campo personalizado con valor: escriba uno cualquiera en un contacto de Escala "
            "y repita la orden."
        )
    else:
        output.table(
            [("Clave", "left"), ("En", "left"), ("Nombre", "left"), ("Tipo", "left"), ("Ejemplo", "left")],
            [[one.key, _ENTITIES[one.entity], one.name, one.kind, one.sample] for one in found],
        )
    return 0


def _seen(environment: Environment, key: str) -> list[SeenField]:
    from siigo_escala.escala.capabilities import Capabilities
    from siigo_escala.siigo.token import NoStore
    from siigo_escala.sync import clients
    from siigo_escala.sync import fields as looking
    from siigo_escala.sync.account import Calls

    pair = clients.build(
        environment,
        clients.Credentials(siigo_username="", siigo_key="", escala_key=key),
        siigo_account="siigo:new",
        escala_account="escala:new",
        tokens=NoStore(),
        capabilities=Capabilities(),
        on_learned=lambda _: None,
        on_call=Calls().count,
        now=setup.now,
    )
    try:
        return looking.seen(pair.escala)
    finally:
        pair.close()


def _api_key(text: str) -> str:
    """Escala's key; the rest of the file may still be unfinished."""
    from siigo_escala.sync.connect import secret

    try:
        data: dict[str, Any] = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        raise CommandProblem(
            "FILE_INVALID",
            "El archivo no se puede leer como TOML: revise comillas, corchetes y signos de igual.",
        ) from None
    table = data.get("escala")
    value = table.get("api_key") if isinstance(table, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise CommandProblem(
            "FILE_INVALID",
            "Falta «escala.api_key»: es obligatoria y no puede estar vacía.",
            key="escala.api_key",
        )
    return secret("escala.api_key", value, os.environ)
