"""Runs that are asked of the engine instead of being made here: `sync --queue`, and `runs --cancel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siigo_escala.cli import failures, output, setup, stored
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection
    from siigo_escala.sync.session import Options

_NO_ENGINE = "El motor no está en marcha: la solicitud espera hasta que lo inicie («siigo-escala run»)."


def ask(names: list[str], options: Options, *, several: bool, as_json: bool) -> int:
    """Leaves a request for each connection; the same one twice, while it waits, is one."""
    if options.dry_run:
        raise CommandProblem("USAGE", "Use --queue o --dry-run, no ambos.", key="--queue")
    documents: list[dict[str, Any]] = []
    codes: list[int] = []
    for name in names:
        try:
            warnings = _asked(stored.named(name), options)
        except Exception as problem:  # one company's failure stops no other
            if not several:
                raise
            told = failures.of(problem)
            documents.append({**told.document(), "connection": name})
            codes.append(told.exit_code)
            if not as_json:
                output.note(f"{told.message} [{told.code}]")
            continue
        documents.append({"schema": 1, "connection": name, "done": True, "warnings": warnings})
        if not as_json:
            output.say(f"«{name}»: el motor la sincroniza cuando le toque.")
            for warning in warnings:
                output.say(f"  Aviso: {warning}")
    if as_json:
        output.document({"schema": 1, "connections": documents} if several else documents[0])
    return failures.worst(codes)


def cancel(connection: Connection, *, as_json: bool) -> int:
    """Ends the run under way in the engine after the call in flight, and drops what waits."""
    from siigo_escala.sync import requests, run_row

    going = run_row.under_way(connection) is not None
    dropped = requests.cancel(connection)
    if as_json:
        output.document({"schema": 1, "connection": connection.name, "done": True, "warnings": []})
        return 0
    if going:
        output.say("La sincronización en curso termina después de la llamada que está haciendo.")
    if dropped:
        output.say(f"Solicitudes retiradas de la cola: {output.number(dropped)}.")
    if not going and not dropped:
        output.say(f"«{connection.name}» no tiene nada en curso ni en la cola.")
    return 0


def _asked(connection: Connection, options: Options) -> list[str]:
    from siigo_escala.cli import running
    from siigo_escala.store import locks
    from siigo_escala.sync import requests

    if connection.forgotten:
        raise running.without_credentials(connection.name)
    if connection.paused:
        raise running.paused(connection)
    requests.ask(connection, options, now=setup.now())
    return [] if locks.held("worker") else [_NO_ENGINE]
