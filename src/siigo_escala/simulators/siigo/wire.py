"""The canonical record as Siigo sends it: which keys are omitted, how timestamps look."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.siigo.table import Record

_EMPTY_FORMS: Mapping[str, Any] = {"null": None, "list": [], "object": {}, "text": ""}
_OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "invoices": (
        *("cost_center", "currency", "retentions", "advance_payment", "observations", "prefix"),
        *("global_discounts", "global_charges", "additional_fields", "stamp", "mail", "public_url"),
    ),
    "credit_notes": ("invoice", "cost_center", "currency", "retentions", "observations", "mail", "stamp"),
    "customers": ("check_digit", "commercial_name", "comments", "phones", "contacts", "custom_fields"),
}
_LINE_OPTIONAL = ("discount", "taxes", "warehouse", "seller")
_YEAR_ONE = "0001-01-01T00:00:00"


def show(kind: str, record: Record, switches: Mapping[str, Any], *, in_list: bool) -> Record:
    """The record on the wire; a copy wherever it differs from the canonical one."""
    shown = dict(record)
    if "metadata" in shown:
        shown["metadata"] = _metadata(shown["metadata"] or {}, switches["timestamps"], in_list=in_list)
    if kind == "invoices" and not shown.get("annulled"):
        shown["annulled"] = False if switches["annulled_false"] == "false" else None
        drop_annulled = switches["annulled_false"] == "absent"
    else:
        drop_annulled = False
    if kind == "credit_notes" and switches["credit_note_reason"] == "absent":
        shown.pop("reason", None)
    if kind == "customers" and switches["id_type_shape"] == "text" and isinstance(shown.get("id_type"), dict):
        shown["id_type"] = shown["id_type"]["code"]
    if switches["line_total"] == "minus_retefuente" and shown.get("items"):
        shown["items"] = [_without_retefuente(line) for line in shown["items"]]
    if drop_annulled:
        del shown["annulled"]
    form = switches["empty_keys"]
    if form == "omitted":
        return _trimmed(shown)
    for key in _OPTIONAL.get(kind, ()):
        shown.setdefault(key, None)
    if kind in ("invoices", "credit_notes"):
        shown["items"] = [
            {**dict.fromkeys(_LINE_OPTIONAL), **line} if isinstance(line, dict) else line
            for line in shown.get("items") or []
        ]
    return {key: _filled(value, _EMPTY_FORMS[form]) for key, value in shown.items()}


def distorted(shown: Record, distortion: Record | None) -> Record:
    """The record with a planted damage: keys that are missing, values that do not belong there."""
    if distortion is None:
        return shown
    kept = {key: value for key, value in shown.items() if key not in distortion["remove"]}
    return {**kept, **distortion["fields"]}


def _trimmed(record: Record) -> Record:
    kept: Record = {}
    for key, value in record.items():
        shown = value
        if type(value) is dict:
            shown = _trimmed(value)
        elif type(value) is list:
            shown = [_trimmed(one) if type(one) is dict else one for one in value]
        if shown or shown == 0:
            kept[key] = shown
    return kept


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _filled(value: Any, form: Any) -> Any:
    if _is_empty(value):
        return form
    if isinstance(value, dict):
        return {key: _filled(one, form) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, form) if isinstance(one, dict) else one for one in value]
    return value


def _metadata(metadata: Record, form: str, *, in_list: bool) -> Record:
    if in_list and form in ("year_one_in_list", "empty_in_list"):
        return {**metadata, "created": _YEAR_ONE if form == "year_one_in_list" else ""}
    return {key: stamp_text(value, form) for key, value in metadata.items()}


def stamp_text(value: Any, form: str) -> Any:
    """A canonical timestamp in one of the forms of the switch `timestamps`."""
    if not isinstance(value, str) or form not in ("ms", "ticks", "naive"):
        return value
    seconds = value.rstrip("Z").split(".", maxsplit=1)[0]
    match form:
        case "ms":
            return f"{seconds}.208Z"
        case "ticks":
            return f"{seconds}.8634833+00:00"
        case _:
            return seconds


def _without_retefuente(line: Record) -> Record:
    withheld = sum(
        (
            Decimal(str(tax.get("value") or 0))
            for tax in line.get("taxes") or []
            if tax["type"] == "Retefuente"
        ),
        Decimal(0),
    )
    return {**line, "total": Decimal(str(line.get("total") or 0)) - withheld}
