"""The first page. The screens come in a later version."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from siigo_escala.web import pages


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Says that the service works."""
    del request
    return pages.plain(
        "siigo-escala está en marcha",
        "El servicio funciona. Las pantallas llegan en una versión posterior; por ahora se maneja con la "
        "orden siigo-escala, en la terminal de este equipo.",
    )
