"""What a check saw, as a file for the project: key names, types and verdicts, no value of any record."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from siigo_escala.escala import capabilities
from siigo_escala.sync.checking.doubts import Doubt
from siigo_escala.sync.checking.examination import Examination

_OURS = ("_until", "_refused_by")
"""Ends of names that tell nothing of an API: when, and which record."""


def of(found: Examination, doubts: Sequence[Doubt], *, now: datetime) -> dict[str, Any]:
    """The facts of one check. Messages of findings may name people: only codes and results stand here."""
    learned = capabilities.to_json(found.capabilities)
    return {
        "schema": 1,
        "program": metadata.version("siigo-escala"),
        "day": now.date().isoformat(),
        "findings": {check.code.value: check.result for check in found.checks},
        "doubts": {doubt.code: doubt.verdict or None for doubt in doubts},
        "capabilities": {key: value for key, value in learned.items() if not key.endswith(_OURS)},
        "calls": found.calls.to_json(),
        "answers": found.witness.to_json(),
    }


def write(path: Path, facts: dict[str, Any]) -> None:
    """Writes the file whole, readable by its owner alone. OSError where it cannot be written."""
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
