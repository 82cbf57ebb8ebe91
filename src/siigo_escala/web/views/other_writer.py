"""Otro programa: what it made, and the confirmation that it is off; `siigo-escala enable` does the same."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from siigo_escala.store.models import audit
from siigo_escala.sync import other_writer, requests
from siigo_escala.sync.session import Options
from siigo_escala.web import access
from siigo_escala.web.access import Visit


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: Visit) -> HttpResponse:
    """¿Ya la apagó? Whoever says so answers for it: opportunities are made again from then on."""
    company = request.company
    seen = company.others.get("seen", [])
    if request.method == "POST":
        now = datetime.now(UTC)
        other_writer.accept(company, now=now)
        audit.record(
            "Otro programa apagado",
            who=request.user.email,
            now=now,
            connection=company,
            after={"facturas": sorted({one["invoice"] for one in seen})},
        )
        requests.ask(company, Options(), now=now)
        messages.success(request, "Anotado. Lo que esperaba se crea en la próxima sincronización.")
        return redirect("web:home", empresa=company.name)
    return render(request, "web/other_writer.html", {"seen": seen})
