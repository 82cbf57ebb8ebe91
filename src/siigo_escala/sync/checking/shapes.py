"""The shape of a JSON answer: key names and types, never a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<part>\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_KEY = re.compile(r"[A-Za-z_][A-Za-z_]{0,39}")
_CUSTOM = re.compile(r"cf_(?P<entity>contact|deal|product|company)?.*?_(?P<kind>[a-z]+)", re.IGNORECASE)
_DEEPEST = 6
_MOST_KEYS = 60

Shape = str | list[Any] | dict[str, Any]


def of(value: object, *, depth: int = 0) -> Shape:
    """The shape of a value: a type's name, a list with the shape of its elements, an object by key."""
    if isinstance(value, Mapping):
        if depth == _DEEPEST:
            return "object"
        shape: dict[str, Any] = {}
        for key, inner in list(value.items())[:_MOST_KEYS]:
            name = named(str(key))
            found = of(inner, depth=depth + 1)
            shape[name] = merged(shape[name], found) if name in shape else found
        return shape
    if isinstance(value, list):
        if not value or depth == _DEEPEST:
            return []
        element = of(value[0], depth=depth + 1)
        for other in value[1:]:
            element = merged(element, of(other, depth=depth + 1))
        return [element]
    return scalar(value)


def scalar(value: object) -> str:
    """The type of a value without parts; of a text, what it looks like."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, Decimal | float):
        return "decimal"
    text = str(value)
    if not text:
        return "empty text"
    if _UUID.fullmatch(text):
        return "uuid"
    if (moment := _MOMENT.fullmatch(text)) is not None:
        zone = moment["zone"]
        kind = "Z" if zone == "Z" else ("offset" if zone else "naive")
        return f"moment {kind}{' with fractions' if moment['part'] else ''}"
    return "day" if _DAY.fullmatch(text) else "text"


def merged(one: Shape, other: Shape) -> Shape:
    """One shape that holds both."""
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: merged(one[key], other[key])
            if key in one and key in other
            else _optional(one[key] if key in one else other[key])
            for key in [*one, *(key for key in other if key not in one)]
        }
    if isinstance(one, list) and isinstance(other, list):
        if not one or not other:
            return one or other
        return [merged(one[0], other[0])]
    kinds = sorted({*_kinds(one), *_kinds(other)})
    return "|".join(kinds)


def named(key: str) -> str:
    """A key as it may be told: a custom field without its name, anything that is no plain word hidden."""
    if (custom := _CUSTOM.fullmatch(key)) is not None:
        return f"cf_{custom['entity'] or ''}…_{custom['kind'].lower()}"
    return key if _KEY.fullmatch(key) else "…"


def values(data: object) -> Iterator[str]:
    """Every text and number that stands in an answer: what its shape must not show."""
    if isinstance(data, Mapping):
        for inner in data.values():
            yield from values(inner)
    elif isinstance(data, list):
        for inner in data:
            yield from values(inner)
    elif data is not None and not isinstance(data, bool):
        yield str(data)


def without(shape: Shape, forbidden: frozenset[str]) -> Shape:
    """The shape with every key hidden that is also a value somewhere (an object keyed by names of people)."""
    if isinstance(shape, dict):
        return {
            key if key.casefold() not in forbidden else "…": without(inner, forbidden)
            for key, inner in shape.items()
        }
    if isinstance(shape, list):
        return [without(inner, forbidden) for inner in shape]
    return shape


def _optional(shape: Shape) -> Shape:
    if isinstance(shape, str):
        return "|".join(sorted({*_kinds(shape), "absent"}))
    return shape


def _kinds(shape: Shape) -> list[str]:
    if isinstance(shape, str):
        return shape.split("|")
    return ["object" if isinstance(shape, dict) else "list"]
