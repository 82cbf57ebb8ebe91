"""`/healthz`: this process lives. `/readyz`: the installation can work, part by part."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from siigo_escala.config import env
from siigo_escala.web import access, readiness


@access.everyone
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: asks nobody, so that a database out of reach restarts nothing."""
    del request
    return JsonResponse({"schema": 1, "alive": True})


@access.everyone
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where everything that counts is as it must be, else 503; each part with its sentence."""
    del request
    found = readiness.parts(env.read(os.environ), now=datetime.now(UTC))
    ready = readiness.is_ready(found)
    document = {
        "schema": 1,
        "ready": ready,
        "parts": {name: part.document() for name, part in found.items()},
    }
    return JsonResponse(document, status=200 if ready else 503, json_dumps_params={"ensure_ascii": False})
