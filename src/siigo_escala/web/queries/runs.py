"""Runs as people read them: a document of what was planned, done and left, however the run ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from siigo_escala.domain.directions import BACK
from siigo_escala.store.models import Connection, Run
from siigo_escala.sync import killed, run_row
from siigo_escala.web.templatetags.words import counted, duration

COLUMNS = (
    ("created", "creada,creadas"),
    ("updated", "actualizada,actualizadas"),
    ("unchanged", "sin cambios,sin cambios"),
    ("excluded", "excluida,excluidas"),
    ("needs_attention", "requiere atención,requieren atención"),
    ("failed", "sin enviar,sin enviar"),
)
"""Columns of a run's account, with the words for one and for many."""
PHASES = (
    ("siigo", "Leer Siigo"),
    ("escala", "Leer Escala"),
    ("opportunities", "Escribir en Escala"),
    ("settle", "Confirmar"),
)
_BACK_PHASES = (("escala", "Leer Escala"), ("invoices", "Facturar en Siigo"), ("settle", "Confirmar"))
_ENDS = {
    0: ("Completa", "green", "circle-check"),
    1: ("Completa con pendientes", "amber", "alert-triangle"),
    2: ("Fallida: no se pudo guardar", "red", "circle-x"),
    3: ("Fallida: acceso rechazado", "red", "circle-x"),
    4: ("Fallida: sin respuesta", "red", "circle-x"),
    5: ("Fallida: otra ocupó su lugar", "red", "circle-x"),
    130: ("Detenida", "grey", "ban"),
    143: ("Detenida", "grey", "ban"),
}
_ORIGINS = {
    "schedule": "Automática",
    "person": "A demanda",
    "rules": "Cambio de reglas",
    "command": "Línea de comandos",
}
_OPEN = ("Interrumpida, se retoma sola", "blue", "clock")
_GOING = ("En curso", "blue", "refresh")


def phases(direction: str) -> tuple[tuple[str, str], ...]:
    """The steps of a run of this direction, in order."""
    return _BACK_PHASES if direction == BACK else PHASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One run. `end`: its word, tone and icon."""

    run: Run
    end: tuple[str, str, str]
    going: bool
    counts: dict[str, int]
    value: dict[str, str]
    calls: dict[str, int]
    planned: dict[str, int]
    seconds: float | None
    origin: str
    date_from: date | None
    date_to: date | None
    back: bool
    """It made invoices of opportunities."""

    @property
    def nothing_new(self) -> bool:
        """It read nothing that had to be done."""
        return not any(self.counts.get(key, 0) for key, _ in COLUMNS if key != "unchanged")

    @property
    def told(self) -> str:
        """What it did, in one line: `12 leídas: 10 creadas, 1 sin cambios`."""
        parts = [counted(self.counts[key], words) for key, words in COLUMNS if self.counts.get(key)]
        read = counted(self.counts.get("read", 0), "leída,leídas")
        return f"{read}: {', '.join(parts)}" if parts else "Nada nuevo"

    @property
    def created_value(self) -> Decimal:
        """Pesos of what it created."""
        return Decimal(self.value.get("created", "0"))

    @property
    def lasted(self) -> str:
        """How long it took."""
        return duration(self.seconds)


def shown(run: Run, *, going: Run | None, now: datetime) -> Shown:
    """A run as the screens show it."""
    is_going = going is not None and going.pk == run.pk
    document: dict[str, Any] = killed.document_of(run, going=is_going)
    until = run.finished or (now if is_going else None)
    asked = run.asked
    return Shown(
        run=run,
        end=_GOING if is_going else _ENDS.get(run.exit_code, _OPEN) if run.exit_code is not None else _OPEN,
        going=is_going,
        counts=document.get("invoices") or document.get("opportunities", {}),
        value=document.get("value", {}),
        calls=document.get("calls", {}),
        planned=document.get("plan", {}).get("calls", {}) if run.exit_code is not None else {},
        seconds=(until - run.started).total_seconds() if until else None,
        origin="Reintento" if run.kind == "retry" else _ORIGINS[asked.get("by", "schedule")],
        date_from=_day(asked.get("from")),
        date_to=_day(asked.get("to")),
        back="opportunities" in document,
    )


def latest(company: Connection, *, most: int, before: int | None = None, now: datetime) -> list[Shown]:
    """The newest runs, or those that are older than a number."""
    found = company.runs.order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[:most])
    going = run_row.under_way(company)
    return [shown(run, going=going, now=now) for run in rows]


def one(company: Connection, number: int, *, now: datetime) -> Shown | None:
    """A run of this company."""
    run = company.runs.filter(pk=number).first()
    if run is None:
        return None
    return shown(run, going=run_row.under_way(company), now=now)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
