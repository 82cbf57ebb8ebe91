"""Ajustes and Respaldo: what the installation was told by its environment, and its copies."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.config import env
from siigo_escala.store import causes, copies, keys, retention
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, audit
from siigo_escala.web import access
from siigo_escala.web.access import Visit

_DAYS_A_MONTH = 30
_KEPT = (
    ("Respuestas de Siigo y Escala tal como llegaron", retention.RAW_DAYS),
    ("Datos de clientes, después de su última factura", retention.CUSTOMER_DAYS),
    ("Sincronizaciones que no encontraron nada nuevo", retention.QUIET_RUN_DAYS),
    ("Historia de las facturas y las demás sincronizaciones", retention.HISTORY_DAYS),
    ("Conteo de llamadas por hora", retention.COUNT_DAYS),
    ("Copias que el programa hace antes de restaurar o actualizar", retention.COPY_DAYS),
)
log = structlog.get_logger()


@access.installer
@require_safe
def settings(request: Visit) -> HttpResponse:
    """¿Con qué trabaja esta instalación? Read-only, each with the variable that changes it."""
    environment = env.read(os.environ)
    mail = urlsplit(environment.email_url)
    context = {
        "kept": [(name, days, round(days / _DAYS_A_MONTH)) for name, days in _KEPT],
        "mail": f"{mail.hostname}:{mail.port}" if mail.port else mail.hostname,
        "environment": environment,
        "version": metadata.version("siigo-escala"),
        "stored": "PostgreSQL" if environment.database_url.startswith("postgres") else "SQLite",
        "connections": Connection.objects.order_by("name"),
    }
    return render(request, "web/settings.html", context)


@access.installer
@require_safe
def backups(request: Visit) -> HttpResponse:
    """¿Está a salvo? The copies that lie here, and how old the last one is."""
    environment = env.read(os.environ)
    found = copies.known(environment.home)
    newest = found[0] if found else None
    age = datetime.now(UTC) - newest.made if newest else None
    context: dict[str, Any] = {
        "copies": found,
        "newest": newest,
        "days": age.days if age else 0,
        "old": age is not None and age > copies.OLD,
        "home": environment.home,
        "most": copies.KEPT,
        "key_in_environment": bool(environment.secret_keys),
    }
    return render(request, "web/backups.html", context)


@access.installer
@require_POST
def back_up(request: Visit) -> HttpResponse:
    """A copy now, read again to its end."""
    environment, now = env.read(os.environ), datetime.now(UTC)
    try:
        made = copies.make(
            environment.home, keys=keys.known(environment.secret_keys, home=environment.home), now=now
        )
    except (OSError, StoreProblem) as problem:
        cause = causes.of_file(problem) if isinstance(problem, OSError) else problem.message
        log.error("backup failed", cause=cause)
        messages.error(request, f"No se pudo escribir el respaldo ({cause}); el anterior sigue intacto.")
        return redirect("web:backups")
    audit.record("Respaldo creado", who=request.user.email, now=now, after={"archivo": made.name})
    messages.success(request, f"Respaldo de {_size(made.size)} creado y comprobado.")
    return redirect("web:backups")


@access.installer
@require_safe
def download(request: Visit, name: str) -> FileResponse:
    """One of them. It holds customers' data, so that it was taken is told."""
    path = copies.path_of(env.read(os.environ).home, name)
    if path is None:
        raise Http404
    audit.record(
        "Respaldo descargado", who=request.user.email, now=datetime.now(UTC), after={"archivo": path.name}
    )
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


def _size(count: int) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 1_000_000 else f"{max(round(count / 1e3), 1)} kB"
