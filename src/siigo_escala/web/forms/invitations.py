"""Usuarios: whom to invite, and what a person may do in each company."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import QueryDict

from siigo_escala.store.models import Connection, Role, User

INSTALLER = "INST"
ROLES = (
    (Role.CONS.value, "Consulta: ve y exporta, no cambia nada"),
    (Role.EMP.value, "Administrador de la empresa: todo en las empresas marcadas"),
    (INSTALLER, "Administrador de la instalación: todas las empresas, usuarios y respaldos"),
)
IN_A_COMPANY = (("", "Sin acceso"), *Role.choices)


class Invite(forms.Form):
    """An e-mail, a role, and the companies where it holds."""

    email = forms.EmailField(
        label="Correo",
        max_length=254,
        error_messages={
            "required": "Escriba el correo de la persona.",
            "invalid": "Escriba un correo válido, como nombre@empresa.co.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label="Permiso",
        choices=ROLES,
        error_messages={"required": "Elija un permiso.", "invalid_choice": "Elija un permiso de la lista."},
    )
    companies = forms.MultipleChoiceField(
        label="Empresas",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Esa empresa ya no existe."},
    )

    def __init__(self, data: QueryDict | None = None, *, companies: Sequence[Connection]) -> None:
        super().__init__(data, initial={"role": Role.CONS.value})
        self.fields["companies"].choices = [(one.name, one.name) for one in companies]  # type: ignore[attr-defined]  # a list of choices

    def clean_email(self) -> str:
        """Of nobody who is here already."""
        email = str(self.cleaned_data["email"]).casefold()
        if User.objects.by_email(email) is not None:
            raise forms.ValidationError("Esa persona ya está; ábrala en la lista para cambiar sus permisos.")
        return email

    def clean(self) -> dict[str, object]:
        """A role in companies needs one."""
        given = super().clean() or {}
        if given.get("role") in Role.values and not given.get("companies") and "companies" not in self.errors:
            self.add_error("companies", "Marque al menos una empresa.")
        return given


class Permissions(forms.Form):
    """What one person may do: everything, or something in each company."""

    is_installer = forms.BooleanField(
        label="Administrador de la instalación: todas las empresas, usuarios y respaldos", required=False
    )

    def __init__(
        self, data: QueryDict | None = None, *, person: User, companies: Sequence[Connection]
    ) -> None:
        roles = dict(person.memberships.values_list("connection__name", "role"))
        super().__init__(data, initial={"is_installer": person.is_installer})
        self.companies = companies
        for one in companies:
            self.fields[f"in_{one.name}"] = forms.ChoiceField(
                label=one.name,
                choices=IN_A_COMPANY,
                initial=roles.get(one.name, ""),
                required=False,
                error_messages={"invalid_choice": "Elija un permiso de la lista."},
            )

    def roles(self) -> dict[str, str]:
        """The role in each company that the page showed, by name; "" for none."""
        shown = [one for one in self.companies if f"in_{one.name}" in self.data]
        return {one.name: self.cleaned_data[f"in_{one.name}"] for one in shown}
