"""JSON of what is sent: amounts stay decimal to the last digit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal


def encode(value: object) -> bytes:
    """UTF-8 JSON; a Decimal is written as a plain number, without exponent and without loss."""
    return _written(value).encode("utf-8", "replace")


def _written(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        pairs = (
            f"{json.dumps(str(key), ensure_ascii=False)}:{_written(item)}" for key, item in value.items()
        )
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
