"""Inicio: whether everything arrived, and what to do now."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from siigo_escala.store.models import Connection
from siigo_escala.web import access, asked, standing
from siigo_escala.web.access import Visit
from siigo_escala.web.queries import doing, doing_deals, facts, ledger, runs, to_do
from siigo_escala.web.queries.opportunities import WORDS
from siigo_escala.web.states import STATES, shown_state
from siigo_escala.web.templatetags.words import MONTHS
from siigo_escala.web.told import Amount

log = structlog.get_logger()


@access.reader
@require_safe
def home(request: Visit) -> HttpResponse:
    """Status, what to do, account of the month, and nothing else."""
    company, now = request.company, datetime.now(UTC)
    months = ledger.months(company)
    month = _month(request.GET.get("mes", ""))
    found = facts.of(company, month=month, now=now)
    if found.sum_differs.count or found.sum_differs.value:
        log.error("account does not add up", connection=company.name, month=found.month.isoformat())
    groups = doing_deals.groups(company) if found.back else doing.groups(company)
    last = facts.last_day(found.month)
    states = WORDS if found.back else STATES
    context: dict[str, Any] = {
        "standing": standing.of(found),
        "facts": found,
        "to_do": to_do.rows(company, found, person=request.user, level=request.level, groups=groups),
        "runs": runs.latest(company, most=2, now=now),
        "parts": [(key, states[key], part) for key, part in _six(found.parts).items()],
        "total": found.total,
        "months": [found.month, *(one for one in months if one != found.month)],
        "last": last,
        "days": (days := _by_day(company, found.month, last)),
        "chart": _chart(days),
    }
    return render(request, "web/home.html" + ("#account" if request.htmx else ""), context)


def _six(parts: dict[str, Amount]) -> dict[str, Amount]:
    """The rows of the account: what is being confirmed is not sent for certain, so it counts as not sent."""
    six = {key: part for key, part in parts.items() if key != "por-confirmar"}
    six["por-enviar"] += parts["por-confirmar"]
    return six


def _month(text: str) -> date | None:
    try:
        return asked.day(f"{text}-01")
    except ValueError:
        return None


def _by_day(company: Connection, first: date, last: date) -> list[dict[str, Any]]:
    """Pesos of each day, in Escala and not: the chart and its table."""
    there: dict[date, Decimal] = defaultdict(Decimal)
    missing: dict[date, Decimal] = defaultdict(Decimal)
    groups = (
        ledger.in_span(company, first, last)
        .order_by()
        .annotate(shown=shown_state())
        .values_list("date", "shown")
        .annotate(value=Sum("value"))
    )
    for when, state, value in groups:
        (there if state == "en-escala" else missing)[when] += Decimal(value or 0)
    days = sorted({*there, *missing})
    return [{"day": one, "there": there[one], "missing": missing[one]} for one in days]


def _chart(days: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "labels": [f"{one['day'].day} {MONTHS[one['day'].month - 1]}" for one in days],
        "series": [
            {"name": "En Escala", "values": [one["there"] for one in days]},
            {"name": "No está en Escala", "values": [one["missing"] for one in days]},
        ],
    }
