"""The texts of the catalogue where there is no single invoice to fill them with."""

from __future__ import annotations

import re

from siigo_escala.domain import reasons

_OPTIONAL = re.compile(r"\[[^\[\]]*\]")
_KEY = re.compile(r"\{\w+\}")


def plain(template: str) -> str:
    """The sentence without the parts that need values; a value that it cannot do without is an ellipsis."""
    return _KEY.sub("…", _OPTIONAL.sub("", reasons.for_screens(template))).strip() + "."
