"""What stands sealed: in columns of our own tables, and in second factors; here or in an archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models

from siigo_escala.store import second_factors, tables
from siigo_escala.store.archive import Reader
from siigo_escala.store.vault import Vault


def anything() -> bool:
    """Whether a key is needed: another one must not take its place."""
    return second_factors.exist() or any(
        model._default_manager.exclude(**{name: ""}).exists() for model, name in tables.sealed_columns()
    )


def in_columns() -> list[tuple[type[models.Model], str, Any, str]]:
    """Every secret of our own tables: its table, column, row and sealed form."""
    return [
        (model, name, key, value)
        for model, name in tables.sealed_columns()
        for key, value in model._default_manager.exclude(**{name: ""}).values_list("pk", name)
    ]


def opens_with(keys: Sequence[str]) -> bool:
    """Whether these keys open any of it; True where nothing is sealed."""
    values = [value for _, _, _, value in in_columns()]
    values += [value for _, _, value in second_factors.sealed()]
    return not values or (bool(keys) and any(map(Vault(keys).opens, values)))


def in_archive(reader: Reader) -> list[str]:
    """Every secret of an archive, of whatever schema, in its sealed form."""
    found = []
    for member in reader.manifest.members:
        at = [index for index, name in enumerate(member.columns) if tables.is_sealed(name)]
        if at:
            found += [str(row[index]) for row in reader.rows(member) for index in at if row[index]]
        if member.table == Authenticator._meta.db_table:
            data = member.columns.index("data")
            for row in reader.rows(member):
                found += second_factors.in_data(row[data]).values()
    return found
