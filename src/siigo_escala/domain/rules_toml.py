"""Writing plain tables as TOML: texts, whole numbers, booleans, lists of those, one level of tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def document(data: Mapping[str, Any], *, notes: Mapping[str, str]) -> str:
    """The text of a TOML file. `notes`: by table, the comment at its end (each line gets its #)."""
    plain = [_line(key, value) for key, value in data.items() if not isinstance(value, Mapping)]
    parts = ["\n".join(plain)]
    for name, table in data.items():
        if isinstance(table, Mapping):
            lines = [f"[{_key(name)}]", *(_line(key, value) for key, value in table.items())]
            lines += [f"# {line}" for line in notes.get(name, "").splitlines()]
            parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(key: str, value: Any) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    # A JSON string is a TOML string but for DEL, which TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
