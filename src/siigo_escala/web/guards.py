"""What holds for every answer: strict headers, a known host, and no traceback for whoever asks."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse

from siigo_escala.store import causes
from siigo_escala.web.views import errors

HEADERS = {
    # Everything comes from here and nothing is written into the page; `data:` for Tabler's own arrows.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FOR_MACHINES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by probes and monitors, by whatever address they know; they show nothing that a name must protect."""
log = structlog.get_logger()


class Guards:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, with the headers that every answer has."""
        answer = self._refused(request) or self._get_response(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if not answer.streaming:
            answer.headers.setdefault("Content-Length", str(len(answer.content)))
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What a view could not do: logged with its cause, told in a sentence."""
        if isinstance(exception, (Http404, PermissionDenied)):
            return None
        if isinstance(exception, DatabaseError):
            log.error("store out of reach", path=request.path, cause=causes.in_spanish(exception))
            return errors.store_out_of_reach()
        code = errors.new_code()
        log.error("request failed", path=request.path, shown_as=code, exc_info=exception)
        return errors.failed(request, code)

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        """400 where the request was addressed to a name that is not ours (DNS rebinding)."""
        if request.path in FOR_MACHINES:
            return None
        try:
            request.get_host()
        except DisallowedHost:
            return errors.bad_request(request)
        return None
