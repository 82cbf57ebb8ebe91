"""What people decide of invoices, or of opportunities: confirmed on a page where it makes or leaves out
something, then stored.

No call is made and no lease is taken: the run obeys when the row's turn comes (sync/resolve.py,
sync/invoicing/resolve.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from siigo_escala.domain.decisions import DecisionProblem, Wish
from siigo_escala.domain.decisions import Kind as WishKind
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import audit
from siigo_escala.sync import resolve
from siigo_escala.web import access, asked, books
from siigo_escala.web.access import Visit
from siigo_escala.web.books import Book, Chosen
from siigo_escala.web.decisions import Choice, Kind
from siigo_escala.web.queries import invoice as queries
from siigo_escala.web.views import deciding_many
from siigo_escala.web.views.invoice import find

_MOST = 1000


@access.administrator
@require_POST
def decide(request: Visit) -> HttpResponse:
    """One decision on the invoices that were ticked."""
    return take(request, books.INVOICES)


@access.administrator
@require_POST
def decide_deals(request: Visit) -> HttpResponse:
    """One decision on the opportunities that were ticked."""
    return take(request, books.DEALS)


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
                book = books.INVOICES
                _audit(request, book, f"Decisión: {wish.kind}", [row.name], target=wish.target)
                book.run(request.company, [books.Invoices.of(row)], now=datetime.now(UTC))
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


def take(request: Visit, book: Book) -> HttpResponse:
    """A decision on what was ticked, or on all of a filter; asked first where it makes or leaves out."""
    kind = cast("Kind", request.POST.get("decision", ""))
    keys = list(dict.fromkeys(request.POST.getlist(book.field)))[:_MOST]
    back = request.POST.get("volver", "")
    if kind not in book.actions:
        raise Http404
    if request.POST.get("todas"):
        return deciding_many.decide(request, book, kind) or asked.back(request, back)
    chosen = book.ticked(request.company, keys)
    if not chosen:
        messages.warning(request, f"Marque al menos una {book.nouns.partition(',')[0]}.")
        return asked.back(request, back)
    # As the first of them shows it; what none of them offers is no decision on them.
    choice = next((found for one in chosen if (found := one.choice(kind)) is not None), None)
    if choice is None:
        # A page that stands open for long, or another tab: somebody has decided meanwhile, or a run has.
        messages.warning(request, "Eso ya no espera su decisión: cambió mientras la página estaba abierta.")
        return asked.back(request, back)
    if choice.asks and request.POST.get("confirmado") != "1":
        context = {
            "book": book,
            "choice": choice,
            "chosen": chosen,
            "value": sum((one.value for one in chosen), Decimal(0)),
            "back": back,
            "decide_at": reverse(book.address, kwargs={"empresa": request.company.name}),
        }
        return render(request, "web/confirm.html", context)
    return _store(request, book, choice, chosen, back)


def _store(request: Visit, book: Book, choice: Choice, chosen: list[Chosen], back: str) -> HttpResponse:
    now, company = datetime.now(UTC), request.company
    if choice.kind != "retry":
        try:
            warnings = book.store(company, choice.kind, chosen, now=now)
        except DecisionProblem as problem:
            messages.error(request, f"No se cambió nada. {problem.message}")
            return asked.back(request, back)
        for warning in warnings:
            messages.warning(request, warning)
    names = [one.name for one in chosen]
    _audit(request, book, book.actions[choice.kind], names, why=request.POST.get("motivo", ""))
    if choice.kind in book.makes:
        book.run(company, chosen, now=now)
    messages.success(request, choice.told(len(chosen), book.nouns))
    return asked.back(request, back)


def _audit(request: Visit, book: Book, action: str, names: list[str], **more: str) -> None:
    audit.record(
        action,
        who=request.user.email,
        now=datetime.now(UTC),
        connection=request.company,
        after={book.audited: names[:50], "cuántas": len(names)}
        | {key: value for key, value in more.items() if value},
    )
