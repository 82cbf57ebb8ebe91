"""Second factors in our store: rows of allauth's, whose secrets are sealed inside of a JSON column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from siigo_escala.store.vault import Vault

_SECRETS = ("secret", "seed")
"""Of the application on the telephone, and of the recovery codes."""


def exist() -> bool:
    """Whether anybody has one."""
    return bool(Authenticator.objects.exists())


def sealed(rows: QuerySet[Authenticator] | None = None) -> Iterator[tuple[Authenticator, str, str]]:
    """Every secret: its row, its name in there, its sealed form."""
    for row in Authenticator.objects.order_by("pk") if rows is None else rows:
        yield from ((row, name, value) for name, value in in_data(row.data).items())


def in_data(data: dict[str, Any]) -> dict[str, str]:
    """The secrets of one row's column `data`, by name, each in its sealed form."""
    return {name: data[name] for name in _SECRETS if name in data}


def reseal(vault: Vault) -> int:
    """Seals each secret with the first key, inside the transaction that is open; how many."""
    count = 0
    for row, name, value in sealed(Authenticator.objects.order_by("pk").select_for_update()):
        row.data[name] = vault.seal(vault.open(value))
        row.save(update_fields=["data"])
        count += 1
    return count


def drop(vault: Vault | None) -> None:
    """Nobody could come in by a secret that cannot be opened; the password is asked for all the same."""
    lost = {row.user_id for row, _, value in sealed() if vault is None or not vault.opens(value)}
    Authenticator.objects.filter(user_id__in=lost).delete()
