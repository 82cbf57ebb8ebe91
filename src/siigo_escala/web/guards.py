"""What holds for every request and answer: a known host, nothing that no database takes, no more than a form
holds; strict headers, and no traceback for whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError

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
_NUL = "\0"
"""No text of ours holds it and PostgreSQL stores none: whoever sends one is no browser."""
_THEIRS = (Http404, PermissionDenied, SuspiciousOperation, MultiPartParserError, BadRequest)
"""Errors of whoever asks; Django answers 400, 403 or 404."""


class Guards:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, with the headers that every answer has."""
        answer = self._refused(request) or self._get_response(request)
        if isinstance(answer, HttpResponseNotAllowed):
            answer = errors.no_page(answer["Allow"])
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if not answer.streaming:
            answer.headers.setdefault("Content-Length", str(len(answer.content)))
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: Any
    ) -> HttpResponse | None:
        """400 where a form holds what no database takes. None lets it pass."""
        del view, args, kwargs
        if request.method == "POST" and any(
            _NUL in text for name, values in request.POST.lists() for text in (name, *values)
        ):
            return errors.bad_request(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What a view could not do: logged with its cause, told in a sentence."""
        if isinstance(exception, _THEIRS):
            return None
        return errors.failed(request, exception)

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        """400 where the request was addressed to a name that is not ours (DNS rebinding) or holds what no
        address holds; 413 where it brings more than any form of ours: nothing of it is read.
        """
        try:
            asked = "".join(text for name, values in request.GET.lists() for text in (name, *values))
        except SuspiciousOperation:
            return errors.bad_request(request)
        if _NUL in request.path or _NUL in asked:
            return errors.bad_request(request)
        if _size(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return errors.too_much()
        if request.path in FOR_MACHINES:
            return None
        try:
            request.get_host()
        except DisallowedHost:
            return errors.bad_request(request)
        return None


def _size(request: HttpRequest) -> int:
    """How much a request says that it brings; no server of ours takes more than it said."""
    said = str(request.META.get("CONTENT_LENGTH") or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0
