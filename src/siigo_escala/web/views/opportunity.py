"""One opportunity: name, state, what is to be done, both sides, history."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.web import access, deal_decisions
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.queries import opportunities
from siigo_escala.web.queries import opportunity as queries


@access.reader
@require_safe
def opportunity(request: Visit, deal_id: str) -> HttpResponse:
    """Name, state, one sentence, the problem if any, both sides, history."""
    row = opportunities.of(request.company).filter(deal_id=deal_id).first()
    if row is None:
        raise Http404
    code = opportunities.code_of(row)
    may = request.level >= Level.ADMINISTRATOR
    context: dict[str, Any] = {
        "opportunity": row,
        "shown": queries.shown(request.company, row, whole=request.GET.get("todo") == "1"),
        "reason": reasons.catalogue[Code(code)] if code in reasons.catalogue else None,
        "choices": deal_decisions.choices_for(request.company, row) if may else (),
        "setting": deal_decisions.setting_of(row) if may else None,
        "sees_answers": may,
    }
    return render(request, "web/opportunity.html", context)
