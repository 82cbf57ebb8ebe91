"""What the assistant asks: credentials are typed, everything else is chosen from lists of the account."""

from __future__ import annotations

from typing import Any

from django import forms

from siigo_escala.domain import proposals, rules_checks
from siigo_escala.domain.accounting import Seller
from siigo_escala.domain.crm import UNASSIGNED, Pipeline, Stage
from siigo_escala.domain.proposals import FieldSeen, OwnerProposed
from siigo_escala.web.templatetags.words import counted

_KEEP = "Déjela vacía para conservar la que está guardada."
_IN_SIIGO = (
    "En Siigo Nube: engranaje › Más configuraciones › API / Integraciones › Autenticación › Credenciales "
    "usuario API. Si genera una clave nueva, la anterior deja de servir en otros programas."
)
_IN_ESCALA = (
    "En Escala: Perfil y configuraciones › CRM › Apps › Conectar API Escala. Solo un administrador "
    "puede verla."
)
_SEPARATOR = "|"
_KINDS = {"text": "texto", "number": "número", "date": "fecha"}


class _Key(forms.CharField):
    """A secret: pasted from elsewhere, never shown again."""

    def __init__(self, label: str, *, help_text: str, missing: str) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            max_length=1000,
            error_messages={"required": missing},
            widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )


