"""Vendedores: for each Siigo seller a list of Escala users, and one typed exception."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django import forms
from django.http import QueryDict

from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.web.queries.sellers import Row


class Sellers(forms.Form):
    """Three fields a row: the user, another e-mail, whether the suggestion is taken."""

    def __init__(
        self, data: QueryDict | None, *, rows: Sequence[Row], users: Sequence[str], default_owner: str
    ) -> None:
        super().__init__(data)
        self.rows = rows
        for row in rows:
            self.fields[f"user_{row.key}"] = forms.ChoiceField(
                label=f"Usuario en Escala de {row.name}",
                choices=_choices(row, users, default_owner),
                initial=row.user,
                required=False,
                error_messages={"invalid_choice": "Esa opción ya no está en la lista; elija otra."},
            )
            self.fields[f"other_{row.key}"] = forms.EmailField(
                label=f"Otro correo para {row.name}",
                required=False,
                max_length=254,
                error_messages={"invalid": "Escriba un correo válido, como nombre@empresa.co."},
            )
            if row.suggestion is not None:
                self.fields[f"take_{row.key}"] = forms.BooleanField(
                    label=f"Aceptar la sugerencia para {row.name}",
                    initial=row.suggestion.evidence == "email",
                    required=False,
                )

    def bound_rows(self) -> Iterator[tuple[Row, forms.BoundField, forms.BoundField, forms.BoundField | None]]:
        """Each row with its fields."""
        for row in self.rows:
            take = self[f"take_{row.key}"] if row.suggestion is not None else None
            yield row, self[f"user_{row.key}"], self[f"other_{row.key}"], take

    def links(self) -> dict[str, str | None]:
        """The user of each seller that the page showed; None: not linked. Who came since is left alone."""
        given = self.cleaned_data
        made: dict[str, str | None] = {}
        for row in self.rows:
            if f"user_{row.key}" not in self.data:
                continue
            user = given[f"other_{row.key}"].casefold() or given[f"user_{row.key}"]
            if not user and row.suggestion is not None and given[f"take_{row.key}"]:
                user = row.suggestion.user
            made[row.key] = user or None
        return made


def _choices(row: Row, users: Sequence[str], default_owner: str) -> list[tuple[str, str]]:
    """Whom a seller may be, each once: who was seen in Escala, the seller's own e-mail, the default owner."""
    named = {"": "Quitar el enlace" if row.user else "Sin enlazar"}
    if default_owner and default_owner != UNASSIGNED:
        named[default_owner] = f"Dueño por defecto ({default_owner})"
    own = row.email.casefold()
    for user in users:
        named.setdefault(user, user)
    if own:
        named[own] = f"{own} (el mismo de Siigo)"
    if row.user:
        named.setdefault(row.user, "Sin asignar" if row.user == UNASSIGNED else row.user)
    return list(named.items())
