"""The rules of the direction that makes invoices as one form: chosen from what both accounts have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from siigo_escala.domain.selling import LINE_TAXES, Named
from siigo_escala.store.models import Connection
from siigo_escala.sync import catalogues, lists
from siigo_escala.web.forms import places, rules
from siigo_escala.web.templatetags.words import counted

Choices = rules.Choices
EXISTING: Choices = (
    ("skip", "Solo las que lleguen desde ahora"),
    ("invoice", "También las que ya están en la etapa"),
)
TAXES: Choices = (("product", "Los del producto"), ("these", "Estos"))
LINES: Choices = (
    ("products", "Productos de la oportunidad"),
    ("single", "Una sola línea, con este producto"),
)
ON_DIFFERENCE: Choices = (
    ("attention", "Avisarme"),
    ("lines", "Usar las líneas"),
    ("single", "Una sola línea"),
)
RESPONSIBILITIES: Choices = (
    ("R-99-PN", "R-99-PN · No aplica"),
    ("O-13", "O-13 · Gran contribuyente"),
    ("O-15", "O-15 · Autorretenedor"),
    ("O-23", "O-23 · Agente de retención de IVA"),
    ("O-47", "O-47 · Régimen simple"),
)
_CAPITALS: Mapping[str, str] = {
    "11001": "Bogotá",
    "05001": "Medellín",
    "76001": "Cali",
    "08001": "Barranquilla",
    "13001": "Cartagena",
    "68001": "Bucaramanga",
    "66001": "Pereira",
    "17001": "Manizales",
    "54001": "Cúcuta",
    "73001": "Ibagué",
}
"""Offered where none of the company's own customers has told its city yet."""
_choice = rules.choice


