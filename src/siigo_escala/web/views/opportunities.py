"""Oportunidades: what became an invoice in Siigo, what waits, and why."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from siigo_escala.web import access, directions
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import opportunities as queries


@access.reader
@require_safe
def opportunities(request: Visit) -> HttpResponse:
    """¿Cuál oportunidad ya tiene factura? The newest, by state."""
    company = request.company
    if not directions.is_back(company):
        return redirect("web:invoices", empresa=company.name)
    status = request.GET.get("estado", "")
    status = status if status in queries.WORDS else ""
    context = {
        "rows": queries.rows(company, status=status),
        "total": queries.count(company, status=status),
        "status": status,
        "statuses": queries.WORDS,
        "most": queries.MOST,
    }
    return render(request, "web/opportunities.html", context)
