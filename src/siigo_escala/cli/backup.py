"""`siigo-escala backup`: everything that is known, in one archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siigo_escala.cli import arguments, output, setup


def backup(
    path: Annotated[
        Path, typer.Argument(readable=False, metavar="ARCHIVO", help="Dónde queda la copia (.zip).")
    ],
    *,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Reemplaza el archivo si ya existe.")
    ] = False,
    as_json: arguments.Json = False,
) -> int:
    """Guarda una copia de todo en un archivo, también mientras se sincroniza.

    La clave (secret.key) no va en la copia: guárdela aparte; sin ella las credenciales no se recuperan.
    """
    path = path.absolute()
    environment = setup.prepared(reads_only=True)
    from siigo_escala.store import backup as backups
    from siigo_escala.store import keys

    made = backups.make(
        path,
        keys=keys.known(environment.secret_keys, home=environment.home),
        overwrite=overwrite,
        now=setup.now(),
    )
    rows, size = sum(member.rows for member in made.members), path.stat().st_size
    if as_json:
        output.document(
            {"schema": 1, "file": str(path), "done": True, "warnings": [], "rows": rows, "bytes": size}
        )
    else:
        output.say(f"Copia guardada en «{path}»: {output.number(rows)} registros, {output.size(size)}.")
        output.say("La clave no va en la copia: guarde aparte secret.key (o SIIGO_ESCALA_SECRET_KEY).")
    return 0
