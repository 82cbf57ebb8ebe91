"""What an address may ask for: numbers and days as databases and calendars know them, and pages of ours."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect

from siigo_escala.web.access import Visit

_DIGITS = 18
"""A number of so many fits into a column."""
_YEARS = range(1900, 3000)
"""Where a day has a month before it and one after it."""


def number(text: str) -> int | None:
    """A whole number that a row may have; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def day(text: str) -> date | None:
    """A day; None where there is no text. ValueError where it is none that an invoice may have."""
    if not text:
        return None
    found = date.fromisoformat(text)
    if found.year not in _YEARS:
        raise ValueError(text)
    return found


def back(request: Visit, where: str) -> HttpResponse:
    """To the page that a button stood on; anything that is no page of this company is Pendientes."""
    if where.startswith(f"/empresas/{request.company.name}/") and "//" not in where and "\\" not in where:
        return redirect(where)
    return redirect("web:pending", empresa=request.company.name)
