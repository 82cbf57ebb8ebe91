"""Ayuda: the catalogue of reasons, one page a code."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.web import access
from siigo_escala.web.access import Visit
from siigo_escala.web.catalogue import plain

_GROUPS = {
    "needs_attention": "Requieren su atención",
    "failed": "Con error o por enviar",
    "excluded": "Excluidas por sus reglas",
    "notice": "Avisos de una sincronización",
    "access": "Acceso a Siigo y a Escala",
    "configuration": "Instalación y configuración",
}


@access.signed_in
@require_safe
def index(request: Visit) -> HttpResponse:
    """Every reason by its group, and the first aid for a stopped engine."""
    groups = [
        (title, [reason for reason in reasons.catalogue.values() if reason.group == group])
        for group, title in _GROUPS.items()
    ]
    return render(request, "web/help.html", {"groups": groups})


@access.signed_in
@require_safe
def reason(request: Visit, code: str) -> HttpResponse:
    """¿Qué significa este mensaje? What happened, why, and the remedy."""
    try:
        found = reasons.catalogue[Code(code)]
    except (ValueError, KeyError):
        raise Http404 from None
    return render(
        request,
        "web/help_reason.html",
        {
            "reason": found,
            "what": plain(found.text),
            "remedy": plain(found.remedy),
            "group": _GROUPS[found.group],
        },
    )
