"""What people see where there is no page, or where one failed: never a traceback, never Django's English."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from siigo_escala.web import pages


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense, or was addressed to another name."""
    del request, exception
    return pages.plain(
        "Solicitud no válida",
        "Esta dirección no es una de las que esta instalación atiende. Si la usa por medio de otro nombre, "
        "póngalo en SIIGO_ESCALA_PUBLIC_URL.",
        status=400,
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    del request, exception
    return pages.plain("Sin permiso", "No tiene permiso para ver esto.", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    del request, exception
    return pages.plain("No existe", "Aquí no hay ninguna página.", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: the cause is in the log."""
    del request
    return pages.plain(
        "Algo falló",
        "Algo falló en este programa y quedó en el registro de errores, en la carpeta «logs».",
        status=500,
    )


def store_out_of_reach() -> HttpResponse:
    """503: our own database gives no answer."""
    answer = pages.plain(
        "La base de datos no responde",
        "Vuelva a intentarlo en unos minutos. Nada se pierde: lo que estaba en curso sigue donde quedó.",
        status=503,
    )
    answer["Retry-After"] = "30"
    return answer
