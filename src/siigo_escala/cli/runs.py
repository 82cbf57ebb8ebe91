"""`siigo-escala runs`: the history of a connection's runs, newest first, and the one under way as it goes."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from siigo_escala.cli import arguments, listing, output, progress, queueing, setup, stored

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection, Run

_SHOWN = 30
_POLL_S = 0.5
_ENDS = {
    0: "bien",
    1: "con pendientes",
    2: "no se pudo guardar",
    3: "acceso rechazado",
    4: "sin respuesta",
    5: "perdió el turno",
    130: "interrumpida",
    143: "interrumpida",
    None: "interrumpida",
}


def runs(
    name: arguments.Name,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Muestra el avance de la que está en curso, hasta que termine.")
    ] = False,
    cancel: Annotated[
        bool,
        typer.Option(
            "--cancel", help="Detiene la que el motor tiene en curso y retira lo que espera en la cola."
        ),
    ] = False,
    as_json: arguments.Json = False,
) -> int:
    """Las sincronizaciones de una conexión, la más nueva primero.

    Con --follow y --json: un documento al final, con la que estaba en curso (o ninguna).
    """
    setup.prepared(reads_only=not cancel)
    connection = stored.named(name)
    if cancel:
        return queueing.cancel(connection, as_json=as_json)
    if follow:
        return _follow(connection, as_json=as_json)
    from siigo_escala.sync import run_row

    found = connection.runs.order_by("-pk")
    going = run_row.under_way(connection)
    if as_json:
        output.document(
            {"schema": 1, "runs": [_document(run, name, going=going == run) for run in found.iterator()]}
        )
        return 0
    zone = ZoneInfo(str(connection.file.get("time_zone", "America/Bogota")))
    output.table(
        [
            ("Número", "right"),
            ("Empezó", "left"),
            ("Leídas", "right"),
            ("Creadas", "right"),
            ("Pesos creados", "right"),
            ("Terminó", "left"),
        ],
        [_row(run, zone, going=going) for run in found[:_SHOWN]],
    )
    return 0


def _follow(connection: Connection, *, as_json: bool) -> int:
    """Watches the row of the run under way, in whatever process it goes on, until it ends or dies."""
    from siigo_escala.sync import run_row

    run = run_row.under_way(connection)
    if run is None:
        if as_json:
            output.document({"schema": 1, "runs": []})
        else:
            output.say("No hay ninguna sincronización en curso.")
        return 0
    watched(run, threading.Event())
    if as_json:
        alive = run_row.under_way(connection) == run
        output.document({"schema": 1, "runs": [_document(run, connection.name, going=alive)]})
    elif run.exit_code is None:
        output.say(f"La sincronización {run.pk} se interrumpió; la próxima sigue donde quedó.")
    else:
        output.say(f"La sincronización {run.pk} terminó: {_ENDS.get(run.exit_code, 'no terminó')}.")
    return 0


def watched(run: Run, ended: threading.Event) -> None:
    """Shows how far a run is until it ends, dies, or the event is set; the row is as it was read last."""
    from siigo_escala.sync import run_row

    alive = True
    with progress.shown() as shown:
        while alive and not ended.is_set():
            going = run_row.under_way(run.connection)
            alive = going is not None and going.pk == run.pk
            run.refresh_from_db()
            if run.exit_code is not None:
                break
            _tell(shown, run)
            if alive:
                ended.wait(_POLL_S)


def _tell(shown: progress.Shown, run: Run) -> None:
    from siigo_escala.sync.session import Progress

    kept = run.progress
    if not kept:
        return
    planned = kept.get("seconds")
    elapsed = (setup.now() - run.started).total_seconds()
    shown.at(
        Progress(
            phase=kept["phase"],
            done=kept["done"],
            total=kept["total"],
            siigo_calls=kept["calls"]["siigo"],
            escala_calls=kept["calls"]["escala"],
        ),
        max(planned - elapsed, 0.0) if planned is not None else None,
    )


def _document(run: Run, name: str, *, going: bool) -> dict[str, Any]:
    """What `sync` printed, without `problems`; of a run without end, what is known."""
    from siigo_escala.sync import killed

    if run.document:
        shown = killed.document_of(run, going=going)
        return {key: value for key, value in shown.items() if key != "problems"}
    return {
        "schema": 1,
        "run": run.pk,
        "connection": name,
        "started": listing.instant(run.started),
        "finished": None,
    }


def _row(run: Run, zone: ZoneInfo, *, going: Run | None) -> list[str]:
    from siigo_escala.domain import money
    from siigo_escala.sync import document, killed

    shown = killed.document_of(run, going=going == run)
    counts, value = document.counts(shown), shown.get("value", {})
    return [
        str(run.pk),
        run.started.astimezone(zone).strftime("%d/%m/%Y %H:%M"),
        output.number(counts.get("read", 0)),
        output.number(counts.get("created", 0)),
        money.to_pesos(Decimal(value.get("created", "0"))),
        "en curso" if going == run else _ENDS.get(run.exit_code, "no terminó"),
    ]
