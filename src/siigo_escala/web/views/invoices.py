"""Facturas: the ledger as a list; the address is its whole state."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from siigo_escala.domain import reasons
from siigo_escala.store import models
from siigo_escala.web import access
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import filters, ledger, paging, rows
from siigo_escala.web.states import STATES

HEADS = (("factura", "Factura"), ("fecha", "Fecha"), ("cliente", "Cliente"), ("valor", "Valor"))


@access.reader
@require_safe
def invoices(request: Visit) -> HttpResponse:
    """¿Dónde está esta factura? Filters, search, pages."""
    sellers = rows.sellers_of(request.company)
    asked = filters.read(request.GET, sellers)
    chosen = filters.chosen(request.company, asked)
    size = _size(request.GET.get("filas", ""))
    page = paging.page(
        chosen,
        order=asked.order,
        size=size,
        after=request.GET.get("despues", ""),
        before=request.GET.get("antes", ""),
    )
    context: dict[str, Any] = {
        "filters": asked,
        "chips": asked.chips(sellers),
        "rows": rows.shown(request.company, page.rows),
        "page": page,
        "total": ledger.whole(chosen),
        "heads": [_head(asked, name, word) for name, word in HEADS],
        "states": STATES,
        "sellers": sellers,
        "codes": _codes(request),
        "size": size,
        "sizes": sorted(paging.SIZES),
        "before": asked.address(antes=page.before, filas=_told(size)) if page.before else "",
        "after": asked.address(despues=page.after, filas=_told(size)) if page.after else "",
    }
    return render(request, "web/invoices.html" + ("#list" if request.htmx else ""), context)


@access.reader
@require_safe
def by_number(request: Visit, number: str) -> HttpResponse:
    """An invoice by its number; the list where two share it."""
    found = list(
        models.Invoice.objects.filter(connection=request.company, name=number).values_list(
            "siigo_id", flat=True
        )[:2]
    )
    if len(found) == 1:
        return redirect("web:invoice", empresa=request.company.name, siigo_id=found[0])
    answer = redirect("web:invoices", empresa=request.company.name)
    answer["Location"] += filters.Filters(q=number).address()
    return answer


def _codes(request: Visit) -> list[tuple[str, str]]:
    """The reasons that this ledger holds, by their titles."""
    held = (
        models.Invoice.objects.filter(connection=request.company)
        .exclude(code="")
        .order_by()
        .values_list("code", flat=True)
        .distinct()
    )
    known = {code.value: reason.title for code, reason in reasons.catalogue.items()}
    return sorted(((code, known[code]) for code in held if code in known), key=lambda pair: pair[1])


def _head(asked: filters.Filters, name: str, word: str) -> dict[str, str]:
    """A column's head: sorts by it, and the other way round where it does already."""
    ascending, descending = asked.order == name, asked.order == f"-{name}"
    following = f"-{name}" if ascending or (not descending and name in ("fecha", "valor")) else name
    return {
        "word": word,
        "name": name,
        "sorted": "ascending" if ascending else "descending" if descending else "",
        "address": asked.address(orden="" if following == "-fecha" else following),
    }


def _size(text: str) -> int:
    return int(text) if text in {str(size) for size in paging.SIZES} else paging.SIZES[0]


def _told(size: int) -> str:
    return "" if size == paging.SIZES[0] else str(size)
