"""`siigo-escala check`: the read-only self-check of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siigo_escala.cli import arguments, output, running, setup

if TYPE_CHECKING:
    from siigo_escala.sync.findings import Check

_RESULTS = {"ok": "bien", "warning": "aviso", "failed": "falla"}


def check(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Revisa una conexión sin escribir nada y dice qué hacer.

    Credenciales, pipeline y etapa, campo de la identificación, vendedores, productos, reloj, límites y
    permisos de la carpeta; diez llamadas a lo sumo.
    """
    environment = setup.prepared()
    from siigo_escala.sync import check as checking
    from siigo_escala.sync import opening

    opened = opening.open_connection(environment, name)
    if opened.connection.forgotten:
        raise running.without_credentials(name)
    found = checking.examine(opened, now=setup.now)
    if as_json:
        output.document({"schema": 1, "connection": name, "checks": [one.to_json() for one in found.checks]})
    else:
        _show(found.checks)
    return found.exit_code


def _show(checks: list[Check]) -> None:
    output.table(
        [("", "left"), ("Revisión", "left"), ("Resultado", "left")],
        [[_RESULTS[one.result], one.code, f"{one.message} {one.remedy}".strip()] for one in checks],
    )
