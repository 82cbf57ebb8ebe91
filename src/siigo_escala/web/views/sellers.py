"""Vendedores: whose opportunity each sale becomes. Like Reglas, saved from the page of its effect."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.domain.directions import FORWARD
from siigo_escala.store.models import RuleDraft
from siigo_escala.sync import lists, rule_changes
from siigo_escala.sync.rule_changes import Change
from siigo_escala.web import access, asked, frame
from siigo_escala.web.access import Visit
from siigo_escala.web.forms.sellers import Sellers
from siigo_escala.web.queries import sellers as queries
from siigo_escala.web.views import rules as drafting

PAGE = 30
_SEARCHED = 10
"""More than so many are searched."""


@access.reader
@require_safe
def sellers(request: Visit) -> HttpResponse:
    """¿A nombre de quién queda cada venta? The table, with the draft's choices where there is one."""
    unread = drafting.read_lists(request)
    draft = rule_changes.draft_of(request.company, now=datetime.now(UTC))
    return _page(request, draft=draft, unread=unread)


@access.administrator
@require_POST
def keep(request: Visit) -> HttpResponse:
    """What was chosen waits as a draft, and its effect is shown; 422 where it is wrong."""
    company, now = request.company, datetime.now(UTC)
    standing = rule_changes.as_it_stands(company)
    draft = rule_changes.draft_of(company, now=now)
    if request.POST.get("aceptar"):
        found = queries.rows(company, _links(request, draft), today=_today(request))
        links: dict[str, str | None] = {
            row.key: row.suggestion.user for row in found if row.suggestion is not None
        }
        form = None
    else:
        form = _form(request, _shown(request, draft)[0])
        if form.is_valid() and request.POST.get("vistas") != drafting.seen(standing):
            form.add_error(None, drafting.overtaken(company, now))
        if not form.is_valid():
            return _page(request, draft=draft, form=form, status=422)
        links = form.links()
    others = [
        one for one in rule_changes.changes_in(draft) if one.path[0] != "sellers" or one.path[-1] not in links
    ]
    before = standing["sellers"]
    changes = [
        Change(path=("sellers", key), before=before.get(key), after=user)
        for key, user in links.items()
        if before.get(key) != user
    ]
    if form is not None and not drafting.try_changes(company, [*others, *changes], form):
        return _page(request, draft=draft, form=form, status=422)
    return drafting.keep_and_show(request, [*others, *changes], now=now)


def _today(request: Visit) -> date:
    return datetime.now(ZoneInfo(frame.zone_of(request.company))).date()


def _links(request: Visit, draft: RuleDraft | None) -> dict[str, str]:
    """The links as the draft would have them."""
    file = rule_changes.applied(rule_changes.as_it_stands(request.company), rule_changes.changes_in(draft))
    return dict(file["sellers"])


def _asked(request: Visit) -> tuple[str, int]:
    given = request.POST if request.method == "POST" else request.GET
    return given.get("q", "").strip()[:100], asked.number(given.get("pagina", "")) or 1


def _shown(request: Visit, draft: RuleDraft | None) -> tuple[list[queries.Row], list[queries.Row]]:
    """The rows of this page, and all of them."""
    found = queries.rows(request.company, _links(request, draft), today=_today(request))
    q, page = _asked(request)
    chosen = queries.matching(found, q)
    start = max(page - 1, 0) * PAGE
    return chosen[start : start + PAGE], found


def _form(request: Visit, shown: list[queries.Row]) -> Sellers:
    owner = rule_changes.table_of(request.company, FORWARD)["default_owner"]
    return Sellers(
        request.POST if request.method == "POST" else None,
        rows=shown,
        users=lists.owners_of(request.company),
        default_owner=owner,
    )


def _page(
    request: Visit,
    *,
    draft: RuleDraft | None,
    form: Sellers | None = None,
    unread: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown, found = _shown(request, draft)
    q, page = _asked(request)
    matching = len(queries.matching(found, q))
    context: dict[str, Any] = {
        "form": form or _form(request, shown),
        "draft": draft,
        "unread": unread or [],
        "seen": drafting.seen(rule_changes.as_it_stands(request.company)),
        "linked": sum(bool(row.user) for row in found if not row.gone),
        "total": sum(not row.gone for row in found),
        "without": queries.unlinked(request.company, found, today=_today(request)),
        "suggestions": sum(row.suggestion is not None for row in found),
        "days": queries.DAYS,
        "q": q,
        "page": page,
        "searchable": len(found) > _SEARCHED,
        "before": page - 1 if page > 1 else None,
        "after": page + 1 if page * PAGE < matching else None,
    }
    return render(request, "web/sellers.html", context, status=status)
