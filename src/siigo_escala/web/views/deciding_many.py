"""A decision on all of a filter: asked about with its number and pesos, counted anew when it is confirmed.

Up to a thousand it is stored at once; more is an errand, whose page tells how far it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from siigo_escala.store.models import audit
from siigo_escala.web import access, bulk, directions, errands
from siigo_escala.web.access import Visit
from siigo_escala.web.books import Book
from siigo_escala.web.bulk import Many
from siigo_escala.web.decisions import Choice, Kind
from siigo_escala.web.errands import Tell
from siigo_escala.web.queries import filters
from siigo_escala.web.templatetags.words import number

ERRAND = "decide"
_LONGEST = 2000


def decide(request: Visit, book: Book, kind: Kind) -> HttpResponse | None:
    """The page that asks, or what followed; None: back to where the button stood, a message says why."""
    company = request.company
    asked = book.filters(company, QueryDict(request.POST.get("filtro", "")[:_LONGEST].lstrip("?")))
    found = bulk.many(book, company, asked, kind)
    if found.choice is None:
        one = book.nouns.partition(",")[0]
        messages.warning(request, f"Ninguna {one} del filtro admite esa decisión.")
        return None
    if request.POST.get("confirmado") != "1" or request.POST.get("cuantas") != str(len(found.chosen)):
        return _question(request, book, found, asked)
    last = errands.newest(ERRAND, of=company)
    if last is not None and errands.under_way(last, now=datetime.now(UTC)):
        messages.warning(request, "Hay otra decisión en curso: espere a que termine.")
        return redirect("web:deciding", empresa=company.name)
    told = {"cuántas": len(found.chosen), "filtro": asked.address()}
    audit.record(
        book.actions[kind],
        who=request.user.email,
        now=datetime.now(UTC),
        connection=company,
        after={book.audited: [one.name for one in found.chosen[:50]], **told}
        | {key: value for key in ("motivo",) if (value := request.POST.get(key, "")[:300])},
    )
    if len(found.chosen) > bulk.AT_ONCE:
        _begin(request, book, found, found.choice)
        return redirect("web:deciding", empresa=company.name)
    result = bulk.carry_out(book, company, kind, found.chosen, now=_now)
    say = messages.warning if result["refused"] else messages.success
    say(request, bulk.told(book, found.choice, result))
    return None


@access.administrator
@require_safe
def under_way(request: Visit) -> HttpResponse:
    """How far a decision on many is, and what became of it."""
    errand, now = errands.newest(ERRAND, of=request.company), datetime.now(UTC)
    context: dict[str, Any] = {"errand": errand, "nouns": directions.noun(request.company)}
    if errand is not None:
        progress = errand.progress or {"done": 0, "total": errand.asked["count"]}
        context |= {
            "busy": errands.under_way(errand, now=now),
            "died": errands.died(errand, now=now),
            "progress": progress,
            "told": errand.result.get("told", ""),
        }
    return render(request, "web/deciding.html" + ("#deciding" if request.htmx else ""), context)


def _question(request: Visit, book: Book, found: Many, asked: filters.Filters) -> HttpResponse:
    seen = request.POST.get("cuantas", "")
    context = {
        "book": book,
        "decide_at": reverse(book.address, kwargs={"empresa": request.company.name}),
        "choice": found.choice,
        "count": len(found.chosen),
        "value": found.value,
        "first": found.chosen[:10],
        "filtro": asked.address(),
        "chips": asked.chips(),
        "unknown": asked.unknown,
        "changed": number(len(found.chosen)) if seen not in ("", str(len(found.chosen))) else "",
        "back": request.POST.get("volver", ""),
    }
    return render(request, "web/confirm_many.html", context)


def _begin(request: Visit, book: Book, found: Many, choice: Choice) -> None:
    company, chosen = request.company, found.chosen

    def work(tell: Tell) -> dict[str, Any]:
        result = bulk.carry_out(book, company, choice.kind, chosen, now=_now, tell=tell)
        return {**result, "told": bulk.told(book, choice, result)}

    errands.begin(ERRAND, work, of=company, asked={"kind": choice.kind, "count": len(chosen)})


def _now() -> datetime:
    return datetime.now(UTC)
