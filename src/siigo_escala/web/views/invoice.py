"""One invoice: what it is here and there, why, and what can be done with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Invoice
from siigo_escala.sync import requests
from siigo_escala.sync.session import Options
from siigo_escala.web import access
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.decisions import SETTINGS, choices_for
from siigo_escala.web.queries import invoice as queries
from siigo_escala.web.states import shown_state


@access.reader
@require_safe
def invoice(request: Visit, siigo_id: str) -> HttpResponse:
    """Number, state, one sentence, the problem if any, both sides, history."""
    row = find(request, siigo_id)
    shown = queries.shown(request.company, row, whole=request.GET.get("todo") == "1")
    code = shown.row.code
    context: dict[str, Any] = {
        "invoice": row,
        "shown": shown,
        # What was annulled and waits for nobody tells nobody what to do.
        "reason": reasons.catalogue[Code(code)]
        if code in reasons.catalogue and shown.row.state != "anulada"
        else None,
        "choices": choices_for(row) if request.level >= Level.ADMINISTRATOR else (),
        "setting": SETTINGS.get(code) if request.level >= Level.ADMINISTRATOR else None,
        "sees_answers": request.level >= Level.ADMINISTRATOR,
    }
    return render(request, "web/invoice.html", context)


@access.administrator
@require_POST
def sync_one(request: Visit, siigo_id: str) -> HttpResponse:
    """Reads and tries this invoice alone, as soon as the engine comes to it."""
    row = find(request, siigo_id)
    requests.ask(request.company, Options(kind="retry", invoices=(row.name,)), now=datetime.now(UTC))
    messages.success(request, f"{row.name} se lee y se intenta de nuevo enseguida.")
    return redirect("web:invoice", empresa=request.company.name, siigo_id=siigo_id)


def find(request: Visit, siigo_id: str) -> Invoice:
    """The invoice of this company, or 404."""
    found = models.Invoice.objects.filter(connection=request.company, siigo_id=siigo_id)
    row = found.annotate(shown=shown_state()).first()
    if row is None:
        raise Http404
    return row
