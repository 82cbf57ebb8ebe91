"""Dirección: which of both flows is active. Like Reglas, nothing is saved but from the page of its effect."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.domain import reasons, rules
from siigo_escala.domain.directions import BACK, FORWARD
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.rules import ConnectionFile, FileProblem
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, Errand, RuleDraft, audit
from siigo_escala.sync import activating, opening, rehearsing, requests, rule_changes, run_row, waiting
from siigo_escala.sync.invoicing import foretelling
from siigo_escala.sync.rule_changes import Change
from siigo_escala.sync.session import Options, Progress
from siigo_escala.web import access, catalogue, directions, drafting, errands
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.errands import Tell
from siigo_escala.web.queries import rule_words
from siigo_escala.web.views import rules as form_views

KIND = "rehearsal"
MANY = 200
"""More of what stood in the stage than this is invoiced only after a page of its own."""


@access.administrator
@require_safe
def direction(request: Visit) -> HttpResponse:
    """¿Quién crea qué? The list of both, and the rules of the one that is not active."""
    company = request.company
    draft = rule_changes.draft_of(company, now=datetime.now(UTC))
    turning = form_views.turns(draft)
    wanted = request.GET.get("hacia", "") or turning or company.direction
    wanted = wanted if wanted in rule_words.DIRECTIONS else company.direction
    if wanted == company.direction:
        return _page(request, wanted, draft=draft)
    unread = form_views.read_lists(request, selling=wanted == BACK)
    file = _supposed(company, wanted)
    if turning == wanted:
        file = rule_changes.applied(file, rule_changes.changes_in(draft))
    return _page(request, wanted, form=form_views.form_of(request, wanted, file), draft=draft, unread=unread)


@access.administrator
@require_POST
def keep(request: Visit) -> HttpResponse:
    """The other direction with these rules waits as a draft, and its effect is shown; 422 where wrong."""
    company, now = request.company, datetime.now(UTC)
    wanted = request.POST.get("hacia", "")
    if wanted not in rule_words.DIRECTIONS or wanted == company.direction:
        messages.info(request, "Esa dirección ya está activa.")
        return redirect("web:direction", empresa=company.name)
    draft = rule_changes.draft_of(company, now=now)
    supposed = _supposed(company, wanted)
    form = form_views.form_of(request, wanted, supposed, data=request.POST)
    if form.is_valid() and request.POST.get("vistas") != form_views.seen(rule_changes.as_it_stands(company)):
        form.add_error(None, form_views.overtaken(company, now))
    if form.is_valid():
        standing = rule_changes.as_it_stands(company)
        standing.setdefault(form.TABLE, {})
        turned = {**standing, "direction": wanted, **form.tables()}
        changes = rule_changes.between(standing, turned)
        if form_views.try_changes(company, changes, form):
            return form_views.keep_and_show(request, changes, now=now)
    return _page(request, wanted, form=form, draft=draft, status=422)


@access.reader
@require_safe
def effect(request: Visit) -> HttpResponse:
    """What changes, what waits and what the next run will do, before it is saved."""
    company = request.company
    draft = rule_changes.draft_of(company, now=datetime.now(UTC))
    if draft is None:
        messages.info(request, "No hay un cambio sin guardar.")
        return redirect("web:rules", empresa=company.name)
    changes = rule_changes.changes_in(draft)
    if company.direction == FORWARD and not form_views.turns(draft):
        return redirect("web:rules_effect", empresa=company.name)
    context: dict[str, Any] = {
        "draft": draft,
        "turning": form_views.turns(draft),
        "sentence": rule_words.DIRECTIONS.get(form_views.turns(draft), ""),
        "changes": rule_words.told(company, [one for one in changes if one.path != rule_changes.DIRECTION]),
        "overtaken": rule_words.told(company, rule_changes.overtaken(company, changes)),
        "going": run_row.under_way(company),
        **_rehearsal(company, changes),
    }
    try:
        after, stage = _checked(company, changes)
    except (FileProblem, StoreProblem) as problem:
        context["wrong"] = problem.message
        return render(request, "web/direction_effect.html", context)
    context["to_back"] = after.direction == BACK
    if request.htmx:
        return render(request, "web/direction_effect.html#rehearsal", context)
    context |= {
        "after": after,
        "waits": waiting.of(company),
        "waits_noun": directions.noun(company),
        "foretold": _foretold(company, after, stage[1]),
        "all": after.invoices.existing == "invoice",
        "stage": after.invoices.trigger_stage,
    }
    told = context["foretold"]
    if told is not None:
        context["again"] = [
            (reasons.catalogue[Code(code)], one)
            for code, one in sorted(told.again.items())
            if code in set(Code)
        ]
    return render(request, "web/direction_effect.html", context)


@access.administrator
@require_POST
def rehearse(request: Visit) -> HttpResponse:
    """A dry run by the rules of the draft, as an errand."""
    company = request.company
    changes = rule_changes.changes_in(rule_changes.draft_of(company, now=datetime.now(UTC)))
    try:
        after, place = _checked(company, changes)
    except (FileProblem, StoreProblem) as problem:
        messages.error(request, problem.message)
        return redirect("web:direction_effect", empresa=company.name)
    environment, _ = drafting.environment_and_vault()
    name = company.name

    def work(tell: Tell) -> dict[str, Any]:
        def told(progress: Progress) -> None:
            tell(progress.to_json())

        return rehearsing.rehearse(
            opening.open_connection(environment, name),
            after,
            place=place,
            now=lambda: datetime.now(UTC),
            progress=told,
        )

    errands.begin(KIND, work, of=company, asked={"changes": _mark(changes)})
    return redirect("web:direction_effect", empresa=company.name)


@access.administrator
@require_POST
def save(request: Visit) -> HttpResponse:
    """Stores the draft; what cannot be taken back is asked for on a page of its own before."""
    company, now = request.company, datetime.now(UTC)
    draft = rule_changes.draft_of(company, now=now)
    changes = rule_changes.changes_in(draft)
    if not changes:
        messages.info(request, "No hay un cambio sin guardar.")
        return redirect("web:rules", empresa=company.name)
    if form_views.taken_up_anew(request, changes, now=now):
        return redirect("web:direction_effect", empresa=company.name)
    try:
        after, stage = _checked(company, changes)
        asked = _to_confirm(company, changes, after, stage[1])
        if asked and request.POST.getlist("entiendo") != [one["key"] for one in asked]:
            sent = request.POST.get("confirmado") == "1"
            context = {"asked": asked, "wrong": sent, "then": request.POST.get("despues", "")}
            return render(request, "web/direction_confirm.html", context, status=422 if sent else 200)
        saved = rule_changes.save(company, changes, now=now)
    except (FileProblem, StoreProblem) as problem:
        messages.error(request, f"No se guardó nada. {problem.message}")
        return redirect("web:direction_effect", empresa=company.name)
    _tell_audit(request, draft, changes, now=now)
    for warning in saved.warnings:
        messages.warning(request, warning)
    activating.pass_second(saved.activation, now=lambda: datetime.now(UTC), wait=time.sleep)
    return _saved(request, form_views.turns(draft))


def _saved(request: Visit, turned: str) -> HttpResponse:
    company = request.company
    going = run_row.under_way(company)
    later = f" El cambio empieza cuando termine la sincronización {going.pk}." if going is not None else ""
    what = {
        BACK: "Desde ahora, Escala crea facturas en Siigo.",
        FORWARD: "Desde ahora, Siigo crea oportunidades en Escala.",
    }.get(turned, "Reglas guardadas.")
    if request.POST.get("despues") == "sincronizar":
        requests.ask(company, Options(), now=datetime.now(UTC))
        messages.success(request, f"{what}{later} La sincronización empieza enseguida.")
        return redirect("web:runs", empresa=company.name)
    messages.success(request, f"{what}{later}")
    return redirect("web:home" if turned else "web:rules", empresa=company.name)


def _tell_audit(request: Visit, draft: RuleDraft | None, changes: Sequence[Change], *, now: datetime) -> None:
    before, after = rule_words.audited(request.company, changes)
    audit.record(
        "Dirección cambiada" if form_views.turns(draft) else "Reglas cambiadas",
        who=request.user.email,
        now=now,
        connection=request.company,
        before=before,
        after=after,
    )


def _supposed(company: Connection, wanted: str) -> dict[str, Any]:
    """The stored file with the other direction's rules filled up."""
    table = form_views.FORMS[wanted].TABLE
    return rule_changes.as_it_stands(company) | {table: rule_changes.table_of(company, wanted)}


