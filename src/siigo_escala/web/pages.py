"""A page of plain HTML without any asset: shown where something failed, so that nothing else can fail."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

_PAGE = """<!doctype html>
<html lang="es-CO">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · siigo-escala</title></head>
<body><main><h1>{title}</h1><p>{text}</p>{link}</main></body>
</html>
"""


def plain(title: str, text: str, *, status: int = 200, back: tuple[str, str] | None = None) -> HttpResponse:
    """A page with a heading, a sentence and at most one link (address, words); all of it is escaped."""
    link = format_html('<p><a href="{}">{}</a></p>', *back) if back else SafeString("")
    return HttpResponse(format_html(_PAGE, title=title, text=text, link=link), status=status)
