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
    from siigo_escala.sync.opening import Opened

_EXPLAINED = (
    "La prueba crea en Escala uno o más contactos y oportunidades de un peso que empiezan por «PRUEBA "
    "siigo-escala», sin correo real y sin activar automatizaciones; luego los borra o le dice cuáles son."
)
_RESULTS = {"ok": "bien", "warning": "aviso", "failed": "falla"}


def check(
    name: arguments.Name,
    *,
    write_probe: Annotated[
        bool,
        typer.Option(
            "--write-probe",
            help="Además crea en Escala contactos y oportunidades de prueba, para saber lo que solo se "
            "averigua escribiendo; los borra o los nombra.",
        ),
    ] = False,
    facts: Annotated[
        Path | None,
        typer.Option(
            "--facts",
            readable=False,
            metavar="ARCHIVO",
            help="Escribe lo averiguado (claves, tipos y veredictos, ningún dato) para enviarlo al proyecto.",
        ),
    ] = None,
    as_json: arguments.Json = False,
) -> int:
    """Revisa una conexión y dice qué hacer; sin --write-probe no escribe nada en Siigo ni en Escala.

    Credenciales, empresa y cuenta, pipeline y etapa, campos, vendedores, productos, relojes, límites, disco
    y lo que espera por usted; diez llamadas y quince segundos a lo sumo.
    """
    environment = setup.prepared(reads_only=True)
    from siigo_escala.sync import opening
    from siigo_escala.sync.checking import doubts, examination

    opened = opening.open_connection(environment, name, vault_of=opening.vault_or_shut)
    if opened.connection.forgotten:
        raise running.without_credentials(name)
    if facts is not None and not facts.parent.is_dir():
        # Before anything is made in Escala that only the answer names.
        raise _not_written(facts, f"no existe la carpeta «{facts.parent}»")
    found = _probed(opened) if write_probe else examination.examine(opened, now=setup.now)
    probed = found.probed.verdicts if found.probed is not None else {}
    verdicts = doubts.verdicts(
        doubts.Evidence(witness=found.witness, capabilities=found.capabilities, probed=probed)
    )
    if facts is not None:
        _keep(facts, found, verdicts)
    if as_json:
        output.document(_document(name, found, verdicts))
    else:
        _show(found, verdicts)
        if facts is not None:
            output.say(f"Lo averiguado quedó en «{facts}»; no lleva ningún dato de sus clientes.")
    return found.exit_code


def _probed(opened: Opened) -> Examination:
    """An examination with the write probe, in which no run of this pair of accounts may be under way."""
    from siigo_escala.store import lease as leases
    from siigo_escala.sync.checking import examination

    if opened.connection.paused:
        raise running.paused(opened.connection)
    if examination.hindered(opened):
        found = examination.examine(opened, now=setup.now)
        examination.not_probed(found)
        return found
    if running.at_terminal():
        output.note(_EXPLAINED)
    lease = leases.take(opened.connection)
    try:
        found = examination.examine(opened, now=setup.now)
        examination.probe(found, opened, lease, now=setup.now)
    finally:
        lease.release()
    return found


def _document(name: str, found: Examination, verdicts: Sequence[Doubt]) -> dict[str, Any]:
    left = [one.to_json() for one in found.probed.left] if found.probed is not None else []
    return {
        "schema": 1,
        "connection": name,
        "checks": [one.to_json() for one in found.checks],
        "doubts": [one.to_json() for one in verdicts],
        "calls": found.calls.to_json(),
        "left_in_escala": left,
    }


def _keep(path: Path, found: Examination, verdicts: Sequence[Doubt]) -> None:
    from siigo_escala.store import causes
    from siigo_escala.sync.checking import facts

    try:
        facts.write(path, facts.of(found, verdicts, now=setup.now()))
    except OSError as problem:
        left = found.probed.to_remove() if found.probed is not None else ""
        raise _not_written(path, causes.of_file(problem), left) from None


def _not_written(path: Path, why: str, left: str = "") -> CommandProblem:
    return CommandProblem(
        "STORAGE_FAILED", f"No se pudo escribir «{path}» ({why}). {left}".strip(), key="--facts"
    )


def _show(found: Examination, verdicts: Sequence[Doubt]) -> None:
    from siigo_escala.sync.checking import doubts

    output.table(
        [("", "left"), ("Revisión", "left"), ("Resultado", "left")],
        [
            [_RESULTS[one.result], one.code.value, f"{one.message} {one.remedy}".strip()]
            # What needs somebody stands last, next to the prompt.
            for one in sorted(found.checks, key=lambda one: list(_RESULTS).index(one.result))
        ],
    )
    counts = [sum(one.result == result for one in found.checks) for result in _RESULTS]
    well, warned, wrong = counts
    output.say(
        f"{well} bien, {warned} aviso{'' if warned == 1 else 's'}, {wrong} falla{'' if wrong == 1 else 's'}."
    )
    open_ = [one.code for one in verdicts if not one.verdict]
    output.say(
        f"Llamadas: Siigo {found.calls.siigo}, Escala {found.calls.escala}. De {len(doubts.QUESTIONS)} dudas "
        f"sobre el API de Escala, esta cuenta ya resolvió {len(verdicts) - len(open_)}"
        + (f"; faltan {', '.join(open_)}." if open_ else ".")
    )
