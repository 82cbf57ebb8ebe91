"""The texts of the catalogue where they are not the row's own: without a single invoice, or in a preview."""

from __future__ import annotations

import re
from typing import Any

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code

_OPTIONAL = re.compile(r"\[[^\[\]]*\]")
_KEY = re.compile(r"\{\w+\}")


def plain(template: str) -> str:
    """The sentence without the parts that need values; a value that it cannot do without is an ellipsis."""
    return _KEY.sub("…", _OPTIONAL.sub("", reasons.for_screens(template))).strip() + "."


def drawn(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The problems of a dry run (`preview.problems`) as pages draw them: a run words them for a terminal."""
    return [
        {
            **one,
            "reason": reasons.catalogue[Code(one["code"])],
            "messages": [reasons.for_screens(message) for message in one["messages"]],
        }
        for one in problems
    ]
