"""Facturas: the ledger as a list; the address is its whole state."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from siigo_escala.store import models
from siigo_escala.web import access, directions, listing
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import filters, ledger, rows
from siigo_escala.web.states import STATES

HEADS = (("factura", "Factura"), ("fecha", "Fecha"), ("cliente", "Cliente"), ("valor", "Valor"))


@access.reader
@require_safe
def invoices(request: Visit) -> HttpResponse:
    """¿Dónde está esta factura? Filters, search, pages."""
    asked = filters.read(request.GET, rows.sellers_of(request.company))
    chosen = filters.chosen(request.company, asked)
    found, list_ = listing.drawn(asked, chosen, request.GET, heads=HEADS, orders=filters.ORDERS)
    context: dict[str, Any] = {
        **list_,
        "chips": asked.chips(),
        "rows": rows.shown(request.company, found),
        "total": ledger.whole(chosen),
        "states": STATES,
        "sellers": asked.sellers,
        "codes": _codes(request),
    }
    return render(request, "web/invoices.html" + ("#list" if request.htmx else ""), context)


@access.reader
@require_safe
def by_number(request: Visit, number: str) -> HttpResponse:
    """An invoice by its number; the list where two share it, or where opportunities become invoices."""
    found = list(
        models.Invoice.objects.filter(connection=request.company, name=number).values_list(
            "siigo_id", flat=True
        )[:2]
    )
    if len(found) == 1:
        return redirect("web:invoice", empresa=request.company.name, siigo_id=found[0])
    list_ = "web:opportunities" if directions.is_back(request.company) else "web:invoices"
    answer = redirect(list_, empresa=request.company.name)
    answer["Location"] += filters.Filters(q=number).address()
    return answer


def _codes(request: Visit) -> list[tuple[str, str]]:
    """The reasons that this ledger holds, by their titles."""
    held = models.Invoice.objects.filter(connection=request.company).exclude(code="").order_by()
    return rows.titles(held.values_list("code", flat=True).distinct())