class Siigo(forms.Form):
    """User and key of Siigo. `kept`: a key is stored that may stay."""

    username = forms.CharField(
        label="Usuario API",
        max_length=200,
        error_messages={"required": "Escriba el usuario API."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "email"}),
    )
    key = _Key("Access Key", help_text=_IN_SIIGO, missing="Escriba el Access Key.")

    def __init__(self, *args: Any, kept: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self._kept_of = kept
        self.fields["key"].required = not kept
        if kept:
            self.fields["key"].help_text = f"{_KEEP} {_IN_SIIGO}"

    def clean(self) -> dict[str, Any]:
        """A key that is kept is of its own user."""
        given = super().clean() or {}
        username = str(given.get("username", ""))
        if any(one.isspace() for one in username):
            self.add_error("username", "El usuario API no lleva espacios, como api@empresa.co.")
        elif self._kept_of and username and username != self._kept_of and not given.get("key"):
            self.add_error("key", "El Access Key es de cada usuario: escriba el de este.")
        return given


class Escala(forms.Form):
    """Escala's key. `kept`: one is stored that may stay."""

    key = _Key("Clave de API", help_text=_IN_ESCALA, missing="Escriba la clave de API.")

    def __init__(self, *args: Any, kept: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["key"].required = not kept
        if kept:
            self.fields["key"].help_text = f"{_KEEP} {_IN_ESCALA}"


class Opportunities(forms.Form):
    """How opportunities shall look: lists of the account, the likeliest chosen."""

    direction = forms.ChoiceField(
        label="Dirección",
        choices=[
            ("invoices_to_opportunities", "Crear oportunidades en Escala a través de facturas en Siigo")
        ],
        help_text="Cada factura de venta de Siigo será una oportunidad en Escala, con su contacto, "
        "una sola vez.",
    )
    destination = forms.ChoiceField(
        label="Pipeline y etapa",
        help_text="Etapa en que nacen las oportunidades.",
        error_messages={
            "required": "Elija una etapa.",
            "invalid_choice": "Esa etapa ya no está: elija otra.",
        },
    )
    default_owner = forms.ChoiceField(
        label="Dueño por defecto", help_text="Si la venta no tiene otro.", required=False
    )
    identification_field = forms.ChoiceField(
        label="Campo de la cédula",
        help_text="El campo personalizado de sus contactos que guarda el NIT o la cédula.",
        error_messages={"required": "Elija el campo de la cédula.", "invalid_choice": "Elija un campo."},
    )
    description = forms.CharField(
        label="Descripción",
        required=False,
        max_length=500,
        help_text="Puede usar {factura} {fecha} {cliente} {identificacion} {vendedor} {total}. "
        "Debajo añadimos descuentos, impuestos y retenciones.",
    )
    create_for_unlinked_sellers = forms.BooleanField(
        label="Crear también cuando el vendedor no esté enlazado", required=False
    )
    automatic = forms.BooleanField(label="Sincronizar cada día a las 02:00", required=False)
    value = forms.ChoiceField(
        label="Valor de la oportunidad",
        choices=[("total", "Total de la factura"), ("gross", "Bruto"), ("subtotal", "Subtotal")],
        help_text="El total de la factura tal como lo da Siigo.",
    )
    products = forms.ChoiceField(
        label="Productos",
        choices=[
            ("match", "Usar los que existen"),
            ("register", "Registrar los que falten"),
            ("none", "No llevar"),
        ],
        help_text="Se reconocen por código igual a SKU.",
    )
    start = forms.DateField(
        label="Desde qué fecha",
        required=False,
        help_text="Vacía: los 30 días anteriores a la conexión.",
        error_messages={"invalid": "Escriba la fecha como 2026-11-24."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    document_types = forms.TypedMultipleChoiceField(
        label="Tipos de factura",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Marque al menos un tipo de factura."},
    )
    walk_in = forms.ChoiceField(
        label="Consumidor final (222222222222)",
        choices=[("skip", "No crear"), ("one_contact", "Un solo contacto")],
    )
    mark = forms.CharField(
        label="Marca en el nombre",
        required=False,
        max_length=40,
        help_text="Solo si otra empresa usa la misma cuenta de Escala: un texto corto que las distingue.",
    )
    name = forms.CharField(
        label="Nombre de la empresa aquí",
        max_length=100,
        help_text="Letras, números y guiones. Está en la dirección de sus páginas.",
        error_messages={"required": "Escriba un nombre."},
    )
    ALWAYS = (
        "direction",
        "destination",
        "default_owner",
        "identification_field",
        "description",
        "create_for_unlinked_sellers",
        "automatic",
    )
    MORE = ("value", "products", "start", "document_types", "walk_in", "mark", "name")

    def __init__(
        self,
        *args: Any,
        pipelines: list[Pipeline],
        owners: list[str],
        fields_seen: list[FieldSeen],
        document_types: list[dict[str, Any]],
        taken: set[str],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._choices("destination", destinations(pipelines))
        self._choices("default_owner", [(one, one) for one in owners] + [(UNASSIGNED, "Sin asignar")])
        self._choices("identification_field", [(one.key, _told(one)) for one in fields_seen])
        self._taken = {one.casefold() for one in taken}
        active = [one for one in document_types if one["active"]] or document_types
        self._every_type = {one["id"] for one in active}
        self._choices("document_types", [(one["id"], f"{one['code']} · {one['name']}") for one in active])

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def always(self) -> list[forms.BoundField]:
        """The fields that everybody sees."""
        return [self[name] for name in self.ALWAYS]

    def folded(self) -> list[forms.BoundField]:
        """Those under "Más opciones"."""
        return [self[name] for name in self.MORE]

    @property
    def unfolded(self) -> bool:
        """Whether something is wrong under "Más opciones"."""
        return any(name in self.errors for name in self.MORE)

    def clean_description(self) -> str:
        """Only words that exist."""
        text = str(self.cleaned_data["description"])
        try:
            return rules_checks.description(text)
        except ValueError as problem:
            raise forms.ValidationError(f"La descripción {problem}.") from None

    def clean_name(self) -> str:
        """One that is free and can stand in an address."""
        text = str(self.cleaned_data["name"])
        try:
            rules_checks.name(text)
        except ValueError as problem:
            raise forms.ValidationError(f"El nombre {problem}.") from None
        if text.casefold() in self._taken:
            raise forms.ValidationError("Otra empresa ya se llama así.")
        return text

    def clean_mark(self) -> str:
        """What may stand inside of a name."""
        try:
            return rules_checks.mark(str(self.cleaned_data["mark"]))
        except ValueError as problem:
            raise forms.ValidationError(f"La marca {problem}.") from None

    def tables(self, pipelines: list[Pipeline]) -> dict[str, Any]:
        """The choices as the connection file has them."""
        given = self.cleaned_data
        pipeline, stage = places(pipelines)[given["destination"]]
        chosen = given["document_types"]
        return {
            "opportunities": {
                "pipeline": _unmistakable(pipeline, [one.name for one in pipelines]),
                "stage": _unmistakable(stage, [one.name for one in pipeline.stages]),
                "description": given["description"],
                "value": given["value"],
                "default_owner": given["default_owner"] or UNASSIGNED,
                "create_for_unlinked_sellers": given["create_for_unlinked_sellers"],
                "identification_field": given["identification_field"],
                "products": given["products"],
                "document_types": [] if set(chosen) == self._every_type else chosen,
                "start": given["start"].isoformat() if given["start"] else "",
                "walk_in": given["walk_in"],
                "mark": given["mark"],
            },
            "schedule": {"daily_at": "02:00"},
            "automatic": given["automatic"],
        }


class Sellers(forms.Form):
    """Who is who: a list for each seller of Siigo, and a proposal that is ticked where it is sure."""

    def __init__(
        self, *args: Any, sellers: list[Seller], owners: list[str], links: dict[str, str], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._sellers = sellers
        self._proposed: dict[int, OwnerProposed] = {}
        for seller in sellers:
            linked = links.get(_link(seller), "")
            own = seller.email.strip().casefold()
            listed = list(dict.fromkeys([*owners, *([linked] if linked else [])]))
            choices = [("", "Sin elegir")] + [(one, one) for one in listed]
            if own and own not in {one.casefold() for one in listed}:
                choices.append((seller.email.strip(), f"{seller.email.strip()} (el mismo de Siigo)"))
            self.fields[f"owner-{seller.id}"] = forms.ChoiceField(
                label=f"Usuario en Escala de {seller.name or seller.email}",
                choices=choices,
                required=False,
                initial=linked,
                widget=forms.Select(attrs={"class": "form-select"}),
                error_messages={"invalid_choice": "Ese usuario ya no está en la lista: elija otro."},
            )
            self.fields[f"other-{seller.id}"] = forms.EmailField(
                label=f"Otro correo para {seller.name or seller.email}",
                required=False,
                max_length=254,
                widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "off"}),
                error_messages={"invalid": "Escriba un correo válido, como nombre@empresa.co."},
            )
            proposed = proposals.owner_of(seller, owners)
            if proposed is not None:
                self._proposed[seller.id] = proposed
                self.fields[f"like-{seller.id}"] = forms.BooleanField(
                    label="Mismo correo" if proposed.why == "email" else f"Nombre parecido: {proposed.owner}",
                    required=False,
                    initial=proposed.why == "email" and not links,
                )

    def rows(self) -> list[dict[str, Any]]:
        """Each seller with its list and its proposal."""
        return [
            {
                "seller": seller,
                "owner": self[f"owner-{seller.id}"],
                "other": self[f"other-{seller.id}"],
                "like": self[f"like-{seller.id}"] if seller.id in self._proposed else None,
            }
            for seller in self._sellers
        ]

    def links(self) -> dict[str, str]:
        """The table of the connection file: what was typed or chosen counts more than what was proposed."""
        links = {}
        for seller in self._sellers:
            typed = str(self.cleaned_data.get(f"other-{seller.id}", "")).casefold()
            chosen = typed or str(self.cleaned_data.get(f"owner-{seller.id}", ""))
            if not chosen and self.cleaned_data.get(f"like-{seller.id}"):
                chosen = self._proposed[seller.id].owner
            if chosen:
                links[_link(seller)] = chosen
        return links


def destinations(pipelines: list[Pipeline]) -> list[Any]:
    """Every stage, grouped by its pipeline."""
    return [
        (
            pipeline.name,
            [(place_of(pipeline, stage), f"{pipeline.name} › {stage.name}") for stage in pipeline.stages],
        )
        for pipeline in pipelines
    ]


def place_of(pipeline: Pipeline, stage: Stage) -> str:
    """The value of a stage's choice."""
    return f"{pipeline.id}{_SEPARATOR}{stage.id}"


def places(pipelines: list[Pipeline]) -> dict[str, tuple[Pipeline, Stage]]:
    """Pipeline and stage by the value of their choice."""
    return {
        place_of(pipeline, stage): (pipeline, stage) for pipeline in pipelines for stage in pipeline.stages
    }


def _told(seen: FieldSeen) -> str:
    kind = _KINDS.get(seen.kind, seen.kind)
    return (
        f"{seen.name}{f' ({kind})' if kind else ''} · hallado en {counted(seen.count, 'contacto,contactos')}"
    )


def _unmistakable(thing: Any, names: list[str]) -> str:
    """Its name, as people read it in the file; its id where another is called the same."""
    same = [one for one in names if one.strip().casefold() == thing.name.strip().casefold()]
    return str(thing.name) if len(same) == 1 else str(thing.id)


def _link(seller: Seller) -> str:
    """How the connection file names a seller."""
    email = seller.email.strip().casefold()
    return email if rules_checks.is_email(email) else str(seller.id)
