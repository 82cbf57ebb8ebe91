"""Credenciales: whether both accounts let us in, another key, and the whole self-check.

A new key is tried before it replaces the old one, by the code of `siigo-escala connect`; none is ever shown.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from siigo_escala.domain import rules
from siigo_escala.domain.rules import FileProblem
from siigo_escala.rest.errors import AccessDenied, RemoteError, System
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, audit
from siigo_escala.sync import access as pauses
from siigo_escala.sync import connect, introduction, opening, probing, requests
from siigo_escala.sync.checking import examination
from siigo_escala.sync.clients import Credentials
from siigo_escala.sync.session import Options
from siigo_escala.web import access, drafting, errands, refusals
from siigo_escala.web.access import Visit
from siigo_escala.web.errands import Tell
from siigo_escala.web.forms import connecting as forms
from siigo_escala.web.queries import credentials as queries

CHECK = "check"
_RESULTS = {
    "failed": ("Falla", "red", "circle-x"),
    "warning": ("Aviso", "amber", "alert-triangle"),
    "ok": ("Bien", "green", "circle-check"),
}
_NAMES: dict[System, str] = {"siigo": "Siigo", "escala": "Escala"}


@access.administrator
@require_safe
def credentials(request: Visit) -> HttpResponse:
    """A card each."""
    now = datetime.now(UTC)
    context = {
        "cards": queries.cards(request.company, now=now),
        "check": errands.newest(CHECK, of=request.company),
    }
    return render(request, "web/credentials.html", context)


@access.administrator
@never_cache
@sensitive_post_parameters("key", "escala-key")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Visit, system: str) -> HttpResponse:
    """Another user or key: tried first, and only of the same account."""
    if system not in _NAMES:
        raise Http404
    company, wanted = request.company, system
    form, second = _forms(request, company, wanted)
    refused = None
    if request.method == "POST" and form.is_valid() and (second is None or second.is_valid()):
        try:
            _replace(request, company, wanted, form, second)
        except (RemoteError, StoreProblem, FileProblem) as problem:
            refused = refusals.told(problem)
        else:
            return redirect("web:credentials", empresa=company.name)
    context = {"form": form, "second": second, "name": _NAMES[wanted], "refused": refused}
    wrong = form.errors or refused or (second is not None and second.errors)
    return render(request, "web/credentials_change.html", context, status=422 if wrong else 200)


@access.administrator
@require_POST
def probe(request: Visit) -> HttpResponse:
    """Probar conexión. Where a refusal has paused the company and both answer, the pause is over."""
    company, system = request.company, request.POST.get("sistema", "")
    if system not in _NAMES:
        raise Http404
    held = introduction.bounds()
    lifts = queries.blamed(company) is not None
    try:
        environment, _ = drafting.environment_and_vault()
        hurried = probing.hurried(environment, patience_s=introduction.PATIENCE_S)
        if lifts:
            probing.resume(hurried, company, now=_now, bounds=held)
        else:
            probing.probe(hurried, company, systems=(system,), now=_now, bounds=held)
    except (RemoteError, StoreProblem) as problem:
        if isinstance(problem, AccessDenied) and not lifts:
            pauses.refused(company, problem, now=_now())
        told = refusals.told(problem)
        # To lift a pause both are asked: the one that failed may not be the one whose button it was.
        name = _NAMES[told.where or system]
        _audit(request, company, queries.PROBED, after={"sistema": name, "falla": told.text})
        messages.error(request, f"{name}: {told.text} {told.step}".strip())
    else:
        for name in _NAMES.values() if lifts else (_NAMES[system],):
            _audit(request, company, queries.PROBED, after={"sistema": name})
        text = f"{_NAMES[system]} acepta la clave y responde."
        lifted = "Siigo y Escala aceptan sus claves y responden. La pausa se levantó."
        messages.success(request, lifted if lifts else text)
    return redirect("web:credentials", empresa=company.name)


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: Visit) -> HttpResponse:
    """Comprobar todo: the findings of `siigo-escala check`."""
    company, now = request.company, datetime.now(UTC)
    if request.method == "POST":
        _begin_check(company)
        return redirect("web:check", empresa=company.name)
    errand = errands.newest(CHECK, of=company)
    context: dict[str, Any] = {"errand": errand}
    if errand is not None:
        found = errand.result.get("checks", [])
        order = list(_RESULTS)
        rows = sorted(found, key=lambda one: order.index(one["result"]))
        context |= {
            "busy": errands.under_way(errand, now=now),
            "died": errands.died(errand, now=now),
            "rows": [(one, _RESULTS[one["result"]]) for one in rows],
            "well": all(one["result"] == "ok" for one in found),
            "counts": [
                (word, sum(one["result"] == key for one in found)) for key, (word, _, _) in _RESULTS.items()
            ],
        }
    return render(request, "web/check.html" + ("#check" if request.htmx else ""), context)


def _now() -> datetime:
    return datetime.now(UTC)


def _begin_check(company: Connection) -> None:
    environment = drafting.environment()
    name = company.name

    def work(tell: Tell) -> dict[str, Any]:
        tell({})
        opened = opening.open_connection(environment, name, vault_of=opening.vault_or_shut)
        found = examination.examine(opened, now=_now)
        return {"checks": [one.to_json() for one in found.checks], "calls": found.calls.to_json()}

    errands.begin(CHECK, work, of=company, asked={})


def _forms(
    request: Visit, company: Connection, system: System
) -> tuple[forms.Siigo | forms.Escala, forms.Escala | None]:
    """The form of one system; without any stored key that of the other one, too."""
    sent = request.POST or None
    if system == "escala" and not company.forgotten:
        return forms.Escala(sent), None
    second = forms.Escala(sent, prefix="escala") if company.forgotten else None
    return forms.Siigo(sent, initial={"username": company.siigo_username}), second


def _replace(
    request: Visit,
    company: Connection,
    system: System,
    form: forms.Siigo | forms.Escala,
    second: forms.Escala | None,
) -> None:
    environment, vault = drafting.environment_and_vault()
    file = rules.from_json(company.file)
    username, siigo_key = company.siigo_username, vault.open(company.siigo_key_sealed)
    escala_key = vault.open(company.escala_key_sealed)
    given = form.cleaned_data
    if isinstance(form, forms.Siigo):
        username, siigo_key = given["username"].strip(), given["key"].strip()
        escala_key = second.cleaned_data["key"].strip() if second is not None else escala_key
    else:
        escala_key = given["key"].strip()
    waits = bool(company.paused) or company.enabled
    before = company.siigo_username
    file = file.model_copy(update={"siigo": file.siigo.model_copy(update={"username": username})})
    connect.join(
        probing.hurried(environment, patience_s=introduction.PATIENCE_S),
        vault,
        file,
        Credentials(siigo_username=username, siigo_key=siigo_key, escala_key=escala_key),
        now=_now,
        bounds=introduction.bounds(),
    )
    told = {"siigo": {"usuario": before, "clave": "•••"}, "escala": {"clave": "•••"}}[system]
    after = {**told, "usuario": username} if system == "siigo" else told
    _audit(request, company, queries.CHANGED[system], before=told, after=after)
    said = "Clave cambiada y comprobada."
    if waits:
        requests.ask(company, Options(), now=datetime.now(UTC))
        said += " Lo que esperaba sale ahora."
    messages.success(request, said)


def _audit(
    request: Visit,
    company: Connection,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> None:
    audit.record(
        action,
        who=request.user.email,
        now=datetime.now(UTC),
        connection=company,
        before=before or {},
        after=after,
    )
