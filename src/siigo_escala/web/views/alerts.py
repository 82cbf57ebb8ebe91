"""Avisos: who is told when something fails, and a message that shows that it arrives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from siigo_escala.config import env
from siigo_escala.domain.rules import FileProblem
from siigo_escala.engine import addresses
from siigo_escala.engine import alerts as telling
from siigo_escala.store.models import Connection, audit
from siigo_escala.sync import rule_changes
from siigo_escala.sync.rule_changes import Change
from siigo_escala.web import access
from siigo_escala.web.access import Visit
from siigo_escala.web.forms.alerts import EVENTS, Alerts
from siigo_escala.web.views import rules as drafting


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def alerts(request: Visit) -> HttpResponse:
    """¿Cómo me entero? Saved at once: nothing of it concerns an invoice."""
    standing, now = rule_changes.as_it_stands(request.company), datetime.now(UTC)
    table, mark = standing["alerts"], drafting.seen(standing, ("alerts",))
    form = Alerts(request.POST if request.method == "POST" else None, table=table)
    if request.method == "POST" and form.is_valid() and request.POST.get("vistas") != mark:
        form.add_error(None, drafting.overtaken(request.company, now, action="Avisos cambiados"))
    if request.method == "POST" and form.is_valid() and _save(request, table, form):
        messages.success(request, "Avisos guardados.")
        return redirect("web:alerts", empresa=request.company.name)
    if form.errors:
        form.without_secrets()
    environment = env.read(os.environ)
    context = {
        "form": form,
        "nobody": not table["email"] and not table["urls"],
        "no_server": bool(table["email"]) and not environment.email_url,
        "seen": mark,
    }
    return render(request, "web/alerts.html", context, status=422 if form.errors else 200)


@access.administrator
@require_POST
def test(request: Visit) -> HttpResponse:
    """A message by every address, and what became of each."""
    tried = telling.send_test(request.company, environment=env.read(os.environ))
    emails = iter(dict.fromkeys(request.company.file.get("alerts", {}).get("email", ())))
    if not tried:
        messages.warning(request, "Nadie se enteraría de una falla. Añada un correo.")
    for to, outcome in tried:
        mail = to.key == "alerts.email"
        name = next(emails) if mail else to.shown
        if outcome.sent:
            messages.success(request, f"Enviado a {name}.")
        elif to.spec is None:
            messages.error(request, f"No salió a {name}: configure el correo saliente en Ajustes.")
        elif mail:
            messages.error(request, f"No salió a {name}. El servidor de correo respondió: {outcome.why}.")
        else:
            messages.error(request, f"No salió a {name}: {outcome.why}.")
    return redirect("web:alerts", empresa=request.company.name)


def _save(request: Visit, table: Mapping[str, Any], form: Alerts) -> bool:
    """Stores the table; False where the file as a whole would not be in order."""
    company, wanted = request.company, form.alerts()
    changes = [
        Change(path=("alerts", key), before=table[key], after=wanted[key])
        for key in wanted
        if wanted[key] != table[key]
    ]
    with transaction.atomic():
        locked = Connection.objects.select_for_update(no_key=True, of=("self",)).get(pk=company.pk)
        try:
            file = rule_changes.checked(locked, changes)
        except FileProblem as problem:
            name = problem.key.rpartition(".")[2]
            form.add_error(name if name in form.fields else None, problem.message)
            return False
        locked.file = {**locked.file, "alerts": file.alerts.model_dump(mode="json")}
        locked.save(update_fields=["file"])
        if changes:
            audit.record(
                "Avisos cambiados",
                who=request.user.email,
                now=datetime.now(UTC),
                connection=locked,
                before={_LABELS[one.path[1]]: _told(one.path[1], one.before) for one in changes},
                after={_LABELS[one.path[1]]: _told(one.path[1], one.after) for one in changes},
            )
    return True


_LABELS = {
    "email": "Correos",
    "urls": "Otras direcciones",
    "stale_hours": "Horas sin completarse",
    "heartbeat_url": "Latido externo",
    "mute": "Sin aviso",
    "attention_over": "Más de tantas por decidir",
}


def _told(key: str, value: Any) -> str:
    """A value without what may be secret in it."""
    if key == "urls":
        return ", ".join(f"{addresses.shown(url)} •••" for url in value)
    if key == "heartbeat_url":
        return f"{addresses.shown_web(value)} •••" if value else ""
    if key == "mute":
        return ", ".join(word for name, word in EVENTS if name in value)
    return ", ".join(value) if key == "email" else str(value)
