"""`siigo-escala list`: every connection, its direction, its schedule and its last success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from siigo_escala.cli import arguments, output, setup

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection

DIRECTIONS = {
    "invoices_to_opportunities": "Siigo → Escala",
    "opportunities_to_invoices": "Escala → Siigo",
}


def list_(*, as_json: arguments.Json = False) -> int:
    """Las conexiones que hay."""
    setup.prepared(reads_only=True)
    from siigo_escala.store import models

    found = list(models.Connection.objects.order_by("name"))
    if as_json:
        output.document({"schema": 1, "connections": [entry(one) for one in found]})
    elif not found:
        output.say("Todavía no hay conexiones: «siigo-escala connect ARCHIVO» crea la primera.")
    else:
        output.table(
            [("Conexión", "left"), ("Dirección", "left"), ("Horario", "left"), ("Último éxito", "left")],
            [[one.name, DIRECTIONS[one.direction], schedule(one), last_success(one)] for one in found],
        )
    return 0


def entry(connection: Connection) -> dict[str, Any]:
    """A connection as documents show it. `paused`: the pause's code, null without one.

    Without credentials it rests like a paused one, until `connect`.
    """
    return {
        "connection": connection.name,
        "direction": connection.direction,
        "enabled": connection.enabled,
        "paused": "CREDENTIALS_MISSING" if connection.forgotten else connection.paused or None,
        "last_success": instant(connection.last_success),
    }


def instant(moment: Any) -> str | None:
    """An instant as documents show it, in UTC."""
    from datetime import UTC

    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def last_success(connection: Connection) -> str:
    """When the last run succeeded, in the connection's own zone."""
    if connection.last_success is None:
        return "nunca"
    zone = ZoneInfo(connection.file.get("time_zone", "America/Bogota"))
    return connection.last_success.astimezone(zone).strftime("%d/%m/%Y %H:%M")


def schedule(connection: Connection) -> str:
    """Whether the connection runs by itself, or what keeps it from running at all."""
    if connection.forgotten:
        return "sin credenciales"
    if connection.paused:
        return f"en pausa ({connection.paused})"
    if not connection.enabled:
        return "apagado"
    return "activo" if has_times(connection) else "ninguno"


def has_times(connection: Connection) -> bool:
    """Whether the rules say when it runs by itself, switched on or not."""
    times = connection.file.get("schedule", {})
    return bool(times.get("daily_at", "02:00") or times.get("every_minutes", 0))
