"""What people decide of invoices: confirmed on a page where it makes or leaves out something, then stored.

No call is made and no lease is taken: the run obeys when the row's turn comes (sync/resolve.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from siigo_escala.domain.decisions import DecisionProblem, Wish
from siigo_escala.domain.decisions import Kind as WishKind
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Invoice, audit
from siigo_escala.sync import requests, resolve
from siigo_escala.sync.session import Options
from siigo_escala.web import access, asked
from siigo_escala.web.access import Visit
from siigo_escala.web.decisions import WITHOUT_PAGE, Choice, Kind, choices_for
from siigo_escala.web.queries import invoice as queries
from siigo_escala.web.views import deciding_many
from siigo_escala.web.views.invoice import find

_MOST = 1000
_ACTIONS = {
    "retry": "Reintento",
    "done": "Marcadas como resueltas",
    "create": "Crear de nuevo",
    "ignore": "Excluidas",
}


@access.administrator
@require_POST
def decide(request: Visit) -> HttpResponse:
    """One decision on the invoices that were ticked; a page asks first where it makes or leaves out."""
    kind = request.POST.get("decision", "")
    ids = list(dict.fromkeys(request.POST.getlist("factura")))[:_MOST]
    back = request.POST.get("volver", "")
    rows = list(
        models.Invoice.objects.filter(connection=request.company, siigo_id__in=ids).defer("record", "intent")
    )
    if kind not in _ACTIONS:
        raise Http404
    if request.POST.get("todas"):
        answer = deciding_many.decide(request, cast("Kind", kind), action=_ACTIONS[kind])
        return answer or asked.back(request, back)
    if not rows:
        messages.warning(request, "Marque al menos una factura.")
        return asked.back(request, back)
    choice = _choice(rows, kind)
    if choice.kind not in WITHOUT_PAGE and request.POST.get("confirmado") != "1":
        context = {
            "choice": choice,
            "rows": rows,
            "value": sum((row.value for row in rows), Decimal(0)),
            "back": back,
            "word": choice.word.rstrip("…").lower(),
        }
        return render(request, "web/confirm.html", context)
    return _store(request, choice, rows, back)


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: Visit, siigo_id: str) -> HttpResponse:
    """Elegir contacto: the customer beside the contacts that it may be."""
    return _choose(request, siigo_id, kind="contact")


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def deal(request: Visit, siigo_id: str) -> HttpResponse:
    """Elegir oportunidad: the invoice beside the deals that it may be."""
    return _choose(request, siigo_id, kind="deal")


def _choose(request: Visit, siigo_id: str, *, kind: WishKind) -> HttpResponse:
    row = find(request, siigo_id)
    candidates = [str(one) for one in row.data.get("candidates", [])]
    wrong = ""
    if request.method == "POST":
        target = request.POST.get("elegido", "")
        if not target:
            wrong = "Elija una de las opciones."
        else:
            wish = (
                Wish(kind="create", invoice=row.name, siigo_id=siigo_id)
                if target == "nuevo"
                else Wish(kind=kind, invoice=row.name, siigo_id=siigo_id, target=target)
            )
            try:
                warnings = resolve.store(request.company, [wish], now=datetime.now(UTC))
            except DecisionProblem as problem:
                wrong = problem.message
            else:
                _audit(request, f"Decisión: {wish.kind}", [row], target=wish.target)
                _run_them(request, [row])
                messages.success(request, f"{row.name} vuelve a intentarse enseguida con lo que eligió.")
                for warning in warnings:
                    messages.warning(request, warning)
                return redirect("web:invoice", empresa=request.company.name, siigo_id=siigo_id)
    context = {
        "invoice": row,
        "shown": queries.shown(request.company, row),
        "kind": kind,
        "contacts": queries.contacts(request.company, candidates) if kind == "contact" else [],
        "deals": [
            (one, queries.stage_name(request.company, one.stage_id))
            for one in queries.deals(request.company, candidates)
        ]
        if kind == "deal"
        else [],
        "may_make_another": kind == "deal" and row.code in (Code.POSSIBLE_TWIN, Code.DEAL_NAME_TAKEN),
        "wrong": wrong,
    }
    return render(request, "web/choose.html", context, status=422 if wrong else 200)


def _store(request: Visit, choice: Choice, rows: list[Invoice], back: str) -> HttpResponse:
    if choice.kind != "retry":
        wishes = [
            Wish(kind=cast("WishKind", choice.kind), invoice=row.name, siigo_id=row.siigo_id) for row in rows
        ]
        try:
            warnings = resolve.store(request.company, wishes, now=datetime.now(UTC))
        except DecisionProblem as problem:
            messages.error(request, f"No se cambió nada. {problem.message}")
            return asked.back(request, back)
        for warning in warnings:
            messages.warning(request, warning)
    _audit(request, _ACTIONS[choice.kind], rows, why=request.POST.get("motivo", ""))
    if choice.kind in ("retry", "create"):
        _run_them(request, rows)
    messages.success(request, choice.told(len(rows), "factura,facturas"))
    return asked.back(request, back)


def _run_them(request: Visit, rows: list[Invoice]) -> None:
    names = tuple(sorted({row.name for row in rows if row.name}))
    requests.ask(request.company, Options(kind="retry", invoices=names), now=datetime.now(UTC))


def _audit(request: Visit, action: str, rows: list[Invoice], **more: str) -> None:
    audit.record(
        action,
        who=request.user.email,
        now=datetime.now(UTC),
        connection=request.company,
        after={"facturas": [row.name for row in rows[:50]], "cuántas": len(rows)}
        | {key: value for key, value in more.items() if value},
    )


def _choice(rows: list[Invoice], kind: str) -> Choice:
    """The button as these invoices show it; what none of them offers is no decision on them."""
    for row in rows:
        for choice in choices_for(row):
            if choice.kind == kind:
                return choice
    raise Http404
