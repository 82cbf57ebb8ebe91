"""A scenario file: what a simulator started alone holds and how it behaves. Every key is optional."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from siigo_escala.simulators import faults as faulting

Wanted = Literal["known", "object", "integer", "seconds", "list", "date", "fitting"]
"""What a key of a scenario should have been."""


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


class ScenarioProblem(ValueError):
    """A scenario that cannot be used: at which `key` ("" for the whole), and what was `wanted` there."""

    def __init__(self, message: str, *, key: str, wanted: Wanted) -> None:
        super().__init__(message)
        self.key = key
        self.wanted = wanted


@contextmanager
def part(key: str) -> Iterator[None]:
    """What goes wrong inside is the fault of this key: ScenarioProblem with the same message."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, re.error) as problem:
        raise ScenarioProblem(str(problem), key=key, wanted="fitting") from problem


def parse(document: object) -> Scenario:
    """The scenario a JSON object describes; ScenarioProblem names an unknown key or a wrong type."""
    if document is None:
        return Scenario()
    if not isinstance(document, dict):
        raise ScenarioProblem("a scenario is a JSON object", key="", wanted="object")
    known = {one.name for one in fields(Scenario)}
    values: dict[str, Any] = dict(document)
    for key in values:
        if key not in known:
            told = f"unknown key {key!r} in the scenario; known: {', '.join(sorted(known))}"
            raise ScenarioProblem(told, key=key, wanted="known")
    for key in ("seed", "invoices", "days", "customers"):
        value = values.get(key, 0)
        is_whole = isinstance(value, int | None) and not isinstance(value, bool)
        _demand(is_whole, f"{key} must be a whole number", key=key, wanted="integer")
    for key in ("switches", "state"):
        is_object = isinstance(values.get(key, {}), Mapping)
        _demand(is_object, f"{key} must be an object", key=key, wanted="object")
    try:
        values["latency_s"] = faulting.seconds(values.get("latency_s", 0))
    except ValueError as problem:
        raise ScenarioProblem(f"latency_s: {problem}", key="latency_s", wanted="seconds") from None
    faults = values.get("faults", [])
    listed = [faults] if isinstance(faults, Mapping) else faults
    are_objects = isinstance(listed, list | tuple) and all(isinstance(one, Mapping) for one in listed)
    _demand(are_objects, "faults must be an object or a list of objects", key="faults", wanted="list")
    values["faults"] = tuple(listed)
    if values.get("today") is not None:
        try:
            values["today"] = date.fromisoformat(values["today"])
        except (ValueError, TypeError):
            raise ScenarioProblem("today must be yyyy-mm-dd", key="today", wanted="date") from None
    return Scenario(**values)


def read(path: Path) -> Scenario:
    """The scenario in a file; ValueError where it is no JSON or has an unknown key, OSError unread."""
    return parse(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal))


def _demand(fits: bool, message: str, *, key: str, wanted: Wanted) -> None:
    if not fits:
        raise ScenarioProblem(message, key=key, wanted=wanted)
