"""The assistant of five steps: credentials are tried, the rest is chosen from lists; a preview ends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from siigo_escala.domain import proposals
from siigo_escala.domain.accounting import DocumentType, Seller
from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.domain.rules import FileProblem
from siigo_escala.rest.errors import RemoteError
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import ConnectionDraft, audit
from siigo_escala.sync import introduction
from siigo_escala.web import access, drafting, errands, refusals
from siigo_escala.web.access import Visit
from siigo_escala.web.forms import connecting as forms
from siigo_escala.web.templatetags.words import counted
from siigo_escala.web.views import previewing

_SECRET = "•••"  # noqa: S105 - what stands in place of one
_SAMPLE = {
    "factura": "FV-2-1045",
    "fecha": "02/11/2026",
    "cliente": "Transportes La Sabana SAS",
    "identificacion": "900482137",
    "vendedor": "Laura Medina",
    "total": "$ 1.110.054,50",
}


@access.administrator
@never_cache
@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Visit) -> HttpResponse:
    """Step 1 of a company that nobody has begun yet."""
    return _siigo(request, None)


@access.connecting
@require_safe
def resume(request: Visit) -> HttpResponse:
    """To the step that is next."""
    return _onward(request, request.draft)


@access.connecting
@never_cache
@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
def siigo(request: Visit) -> HttpResponse:
    """Conecte Siigo."""
    draft = request.draft
    return _siigo(request, draft) if draft is not None else _onward(request, None)


@access.connecting
@never_cache
@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
def escala(request: Visit) -> HttpResponse:
    """Conecte Escala."""
    draft = request.draft
    if draft is None:
        return _onward(request, None)
    form = forms.Escala(request.POST or None, kept=bool(draft.escala_key_sealed))
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            environment, vault = drafting.environment_and_vault()
            key = form.cleaned_data["key"].strip() or vault.open(draft.escala_key_sealed)
            found = introduction.pipelines(environment, key=key, known=draft.connection, now=_now)
            drafting.keep_escala(draft, key=key, vault=vault, pipelines=found)
        except (RemoteError, StoreProblem) as problem:
            refused = refusals.told(problem)
        else:
            _audit(request, draft, "Asistente: Escala comprobado", {"clave": _SECRET})
            return redirect("web:connect_opportunities", empresa=draft.name)
    return _page(request, draft, 2, {"form": form, "refused": refused}, wrong=bool(form.errors or refused))


@access.connecting
@require_http_methods(["GET", "HEAD", "POST"])
def opportunities(request: Visit) -> HttpResponse:
    """¿Cómo deben verse las oportunidades? While the account is being read, its progress."""
    draft = request.draft
    if draft is None or draft.step < 2:
        return _onward(request, draft)
    look = errands.newest(drafting.CONTENTS, of=draft)
    context: dict[str, Any] = {"look": look, "reading": False}
    if look is not None and errands.under_way(look, now=_now()):
        context["reading"] = True
        return _page(request, draft, 3, context, fragment="step")
    pipelines = drafting.pipelines_of(draft)
    fields = introduction.fields_seen(draft.escala.get("fields", []))
    form = forms.Opportunities(
        request.POST or None,
        initial=_initial(draft, likely=proposals.likely(fields)),
        pipelines=pipelines,
        owners=draft.escala.get("owners", []),
        fields_seen=fields,
        document_types=draft.siigo["document_types"],
        taken=drafting.taken_names(draft),
    )
    if draft.connection_id is not None:
        # What is connected keeps its name: the ledger and the address stand under it.
        form.fields["name"].disabled = True
    if request.method == "POST" and form.is_valid():
        tables = form.tables(pipelines)
        before = draft.chosen.get("opportunities", {})
        drafting.keep_choices(draft, tables, name=form.cleaned_data["name"])
        _audit(request, draft, "Asistente: oportunidades", tables["opportunities"], before=before)
        return redirect("web:connect_sellers", empresa=draft.name)
    context |= {
        "form": form,
        "fields_seen": fields,
        "stages": sum(len(one.stages) for one in pipelines),
        "pipelines": len(pipelines),
        "sample": _sample(str(form["description"].value() or "")),
        "cut": look is None or errands.died(look, now=_now()) or bool(look.problem),
    }
    return _page(request, draft, 3, context, wrong=bool(form.errors), fragment="step")


@access.connecting
@require_POST
def look_again(request: Visit) -> HttpResponse:
    """Buscar de nuevo: somebody has written a cédula in a contact just now."""
    draft = request.draft
    if draft is None or draft.step < 2:
        return _onward(request, draft)
    try:
        drafting.look_again(draft)
    except StoreProblem as problem:
        messages.error(request, refusals.told(problem).text)
    return redirect("web:connect_opportunities", empresa=draft.name)


@access.connecting
@require_http_methods(["GET", "HEAD", "POST"])
def sellers(request: Visit) -> HttpResponse:
    """¿Quién es quién? Saving joins both accounts."""
    draft = request.draft
    if draft is None or draft.step < 3:
        return _onward(request, draft)
    form = forms.Sellers(
        request.POST or None,
        sellers=drafting.sellers_of(draft),
        owners=draft.escala.get("owners", []),
        links=draft.chosen.get("sellers", {}),
    )
    refused = None
    if request.method == "POST" and (form.is_valid() or "despues" in request.POST):
        links = {} if "despues" in request.POST else form.links()
        try:
            company, warnings = drafting.join(draft, links)
        except (RemoteError, StoreProblem, FileProblem) as problem:
            refused = refusals.told(problem)
        else:
            _audit(request, draft, "Empresa conectada", {"vendedores": links, "clave": _SECRET})
            for warning in warnings:
                messages.warning(request, warning)
            previewing.begin_last_days(company)
            return redirect("web:connect_preview", empresa=draft.name)
    context = {
        "form": form,
        "refused": refused,
        "later": draft.chosen["opportunities"]["default_owner"] != UNASSIGNED,
    }
    return _page(request, draft, 4, context, wrong=bool(form.errors or refused))


@access.connecting
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: Visit) -> HttpResponse:
    """An unfinished company goes away, with what was typed; one that is connected is only finished."""
    draft = request.draft
    if draft is None or draft.connection_id is not None:
        return _onward(request, draft)
    if request.method != "POST":
        return render(request, "web/connect_discard.html", {"draft": draft})
    _audit(request, draft, "Conexión sin terminar descartada", {"paso": draft.step})
    draft.delete()
    messages.success(request, f"«{draft.name}» se descartó. No se había conectado nada.")
    return redirect("web:companies")


def _siigo(request: Visit, draft: ConnectionDraft | None) -> HttpResponse:
    kept = draft.siigo_username if draft is not None else ""
    form = forms.Siigo(request.POST or None, kept=kept, initial={"username": kept})
    refused = None
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"].strip()
        try:
            environment, vault = drafting.environment_and_vault()
            key = form.cleaned_data["key"].strip()
            if not key and draft is not None:
                key = vault.open(draft.siigo_key_sealed)
            known = draft.connection if draft is not None else None
            found = introduction.siigo(environment, username=username, key=key, known=known, now=_now)
        except (RemoteError, StoreProblem) as problem:
            refused = refusals.told(problem)
        else:
            draft = draft or drafting.begin(username, who=request.user, now=_now())
            drafting.keep_siigo(
                draft, username=username, key=key, vault=vault, sellers=found[0], document_types=found[1]
            )
            _audit(request, draft, "Asistente: Siigo comprobado", {"usuario": username, "clave": _SECRET})
            messages.success(request, _siigo_answered(*found))
            return redirect("web:connect_escala", empresa=draft.name)
    return _page(request, draft, 1, {"form": form, "refused": refused}, wrong=bool(form.errors or refused))


def _siigo_answered(users: tuple[Seller, ...], types: tuple[DocumentType, ...]) -> str:
    sellers = counted(sum(one.active for one in users), "vendedor,vendedores")
    kinds = counted(sum(one.active for one in types), "tipo de factura,tipos de factura")
    return f"Siigo respondió: {sellers} y {kinds}."


def _likely_owner(own: str, owners: list[str]) -> str:
    """Whoever connects the company, where Escala knows them; else the first whom it knows."""
    return own if own in owners else next(iter(owners), UNASSIGNED)


def _initial(draft: ConnectionDraft, *, likely: str) -> dict[str, Any]:
    """What was chosen before, else what is most likely."""
    pipelines = drafting.pipelines_of(draft)
    chosen = draft.chosen.get("opportunities")
    owners = draft.escala.get("owners", [])
    types = draft.siigo["document_types"]
    every = [one["id"] for one in types if one["active"]] or [one["id"] for one in types]
    if chosen is None:
        first = proposals.destination(pipelines)
        return {
            "destination": forms.place_of(*first) if first is not None else "",
            "default_owner": _likely_owner(draft.made_by.email, owners),
            "identification_field": likely,
            "description": "Factura {factura} del {fecha}",
            "create_for_unlinked_sellers": True,
            "automatic": True,
            "document_types": every,
            "mark": drafting.proposed_mark(draft),
            "name": draft.name,
        }
    named = {
        value
        for value, (pipeline, stage) in forms.places(pipelines).items()
        if chosen["pipeline"] in (pipeline.name, pipeline.id) and chosen["stage"] in (stage.name, stage.id)
    }
    return {
        **chosen,
        "destination": next(iter(sorted(named)), ""),
        "document_types": chosen["document_types"] or every,
        "automatic": draft.chosen["automatic"],
        "name": draft.name,
    }


def _sample(description: str) -> str:
    for word, value in _SAMPLE.items():
        description = description.replace(f"{{{word}}}", value)
    return description


def _page(
    request: Visit,
    draft: ConnectionDraft | None,
    step: int,
    context: dict[str, Any],
    *,
    wrong: bool = False,
    fragment: str = "",
) -> HttpResponse:
    name, _ = drafting.STEPS[step - 1]
    shown = {
        "draft": draft,
        "steps": drafting.steps(draft, here=step),
        "number": step,
        **context,
    }
    template = f"web/connect_{name}.html" + (f"#{fragment}" if fragment and request.htmx else "")
    return render(request, template, shown, status=422 if wrong else 200)


def _onward(request: Visit, draft: ConnectionDraft | None) -> HttpResponse:
    """To the step that is next; a company without a draft is connected."""
    if draft is None:
        return redirect("web:home", empresa=request.company.name)
    name, _ = drafting.STEPS[min(draft.step, len(drafting.STEPS) - 1)]
    return redirect(f"web:connect_{name}", empresa=draft.name)


def _audit(
    request: Visit,
    draft: ConnectionDraft,
    action: str,
    after: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
) -> None:
    audit.record(
        action,
        who=request.user.email,
        now=_now(),
        connection=draft.connection,
        before=before or {},
        after={"empresa": draft.name, **after},
    )


def _now() -> datetime:
    return datetime.now(UTC)
