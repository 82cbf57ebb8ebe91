"""What people see where there is no page, or where one failed: never a traceback, never Django's English."""

from __future__ import annotations

import secrets
import sys

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from siigo_escala.store import causes
from siigo_escala.web import pages

log = structlog.get_logger()


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense, or was addressed to another name."""
    del request, exception
    return pages.plain(
        "Solicitud no válida",
        "Esta dirección no es una de las que esta instalación atiende. Si la usa por medio de otro nombre, "
        "póngalo en SIIGO_ESCALA_PUBLIC_URL.",
        status=400,
    )


def no_page(allowed: str) -> HttpResponse:
    """405: an address that takes what a button sends, opened as if it were a page. `allowed`: its methods."""
    answer = pages.plain(
        "Aquí no hay página",
        "Esta dirección sólo recibe lo que se envía con un botón; no se hizo nada.",
        status=405,
        back=("/", "Volver a Inicio"),
    )
    answer["Allow"] = allowed
    return answer


def too_much() -> HttpResponse:
    """413: more than any form holds."""
    return pages.plain("Demasiados datos", "Ningún formulario recibe tanto; no se leyó nada.", status=413)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    del exception
    return _page(request, "forbidden", status=403)


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without a valid mark of ours, most often one that stood open too long."""
    del reason
    return _page(request, "expired", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    del exception
    return _page(request, "not_found", status=404)


def failed(request: HttpRequest, problem: BaseException | None = None) -> HttpResponse:
    """500: the cause is in the log under the code that is shown; 503 where it is the database that failed.

    Needs neither templates nor the database: they may be the cause. Without `problem` Django asks, for what
    it has caught outside of a view: who it is, the session, a page of errors.
    """
    problem = problem or sys.exc_info()[1]
    if isinstance(problem, DatabaseError):
        log.error("store out of reach", path=request.path, cause=causes.in_spanish(problem))
        return _store_out_of_reach()
    # What joins the page that somebody sees with the line of the log.
    code = secrets.token_hex(4).upper()
    log.error("request failed", path=request.path, shown_as=code, exc_info=problem)
    return pages.plain(
        "Algo falló",
        f"Algo falló de nuestro lado; quedó en el registro con el código {code}. Vuelva a intentarlo.",
        status=500,
        back=("/", "Volver a Inicio"),
    )


def _store_out_of_reach() -> HttpResponse:
    """503: our own database gives no answer."""
    answer = pages.plain(
        "La base de datos no responde",
        "Vuelva a intentarlo en unos minutos. Nada se pierde: lo que estaba en curso sigue donde quedó.",
        status=503,
    )
    answer["Retry-After"] = "30"
    return answer


def _page(request: HttpRequest, name: str, *, status: int) -> HttpResponse:
    """A page inside of the frame for whoever has signed in; strangers learn nothing but the sentence."""
    found = loader.render_to_string(f"web/errors/{name}.html", {}, request)
    return HttpResponse(found, status=status)
