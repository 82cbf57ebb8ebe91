"""Venir de la app nativa: what Escala holds already is linked, by a person, before the rest is made."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.domain.decisions import DecisionProblem, Wish
from siigo_escala.store import models
from siigo_escala.store.models import audit
from siigo_escala.sync import requests, resolve
from siigo_escala.sync.session import Options
from siigo_escala.web import access, asked
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import arrival as queries
from siigo_escala.web.templatetags.words import counted


@access.reader
@require_safe
def arrival(request: Visit) -> HttpResponse:
    """¿Qué ya existe? A check-list and three piles; nothing is written to Escala here."""
    company = request.company
    after = request.GET.get("despues", "")
    found = queries.pairs(company, after=asked.number(after) or 0)
    shown, more = found[: queries.PAGE], len(found) > queries.PAGE
    context = {
        "piles": queries.piles(company),
        "pairs": shown,
        "bulk": len(queries.bulk(shown)),
        "after": after,
        "next": shown[-1].invoice.pk if more else None,
        "read": models.Invoice.objects.filter(connection=company).exists(),
    }
    return render(request, "web/arrival.html", context)


@access.administrator
@require_POST
def answer(request: Visit) -> HttpResponse:
    """One pair by its button, or all of the page that can be only one deal's."""
    company, now = request.company, datetime.now(UTC)
    after = request.POST.get("despues", "")
    found = queries.pairs(company, after=asked.number(after) or 0)
    shown = found[: queries.PAGE]
    if request.POST.get("todas") == "1":
        wishes = [
            Wish(kind="deal", invoice=one.name, siigo_id=one.siigo_id, target=deal)
            for one, deal in queries.bulk(shown)
        ]
    else:
        wishes = _one(request, shown)
    if not wishes:
        messages.warning(request, "Esa pregunta ya tiene respuesta.")
        return redirect("web:arrival", empresa=company.name)
    try:
        warnings = resolve.store(company, wishes, now=now)
    except DecisionProblem as problem:
        messages.error(request, f"No se cambió nada. {problem.message}")
        return redirect("web:arrival", empresa=company.name)
    audit.record(
        "Decisión: son la misma" if wishes[0].kind == "deal" else "Decisión: no es la misma",
        who=request.user.email,
        now=now,
        connection=company,
        after={"facturas": [wish.invoice for wish in wishes], "cuántas": len(wishes)},
    )
    requests.ask(company, Options(kind="retry", invoices=tuple(sorted({w.invoice for w in wishes}))), now=now)
    for warning in warnings:
        messages.warning(request, warning)
    verb = "enlaza" if wishes[0].kind == "deal" else "crea"
    verb = verb if len(wishes) == 1 else f"{verb}n"
    messages.success(request, f"{counted(len(wishes), 'factura,facturas')} se {verb} enseguida.")
    return redirect("web:arrival", empresa=company.name)


def _one(request: Visit, shown: list[queries.Pair]) -> list[Wish]:
    """What the button of one pair says; nothing where it is not asked any more."""
    siigo_id, target = request.POST.get("factura", ""), request.POST.get("oportunidad", "")
    for pair in shown:
        if pair.invoice.siigo_id == siigo_id:
            one = pair.invoice
            if not target:
                return [Wish(kind="create", invoice=one.name, siigo_id=siigo_id)]
            if target in {deal.deal_id for deal in pair.deals}:
                return [Wish(kind="deal", invoice=one.name, siigo_id=siigo_id, target=target)]
    return []
