"""Keys and values of the connection file in the words of the screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from siigo_escala.domain import reasons
from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.domain.directions import BACK, FORWARD
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection
from siigo_escala.sync import catalogues
from siigo_escala.sync.comparing import Difference, Shown
from siigo_escala.sync.rule_changes import Change
from siigo_escala.web.forms import invoicing
from siigo_escala.web.forms import rules as forms
from siigo_escala.web.templatetags import words

_LABELS: Mapping[str, str] = {
    "goes": "¿Entra?",
    "stage": "Etapa",
    "pipeline": "Pipeline",
    "owner": "Dueño",
    "number_field": "Campo para el número",
    "date_field": "Campo para la fecha",
    "due_field": "Campo para el vencimiento",
    **{name: str(field.label) for name, field in forms.Rules.base_fields.items()},
}
_INVOICING: Mapping[str, str] = {
    "trigger_pipeline": "Pipeline",
    "trigger_stage": "Etapa que crea la factura",
    **{name: str(field.label) for name, field in invoicing.Invoicing.base_fields.items()},
    "taxes": "Impuestos",
}
DIRECTIONS: Mapping[str, str] = {
    FORWARD: "Crear oportunidades en Escala a través de facturas en Siigo",
    BACK: "Crear facturas en Siigo a través de oportunidades en Escala",
}
_INVOICING_CHOICES: Mapping[str, forms.Choices] = {
    "existing": invoicing.EXISTING,
    "lines": invoicing.LINES,
    "on_value_difference": invoicing.ON_DIFFERENCE,
    "default_fiscal_responsibility": invoicing.RESPONSIBILITIES,
}
_CHOICES: Mapping[str, forms.Choices] = {
    "value": forms.VALUE,
    "stamp": forms.STAMP,
    "walk_in": forms.WALK_IN,
    "products": forms.PRODUCTS,
    "on_annulled": forms.ON_ANNULLED,
    "on_credited": forms.ON_CREDITED,
    "on_edited": forms.ON_EDITED,
    "possible_twins": forms.TWINS,
}
_EMPTY: Mapping[str, str] = {
    "start": "treinta días antes de conectar",
    "document_types": "todos",
    "daily_at": "sin hora fija",
    "description": "sin texto",
    "mark": "sin marca",
}


def told(company: Connection, changes: Sequence[Change]) -> list[dict[str, str]]:
    """Each change: what it is called, what stands there, what would stand there."""
    return [
        {
            "label": label(company, change.path),
            "before": word(company, change.path, change.before),
            "after": word(company, change.path, change.after),
        }
        for change in changes
    ]


def audited(company: Connection, changes: Sequence[Change]) -> tuple[dict[str, str], dict[str, str]]:
    """The same for the audit: before and after, by label."""
    rows = told(company, changes)
    return {row["label"]: row["before"] for row in rows}, {row["label"]: row["after"] for row in rows}


def label(company: Connection, path: Sequence[str]) -> str:
    """What a key of the file is called."""
    if path[0] == "sellers":
        return f"Vendedor {_seller(company, path[-1])}"
    if path[0] == "direction":
        return "Dirección"
    return (_INVOICING if path[0] == "invoices" else _LABELS).get(path[-1], path[-1])


def word(company: Connection, path: Sequence[str], value: Any) -> str:
    """A value of the file as people read it."""
    key = path[-1]
    if path[0] == "sellers":
        return "sin enlazar" if value is None else _owner(value)
    if key == "direction":
        return DIRECTIONS.get(str(value), str(value))
    if path[0] == "invoices":
        return _of_invoices(company, key, value)
    if key in _CHOICES:
        return dict(_CHOICES[key]).get(value, str(value))
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if key == "default_owner":
        return _owner(value)
    if key == "every_minutes":
        return f"{value} min" if value else "No"
    if key == "document_types" and value:
        names = {one["id"]: str(one["name"]) for one in company.siigo.document_types}
        return ", ".join(names.get(one, str(one)) for one in value)
    return str(value) if value else _EMPTY.get(key, "ninguno")


def _of_invoices(company: Connection, key: str, value: Any) -> str:
    if value is None:
        return "–"
    if key in _INVOICING_CHOICES:
        return dict(_INVOICING_CHOICES[key]).get(value, str(value))
    if isinstance(value, bool):
        return "Sí" if value else "No"
    told = catalogues.of(company.siigo)
    named: Mapping[str, Mapping[int, str]] = {
        "document_type": {one.id: f"{one.name} ({one.code})" for one in told.document_types},
        "payment_type": {one.id: one.name for one in told.payment_types},
        "cost_center": {0: "ninguno"} | {one.id: one.name for one in told.cost_centers},
        "warehouse": {0: "ninguna"} | {one.id: one.name for one in told.warehouses},
    }
    if key in named:
        return named[key].get(value, str(value))
    if key == "taxes":
        taxes = {one.id: one.name for one in told.taxes}
        return (
            "los del producto" if value == "product" else ", ".join(taxes.get(one, str(one)) for one in value)
        )
    if key == "due_days":
        return f"{value} días" if value != 1 else "1 día"
    return str(value) if value else "ninguno"


def differing(difference: Difference) -> dict[str, str]:
    """A difference of an invoice, as the table of the preview shows it."""
    return {
        "siigo_id": difference.siigo_id,
        "invoice": difference.invoice,
        "label": _LABELS[difference.key],
        "before": _shown(difference.key, difference.before),
        "after": _shown(difference.key, difference.after),
    }


def _shown(key: str, value: Shown) -> str:
    if key == "goes":
        return "Se crea" if value is True else f"No: {reasons.catalogue[Code(str(value))].title}"
    if isinstance(value, Decimal):
        return words.pesos(value)
    if key == "owner" and value is not None:
        return _owner(str(value))
    if key in _CHOICES and value is not None:
        return dict(_CHOICES[key])[str(value)]
    return str(value) if value else "–"


def _owner(user: str) -> str:
    return "Sin asignar" if user == UNASSIGNED else user


def _seller(company: Connection, key: str) -> str:
    for one in company.siigo.sellers:
        if key in (str(one["id"]), str(one["email"]).casefold()):
            return str(one["name"] or one["email"] or one["id"])
    return key
