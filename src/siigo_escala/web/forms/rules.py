"""Reglas as one form: every field but the description and the mark is chosen from what the account has."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.http import QueryDict

from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.domain.rules_checks import PLACEHOLDERS
from siigo_escala.store.models import Connection
from siigo_escala.sync import lists

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
_ANYWHERE = "|"


def _choice(label: str, choices: Choices, help_text: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, error_messages=_NOT_LISTED)


_NOT_LISTED = {
    "required": "Elija una opción.",
    "invalid_choice": "Esa opción ya no está en la lista; elija otra.",
}


class Rules(forms.Form):
    """What the connection file's tables `opportunities` and `schedule` hold, and its zone."""

    place = _choice("Pipeline y etapa", (), "Etapa en que nacen las oportunidades.")
    description = forms.CharField(
        label="Descripción corta",
        max_length=1000,
        required=False,
        strip=False,
        help_text="Debajo añadimos descuentos, impuestos y retenciones.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    value = _choice(
        "Valor de la oportunidad",
        VALUE,
        "El total de la factura tal como lo da Siigo. Mantenga apagada en Escala la opción «Actualizar el "
        "valor de la oportunidad con el precio y cantidad de los productos asociados».",
    )
    default_owner = _choice("Dueño por defecto", (), "Para ventas sin vendedor enlazado.")
    create_for_unlinked_sellers = forms.BooleanField(
        label="Crear contactos y oportunidades aunque el vendedor no esté en la lista",
        required=False,
        help_text="Apagado: quedan Excluidas, con su motivo.",
    )
    identification_field = _choice("Campo de la cédula", (), "Con qué dato se reconocen los clientes.")
    document_types = forms.MultipleChoiceField(
        label="Tipos de factura",
        required=False,
        help_text="Qué facturas entran.",
        error_messages=_NOT_LISTED,
        widget=forms.CheckboxSelectMultiple,
    )
    start = forms.DateField(
        label="Desde qué fecha",
        required=False,
        help_text="Vacía: treinta días antes de conectar.",
        error_messages={"invalid": "Escriba la fecha como 2026-11-24."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    stamp = _choice("Qué facturas según la DIAN", STAMP, "Las que no necesitan sello entran siempre.")
    walk_in = _choice("Consumidor final (222222222222)", WALK_IN, "Ventas sin un cliente con nombre.")
    products = _choice("Productos", PRODUCTS, "Se reconocen por código igual a SKU.")
    on_annulled = _choice(
        "Si una factura se anula", ON_ANNULLED, "También si se borra o una nota crédito la cubre entera."
    )
    on_credited = _choice(
        "Si hay nota crédito parcial", ON_CREDITED, "Restarla baja el valor de la oportunidad, nunca de cero."
    )
    on_edited = _choice(
        "Si la factura cambia", ON_EDITED, "Cambia solo el valor, los productos y nuestro texto."
    )
    possible_twins = _choice(
        "Si parece que ya existe",
        TWINS,
        "Una oportunidad del mismo contacto, valor y días que no nombra la factura.",
    )
    number_field = _choice("Campo para el número", (), "Campo de la oportunidad que recibe el número.")
    date_field = _choice("Campo para la fecha", (), "Campo de la oportunidad que recibe la fecha.")
    due_field = _choice("Campo para el vencimiento", (), "Campo de la oportunidad que recibe el vencimiento.")
    mark = forms.CharField(
        label="Marca en el nombre",
        required=False,
        max_length=100,
        help_text="La marca distingue dos empresas en una misma cuenta de Escala.",
    )
    time_zone = _choice("Zona horaria", (), "En ella se cuentan los días y las horas.")
    daily_at = forms.RegexField(
        r"^([01]\d|2[0-3]):[0-5]\d$",
        label="Sincronizar cada día a las",
        required=False,
        help_text="Vacía: no hay una hora fija.",
        error_messages={"invalid": "Escriba la hora como 02:00."},
        widget=forms.TimeInput(attrs={"type": "time"}),
    )
    every_minutes = _choice("y además cada", (), "")

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
            "place": _places(company, wanted),
            "default_owner": [(UNASSIGNED, "Sin asignar"), *((one, one) for one in lists.owners_of(company))],
            "identification_field": [(one.key, f"{one.name} ({one.key})") for one in seen.contacts],
            "number_field": [("", "Ninguno"), *of_deals],
            "date_field": [("", "Ninguno"), *of_deals],
            "due_field": [("", "Ninguno"), *of_deals],
            "document_types": [
                (str(one["id"]), f"{one['name']} ({one['code']})") for one in company.siigo.document_types
            ],
            "time_zone": [(one, one.replace("_", " ")) for one in _zones()],
            "every_minutes": [(str(one), f"{one} min" if one else "No") for one in EVERY],
        }
        for name, choices in listed.items():
            field = cast("forms.ChoiceField", self.fields[name])
            current = self.initial[name]
            for value in current if isinstance(current, list) else [current]:
                if name != "place" and value not in dict(choices):
                    choices.append((value, value))
            field.choices = choices
            field.required = name not in ("number_field", "date_field", "due_field", "document_types")
        self.fields["every_minutes"].help_text = f"Cuesta unas {_calls(file['schedule'])} llamadas al día."
        for name, code in _RULE_OF.items():
            if count := left_out.get(code):
                told = "1 factura queda" if count == 1 else f"{count} facturas quedan"
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
        pipeline, _, stage = given.pop("place").partition(_ANYWHERE)
        zone, daily, every = given.pop("time_zone"), given.pop("daily_at"), given.pop("every_minutes")
        given["start"] = given["start"].isoformat() if given["start"] else ""
        given |= _named(self.company, self.file["opportunities"], pipeline, stage)
        return {
            "time_zone": zone,
            "opportunities": {**self.file["opportunities"], **given},
            "schedule": {**self.file["schedule"], "daily_at": daily, "every_minutes": int(every)},
        }


_RULE_OF = {
    "walk_in": "WALK_IN_BUYER",
    "document_types": "DOCUMENT_TYPE_LEFT_OUT",
    "start": "BEFORE_START",
    "stamp": "NOT_ACCEPTED_YET",
    "create_for_unlinked_sellers": "SELLER_UNLINKED",
}


def _initial(company: Connection, file: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(file["opportunities"])
    pipeline, stage = _found(company, wanted)
    types = [str(one) for one in wanted["document_types"]]
    wanted["document_types"] = types or [str(one["id"]) for one in company.siigo.document_types]
    return {
        **wanted,
        "place": f"{pipeline}{_ANYWHERE}{stage}",
        "time_zone": file["time_zone"],
        "daily_at": file["schedule"]["daily_at"],
        "every_minutes": str(file["schedule"]["every_minutes"]),
    }


def _found(company: Connection, wanted: Mapping[str, Any]) -> tuple[str, str]:
    """Ids of the pipeline and stage that the file names; what is not there any more stays as written."""
    for pipeline in company.escala.pipelines:
        if _is(pipeline, wanted["pipeline"]):
            for stage in pipeline["stages"]:
                if _is(stage, wanted["stage"]):
                    return pipeline["id"], stage["id"]
    return wanted["pipeline"], wanted["stage"]


def _is(thing: Mapping[str, Any], wanted: str) -> bool:
    return wanted in (thing["id"], thing["name"]) or thing["name"].casefold() == wanted.strip().casefold()


def _places(company: Connection, wanted: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Stages grouped by their pipeline; the chosen one stands among them even where it is gone."""
    places: list[tuple[str, Any]] = [
        (
            one["name"],
            [
                (f"{one['id']}{_ANYWHERE}{stage['id']}", f"{one['name']} › {stage['name']}")
                for stage in one["stages"]
            ],
        )
        for one in company.escala.pipelines
    ]
    chosen = _ANYWHERE.join(_found(company, wanted))
    if not any(chosen == value for _, stages in places for value, _ in stages):
        gone = f"{wanted['pipeline']} › {wanted['stage']} (ya no existe)" if wanted["stage"] else "Elija una"
        places.insert(0, (chosen if wanted["stage"] else "", gone))
    return places


def _named(company: Connection, before: Mapping[str, Any], pipeline: str, stage: str) -> dict[str, str]:
    """Pipeline and stage as the file writes them: as before where they are the same, by name where it can."""
    if (pipeline, stage) == _found(company, before):
        return {"pipeline": before["pipeline"], "stage": before["stage"]}
    chosen = next(one for one in company.escala.pipelines if one["id"] == pipeline)
    return {
        "pipeline": _name(company.escala.pipelines, pipeline),
        "stage": _name(chosen["stages"], stage),
    }


def _name(things: Sequence[Mapping[str, Any]], wanted: str) -> str:
    name = next(str(one["name"]) for one in things if one["id"] == wanted)
    return name if sum(_is(one, name) for one in things) == 1 else wanted


def _zones() -> list[str]:
    return sorted(one for one in zoneinfo.available_timezones() if one.startswith("America/"))


def _calls(schedule: Mapping[str, Any]) -> int:
    every = int(schedule["every_minutes"])
    runs = (1440 // every if every else 0) + bool(schedule["daily_at"])
    return runs * _CALLS_A_RUN
