"""`siigo-escala check`: the self-check of a connection, read-only unless the write probe is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siigo_escala.cli import arguments, output, running, setup
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siigo_escala.sync.checking.doubts import Doubt
    from siigo_escala.sync.checking.examination import Examination

_RESULTS = {"ok": "bien", "warning": "aviso", "failed": "falla"}


def check(
    name: arguments.Name,
    *,
    facts: Annotated[
        Path | None,
        typer.Option(
            "--facts",
            metavar="ARCHIVO",
            help="Escribe lo averiguado (claves, tipos y veredictos, ningún dato) para enviarlo al proyecto.",
        ),
    ] = None,
    as_json: arguments.Json = False,
) -> int:
    """Revisa una conexión sin escribir nada en Siigo ni en Escala, y dice qué hacer.

    Credenciales, empresa y cuenta, pipeline y etapa, campos, vendedores, productos, relojes, límites, disco
    y lo que espera por usted; diez llamadas y quince segundos a lo sumo.
    """
    environment = setup.prepared()
    from siigo_escala.sync import opening
    from siigo_escala.sync.checking import doubts, examination

    opened = opening.open_connection(environment, name)
    if opened.connection.forgotten:
        raise running.without_credentials(name)
    found = examination.examine(opened, now=setup.now)
    verdicts = doubts.verdicts(doubts.Evidence(witness=found.witness, capabilities=found.capabilities))
    if facts is not None:
        _keep(facts, found, verdicts)
    if as_json:
        output.document(_document(name, found, verdicts))
    else:
        _show(found, verdicts)
        if facts is not None:
            output.say(f"Lo averiguado quedó en «{facts}»; no lleva ningún dato de sus clientes.")
    return found.exit_code


def _document(name: str, found: Examination, verdicts: Sequence[Doubt]) -> dict[str, Any]:
    return {
        "schema": 1,
        "connection": name,
        "checks": [one.to_json() for one in found.checks],
        "doubts": [one.to_json() for one in verdicts],
        "calls": found.calls.to_json(),
    }


def _keep(path: Path, found: Examination, verdicts: Sequence[Doubt]) -> None:
    from siigo_escala.cli import oserrors
    from siigo_escala.sync.checking import facts

    try:
        facts.write(path, facts.of(found, verdicts, now=setup.now()))
    except OSError as problem:
        raise CommandProblem(
            "STORAGE_FAILED", f"No se pudo escribir «{path}» ({oserrors.why(problem)}).", key="--facts"
        ) from None


def _show(found: Examination, verdicts: Sequence[Doubt]) -> None:
    from siigo_escala.sync.checking import doubts

    output.table(
        [("", "left"), ("Revisión", "left"), ("Resultado", "left")],
        [
            [_RESULTS[one.result], one.code.value, f"{one.message} {one.remedy}".strip()]
            for one in found.checks
        ],
    )
    open_ = [one.code for one in verdicts if not one.verdict]
    output.say(
        f"Llamadas: Siigo {found.calls.siigo}, Escala {found.calls.escala}. De {len(doubts.QUESTIONS)} dudas "
        f"sobre el API de Escala, esta cuenta ya resolvió {len(verdicts) - len(open_)}"
        + (f"; faltan {', '.join(open_)}." if open_ else ".")
    )
