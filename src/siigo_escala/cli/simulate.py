"""`siigo-escala simulate`: a Siigo or an Escala on this machine, to rehearse without risk."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from siigo_escala.cli import arguments, stopping
from siigo_escala.cli.failures import CommandProblem
from siigo_escala.store import causes

SYSTEMS = ("siigo", "escala")


def simulate(
    system: Annotated[str, typer.Argument(metavar="siigo|escala", help="Qué sistema simular.")],
    *,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Puerto local; 0: uno libre.")
    ],
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario", readable=False, metavar="ARCHIVO", help="Qué contiene y cómo se porta (JSON)."
        ),
    ] = None,
    as_json: arguments.Json = False,
) -> int:
    """Levanta un Siigo o un Escala simulado en este equipo, hasta Ctrl-C.

    Escribe una línea con la dirección y las credenciales que acepta.
    """
    if system not in SYSTEMS:
        raise CommandProblem("USAGE", "Puede simular «siigo» o «escala».", key="siigo|escala")
    app, credentials, latency_s = _app(system, scenario)
    from siigo_escala.simulators import serving

    # Before anybody is told the address: who reads it may ask for the end at once.
    with stopping.quietly() as ended:
        try:
            server = serving.start(app, port=port, latency_s=latency_s)
        except OSError:
            raise CommandProblem(
                "USAGE", f"El puerto {port} está ocupado o no se puede usar: elija otro.", key="--port"
            ) from None
        _tell(system, server.url, credentials, as_json=as_json)
        while not ended.wait(3600):
            pass
        server.stop()
    return 0


def _tell(system: str, address: str, credentials: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        document = {"schema": 1, "system": system, "address": address, **credentials}
        print(json.dumps(document, ensure_ascii=False), flush=True)
        return
    named = ", ".join(f"{_NAMES[key]} «{value}»" for key, value in credentials.items())
    print(f"Simulador de {system.capitalize()} en {address}; {named} (Ctrl-C para terminar)", flush=True)


_NAMES = {"username": "usuario", "access_key": "clave", "api_key": "clave"}


def _app(system: str, path: Path | None) -> tuple[Any, dict[str, str], float]:
    """The simulator in its scenario, the credentials it takes and its latency."""
    from siigo_escala.simulators import scenario as scenarios

    try:
        scenario = scenarios.read(path) if path else scenarios.Scenario()
        if system == "siigo":
            from siigo_escala.simulators.siigo.simulator import SiigoSimulator

            siigo = SiigoSimulator()
            siigo.set_up(scenario)
            company = siigo.company
            credentials = {"username": company.username, "access_key": company.access_key}
            return siigo, credentials, scenario.latency_s
        from siigo_escala.simulators.escala.simulator import EscalaSimulator

        escala = EscalaSimulator()
        escala.set_up(scenario)
    except OSError as problem:
        why = causes.of_file(problem)
        raise CommandProblem(
            "FILE_MISSING", f"No se pudo leer el escenario «{path}» ({why}).", key="--scenario"
        ) from None
    except (ValueError, RecursionError) as problem:
        raise CommandProblem(
            "FILE_INVALID", f"El escenario «{path}» no sirve: {_why(problem)}.", key="--scenario"
        ) from None
    return escala, {"api_key": escala.api_key}, scenario.latency_s


_WANTED = {
    "object": "debe ser un objeto, entre llaves",
    "integer": "debe ser un número entero",
    "seconds": "debe ser un número de segundos, de 0 a 3600",
    "list": "debe ser una lista de objetos",
    "date": "debe ser una fecha de la forma aaaa-mm-dd",
}


def _why(problem: Exception) -> str:
    """What is wrong with a scenario, in Spanish: the simulators' own words are English, for developers."""
    from siigo_escala.simulators import scenario as scenarios

    if isinstance(problem, json.JSONDecodeError):
        return f"no es JSON (línea {problem.lineno}, columna {problem.colno})"
    if isinstance(problem, UnicodeDecodeError):
        return "no es un texto en UTF-8"
    if not isinstance(problem, scenarios.ScenarioProblem):
        return "no es JSON que se pueda leer"
    where = f"«{problem.key}»" if problem.key else "lo que contiene"
    if problem.wanted == "known":
        known = ", ".join(sorted(one.name for one in dataclasses.fields(scenarios.Scenario)))
        return f"{where} no existe; puede usar: {known}"
    if problem.wanted == "fitting":
        named = re.search("'([^']*)'", str(problem))
        return f"{where} tiene algo que este simulador no admite" + (f": «{named[1]}»" if named else "")
    return f"{where} {_WANTED[problem.wanted]}"
