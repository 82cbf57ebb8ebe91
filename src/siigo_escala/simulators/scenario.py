"""A scenario file: what a simulator started alone holds and how it behaves. Every key is optional."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`invoices` N loads the invented company of `data.py` (`seed`, `customers`, `days`, `today`);
    `state` loads explicit records, named by the simulator.
    """

    seed: int = 1
    invoices: int = 0
    customers: int | None = None
    days: int = 365
    today: date | None = None
    latency_s: float = 0.0
    switches: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)


def parse(document: object) -> Scenario:
    """The scenario a JSON object describes; ValueError names an unknown key or a wrong type."""
    if document is None:
        return Scenario()
    if not isinstance(document, dict):
        raise ValueError("a scenario is a JSON object")  # noqa: TRY004 - one kind of error for a wrong file
    known = {one.name for one in fields(Scenario)}
    values: dict[str, Any] = dict(document)
    for key in values:
        if key not in known:
            raise ValueError(f"unknown key {key!r} in the scenario; known: {', '.join(sorted(known))}")
    for key in ("seed", "invoices", "days", "customers"):
        value = values.get(key, 0)
        _demand(
            isinstance(value, int | None) and not isinstance(value, bool), f"{key} must be a whole number"
        )
    for key in ("switches", "state"):
        _demand(isinstance(values.get(key, {}), Mapping), f"{key} must be an object")
    latency = values.get("latency_s", 0)
    is_number = isinstance(latency, int | float | Decimal) and not isinstance(latency, bool)
    _demand(is_number and latency >= 0, "latency_s must be a number of seconds")
    values["latency_s"] = float(latency)
    faults = values.get("faults", [])
    values["faults"] = (faults,) if isinstance(faults, Mapping) else tuple(faults)
    if values.get("today") is not None:
        values["today"] = date.fromisoformat(values["today"])
    return Scenario(**values)


def read(path: Path) -> Scenario:
    """The scenario in a file; ValueError where it is no JSON or has an unknown key, OSError unread."""
    return parse(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal))


def _demand(fits: bool, message: str) -> None:
    if not fits:
        raise ValueError(message)
