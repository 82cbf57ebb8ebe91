"""Reglas as one form: every field but the description and the mark is chosen from what the account has."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.http import QueryDict

from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.domain.rules_checks import PLACEHOLDERS
from siigo_escala.store.models import Connection
from siigo_escala.sync import lists
from siigo_escala.web.forms import places
from siigo_escala.web.templatetags.words import counted

Choices = Sequence[tuple[str, str]]
VALUE: Choices = (("total", "Total"), ("gross", "Bruto"), ("subtotal", "Subtotal"))
STAMP: Choices = (("any", "Todas"), ("accepted", "Solo aceptadas"))
WALK_IN: Choices = (("skip", "No crear"), ("one_contact", "Un solo contacto"))
PRODUCTS: Choices = (
    ("match", "Usar los que existen"),
    ("register", "Registrar los que falten"),
    ("none", "No llevar"),
)
ON_ANNULLED: Choices = (("report", "Avisarme"), ("lost_stage", "Mover a una etapa perdida"))
ON_CREDITED: Choices = (("report", "Avisarme"), ("subtract", "Restarla"))
ON_EDITED: Choices = (("update", "Actualizar"), ("report", "Avisarme"))
TWINS: Choices = (("hold", "Preguntarme"), ("ignore", "Crear igual"))
EVERY = (0, 15, 30, 60)
_CALLS_A_RUN = 4
"""What a run with nothing new costs at most."""


def choice(label: str, choices: Choices, help_text: str) -> forms.ChoiceField:
    """A field that is chosen from a list."""
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, error_messages=NOT_LISTED)


NOT_LISTED = {
    "required": "Elija una opción.",
    "invalid_choice": "Esa opción ya no está en la lista; elija otra.",
}


def daily_at() -> forms.RegexField:
    """The field of the hour of the daily run."""
    return forms.RegexField(
        r"^([01]\d|2[0-3]):[0-5]\d$",
        label="Sincronizar cada día a las",
        required=False,
        help_text="Vacía: no hay una hora fija.",
        error_messages={"invalid": "Escriba la hora como 02:00."},
        widget=forms.TimeInput(attrs={"type": "time"}),
    )


def zones() -> list[tuple[str, Any]]:
    """The time zones that are offered."""
    known = sorted(one for one in zoneinfo.available_timezones() if one.startswith("America/"))
    return [(one, one.replace("_", " ")) for one in known]


def every() -> list[tuple[str, Any]]:
    """How often, beside the daily run."""
    return [(str(one), f"{one} min" if one else "No") for one in EVERY]


def cost(schedule: Mapping[str, Any]) -> str:
    """What a timetable costs."""
    minutes = int(schedule["every_minutes"])
    runs = (1440 // minutes if minutes else 0) + bool(schedule["daily_at"])
    return f"Cuesta unas {runs * _CALLS_A_RUN} llamadas al día."


class Rules(forms.Form):
    """What the connection file's tables `opportunities` and `schedule` hold, and its zone."""

    place = choice("Pipeline y etapa", (), "Etapa en que nacen las oportunidades.")
    description = forms.CharField(
        label="Descripción corta",
        max_length=1000,
        required=False,
        strip=False,
        help_text="Debajo añadimos descuentos, impuestos y retenciones.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    value = choice(
        "Valor de la oportunidad",
        VALUE,
        "El total de la factura tal como lo da Siigo. Mantenga apagada en Escala la opción «Actualizar el "
        "valor de la oportunidad con el precio y cantidad de los productos asociados».",
    )
    default_owner = choice("Dueño por defecto", (), "Para ventas sin vendedor enlazado.")
    create_for_unlinked_sellers = forms.BooleanField(
        label="Crear contactos y oportunidades aunque el vendedor no esté en la lista",
        required=False,
        help_text="Apagado: quedan Excluidas, con su motivo.",
    )
    identification_field = choice("Campo de la cédula", (), "Con qué dato se reconocen los clientes.")
    document_types = forms.MultipleChoiceField(
        label="Tipos de factura",
        required=False,
        help_text="Qué facturas entran.",
        error_messages=NOT_LISTED,
        widget=forms.CheckboxSelectMultiple,
    )
    start = forms.DateField(
        label="Desde qué fecha",
        required=False,
        help_text="Vacía: treinta días antes de conectar.",
        error_messages={"invalid": "Escriba la fecha como 2026-11-24."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    stamp = choice("Qué facturas según la DIAN", STAMP, "Las que no necesitan sello entran siempre.")
    walk_in = choice("Consumidor final (222222222222)", WALK_IN, "Ventas sin un cliente con nombre.")
    products = choice("Productos", PRODUCTS, "Se reconocen por código igual a SKU.")
    on_annulled = choice(
        "Si una factura se anula", ON_ANNULLED, "También si se borra o una nota crédito la cubre entera."
    )
    on_credited = choice(
        "Si hay nota crédito parcial",
        ON_CREDITED,
        "Restarla baja el valor, nunca por debajo de cero.",
    )
    on_edited = choice(
        "Si la factura cambia", ON_EDITED, "Cambia solo el valor, los productos y nuestro texto."
    )
    possible_twins = choice(
        "Si parece que ya existe",
        TWINS,
        "Una oportunidad del mismo contacto, valor y días que no nombra la factura.",
    )
    number_field = choice("Campo para el número", (), "Campo de la oportunidad que recibe el número.")
    date_field = choice("Campo para la fecha", (), "Campo de la oportunidad que recibe la fecha.")
    due_field = choice("Campo para el vencimiento", (), "Campo de la oportunidad que recibe el vencimiento.")
    mark = forms.CharField(
        label="Marca en el nombre",
        required=False,
        max_length=100,
        help_text="La marca distingue dos empresas en una misma cuenta de Escala.",
    )
    time_zone = choice("Zona horaria", (), "En ella se cuentan los días y las horas.")
    daily_at = daily_at()
    every_minutes = choice("y además cada", (), "")

    SECTIONS = (
        (
            "oportunidades",
            "Las oportunidades",
            ("place", "description", "value", "default_owner", "products"),
        ),
        (
            "entran",
            "Qué facturas entran",
            (
                "create_for_unlinked_sellers",
                "document_types",
                "start",
                "stamp",
                "walk_in",
                "possible_twins",
            ),
        ),
        ("clientes", "Los clientes", ("identification_field",)),
        ("cambios", "Si algo cambia después", ("on_annulled", "on_credited", "on_edited")),
        ("campos", "Campos y marca", ("number_field", "date_field", "due_field", "mark")),
        ("horario", "Cuándo se sincroniza", ("time_zone", "daily_at", "every_minutes")),
    )
    TABLE = "opportunities"
    BOXES = ("document_types",)
    """Fields that are a group of boxes."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        company: Connection,
        file: Mapping[str, Any],
        left_out: Mapping[str, int],
    ) -> None:
        super().__init__(data, initial=_initial(company, file))
        self.company, self.file = company, file
        wanted = file["opportunities"]
        seen = lists.fields_of(company)
        of_deals = [(one.key, f"{one.name} ({one.key})") for one in seen.deals]
        listed: dict[str, list[tuple[str, Any]]] = {
            "place": places.choices(company, wanted["pipeline"], wanted["stage"]),
            "default_owner": [(UNASSIGNED, "Sin asignar"), *((one, one) for one in lists.owners_of(company))],
            "identification_field": [(one.key, f"{one.name} ({one.key})") for one in seen.contacts],
            "number_field": [("", "Ninguno"), *of_deals],
            "date_field": [("", "Ninguno"), *of_deals],
            "due_field": [("", "Ninguno"), *of_deals],
            "document_types": [
                (str(one["id"]), f"{one['name']} ({one['code']})") for one in company.siigo.document_types
            ],
            "time_zone": zones(),
            "every_minutes": every(),
        }
        offer(self, listed, optional=("number_field", "date_field", "due_field", "document_types"))
        self.fields["every_minutes"].help_text = cost(file["schedule"])
        for name, code in _RULE_OF.items():
            if count := left_out.get(code):
                told = counted(count, "factura queda,facturas quedan")
                self.fields[name].help_text += f" Hoy {told} fuera por esta regla."
        if company.escala.capabilities.get("update_deals") == "none":
            self.fields["on_annulled"].help_text += " Su cuenta no permite actualizar: solo podemos avisarle."

    def sections(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The fields as the page shows them: anchor, heading, fields."""
        return [(anchor, title, [self[name] for name in names]) for anchor, title, names in self.SECTIONS]

    def clean_description(self) -> str:
        """Only words that are filled."""
        told = str(self.cleaned_data["description"]).replace("\r\n", "\n")
        for word in re.findall(r"\{(\w+)\}", told):
            if word not in PLACEHOLDERS:
                known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
                raise forms.ValidationError(f"«{{{word}}}» no existe. Puede usar: {known}.")
        return told

    def clean_document_types(self) -> list[int]:
        """All of them are none in particular, so that a new one enters, too."""
        ticked = [str(one) for one in self.cleaned_data["document_types"]]
        known = [str(one["id"]) for one in self.company.siigo.document_types]
        if known and not ticked:
            raise forms.ValidationError("Marque al menos un tipo de factura.")
        return [] if set(known) <= set(ticked) else [int(one) for one in ticked]

    def tables(self) -> dict[str, Any]:
        """The file's tables as they would be."""
        given = dict(self.cleaned_data)
        place = given.pop("place")
        zone, daily, every = given.pop("time_zone"), given.pop("daily_at"), given.pop("every_minutes")
        given["start"] = given["start"].isoformat() if given["start"] else ""
        wanted = self.file["opportunities"]
        given["pipeline"], given["stage"] = places.named(
            self.company, place, before=(wanted["pipeline"], wanted["stage"])
        )
        return {
            "time_zone": zone,
            "opportunities": {**wanted, **given},
            "schedule": {**self.file["schedule"], "daily_at": daily, "every_minutes": int(every)},
        }


def offer(
    form: forms.Form, listed: Mapping[str, list[tuple[str, Any]]], *, optional: Collection[str]
) -> None:
    """Puts the lists into their fields; what is chosen stands among them even where it is gone."""
    for name, choices in listed.items():
        field = cast("forms.ChoiceField", form.fields[name])
        current = form.initial[name]
        for value in current if isinstance(current, list) else [current]:
            if name != "place" and value not in dict(choices):
                choices.insert(0, (value, value or "Elija uno"))
        field.choices = choices
        field.required = name not in optional


_RULE_OF = {
    "walk_in": "WALK_IN_BUYER",
    "document_types": "DOCUMENT_TYPE_LEFT_OUT",
    "start": "BEFORE_START",
    "stamp": "NOT_ACCEPTED_YET",
    "create_for_unlinked_sellers": "SELLER_UNLINKED",
}


def _initial(company: Connection, file: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(file["opportunities"])
    types = [str(one) for one in wanted["document_types"]]
    wanted["document_types"] = types or [str(one["id"]) for one in company.siigo.document_types]
    return {
        **wanted,
        # The other direction knows its customers by the same field.
        "identification_field": wanted["identification_field"]
        or file.get("invoices", {}).get("identification_field", ""),
        "place": places.chosen(company, wanted["pipeline"], wanted["stage"]),
        "time_zone": file["time_zone"],
        "daily_at": file["schedule"]["daily_at"],
        "every_minutes": str(file["schedule"]["every_minutes"]),
    }