class Invoicing(forms.Form):
    """What the connection file's tables `invoices` and `schedule` hold, and its zone."""

    place = _choice("Pipeline y etapa que crea la factura", (), "Llegar a ella cuenta una vez, para siempre.")
    existing = forms.ChoiceField(
        label="Lo que ya está en la etapa",
        choices=EXISTING,
        widget=forms.RadioSelect,
        help_text="Lo que tiene factura no se factura otra vez, elija lo que elija.",
        error_messages=rules.NOT_LISTED,
    )
    document_type = _choice("Tipo de factura", (), "Solo los activos y de numeración automática.")
    payment_type = _choice("Forma de pago", (), "")
    due_days = forms.IntegerField(
        label="Días de plazo",
        min_value=0,
        max_value=3650,
        help_text="Para formas de pago con vencimiento.",
        error_messages={
            "required": "Escriba los días.",
            "invalid": "Escriba un número entero de días.",
            "min_value": "Escriba cero días o más.",
            "max_value": "Escriba hasta 3650 días.",
        },
    )
    seller = _choice("Vendedor para dueños sin enlazar", (), "Los demás se enlazan en Vendedores.")
    taxes_of = _choice("Impuestos", TAXES, "Un producto exento o excluido nunca lleva IVA.")
    taxes = forms.MultipleChoiceField(
        label="Estos impuestos",
        required=False,
        help_text="Solo si arriba eligió «Estos».",
        error_messages=rules.NOT_LISTED,
        widget=forms.CheckboxSelectMultiple,
    )
    price_includes_taxes = forms.BooleanField(
        label="Los precios incluyen impuestos",
        required=False,
        help_text="Los precios de los productos en Escala.",
    )
    lines = _choice("Líneas", LINES, "El SKU de Escala es el código de Siigo.")
    single_item = forms.CharField(
        label="Producto de la línea única",
        required=False,
        max_length=30,
        help_text="Su código en Siigo.",
    )
    on_value_difference = _choice(
        "Si el valor no coincide con las líneas",
        ON_DIFFERENCE,
        "«Avisarme» no factura hasta que usted decida.",
    )
    create_customers = forms.BooleanField(
        label="Crear el cliente si no existe en Siigo",
        required=False,
        help_text="Apagado: la oportunidad espera a que usted lo registre.",
    )
    default_city = _choice("Ciudad si falta", (), "Para clientes nuevos cuya ciudad no se encuentra.")
    default_fiscal_responsibility = _choice(
        "Responsabilidad fiscal si falta", RESPONSIBILITIES, "Para clientes nuevos."
    )
    cost_center = _choice("Centro de costo", (), "")
    warehouse = _choice("Bodega", (), "")
    identification_field = _choice("Campo de la cédula", (), "Dice a quién se factura.")
    number_field = _choice(
        "Campo para el número de la factura", (), "Campo de la oportunidad que recibe el número."
    )
    stamp = forms.BooleanField(
        label="Enviar a la DIAN",
        required=False,
        help_text="Apagado: queda como borrador; usted la envía desde Siigo.",
    )
    time_zone = _choice("Zona horaria", (), "En ella se cuentan los días y las horas.")
    daily_at = rules.daily_at()
    every_minutes = _choice("y además cada", (), "")

    SECTIONS = (
        ("etapa", "Qué se factura", ("place", "existing")),
        (
            "factura",
            "Cómo es la factura",
            ("document_type", "payment_type", "due_days", "seller", "cost_center", "warehouse"),
        ),
        (
            "lineas",
            "Líneas e impuestos",
            ("lines", "single_item", "on_value_difference", "taxes_of", "taxes", "price_includes_taxes"),
        ),
        (
            "clientes",
            "Los clientes",
            (
                "identification_field",
                "create_customers",
                "default_city",
                "default_fiscal_responsibility",
            ),
        ),
        ("dian", "DIAN y número", ("stamp", "number_field")),
        ("horario", "Cuándo se sincroniza", ("time_zone", "daily_at", "every_minutes")),
    )
    TABLE = "invoices"
    BOXES = ("existing", "taxes")
    """Fields that are a group of boxes or buttons."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        company: Connection,
        file: Mapping[str, Any],
        left_out: Mapping[str, int],
    ) -> None:
        self.company, self.file = company, file
        super().__init__(data, initial=_initial(company, file))
        told, seen = catalogues.of(company.siigo), lists.fields_of(company)
        wanted = file["invoices"]
        listed: dict[str, list[tuple[str, Any]]] = {
            "place": places.choices(company, wanted["trigger_pipeline"], wanted["trigger_stage"]),
            "document_type": [
                (str(one.id), f"{one.name} ({one.code})")
                for one in told.document_types
                if one.active and one.automatic_number
            ],
            "payment_type": [(str(one.id), one.name) for one in told.payment_types if one.active],
            "seller": [
                (key, f"{one['name'] or key} ({key})")
                for one in company.siigo.sellers
                if one.get("active", True)
                for key in [one["email"].casefold() or str(one["id"])]
            ],
            "taxes": [
                (str(one.id), f"{one.name} ({one.percentage.normalize():f} %)".replace(".", ","))
                for one in told.taxes
                if one.active and one.kind in LINE_TAXES
            ],
            "default_city": [("", "Ninguna: requiere atención"), *_cities(company)],
            "default_fiscal_responsibility": list(RESPONSIBILITIES),
            "cost_center": [("0", "Ninguno"), *_named(told.cost_centers)],
            "warehouse": [("0", "Ninguna"), *_named(told.warehouses)],
            "identification_field": [(one.key, f"{one.name} ({one.key})") for one in seen.contacts],
            "number_field": [("", "Ninguno"), *((one.key, f"{one.name} ({one.key})") for one in seen.deals)],
            "time_zone": rules.zones(),
            "every_minutes": rules.every(),
        }
        rules.offer(self, listed, optional=("number_field", "taxes", "default_city"))
        self.fields["every_minutes"].help_text = rules.cost(file["schedule"])
        if count := left_out.get("ALREADY_IN_STAGE"):
            are = counted(count, "oportunidad queda,oportunidades quedan")
            self.fields["existing"].help_text += f" Hoy {are} fuera por esta regla."
        if company.escala.capabilities.get("update_deals") == "none":
            self.fields["number_field"].help_text += " Su cuenta no permite actualizar oportunidades."

    def sections(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The fields as the page shows them: anchor, heading, fields."""
        return [(anchor, title, [self[name] for name in names]) for anchor, title, names in self.SECTIONS]

    def clean(self) -> dict[str, Any]:
        """What two fields say together."""
        given = super().clean() or self.cleaned_data
        if given.get("taxes_of") == "these" and not given.get("taxes") and "taxes" not in self.errors:
            self.add_error("taxes", "Marque al menos un impuesto, o elija «Los del producto».")
        single = "single" in (given.get("lines"), given.get("on_value_difference"))
        if single and not str(given.get("single_item", "")).strip():
            self.add_error("single_item", "Escriba el código del producto de la línea única.")
        return given

    def tables(self) -> dict[str, Any]:
        """The file's tables as they would be."""
        given, wanted = dict(self.cleaned_data), self.file["invoices"]
        zone, daily, every = given.pop("time_zone"), given.pop("daily_at"), given.pop("every_minutes")
        before = (wanted["trigger_pipeline"], wanted["trigger_stage"])
        given["trigger_pipeline"], given["trigger_stage"] = places.named(
            self.company, given.pop("place"), before=before
        )
        these = given.pop("taxes_of") == "these"
        given["taxes"] = [int(one) for one in given["taxes"]] if these else "product"
        given["single_item"] = given["single_item"].strip()
        for name in ("document_type", "payment_type", "cost_center", "warehouse"):
            given[name] = int(given[name])
        return {
            "time_zone": zone,
            "invoices": {**wanted, **given},
            "schedule": {**self.file["schedule"], "daily_at": daily, "every_minutes": int(every)},
        }


def _initial(company: Connection, file: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(file["invoices"])
    taxes = wanted["taxes"]
    listed = taxes if isinstance(taxes, Sequence) and not isinstance(taxes, str) else []
    numbers = ("document_type", "payment_type")
    return {
        **wanted,
        # The other direction knows its customers by the same field.
        "identification_field": wanted["identification_field"]
        or file.get("opportunities", {}).get("identification_field", ""),
        "place": places.chosen(company, wanted["trigger_pipeline"], wanted["trigger_stage"]),
        **{name: str(wanted[name]) if wanted[name] else "" for name in numbers},
        **{name: str(wanted[name]) for name in ("cost_center", "warehouse")},
        "seller": wanted["seller"].casefold(),
        "taxes_of": "product" if taxes == "product" else "these",
        "taxes": [str(one) for one in listed],
        "time_zone": file["time_zone"],
        "daily_at": file["schedule"]["daily_at"],
        "every_minutes": str(file["schedule"]["every_minutes"]),
    }


def _cities(company: Connection) -> Iterable[tuple[str, str]]:
    own = {one["code"]: f"{one['name']} ({one['code']})" for one in company.siigo.cities}
    offered = {code: f"{name} ({code})" for code, name in _CAPITALS.items()} | own
    return sorted(offered.items(), key=lambda one: one[1])


def _named(things: Iterable[Named]) -> list[tuple[str, str]]:
    return [(str(one.id), one.name or str(one.id)) for one in things if one.active]
