"""`siigo-escala connect`: one connection file or several, checked against their accounts and stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siigo_escala.cli import arguments, failures, output, setup
from siigo_escala.cli.failures import CommandProblem, Failure
from siigo_escala.store import causes

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.domain.rules import ConnectionFile

_LARGEST = 1_000_000

Files = Annotated[
    list[Path], typer.Argument(readable=False, metavar="ARCHIVO", help="Archivo de conexión (TOML).")
]


def connect(files: Files, *, as_json: arguments.Json = False) -> int:
    """Crea o actualiza la conexión que describe un archivo.

    El archivo se comprueba entero contra las dos cuentas antes de guardar nada; repetirlo no cambia nada.
    """
    texts = _texts(files)
    environment = setup.prepared()
    from siigo_escala.domain import rules
    from siigo_escala.sync import connect as connecting
    from siigo_escala.sync import opening

    vault = opening.vault_of(environment)
    documents: list[dict[str, Any]] = []
    codes: list[int] = []
    for path, text in texts:
        turning = _turning(text)
        if turning:
            # Before it takes effect; with several files, of the one that is at its turn.
            output.note(turning)
        try:
            made = connecting.connect(environment, vault, text, now=setup.now)
        except Exception as problem:  # whatever it is: one file's failure stops no other
            if len(texts) == 1:
                raise
            told = failures.of(problem)
            if told.unforeseen:
                _log(path, problem)
            codes.append(told.exit_code)
            documents.append(told.document())
            if not as_json:
                output.note(f"{path.name}: {told.message} [{told.code}]")
            continue
        warnings = [
            *([turning] if turning else []),
            *made.warnings,
            *_mail_warnings(rules.parse(text), environment),
        ]
        documents.append({"schema": 1, "connection": made.connection, "done": True, "warnings": warnings})
        if not as_json:
            _show(made.connection, [one for one in warnings if one != turning])
    if as_json:
        output.document(documents[0] if len(texts) == 1 else {"schema": 1, "connections": documents})
    return failures.worst(codes)


def _turning(text: str) -> str:
    """What the file's direction changes; "" where it is the stored one, or nothing is stored."""
    from siigo_escala.domain import rules
    from siigo_escala.sync import switching

    file = rules.parse(text)
    return switching.told(file.name, file)


def _log(path: Path, problem: BaseException) -> None:
    from siigo_escala.cli import logs

    logs.unforeseen("connect failed", problem, file=path.name)


def read_text(path: Path) -> str:
    """A connection file's text. FILE_MISSING where it cannot be read, FILE_INVALID where it is no text."""
    try:
        if path.stat().st_size > _LARGEST:
            raise CommandProblem(
                "FILE_INVALID", f"«{path}» es demasiado grande para ser un archivo de conexión."
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CommandProblem("FILE_INVALID", f"«{path}» no es un archivo de texto en UTF-8.") from None
    except OSError as problem:
        raise CommandProblem(
            "FILE_MISSING", f"No se pudo leer el archivo «{path}» ({causes.of_file(problem)})."
        ) from None


def _texts(files: list[Path]) -> list[tuple[Path, str]]:
    """Every file's text, each parsed: where one is wrong, no call is made and nothing is saved."""
    from siigo_escala.domain import rules

    texts = []
    names: dict[str, Path] = {}
    for path in files:
        text = read_text(path)
        try:
            file = rules.parse(text)
            _check_alerts(file)
            name = file.name
        except rules.FileProblem as problem:
            raise _named(problem, path, several=len(files) > 1) from None
        if name in names:
            raise CommandProblem(
                "FILE_INVALID",
                f"«{path.name}» y «{names[name].name}» describen la misma conexión «{name}».",
                key="name",
            )
        names[name] = path
        texts.append((path, text))
    return texts


def _check_alerts(file: ConnectionFile) -> None:
    """Addresses of alerts must be ones that can be told something: nobody would notice until it matters."""
    from siigo_escala.domain.rules import FileProblem
    from siigo_escala.engine import addresses

    wrong = addresses.first_wrong(file.alerts.urls)
    if wrong is not None:
        raise FileProblem(
            "alerts.urls",
            f"«alerts.urls»: la dirección «{addresses.shown(wrong)}» no tiene la forma que ese servicio "
            "espera (vea https://appriseit.com/services/), o el servicio no existe.",
        )


def _mail_warnings(file: ConnectionFile, environment: Environment) -> list[str]:
    if not file.alerts.email or environment.email_url:
        return []
    missing = (
        "Los correos de «alerts.email» no saldrán mientras falte la variable SIIGO_ESCALA_EMAIL_URL con el "
        "servidor de correo de salida."
    )
    return [missing]


def _named(problem: Any, path: Path, *, several: bool) -> CommandProblem:
    told: Failure = failures.of(problem)
    message = f"{path.name}: {told.message}" if several else told.message
    return CommandProblem(told.code, message, key=told.key)


def _show(name: str, warnings: list[str]) -> None:
    output.say(f"La conexión «{name}» quedó guardada.")
    for warning in warnings:
        output.say(f"  Aviso: {warning}")
    output.say(f"Siguiente paso: «siigo-escala sync {name} --dry-run» muestra qué haría, sin escribir nada.")
