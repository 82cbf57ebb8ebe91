"""Avisos: whom to tell. Addresses other than e-mail may hold tokens: they are written, never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from siigo_escala.domain import rules_checks
from siigo_escala.engine import addresses

EVENTS = (
    ("failed", "Falló una sincronización"),
    ("attention", "Hay facturas que esperan su decisión (una lista al día a lo sumo)"),
    ("stale", "Lleva demasiadas horas sin completarse"),
    ("refused", "Siigo o Escala rechazó la clave"),
    ("braked", "Cerca del límite de errores de Siigo"),
    ("backup", "No se pudo hacer el respaldo diario"),
    ("recovered", "Se recuperó"),
)
"""In the words of the screen; what is not ticked stands in the file's `mute`."""


class Alerts(forms.Form):
    """E-mails as they are; of other addresses what may be shown, with a box that takes each away."""

    email = forms.CharField(
        label="Correos",
        required=False,
        max_length=5000,
        help_text="Uno por línea.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    urls = forms.CharField(
        label="Añadir otras direcciones",
        required=False,
        max_length=5000,
        help_text="Una por línea: Telegram, Slack, Teams, un webhook o cualquier otra que conozca apprise. "
        "Se guardan y no se muestran de nuevo.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    stale_hours = forms.IntegerField(
        label="Horas sin completarse una sincronización",
        min_value=1,
        max_value=8760,
        help_text="Pasadas estas horas le avisamos.",
        error_messages={
            "required": "Escriba cuántas horas.",
            "invalid": "Escriba un número de horas.",
            "min_value": "Debe ser una hora o más.",
            "max_value": "Debe ser un año (8.760 horas) o menos.",
        },
    )
    events = forms.MultipleChoiceField(
        label="Le avisamos cuando",
        choices=EVENTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Elija de la lista."},
    )
    attention_over = forms.IntegerField(
        label="Avisar cuando esperan su decisión más de",
        min_value=0,
        max_value=100_000,
        help_text="Con 0 le avisamos desde la primera.",
        error_messages={
            "required": "Escriba cuántas facturas.",
            "invalid": "Escriba un número de facturas.",
            "min_value": "Debe ser cero o más.",
            "max_value": "Debe ser 100.000 o menos.",
        },
    )
    heartbeat_url = forms.CharField(
        label="Latido externo",
        required=False,
        max_length=2000,
        help_text="Una dirección que se llama después de cada sincronización completa, para que otro "
        "servicio note cuando este equipo está apagado. Se guarda y no se muestra de nuevo.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
    )
    no_heartbeat = forms.BooleanField(label="Quitar el latido externo", required=False)

    def __init__(self, data: QueryDict | None = None, *, table: Mapping[str, Any]) -> None:
        super().__init__(
            data,
            initial={
                "email": "\n".join(table["email"]),
                "stale_hours": table["stale_hours"],
                "events": [name for name, _ in EVENTS if name not in table["mute"]],
                "attention_over": table["attention_over"],
            },
        )
        self.table = table
        for number, url in enumerate(table["urls"]):
            self.fields[f"drop_{number}"] = forms.BooleanField(
                label=f"Quitar {addresses.shown(url)}", required=False
            )
        if not table["heartbeat_url"]:
            del self.fields["no_heartbeat"]

    def without_secrets(self) -> None:
        """What was typed and may be secret is not shown, not even to be corrected."""
        self.data = {**self.data.dict(), "urls": "", "heartbeat_url": ""}  # type: ignore[attr-defined]  # bound to a QueryDict

    @property
    def drops(self) -> list[forms.BoundField]:
        """A box for each address that there is."""
        return [self[f"drop_{number}"] for number in range(len(self.table["urls"]))]

    @property
    def heartbeat(self) -> str:
        """What may be shown of the one that there is."""
        url = self.table["heartbeat_url"]
        return addresses.shown_web(url) if url else ""

    def clean_email(self) -> list[str]:
        """One a line, each once."""
        found = list(dict.fromkeys(self.cleaned_data["email"].split()))
        for one in found:
            if not rules_checks.is_email(one):
                raise forms.ValidationError(f"«{one[:100]}» no es un correo; escriba uno por línea.")
        return found

    def clean_urls(self) -> list[str]:
        """Those that apprise can make a service of."""
        found = list(dict.fromkeys(self.cleaned_data["urls"].split()))
        wrong = addresses.first_wrong(found)
        if wrong is not None:
            raise forms.ValidationError(
                f"La dirección «{addresses.shown(wrong)}» no tiene la forma que ese servicio espera (vea "
                "https://appriseit.com/services/), o el servicio no existe."
            )
        return found

    def alerts(self) -> dict[str, Any]:
        """The file's table as it would be."""
        given = self.cleaned_data
        kept = [url for number, url in enumerate(self.table["urls"]) if not given[f"drop_{number}"]]
        heartbeat = given["heartbeat_url"].strip()
        if not heartbeat and not given.get("no_heartbeat"):
            heartbeat = self.table["heartbeat_url"]
        return {
            "email": given["email"],
            "urls": list(dict.fromkeys([*kept, *given["urls"]])),
            "stale_hours": given["stale_hours"],
            "heartbeat_url": heartbeat,
            "mute": [name for name, _ in EVENTS if name not in given["events"]],
            "attention_over": given["attention_over"],
        }
