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
    company, back = request.company, directions.is_back(request.company)
    groups = (doing_deals if back else doing).groups(company)
    total = doing.total(groups)
    draw = _of_deals if back else _of_invoices
    list_ = "opportunities" if back else "invoices"
    exported = reverse(f"web:{list_}_export", kwargs={"empresa": company.name, "kind": "csv"})
    context = {
        "back": back,
        "nouns": directions.noun(company),
        "groups": [
            _drawn(request, group, draw(request, group, most=FIRST)) for group in groups[:_MOST_GROUPS]
        ],
        "total": total,
        "export": exported + Filters(states=FOR_PEOPLE).address(),
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
    back = directions.is_back(request.company)
    groups = (doing_deals if back else doing).groups(request.company)
    group = next((one for one in groups if one.reason.code == code), None)
    context: dict[str, Any] = {"back": back, "group": None, "reason": reasons.catalogue[Code(code)]}
    if group is not None:
        draw = _of_deals if back else _of_invoices
        context["group"] = _drawn(request, group, draw(request, group, most=ALL), most=ALL)
    return render(request, "web/pending_reason.html", context)


def _drawn(request: Visit, group: doing.Group, more: dict[str, Any], *, most: int = FIRST) -> dict[str, Any]:
    """A group with its rows and their buttons, as far as this person may press them."""
    company, code = request.company, group.reason.code
    within = {"empresa": company.name}
    filters = Filters(states=FOR_PEOPLE, code=code).address()
    list_ = reverse("web:opportunities" if directions.is_back(company) else "web:invoices", kwargs=within)
    one_reason = reverse("web:pending_reason", kwargs={**within, "code": code})
    may = request.level >= Level.ADMINISTRATOR
    return {
        "group": group,
        "what": plain(more["what"]),
        "remedy": plain(more["remedy"]),
        "more": group.amount.count > most,
        "everything": one_reason if most == FIRST else list_ + filters,
        "filter": filters,
        "mark_all": group.amount.count > 1,
        "many": group.amount.count > 1,
        "rows": [(row, choices if may else ()) for row, choices in more["rows"]],
        "bulk": more["bulk"] if may else (),
        "setting": more["setting"] if may else None,
    }


def _of_invoices(request: Visit, group: doing.Group, *, most: int) -> dict[str, Any]:
    """Its first rows, what is decided on many, and the setting that mends all of them."""
    company, code = request.company, group.reason.code
    found = doing.waiting(company).filter(code=code).order_by("-value", "pk")
    shown = rows.shown(company, found[:most])
    choices = choices_of(code, living=any(row.invoice.deal_id for row in shown))
    return {
        "what": group.reason.text,
        "remedy": group.reason.remedy,
        "rows": [(row, choices_for(row.invoice)) for row in shown],
        "bulk": [choice for choice in choices if not choice.kind.startswith("choose")],
        "setting": SETTINGS.get(code),
    }


def _of_deals(request: Visit, group: doing.Group, *, most: int) -> dict[str, Any]:
    """The same of opportunities that wait to become invoices."""
    company, code = request.company, group.reason.code
    found = doing_deals.waiting(company).filter(code=code).order_by("-value", "pk")
    shown = opportunities.shown(company, found[:most])
    what, remedy = group.reason.of_deal or (group.reason.text, group.reason.remedy)
    return {
        "what": what,
        "remedy": remedy,
        "rows": [(row, deal_decisions.choices_for(company, row.opportunity)) for row in shown],
        "bulk": deal_decisions.choices_of(code),
        "setting": next((deal_decisions.setting_of(row.opportunity) for row in shown), None),
    }
