"""Auditoría: who changed what, of a company or of the installation. Nothing of it can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from siigo_escala.store.models import AuditEntry, Connection, audit
from siigo_escala.web import access, exports, frame
from siigo_escala.web import asked as numbers
from siigo_escala.web.access import Visit
from siigo_escala.web.exports import Cell
from siigo_escala.web.queries import auditing as queries

_HEAD = ("Cuándo (UTC)", "Quién", "Empresa", "Qué", "Antes", "Después", "Registro")


@access.administrator
@require_safe
def of_company(request: Visit) -> HttpResponseBase:
    """¿Quién cambió qué? In this company."""
    entries = AuditEntry.objects.for_user(request.user).filter(connection=request.company)
    return _answer(request, entries, company=request.company)


@access.installer
@require_safe
def of_installation(request: Visit) -> HttpResponseBase:
    """Everything, of every company and of none."""
    return _answer(request, AuditEntry.objects.for_user(request.user), company=None)


def _answer(request: Visit, entries: QuerySet[AuditEntry], *, company: Connection | None) -> HttpResponseBase:
    people = list(entries.order_by("who").values_list("who", flat=True).distinct())
    actions = list(entries.order_by("action").values_list("action", flat=True).distinct())
    asked = queries.read(request.GET, actions, people)
    zone = frame.zone_of(company)
    found = queries.chosen(entries, asked, zone=zone)
    if request.GET.get("exportar") == "csv":
        return _export(request, found, company=company, told=asked.address())
    after = numbers.number(request.GET.get("despues", ""))
    shown = found.filter(pk__lt=after) if after is not None else found
    page = list(shown[: queries.PAGE + 1])
    more, page = len(page) > queries.PAGE, page[: queries.PAGE]
    chains: list[Connection | None] = [company] if company else [None, *Connection.objects.order_by("pk")]
    context: dict[str, Any] = {
        "filters": asked,
        "people": people,
        "actions": actions,
        "rows": [(one, list(queries.told(one))) for one in page],
        "count": found.count(),
        "later": after is not None,
        "next": asked.address(despues=str(page[-1].pk)) if more else "",
        "verdict": queries.verdict(chains),
        "export": asked.address(exportar="csv"),
        "zone": zone,
    }
    return render(request, "web/audit.html", context)


def _export(
    request: Visit, found: QuerySet[AuditEntry], *, company: Connection | None, told: str
) -> StreamingHttpResponse:
    audit.record(
        "Exportación de auditoría",
        who=request.user.email,
        now=datetime.now(UTC),
        connection=company,
        after={"filtro": told},
    )
    name = f"auditoria-{company.name}" if company else "auditoria"
    answer = StreamingHttpResponse(
        exports.csv_lines(_HEAD, _lines(found)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _lines(found: QuerySet[AuditEntry]) -> Iterator[list[Cell]]:
    for one in found.iterator(chunk_size=500):
        rows = list(queries.told(one))
        yield [
            one.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            one.who,
            one.connection.name if one.connection else "",
            one.action,
            "; ".join(f"{key}: {before}" for key, before, _ in rows if before),
            "; ".join(f"{key}: {after}" for key, _, after in rows if after),
            one.pk,
        ]
