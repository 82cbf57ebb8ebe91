"""`siigo-escala runs`: the history of a connection's runs, newest first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from siigo_escala.cli import arguments, listing, output, setup, stored

if TYPE_CHECKING:
    from siigo_escala.store.models import Run

_SHOWN = 30
_ENDS = {
    0: "bien",
    1: "con pendientes",
    2: "no se pudo guardar",
    3: "acceso rechazado",
    4: "sin respuesta",
    5: "perdió el turno",
    130: "interrumpida",
    143: "interrumpida",
    None: "en curso o interrumpida",
}


def runs(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Las sincronizaciones de una conexión, la más nueva primero."""
    setup.prepared()
    connection = stored.named(name)
    found = connection.runs.order_by("-pk")
    if as_json:
        output.document({"schema": 1, "runs": [_document(run, name) for run in found.iterator()]})
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
        [_row(run, zone) for run in found[:_SHOWN]],
    )
    return 0


def _document(run: Run, name: str) -> dict[str, Any]:
    """What `sync` printed, without `problems`; of a run without end, what is known."""
    if run.document:
        return {key: value for key, value in run.document.items() if key != "problems"}
    return {
        "schema": 1,
        "run": run.pk,
        "connection": name,
        "started": listing.instant(run.started),
        "finished": None,
    }


def _row(run: Run, zone: ZoneInfo) -> list[str]:
    from siigo_escala.domain import money

    counts, value = run.document.get("invoices", {}), run.document.get("value", {})
    return [
        str(run.pk),
        run.started.astimezone(zone).strftime("%d/%m/%Y %H:%M"),
        output.number(counts.get("read", 0)),
        output.number(counts.get("created", 0)),
        money.to_pesos(Decimal(value.get("created", "0"))),
        _ENDS.get(run.exit_code, "no terminó"),
    ]
