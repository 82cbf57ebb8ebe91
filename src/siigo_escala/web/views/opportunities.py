"""Oportunidades: what became an invoice in Siigo, what waits, and why; the address is its whole state."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from siigo_escala.web import access, directions, listing
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import ledger
from siigo_escala.web.queries import opportunities as queries

HEADS = (
    ("oportunidad", "Oportunidad"),
    ("fecha", "Modificada"),
    ("valor", "Valor"),
    ("factura", "Factura en Siigo"),
)


@access.reader
@require_safe
def opportunities(request: Visit) -> HttpResponse:
    """¿Cuál oportunidad ya tiene factura? Filters, search, pages."""
    company = request.company
    if not directions.is_back(company):
        return redirect("web:invoices", empresa=company.name)
    asked = queries.read(request.GET)
    chosen = queries.chosen(company, asked)
    found, list_ = listing.drawn(asked, chosen, request.GET, heads=HEADS, orders=queries.ORDERS)
    context: dict[str, Any] = {
        **list_,
        "chips": asked.chips(),
        "rows": queries.shown(company, found),
        "total": ledger.whole(chosen),
        "states": queries.WORDS,
        "codes": queries.codes(company),
    }
    return render(request, "web/opportunities.html" + ("#list" if request.htmx else ""), context)
