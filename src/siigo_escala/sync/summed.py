"""The frame of `report` in both directions: rows of a ledger counted and summed by their status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from siigo_escala.domain import money
from siigo_escala.store.models import Connection


def document(
    connection: Connection,
    rows: Iterable[dict[str, Any]],
    *,
    key: str,
    parts: Sequence[str],
    date_from: date | None,
    date_to: date | None,
) -> dict[str, Any]:
    """The document over these rows: `key` names the counts, each row's `status` is one of `parts`."""
    shown = list(rows)
    counts = {"total": len(shown)} | dict.fromkeys(parts, 0)
    sums = dict.fromkeys(("total", *parts), Decimal(0))
    for row in shown:
        value = Decimal(row["value"])
        counts[row["status"]] += 1
        sums[row["status"]] += value
        sums["total"] += value
    return {
        "schema": 1,
        "connection": connection.name,
        "from": date_from.isoformat() if date_from else None,
        "to": date_to.isoformat() if date_to else None,
        key: counts,
        "value": {part: money.to_text(value) for part, value in sums.items()},
        "rows": shown,
    }
