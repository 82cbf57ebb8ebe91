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
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from siigo_escala.config import env
from siigo_escala.domain import records
from siigo_escala.domain.directions import BACK, FORWARD
from siigo_escala.domain.mapping import customer_to_contact, invoice_to_deal
from siigo_escala.domain.rules import FileProblem
from siigo_escala.domain.rules_checks import PLACEHOLDERS
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, RuleDraft, State
from siigo_escala.sync import foretelling, lists, opening, rule_changes
from siigo_escala.sync.rule_changes import Change
from siigo_escala.web import access, directions
from siigo_escala.web.access import Level, Visit
from siigo_escala.web.forms.invoicing import Invoicing
from siigo_escala.web.forms.rules import Rules

_TABLES = ("time_zone", "opportunities", "invoices", "schedule", "direction")
FORMS: dict[str, type[Rules | Invoicing]] = {FORWARD: Rules, BACK: Invoicing}
_OTHER = "Otra persona cambió esto{when}. Revise y guarde de nuevo."


@access.reader
@require_safe
def rules(request: Visit) -> HttpResponse:
    """¿Cómo se hacen las oportunidades? The form as it stands, or as the draft would have it."""
    typed = request.GET.get("description")
    back = directions.is_back(request.company)
    if request.htmx and not back:
        return render(
            request, "web/parts/rule_fields.html#example", {"example": example(request.company, typed or "")}
        )
    unread = read_lists(request, selling=back)
    draft = rule_changes.draft_of(request.company, now=datetime.now(UTC))
    waiting = [] if turns(draft) else rule_changes.changes_in(draft)
    file = rule_changes.applied(rule_changes.as_it_stands(request.company), waiting)
    if typed is not None and not back:
        file["opportunities"]["description"] = typed[:1000]
    form = form_of(request, request.company.direction, file)
    return _page(request, form, draft=draft, unread=unread)


@access.administrator
@require_POST
def keep(request: Visit) -> HttpResponse:
    """What was typed waits as a draft, and its effect is shown; 422 where it is wrong."""
    company, now = request.company, datetime.now(UTC)
    standing = rule_changes.as_it_stands(company)
    draft = rule_changes.draft_of(company, now=now)
    form = form_of(request, company.direction, standing, data=request.POST)
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
    selling = directions.is_back(request.company) or request.POST.get("volver") == "direccion"
    unread = _ask(request.company, selling=selling)
    for one in unread:
        messages.warning(request, f"No pudimos leer {one}; el resto se conserva.")
    if not unread:
        messages.success(request, "Listas leídas de nuevo.")
    back = {"vendedores": "web:sellers", "direccion": "web:direction"}.get(
        request.POST.get("volver", ""), "web:rules"
    )
    return redirect(back, empresa=request.company.name)


def read_lists(request: Visit, *, selling: bool = False) -> list[str]:
    """Lists that were never told are asked for, once a session, where an administrator opens the page."""
    key = f"lists asked {request.company.pk}{' selling' if selling else ''}"
    if request.level < Level.ADMINISTRATOR or key in request.session:
        return []
    if not lists.never_told(request.company, selling=selling):
        return []
    request.session[key] = True
    return _ask(request.company, selling=selling)


def try_changes(company: Connection, changes: list[Change], form: Any) -> bool:
    """Whether the rules would be in order; what is wrong stands beside its field."""
    try:
        rule_changes.checked(company, changes)
    except FileProblem as problem:
        name = problem.key.rpartition(".")[2]
        name = "place" if name.removeprefix("trigger_") in ("pipeline", "stage") else name
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
    back = directions.is_back(request.company) or any(one.path == rule_changes.DIRECTION for one in changes)
    return redirect("web:direction_effect" if back else "web:rules_effect", empresa=request.company.name)


def taken_up_anew(request: Visit, changes: list[Change], *, now: datetime) -> bool:
    """Whether somebody changed the same meanwhile: then the draft is put over what stands now, and told."""
    overtaken = {one.path: one.before for one in rule_changes.overtaken(request.company, changes)}
    if not overtaken:
        return False
    again = [
        Change(path=one.path, before=overtaken.get(one.path, one.before), after=one.after) for one in changes
    ]
    rule_changes.keep_draft(request.company, again, who=request.user.email, now=now)
    messages.warning(request, "Otra persona cambió esto. Revise y guarde de nuevo.")
    return True


def turns(draft: RuleDraft | None) -> str:
    """The direction that a draft turns to; "" where it changes rules only."""
    changes = rule_changes.changes_in(draft)
    return next((str(one.after) for one in changes if one.path == rule_changes.DIRECTION), "")


def form_of(
    request: Visit, direction: str, file: dict[str, Any], *, data: QueryDict | None = None
) -> Rules | Invoicing:
    """The form of a direction's rules."""
    company = request.company
    left_out = _left_out(company) if direction == FORWARD else _stood(company)
    return FORMS[direction](data, company=company, file=file, left_out=left_out)


def seen(standing: dict[str, Any], keys: Sequence[str] = (*_TABLES, "sellers")) -> str:
    """A mark of the tables that a form was made from: another one says that somebody changed them since."""
    tables = [standing.get(key) for key in keys]
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


def _ask(company: Connection, *, selling: bool) -> list[str]:
    environment = env.read(os.environ)
    unread = lists.ask(
        environment,
        company,
        opening.vault_or_shut(environment),
        now=lambda: datetime.now(UTC),
        selling=selling,
    )
    company.siigo.refresh_from_db()
    company.escala.refresh_from_db()
    return unread


def _left_out(company: Connection) -> dict[str, int]:
    rows = models.Invoice.objects.filter(
        connection=company, state=State.EXCLUDED, code__in=foretelling.BY_RULE
    )
    return dict(rows.order_by().values_list("code").annotate(count=Count("pk")))


def _stood(company: Connection) -> dict[str, int]:
    rows = models.Opportunity.objects.filter(connection=company, state=models.Invoicing.EXCLUDED)
    return dict(rows.order_by().values_list("code").annotate(count=Count("pk")))


def _page(
    request: Visit,
    form: Rules | Invoicing,
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
        "example": example(request.company, str(form["description"].value() or ""))
        if "description" in form.fields
        else "",
        "keep": reverse("web:rules_keep", args=[request.company.name]),
        "words": [f"{{{word}}}" for word in PLACEHOLDERS],
        "inserts": ("{factura}", "{fecha}", "{cliente}", "{vendedor}"),
    }
    return render(request, "web/rules.html", context, status=status)
