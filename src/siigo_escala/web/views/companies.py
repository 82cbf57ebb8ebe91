"""Empresas: one row each with its own status sentence, the worst first; skipped where there is one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from siigo_escala.store.models import Connection, ConnectionDraft
from siigo_escala.web import access, standing
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.queries import facts

_WORST_FIRST = ("red", "amber", "blue", "grey", "green")


@access.everyone
@require_safe
def root(request: Visit) -> HttpResponse:
    """`/`: to the companies, or to whichever door comes before."""
    del request
    return redirect("web:companies")


@access.signed_in
@require_safe
def companies(request: Visit) -> HttpResponse:
    """¿Cuál me necesita? Each company with its sentence."""
    seen = list(Connection.objects.for_user(request.user).order_by("name"))
    drafts = [
        {"draft": one, "next": min(one.step + 1, 5)}
        for one in ConnectionDraft.objects.for_user(request.user).filter(connection=None).order_by("name")
    ]
    if len(seen) == 1 and not drafts:
        return redirect("web:home", empresa=seen[0].name)
    now = datetime.now(UTC)
    rows = [(company, standing.of(facts.of(company, now=now))) for company in seen]
    rows.sort(key=lambda row: (_WORST_FIRST.index(row[1].tone), row[1].row, row[0].name))
    context = {"rows": rows, "drafts": drafts, "may_connect": request.level >= Level.ADMINISTRATOR}
    return render(request, "web/companies.html", context)
