"""What somebody asks of a synchronisation on demand: two dates, or one invoice."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from siigo_escala.store.models import Connection


class Demand(forms.Form):
    """`today`: in the company's zone; nothing later can be asked for."""

    date_from = forms.DateField(
        label="Desde",
        required=False,
        error_messages={"invalid": "Escriba la fecha como 2026-11-24."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    date_to = forms.DateField(
        label="Hasta",
        required=False,
        error_messages={"invalid": "Escriba la fecha como 2026-11-24."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    invoice = forms.CharField(
        label="O una factura",
        required=False,
        max_length=100,
        help_text="Por su número, como FV-2-1045. Sin fechas ni factura: todo lo nuevo y lo que falta.",
    )

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """Dates in their order, none of them in the future."""
        given = super().clean() or {}
        first, last = given.get("date_from"), given.get("date_to")
        if first and last and first > last:
            self.add_error("date_from", "Desde no puede ser posterior a Hasta.")
        for name in ("date_from", "date_to"):
            if (moment := given.get(name)) and moment > self.today:
                self.add_error(name, "Elija una fecha hasta hoy.")
        if given.get("invoice") and (first or last):
            self.add_error("invoice", "Elija fechas o una factura, no las dos cosas.")
        return given


class DemandOfDeals(Demand):
    """In the other direction: days of their last change, or one opportunity."""

    invoice = forms.CharField(
        label="O una oportunidad",
        required=False,
        max_length=300,
        help_text="Por su nombre o su id, si ya está en Oportunidades. Sin fechas ni oportunidad: todo lo "
        "nuevo y lo que falta. Las fechas son las de su último cambio.",
    )

    def __init__(self, *args: Any, company: Connection, **more: Any) -> None:
        super().__init__(*args, **more)
        self.company = company

    def clean_invoice(self) -> str:
        """The id of the one that is meant."""
        typed = str(self.cleaned_data["invoice"]).strip()
        if not typed:
            return ""
        known = self.company.opportunities.filter(Q(deal_id=typed) | Q(name=typed))
        ids = list(known.order_by("pk").values_list("deal_id", flat=True)[:2])
        if len(ids) != 1:
            raise forms.ValidationError(
                "Hay varias con ese nombre: escriba el id de la suya, que está en su página."
                if ids
                else "No conocemos esa oportunidad: sincronice primero, o revise el nombre."
            )
        return ids[0]


class Pause(forms.Form):
    """Why the schedule is to rest: whoever finds it so later wants to know."""

    why = forms.CharField(
        label="¿Por qué?",
        max_length=200,
        help_text="Se muestra en Inicio y queda en la auditoría.",
        error_messages={"required": "Escriba por qué la pausa."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