def _checked(company: Connection, changes: Sequence[Change]) -> tuple[ConnectionFile, tuple[str, str]]:
    """The file as it would be, and the ids of its place."""
    after = rule_changes.checked(company, changes)
    return after, rule_changes.place_of(company, after)


def _foretold(company: Connection, after: ConnectionFile, stage: str) -> foretelling.Foretold | None:
    if after.direction != BACK:
        return None
    before = rules.from_json(rule_changes.as_it_stands(company))
    return foretelling.foretell(company, before, after, stage=stage)


def _to_confirm(
    company: Connection, changes: Sequence[Change], after: ConnectionFile, stage: str
) -> list[dict[str, Any]]:
    """What cannot be taken back: sending to the DIAN, and very many invoices at once."""
    asked: list[dict[str, Any]] = []
    told = _foretold(company, after, stage)
    paths = {change.path for change in changes}
    if told is None:
        return asked
    if after.invoices.stamp and paths & {("invoices", "stamp"), rule_changes.DIRECTION}:
        asked.append({"key": "dian"})
    if after.invoices.existing == "invoice" and told.looked_at.count > MANY:
        asked.append({"key": "muchas", "count": told.looked_at.count, "value": told.looked_at.value})
    return asked


def _rehearsal(company: Connection, changes: Sequence[Change]) -> dict[str, Any]:
    """The newest dry run of these very changes, as the page draws it."""
    errand, now = errands.newest(KIND, of=company), datetime.now(UTC)
    if errand is None or errand.asked != {"changes": _mark(changes)}:
        return {"errand": None}
    return {
        "errand": errand,
        "busy": errands.under_way(errand, now=now),
        "died": errands.died(errand, now=now),
        **_result(errand),
    }


