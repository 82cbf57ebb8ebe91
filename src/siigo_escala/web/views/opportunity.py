"""One opportunity, and what people decide of opportunities: confirmed on a page where it makes or leaves out.

No call is made and no lease is taken: the run obeys when the row's turn comes (sync/invoicing/resolve.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.domain import reasons
from siigo_escala.domain.decisions import DealKind, DealWish, DecisionProblem
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Opportunity, audit
from siigo_escala.sync import requests
from siigo_escala.sync.invoicing import report, resolve
from siigo_escala.sync.session import Options
from siigo_escala.web import access, asked, deal_decisions
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.decisions import Choice
from siigo_escala.web.queries import doing_deals
from siigo_escala.web.queries import opportunity as queries

_MOST = 1000
_ACTIONS = {
    "retry": "Reintento",
    "done": "Marcadas como resueltas",
    "create": "Facturar",
    "ignore": "Excluidas",
    "again": "Facturar otra vez",
}


@access.reader
@require_safe
def opportunity(request: Visit, deal_id: str) -> HttpResponse:
    """Name, state, one sentence, the problem if any, both sides, history."""
    row = Opportunity.objects.filter(connection=request.company, deal_id=deal_id).first()
    if row is None:
        raise Http404
    code = report.code_of(row) or ""
    may = request.level >= Level.ADMINISTRATOR
    context: dict[str, Any] = {
        "opportunity": row,
        "shown": queries.shown(request.company, row, whole=request.GET.get("todo") == "1"),
        "reason": reasons.catalogue[Code(code)] if code in reasons.catalogue else None,
        "choices": deal_decisions.choices_for(request.company, row) if may else (),
        "setting": deal_decisions.SETTINGS.get(code) if may else None,
        "sees_answers": may,
    }
    return render(request, "web/opportunity.html", context)


@access.administrator
@require_POST
def decide(request: Visit) -> HttpResponse:
    """One decision on the opportunities that were ticked, or on all of a reason; a page asks first where it
    makes or leaves out.
    """
    kind = request.POST.get("decision", "")
    ids = list(dict.fromkeys(request.POST.getlist("oportunidad")))[:_MOST]
    back = request.POST.get("volver", "")
    every = request.POST.get("todas", "")
    chosen = (
        doing_deals.waiting(request.company).filter(code=every)
        if every
        else Opportunity.objects.filter(connection=request.company, deal_id__in=ids)
    )
    rows = list(chosen.order_by("pk")[:_MOST])
    if kind not in _ACTIONS:
        raise Http404
    if not rows:
        messages.warning(request, "Marque al menos una oportunidad.")
        return asked.back(request, back)
    choice = _choice(request, rows, kind)
    if choice not in deal_decisions.WITHOUT_PAGE and request.POST.get("confirmado") != "1":
        context = {
            "choice": choice,
            "rows": rows,
            "value": sum((row.value for row in rows), Decimal(0)),
            "back": back,
            "word": choice.word.rstrip("…").lower(),
        }
        return render(request, "web/confirm_deals.html", context)
    return _store(request, choice, rows, back)


def _store(request: Visit, choice: Choice, rows: list[Opportunity], back: str) -> HttpResponse:
    now = datetime.now(UTC)
    if choice.kind != "retry":
        wishes = [DealWish(kind=cast("DealKind", choice.kind), deal_id=row.deal_id) for row in rows]
        try:
            warnings = resolve.store(request.company, wishes, now=now)
        except DecisionProblem as problem:
            messages.error(request, f"No se cambió nada. {problem.message}")
            return asked.back(request, back)
        for warning in warnings:
            messages.warning(request, warning)
    why = request.POST.get("motivo", "")
    audit.record(
        _ACTIONS[choice.kind],
        who=request.user.email,
        now=now,
        connection=request.company,
        after={"oportunidades": [str(row) for row in rows[:50]], "cuántas": len(rows)}
        | ({"why": why} if why else {}),
    )
    if choice.kind in ("retry", "create", "again"):
        ids = tuple(sorted(row.deal_id for row in rows))
        requests.ask(request.company, Options(kind="retry", opportunities=ids), now=now)
    messages.success(request, choice.told(len(rows), "oportunidad,oportunidades"))
    return asked.back(request, back)


def _choice(request: Visit, rows: list[Opportunity], kind: str) -> Choice:
    """The button as these opportunities show it; what none of them offers is no decision on them."""
    for row in rows:
        for choice in deal_decisions.choices_for(request.company, row):
            if choice.kind == kind:
                return choice
    raise Http404
