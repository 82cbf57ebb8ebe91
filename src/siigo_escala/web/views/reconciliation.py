"""Conciliación: whether everything adds up with Siigo, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from siigo_escala.web import access, asked, frame
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import credit_notes, facts, ledger, left_over, reconciliation, rows
from siigo_escala.web.states import STATES
from siigo_escala.web.templatetags.words import MONTHS


@access.reader
@require_safe
def reconcile(request: Visit) -> HttpResponse:
    """The verdict first, then the account, then against Escala, by month and by seller."""
    company = request.company
    today = datetime.now(ZoneInfo(frame.zone_of(company))).date()
    date_from, date_to, wrong = _span(request, today)
    chosen = reconciliation.span_of(company, date_from, date_to)
    parts, total = ledger.checked(chosen)
    left, partly = left_over.of(company, chosen), left_over.amount_of(left_over.by_part(company, chosen))
    against = reconciliation.against_escala(company, chosen)
    year = reconciliation.by_month(reconciliation.span_of(company, _year_before(date_to or today), date_to))
    sellers = reconciliation.by_seller(company, chosen)
    context: dict[str, Any] = {
        "date_from": date_from,
        "date_to": date_to,
        "wrong": wrong,
        "parts": [(key, STATES[key], part) for key, part in parts.items()],
        "total": total,
        "off": ledger.difference(parts, total),
        "excluded": reconciliation.excluded_by_reason(chosen),
        "against": against,
        "left": left.amount,
        "partly": partly,
        "too_much": left.amount + partly,
        "swept": company.sweep_day,
        "left_rows": rows.shown(company, left.rows),
        "differing": rows.shown(company, against.differing),
        "notes": credit_notes.in_span(company, date_from, date_to),
        "by_total": credit_notes.by_total(company),
        "months": year,
        "month_chart": {
            "labels": [f"{MONTHS[month.month - 1]} {month.year}" for month, _, _ in year],
            "series": [
                {"name": "En Escala", "values": [there.value for _, there, _ in year]},
                {"name": "No está en Escala", "values": [missing.value for _, _, missing in year]},
            ],
        },
        "sellers": sellers,
        "seller_chart": {
            "labels": [name for name, _, _ in sellers[:12]],
            "series": [{"name": "Facturado", "values": [amount.value for _, amount, _ in sellers[:12]]}],
        },
        "read_until": facts.read_until(company),
        "now": datetime.now(UTC),
    }
    return render(request, "web/reconciliation.html", context)


def _span(request: Visit, today: date) -> tuple[date | None, date | None, str]:
    """The dates asked for; the month under way where there are none."""
    try:
        first = asked.day(request.GET.get("desde", ""))
        last = asked.day(request.GET.get("hasta", ""))
    except ValueError:
        return today.replace(day=1), today, "Quitamos las fechas: no se pudieron leer."
    if first is None and last is None:
        return today.replace(day=1), facts.last_day(today.replace(day=1)), ""
    if first is not None and last is not None and first > last:
        return first, first, "Desde no puede ser posterior a Hasta."
    return first, last, ""


def _year_before(last: date) -> date:
    """The first day of the twelve months that end in that of `last`."""
    return date(last.year - 1, last.month, 1) if last.month == 12 else date(last.year - 1, last.month + 1, 1)
