"""Historial, one synchronisation live or past, and stopping it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from siigo_escala.store import locks, models
from siigo_escala.store.models import audit
from siigo_escala.sync import requests, run_row
from siigo_escala.web import access, asked
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import opportunities, rows, runs
from siigo_escala.web.states import shown_state

_PAGE = 50
_ROWS = 200


@access.reader
@require_safe
def history(request: Visit) -> HttpResponse:
    """¿Qué hizo? The newest first; those that found nothing new are left out unless asked for."""
    everything = request.GET.get("todas") == "1"
    found = runs.latest(
        request.company,
        most=_PAGE,
        before=asked.number(request.GET.get("antes", "")),
        now=datetime.now(UTC),
    )
    shown = [one for one in found if everything or one.going or not one.nothing_new or one.run.exit_code != 0]
    context: dict[str, Any] = {
        "runs": shown,
        "everything": everything,
        "folded": len(found) - len(shown),
        "next": found[-1].run.pk if len(found) == _PAGE else None,
        "waiting": models.Request.objects.filter(connection=request.company, waiting=True).count(),
        "working": locks.held("worker") > 0,
    }
    return render(request, "web/runs.html", context)


@access.reader
@require_safe
def run(request: Visit, number: int) -> HttpResponse:
    """¿Qué hizo, qué está haciendo? htmx asks for the live part again; without it there is "Actualizar"."""
    found = runs.one(request.company, number, now=datetime.now(UTC))
    if found is None:
        raise Http404
    progress = found.run.progress
    total, done = progress.get("total"), progress.get("done", 0)
    planned = progress.get("seconds")
    share = done / total if total else 0.0
    context: dict[str, Any] = {
        "one": found,
        "columns": [(key, words.partition(",")[2], found.counts.get(key, 0)) for key, words in runs.COLUMNS],
        "phases": list(runs.phases(request.company.direction)),
        "phase": progress.get("phase", ""),
        "done": done,
        "total": total,
        "percent": round(share * 100),
        "left": max(planned - (found.seconds or 0), 0) if planned and share > 0.2 else None,
        "calls": progress.get("calls", found.calls) if found.going else found.calls,
    }
    if not found.going:
        context["rows"] = _deals(request, found) if found.back else _rows(request, found)
    return render(request, "web/run.html" + ("#live" if request.htmx and found.going else ""), context)


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: Visit, number: int) -> HttpResponse:
    """Asks first; the call under way ends, and what was done is kept."""
    going = run_row.under_way(request.company)
    if going is None or going.pk != number:
        messages.info(request, "Esa sincronización ya terminó.")
        return redirect("web:run", empresa=request.company.name, number=number)
    if request.method != "POST":
        return render(request, "web/stop.html", {"run": going})
    requests.cancel(request.company)
    audit.record(
        "Sincronización detenida",
        who=request.user.email,
        now=datetime.now(UTC),
        connection=request.company,
        after={"sincronización": number},
    )
    messages.success(
        request, "Se detiene en cuanto termine la llamada en curso. Lo que falta queda «Por enviar»."
    )
    return redirect("web:run", empresa=request.company.name, number=number)


@access.administrator
@require_POST
def withdraw(request: Visit) -> HttpResponse:
    """Takes back what waits for its turn."""
    dropped, _ = models.Request.objects.filter(connection=request.company, waiting=True).delete()
    messages.success(request, f"Se retiraron {dropped} de la fila." if dropped else "No había nada en fila.")
    return redirect("web:runs", empresa=request.company.name)


def _deals(request: Visit, found: runs.Shown) -> list[opportunities.Row]:
    """The same of opportunities."""
    touched = models.OpportunityEvent.objects.filter(
        run=found.run.pk, opportunity__connection=request.company
    )
    rows_ = opportunities.of(request.company).filter(pk__in=touched.order_by().values("opportunity"))
    return opportunities.shown(request.company, rows_.order_by("-modified", "-pk")[:_ROWS])


def _rows(request: Visit, found: runs.Shown) -> list[rows.Row]:
    """The invoices of which it left something in their history."""
    touched = (
        models.InvoiceEvent.objects.filter(run=found.run.pk, invoice__connection=request.company)
        .order_by()
        .values("invoice")
    )
    invoices = models.Invoice.objects.filter(pk__in=touched).annotate(shown=shown_state())
    return rows.shown(request.company, invoices.order_by("-date", "-pk")[:_ROWS])
