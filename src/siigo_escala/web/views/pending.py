"""Pendientes: what waits for a person, by reason, each with its cause, its remedy and the button that does
it.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.web import access, deal_decisions, directions
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.catalogue import plain
from siigo_escala.web.decisions import SETTINGS, choices_for, choices_of
from siigo_escala.web.queries import doing, doing_deals, opportunities, rows
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.states import FOR_PEOPLE

FIRST = 5
ALL = 500
_MOST_GROUPS = 50


@access.reader
@require_safe
def pending(request: Visit) -> HttpResponse:
    """¿Qué no llegó y cómo lo arreglo? Every group with its first rows."""
    if directions.is_back(request.company):
        return _of_deals(request)
    groups = doing.groups(request.company)
    total = doing.total(groups)
    context = {
        "nouns": directions.noun(request.company),
        "groups": [_drawn(request, group, most=FIRST) for group in groups[:_MOST_GROUPS]],
        "total": total,
        "one_cause": next(
            (one for one in groups if total.count > 9 and one.amount.count > 0.5 * total.count), None
        ),
    }
    return render(request, "web/pending.html", context)


@access.reader
@require_safe
def reason(request: Visit, code: str) -> HttpResponse:
    """One reason with all that waits for it."""
    if code not in set(Code):
        raise Http404
    if directions.is_back(request.company):
        return _one_of_deals(request, Code(code))
    group = next((one for one in doing.groups(request.company) if one.reason.code == code), None)
    drawn = _drawn(request, group, most=ALL) if group is not None else None
    return render(
        request, "web/pending_reason.html", {"group": drawn, "reason": reasons.catalogue[Code(code)]}
    )


def _of_deals(request: Visit) -> HttpResponse:
    """The same of opportunities that wait to become invoices."""
    groups = doing_deals.groups(request.company)
    context = {
        "back": True,
        "nouns": directions.noun(request.company),
        "groups": [_drawn_deals(request, group, most=FIRST) for group in groups[:_MOST_GROUPS]],
        "total": doing.total(groups),
    }
    return render(request, "web/pending.html", context)


def _one_of_deals(request: Visit, code: Code) -> HttpResponse:
    found = next((one for one in doing_deals.groups(request.company) if one.reason.code == code), None)
    drawn = _drawn_deals(request, found, most=ALL) if found is not None else None
    context = {"back": True, "group": drawn, "reason": reasons.catalogue[code]}
    return render(request, "web/pending_reason.html", context)


def _drawn_deals(request: Visit, group: doing.Group, *, most: int) -> dict[str, Any]:
    company, code = request.company, group.reason.code
    found = doing_deals.waiting(company).filter(code=code).order_by("-value", "pk")[:most]
    may = request.level >= Level.ADMINISTRATOR
    return {
        "group": group,
        "what": plain(group.reason.text),
        "remedy": plain(group.reason.remedy),
        "rows": [
            (opportunities.row_of(company, row), deal_decisions.choices_for(company, row) if may else ())
            for row in found
        ],
        "more": group.amount.count > most,
        "bulk": deal_decisions.choices_of(code) if may else (),
        "setting": deal_decisions.SETTINGS.get(code) if may else None,
        "mark_all": FIRST < group.amount.count <= ALL,
        "many": group.amount.count > 1,
    }


def _drawn(request: Visit, group: doing.Group, *, most: int) -> dict[str, Any]:
    """A group with its rows and their buttons, as far as this person may press them."""
    code = group.reason.code
    found = doing.waiting(request.company).filter(code=code).order_by("-value", "pk")
    shown = rows.shown(request.company, found[:most])
    may = request.level >= Level.ADMINISTRATOR
    bulk = [
        choice
        for choice in choices_of(code, living=any(row.invoice.deal_id for row in shown))
        if not choice.kind.startswith("choose")
    ]
    within = {"empresa": request.company.name}
    everything = reverse("web:pending_reason", kwargs={**within, "code": code})
    filters = Filters(states=FOR_PEOPLE, code=code).address()
    list_of_them = reverse("web:invoices", kwargs=within) + filters
    return {
        "group": group,
        "what": plain(group.reason.text),
        "remedy": plain(group.reason.remedy),
        "rows": [(row, choices_for(row.invoice) if may else ()) for row in shown],
        "more": group.amount.count > len(shown),
        "everything": everything if most == FIRST else list_of_them,
        "bulk": bulk if may else [],
        "setting": SETTINGS.get(code) if may else None,
        "filter": filters,
        "mark_all": group.amount.count > FIRST,
        "many": group.amount.count > 1,
    }
