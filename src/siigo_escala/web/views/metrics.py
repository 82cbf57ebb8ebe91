"""`/metrics`: figures for Prometheus, for whoever has the token."""

from __future__ import annotations

import hmac
import os
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from siigo_escala.config import env
from siigo_escala.web import access
from siigo_escala.web.views import errors

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@access.everyone
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures. 404 where no token is configured: then there are none. 401 without the right one."""
    environment = env.read(os.environ)
    if not environment.metrics_token:
        return errors.not_found(request)
    if not _has_token(request, environment.metrics_token):
        answer = HttpResponse(
            "Falta la clave, o no es esa.\n", content_type="text/plain; charset=utf-8", status=401
        )
        answer["WWW-Authenticate"] = 'Bearer realm="siigo-escala"'
        return answer
    # Nobody who has no token pays for the library.
    from siigo_escala.web import measures  # noqa: PLC0415 - see above

    return HttpResponse(measures.text(environment, now=datetime.now(UTC)), content_type=_TYPE)


def _has_token(request: HttpRequest, token: str) -> bool:
    """Whether the request carries the token; takes the same time whatever it carries."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    return same and scheme.casefold() == "bearer"
