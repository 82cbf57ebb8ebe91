"""Sincronizar a demanda: a preview, then a run, both done by the engine; and pausing it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from siigo_escala.store import locks, models
from siigo_escala.store.models import Connection, audit
from siigo_escala.sync import requests, run_row, schedule
from siigo_escala.sync.session import Options
from siigo_escala.web import access, frame
from siigo_escala.web.access import Visit
from siigo_escala.web.directions import is_back
from siigo_escala.web.forms.sync import Demand, DemandOfDeals, Pause
from siigo_escala.web.queries import resting


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def sync(request: Visit) -> HttpResponse:
    """¿Puedo traer estas fechas ya? The engine does it; its page shows how far it is."""
    today = datetime.now(ZoneInfo(frame.zone_of(request.company))).date()
    preset = _preset(request.GET.get("rango", ""), today)
    form = form_of(request.company, request.POST or None, today=today, initial=preset)
    if request.method == "POST" and form.is_valid():
        options = options_of(form)
        requests.ask(request.company, options, now=datetime.now(UTC))
        audit.record(
            "Sincronización a demanda",
            who=request.user.email,
            now=datetime.now(UTC),
            connection=request.company,
            after={key: value for key, value in options.to_json().items() if value},
        )
        messages.success(request, promise(request.company))
        return redirect("web:runs", empresa=request.company.name)
    return page(request, form)


def page(request: Visit, form: Demand) -> HttpResponse:
    """The page with this form, and what is wrong with it."""
    context: dict[str, Any] = {
        "form": form,
        "presets": PRESETS,
        "going": run_row.under_way(request.company),
        "waiting": models.Request.objects.filter(connection=request.company, waiting=True).count(),
        "working": locks.held("worker") > 0,
        "resting": None if request.company.enabled else resting.of(request.company),
    }
    return render(request, "web/sync.html", context, status=422 if form.errors else 200)


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: Visit) -> HttpResponse:
    """The schedule rests until somebody resumes it; why is asked, and shown on Inicio."""
    form = Pause(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _switch(request, on=False, why=" ".join(form.cleaned_data["why"].split()))
    return render(request, "web/pause.html", {"form": form}, status=422 if form.errors else 200)


@access.administrator
@require_POST
def resume(request: Visit) -> HttpResponse:
    """The schedule goes on. A pause that a refusal made is lifted by `enable`, which tries both accounts."""
    return _switch(request, on=True)


PRESETS = (
    ("hoy", "Hoy"),
    ("ayer", "Ayer"),
    ("semana", "Esta semana"),
    ("mes", "Este mes"),
    ("mes-anterior", "Mes anterior"),
)


def _preset(name: str, today: date) -> dict[str, date]:
    first = today.replace(day=1)
    spans = {
        "hoy": (today, today),
        "ayer": (today - timedelta(days=1), today - timedelta(days=1)),
        "semana": (today - timedelta(days=today.weekday()), today),
        "mes": (first, today),
        "mes-anterior": ((first - timedelta(days=1)).replace(day=1), first - timedelta(days=1)),
    }
    if name not in spans:
        return {}
    return dict(zip(("date_from", "date_to"), spans[name], strict=True))


def form_of(company: Connection, *args: Any, **more: Any) -> Demand:
    """The form of this company's direction."""
    return DemandOfDeals(*args, company=company, **more) if is_back(company) else Demand(*args, **more)


def options_of(form: Demand) -> Options:
    """What the form asks for, as a run takes it."""
    given = form.cleaned_data
    named = (given["invoice"].strip(),) if given["invoice"].strip() else ()
    back = isinstance(form, DemandOfDeals)
    return Options(
        date_from=given["date_from"],
        date_to=given["date_to"],
        invoices=() if back else named,
        opportunities=named if back else (),
    )


def promise(company: Connection) -> str:
    """When what was asked for begins."""
    if not locks.held("worker"):
        return "Quedó en fila. El motor no está en marcha: empieza cuando arranque («siigo-escala run»)."
    if run_row.under_way(company) is not None:
        return "Hay una sincronización en curso. La suya empieza al terminar."
    return "Empieza enseguida; aquí se ve su avance."


def _switch(request: Visit, *, on: bool, why: str = "") -> HttpResponse:
    company = request.company
    if on and company.paused:
        messages.warning(
            request,
            "Esta pausa la puso el programa porque no lo dejaban entrar. Corrija la causa y use, en el "
            "equipo donde "
            f"corre, «siigo-escala enable {company.name}»: prueba las dos cuentas y la levanta.",
        )
        return redirect("web:home", empresa=company.name)
    schedule.switch(company, on=on, who=request.user.email, now=datetime.now(UTC), why=why)
    messages.success(
        request,
        "La sincronización automática está encendida."
        if on
        else "La sincronización está en pausa; a demanda sigue funcionando.",
    )
    return redirect("web:sync", empresa=company.name)
