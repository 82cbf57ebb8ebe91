"""Reglas: one form, no direct save. What a change does is looked at first, and saved from there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.config import env
from siigo_escala.domain import records
from siigo_escala.domain.mapping import customer_to_contact, invoice_to_deal
from siigo_escala.domain.rules import FileProblem
from siigo_escala.domain.rules_checks import PLACEHOLDERS
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, RuleDraft, State
from siigo_escala.sync import foretelling, lists, opening, rule_changes
from siigo_escala.sync.rule_changes import Change
from siigo_escala.web import access
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.forms.rules import Rules

_TABLES = ("time_zone", "opportunities", "schedule")
_OTHER = "Otra persona cambió esto{when}. Revise y guarde de nuevo."


@access.reader
@require_safe
def rules(request: Visit) -> HttpResponse:
    """¿Cómo se hacen las oportunidades? The form as it stands, or as the draft would have it."""
    typed = request.GET.get("description")
    if request.htmx:
        return render(request, "web/rules.html#example", {"example": example(request.company, typed or "")})
    unread = read_lists(request)
    draft = rule_changes.draft_of(request.company, now=datetime.now(UTC))
    file = rule_changes.applied(rule_changes.as_it_stands(request.company), rule_changes.changes_in(draft))
    if typed is not None:
        file["opportunities"]["description"] = typed[:1000]
    form = Rules(company=request.company, file=file, left_out=_left_out(request.company))
    return _page(request, form, draft=draft, unread=unread)


@access.administrator
@require_POST
def keep(request: Visit) -> HttpResponse:
    """What was typed waits as a draft, and its effect is shown; 422 where it is wrong."""
    company, now = request.company, datetime.now(UTC)
    standing = rule_changes.as_it_stands(company)
    draft = rule_changes.draft_of(company, now=now)
    form = Rules(request.POST, company=company, file=standing, left_out=_left_out(company))
    if form.is_valid() and request.POST.get("vistas") != seen(standing):
        form.add_error(None, overtaken(company, now))
    if form.is_valid():
        others = [one for one in rule_changes.changes_in(draft) if one.path[0] not in _TABLES]
        changes = [*others, *rule_changes.between(standing, standing | form.tables())]
        if try_changes(company, changes, form):
            return keep_and_show(request, changes, now=now)
    return _page(request, form, draft=draft, status=422)


@access.administrator
@require_POST
def discard(request: Visit) -> HttpResponse:
    """The draft is gone, the rules stay."""
    RuleDraft.objects.filter(connection=request.company).delete()
    messages.success(request, "Cambio descartado; las reglas siguen como estaban.")
    return redirect("web:rules", empresa=request.company.name)


@access.administrator
@require_POST
def read_again(request: Visit) -> HttpResponse:
    """Asks both accounts for their lists anew."""
    unread = _ask(request.company)
    for one in unread:
        messages.warning(request, f"No pudimos leer {one}; el resto se conserva.")
    if not unread:
        messages.success(request, "Listas leídas de nuevo.")
    back = "web:sellers" if request.POST.get("volver") == "vendedores" else "web:rules"
    return redirect(back, empresa=request.company.name)


def read_lists(request: Visit) -> list[str]:
    """Lists that were never told are asked for, once a session, where an administrator opens the page."""
    key = f"lists asked {request.company.pk}"
    if request.level < Level.ADMINISTRATOR or key in request.session:
        return []
    if not lists.never_told(request.company):
        return []
    request.session[key] = True
    return _ask(request.company)


def try_changes(company: Connection, changes: list[Change], form: Any) -> bool:
    """Whether the rules would be in order; what is wrong stands beside its field."""
    try:
        rule_changes.checked(company, changes)
    except FileProblem as problem:
        name = problem.key.rpartition(".")[2]
        name = "place" if name in ("pipeline", "stage") else name
        form.add_error(name if name in form.fields else None, problem.message)
        return False
    except StoreProblem as problem:
        form.add_error("mark" if "mark" in form.fields else None, problem.message)
        return False
    return True


def keep_and_show(request: Visit, changes: list[Change], *, now: datetime) -> HttpResponse:
    """To the effect of what changes; nothing to show where nothing does."""
    rule_changes.keep_draft(request.company, changes, who=request.user.email, now=now)
    if not changes:
        messages.info(request, "No hay nada por guardar: así están hoy las reglas.")
        return redirect("web:rules", empresa=request.company.name)
    return redirect("web:rules_effect", empresa=request.company.name)


def seen(standing: dict[str, Any], keys: Sequence[str] = (*_TABLES, "sellers")) -> str:
    """A mark of the tables that a form was made from: another one says that somebody changed them since."""
    tables = [standing[key] for key in keys]
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:16]


def overtaken(company: Connection, now: datetime, *, action: str = "Reglas cambiadas") -> str:
    """That somebody else was faster, and how long ago."""
    last = models.AuditEntry.objects.filter(connection=company, action=action).order_by("-pk").first()
    minutes = round((now - last.at).total_seconds() / 60) if last is not None else None
    return _OTHER.format(when=f" hace {minutes} min" if minutes is not None else "")


def example(company: Connection, description: str) -> str:
    """The newest invoice described by this text; "" where none was read."""
    row = (
        models.Invoice.objects.filter(connection=company, date__isnull=False)
        .exclude(record={})
        .order_by("-date", "-pk")
        .first()
    )
    if row is None:
        return ""
    invoice = records.to_invoice(row.record)
    known = models.KnownCustomer.objects.filter(company_id=company.siigo_id, siigo_id=row.customer_id).first()
    names = {one["id"]: one["name"] for one in company.siigo.sellers}
    return invoice_to_deal.filled(
        description[:1000],
        invoice,
        customer_name=customer_to_contact.display_name(records.to_customer(known.record))
        if known is not None and known.record
        else row.customer,
        seller_name=names.get(invoice.seller or 0, ""),
    )


def _ask(company: Connection) -> list[str]:
    environment = env.read(os.environ)
    unread = lists.ask(
        environment, company, opening.vault_or_shut(environment), now=lambda: datetime.now(UTC)
    )
    company.siigo.refresh_from_db()
    company.escala.refresh_from_db()
    return unread


def _left_out(company: Connection) -> dict[str, int]:
    rows = models.Invoice.objects.filter(
        connection=company, state=State.EXCLUDED, code__in=foretelling.BY_RULE
    )
    return dict(rows.order_by().values_list("code").annotate(count=Count("pk")))


def _page(
    request: Visit,
    form: Rules,
    *,
    draft: RuleDraft | None,
    unread: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "draft": draft,
        "unread": unread or [],
        "seen": seen(rule_changes.as_it_stands(request.company)),
        "example": example(request.company, str(form["description"].value() or "")),
        "words": [f"{{{word}}}" for word in PLACEHOLDERS],
        "inserts": ("{factura}", "{fecha}", "{cliente}", "{vendedor}"),
    }
    return render(request, "web/rules.html", context, status=status)
