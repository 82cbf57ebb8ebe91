"""Checks of what a body may hold; each raises `Refused` that names the field."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.escala.refusals import Refused, unknown
from siigo_escala.simulators.escala.switches import Switches

UNASSIGNED = "unassigned"
_OF_NUMBERS = ("_number", "_decimal")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def mapping(value: object, field: str) -> Mapping[str, Any]:
    """An object; a missing one is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{field} must be an object", field=field)
    return value


def text(value: object, field: str) -> str:
    """A string; a missing one is empty."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{field} must be a string", field=field)
    return value


def flag(value: object, field: str) -> bool:
    """A boolean; a missing one is false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Refused(f"{field} must be a boolean", field=field)
    return value


def amount(value: object, field: str) -> Decimal:
    """A number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused(f"{field} must be a number", field=field)
    number = Decimal(value)
    if number < 0:
        raise Refused(f"{field} must be greater than or equal to 0", field=field)
    return number


def email(value: object, field: str) -> str:
    """An e-mail address, or empty."""
    address = text(value, field)
    if address and not _EMAIL.fullmatch(address):
        raise Refused(f"{field} must be an email", field=field)
    return address


def whole(value: object, field: str) -> int:
    """An integer from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refused(f"{field} must be an integer", field=field)
    return value


def priority(body: Mapping[str, Any], before: Mapping[str, Any], *, switches: Switches) -> int:
    """The priority; where none is given that of before, 0 for a new record."""
    if body.get("priority") is None:
        return int(before.get("priority", 0))
    if switches.priority == "reject":
        raise Refused("priority is not allowed", field="priority")
    return whole(body["priority"], "priority")


def owner(body: Mapping[str, Any], owners: Mapping[str, str], switches: Switches) -> str:
    """The user's e-mail, or `unassigned`."""
    named = text(body.get("assignedTo"), "assignedTo") or UNASSIGNED
    if named == UNASSIGNED or named.casefold() in owners:
        return owners.get(named.casefold(), named)
    if switches.unknown_owner == "reject400":
        raise unknown("assignedTo", f"user {named}", switches)
    return named


def custom(values: object, fields: Mapping[str, str], switches: Switches) -> dict[str, Any]:
    """Custom values with known keys (key -> pattern, empty for any), a list where several options are chosen,
    a number where the key says so; empty values are absent.
    """
    kept: dict[str, Any] = {}
    for key, value in mapping(values, "custom").items():
        field = f"custom.{key}"
        if key not in fields:
            if switches.unknown_custom_key == "reject":
                raise unknown(field, "", switches)
            continue
        chosen = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list | float) for one in chosen):
            raise Refused(f"{field} has an invalid value", field=field)
        if fields[key] and isinstance(value, str) and not re.fullmatch(fields[key], value):
            raise Refused(f"{field} does not match its validation pattern", field=field)
        if value in (None, "", []):
            continue
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if key.endswith(_OF_NUMBERS) and not is_number and switches.text_in_number == "reject":
            raise Refused(f"{field} must be a number", field=field)
        kept[key] = value
    return kept


def limited(value: str, field: str, *, limit: int, switches: Switches) -> str:
    """A text within its limit, as the switch `text_limits` treats it."""
    if len(value) <= limit or switches.text_limits == "none":
        return value
    if switches.text_limits == "reject":
        raise Refused(f"{field} must be shorter than or equal to {limit} characters", field=field)
    return value[:limit]
