"""A page of plain HTML without any asset: shown until there are screens, and where something failed."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.html import format_html

_PAGE = """<!doctype html>
<html lang="es-CO">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · siigo-escala</title></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body>
</html>
"""


def plain(title: str, text: str, *, status: int = 200) -> HttpResponse:
    """A page with a heading and a sentence; both are escaped."""
    return HttpResponse(format_html(_PAGE, title=title, text=text), status=status)
