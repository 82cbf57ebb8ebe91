"""A list on a page: its heads that sort, its pages, its filters told back. Of invoices and of opportunities
alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from siigo_escala.web.queries import paging
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.queries.paging import One

_GREATEST_FIRST = ("fecha", "valor")


def drawn(
    asked: Filters,
    chosen: QuerySet[One],
    given: QueryDict,
    *,
    heads: Sequence[tuple[str, str]],
    orders: Mapping[str, tuple[str, str]],
) -> tuple[list[One], dict[str, Any]]:
    """The rows of the page, and what the template of a list needs beside them.

    `given`: the parameters of the address.
    """
    size = _size(given.get("filas", ""))
    page = paging.page(
        chosen,
        order=asked.order,
        size=size,
        after=given.get("despues", ""),
        before=given.get("antes", ""),
        orders=orders,
    )
    kept = "" if size == paging.SIZES[0] else str(size)
    return page.rows, {
        "filters": asked,
        "heads": [_head(asked, name, word) for name, word in heads],
        "before": asked.address(antes=page.before, filas=kept) if page.before else "",
        "after": asked.address(despues=page.after, filas=kept) if page.after else "",
    }


def _head(asked: Filters, name: str, word: str) -> dict[str, str]:
    """A column's head: sorts by it, and the other way round where it does already."""
    ascending, descending = asked.order == name, asked.order == f"-{name}"
    following = f"-{name}" if ascending or (not descending and name in _GREATEST_FIRST) else name
    return {
        "word": word,
        "name": name,
        "sorted": "ascending" if ascending else "descending" if descending else "",
        "address": asked.address(orden="" if following == "-fecha" else following),
    }


def _size(text: str) -> int:
    return int(text) if text in {str(size) for size in paging.SIZES} else paging.SIZES[0]
