"""A new key: everything is sealed anew with it, and the old one is retired.

At every moment each secret opens with a key that is on disk: the file holds both keys before the first
secret is sealed anew and until the last one is. Whoever seals meanwhile reads the file inside the transaction
in which the secret is stored, so that it is either sealed with the new key or sealed anew by us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from filelock import FileLock

from siigo_escala.store import keys as installed
from siigo_escala.store import sealed, second_factors
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.vault import Vault

_FETCHED_AGAIN = "token_sealed"
"""The only kind of secret that may be lost: Siigo gives another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did. `in_environment`: the keys are the user's to change, so none was made."""

    resealed: int
    in_environment: bool


def rotate(configured: Sequence[str], *, home: Path) -> Rotated:
    """Seals everything with a new key, or with the first of the environment's.

    KEY_MISSING where a secret opens with none of ours: nothing was changed then.
    """
    if configured:
        return Rotated(resealed=_reseal(Vault(configured)), in_environment=True)
    path = home / installed.FILE
    with FileLock(path.with_name(f"{path.name}.lock")):
        before = installed.in_file(path)
        _must_open(before)
        new = installed.new()
        installed.replace(path, [new, *before])
        count = _reseal(Vault([new, *before]))
        installed.replace(path, [new])
    return Rotated(resealed=count, in_environment=False)


def _must_open(keys: Sequence[str]) -> None:
    """What is sealed opens; else there is nothing to rotate, and nothing is touched."""
    needed = [value for _, name, _, value in sealed.in_columns() if name != _FETCHED_AGAIN]
    needed += [value for _, _, value in second_factors.sealed()]
    if not keys and needed:
        raise StoreProblem(
            "KEY_MISSING",
            f"Falta la clave con que se cifraron las credenciales ({installed.FILE}): restaure ese archivo. "
            "No se cambió nada.",
        )
    vault = Vault(keys) if keys else None
    for value in needed:
        if vault is not None:
            vault.open(value)


def _reseal(vault: Vault) -> int:
    """Seals every secret with the first key, all in one transaction; how many."""
    with transaction.atomic():
        count = second_factors.reseal(vault)
        for model, name, key, value in sealed.in_columns():
            lost = name == _FETCHED_AGAIN and not vault.opens(value)
            news = "" if lost else vault.seal(vault.open(value))
            # Where somebody has just stored another one, that one is sealed with the new key already.
            count += model._default_manager.filter(pk=key, **{name: value}).update(**{name: news})
    return count
