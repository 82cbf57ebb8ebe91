"""What a change of rules or sellers does, before it is saved; and saving it. No call is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.domain import rules
from siigo_escala.domain.rules import FileProblem
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, State, audit
from siigo_escala.sync import comparing, foretelling, requests, rule_changes
from siigo_escala.sync.foretelling import Foretold
from siigo_escala.sync.session import Options
from siigo_escala.web import access, directions, frame
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import rows, rule_words
from siigo_escala.web.templatetags.words import counted
from siigo_escala.web.views import rules as drafting

_FIRST = 10
_ALL = 500
_UPDATE_CALLS = 2


@access.reader
@require_safe
def effect(request: Visit) -> HttpResponse:
    """¿Qué cambia si guardo esto? What will happen, and apart what would have happened."""
    company, now = request.company, datetime.now(UTC)
    draft = rule_changes.draft_of(company, now=now)
    if draft is None:
        messages.info(request, "No hay un cambio sin guardar.")
        return redirect("web:rules", empresa=company.name)
    if directions.is_back(company) or drafting.turns(draft):
        return redirect("web:direction_effect", empresa=company.name)
    changes = rule_changes.changes_in(draft)
    context: dict[str, Any] = {
        "draft": draft,
        "changes": rule_words.told(company, changes),
        "overtaken": rule_words.told(company, rule_changes.overtaken(company, changes)),
        "sellers_only": all(change.path[0] == "sellers" for change in changes),
        "any": models.Invoice.objects.filter(connection=company).exists(),
    }
    try:
        after = rule_changes.checked(company, changes)
    except (FileProblem, StoreProblem) as problem:
        context["wrong"] = problem.message
        return render(request, "web/rules_effect.html", context)
    before = rules.from_json(rule_changes.as_it_stands(company))
    foretold = foretelling.foretell(company, before, after)
    everything = request.GET.get("todas") == "1"
    compared = comparing.compare(
        company,
        foretelling.side(company, before),
        foretelling.side(company, after),
        today=now.astimezone(ZoneInfo(frame.zone_of(company))).date(),
        most=_ALL if everything else _FIRST,
    )
    context |= {
        "foretold": foretold,
        "by_code": [(code, rows.title_of(code), one) for code, one in sorted(foretold.made_by_code.items())],
        "kept": models.Invoice.objects.filter(connection=company, state=State.IN_ESCALA).count(),
        "calls": _calls(company, foretold),
        "compared": compared,
        "differences": [rule_words.differing(one) for one in compared.differences],
        "everything": everything,
        "days": comparing.DAYS,
        "most": comparing.MOST,
        "earlier": ("opportunities", "start") in {change.path for change in changes},
    }
    return render(request, "web/rules_effect.html", context)


@access.administrator
@require_POST
def save(request: Visit) -> HttpResponse:
    """Stores the draft, as `connect` would store the file; the audit says who, before and after."""
    company, now = request.company, datetime.now(UTC)
    draft = rule_changes.draft_of(company, now=now)
    changes = rule_changes.changes_in(draft)
    if directions.is_back(company) or drafting.turns(draft):
        return redirect("web:direction_effect", empresa=company.name)
    if not changes:
        messages.info(request, "No hay un cambio sin guardar.")
        return redirect("web:rules", empresa=company.name)
    if drafting.taken_up_anew(request, changes, now=now):
        return redirect("web:rules_effect", empresa=company.name)
    try:
        saved = rule_changes.save(company, changes, now=now)
    except (FileProblem, StoreProblem) as problem:
        messages.error(request, f"No se guardó nada. {problem.message}")
        return redirect("web:rules_effect", empresa=company.name)
    before, after = rule_words.audited(company, changes)
    audit.record(
        "Reglas cambiadas", who=request.user.email, now=now, connection=company, before=before, after=after
    )
    for warning in saved.warnings:
        messages.warning(request, warning)
    return _saved(request, saved.due, now=now)


def _saved(request: Visit, due: int, *, now: datetime) -> HttpResponse:
    told = (
        f" {counted(due, 'factura excluida entra,facturas excluidas entran')} en la próxima." if due else ""
    )
    if request.POST.get("despues") == "sincronizar":
        requests.ask(request.company, Options(), now=now)
        messages.success(request, f"Reglas guardadas.{told} La sincronización empieza enseguida.")
        return redirect("web:runs", empresa=request.company.name)
    messages.success(request, f"Reglas guardadas.{told}")
    return redirect("web:rules", empresa=request.company.name)


def _calls(company: Connection, foretold: Foretold) -> int:
    """Calls to Escala that the next run makes more: a deal each, a contact for each customer without one."""
    known = models.Invoice.objects.filter(connection=company).exclude(contact_id="")
    served = known.order_by().values_list("customer_id", flat=True).distinct()
    contacts = len(foretold.customers - set(served)) if foretold.customers else 0
    made = foretold.made.count + foretold.again.count + _UPDATE_CALLS * foretold.updated.count
    return made + contacts