def _result(errand: Errand) -> dict[str, Any]:
    result = errand.result
    if not result:
        return {}
    return {
        "result": result,
        "created_value": Decimal(result["value"]["created"]),
        "left_out": [
            {"reason": reasons.catalogue[Code(code)], "count": count}
            for code, count in result["left_out"].items()
        ],
        "problems": catalogue.drawn(result["problems"]),
        "attention": result["counts"]["needs_attention"] + result["counts"]["failed"],
    }


def _mark(changes: Sequence[Change]) -> str:
    told = [[list(one.path), one.after] for one in changes]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _page(
    request: Visit,
    wanted: str,
    *,
    form: Any = None,
    draft: RuleDraft | None,
    unread: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    company = request.company
    context = {
        "options": rule_words.DIRECTIONS,
        "wanted": wanted,
        "here": wanted == company.direction,
        "form": form,
        "draft": draft if form_views.turns(draft) else None,
        "unread": unread or [],
        "seen": form_views.seen(rule_changes.as_it_stands(company)),
        "going": run_row.under_way(company),
        "waits": waiting.of(company),
        "waits_noun": directions.noun(company),
        "to_back": wanted == BACK,
        "may_save": request.level >= Level.ADMINISTRATOR,
        "keep": reverse("web:direction_keep", args=[company.name]),
        "no_types": wanted == BACK and form is not None and not form.fields["document_type"].choices,
    }
    return render(request, "web/direction.html", context, status=status)
