"""A backup brought back: checked whole before anything changes, then all of it in one transaction.

It is loaded into a scratch database first, which other commands do not wait for. There every table is read to
its end and compared with what the manifest says of it, and one of an earlier schema is brought up to date.
The next run reads everything in Escala before it writes, and adopts what was made after the backup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Max

from siigo_escala.store import archive, backup, lease, models, schema, scratch, sealed, second_factors, tables
from siigo_escala.store.archive import Manifest, Reader
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.scratch import Scratch
from siigo_escala.store.vault import Vault

PAUSED = "CREDENTIALS_MISSING"
"""Why connections rest that were restored without their credentials."""
_LASTING = {
    models.Connection._meta.db_table: ("siigo_key_sealed", "escala_key_sealed"),
    models.EscalaAccount._meta.db_table: ("erasure_key_sealed",),
}
_WRONG_VALUES = (IntegrityError, DataError, ValidationError, ValueError, TypeError, ArithmeticError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did. `before`: the archive of what stood here, where there was something."""

    manifest: Manifest
    before: Path | None
    connections: tuple[str, ...]
    without_credentials: tuple[str, ...]
    """Connections that need their file again."""
    erasures_lost: int = 0
    """Marks of erased persons that are worth nothing without the key."""


def restore(
    path: Path,
    *,
    keys: Sequence[str],
    home: Path,
    replace: bool,
    with_credentials: bool,
    now: datetime,
) -> Restored:
    """Everything that the archive holds, in place of what stands here; all of it or nothing.

    ARCHIVE_INVALID, SCHEMA_NEWER, KEY_MISSING, HOME_NOT_EMPTY, LeaseTaken: nothing was changed.
    """
    with archive.opened(path) as reader:
        _check(reader.manifest)
        try:
            vault = _vault(reader, keys) if with_credentials else None
            reader.verify_signature(keys)
            if models.Connection.objects.exists() and not replace:
                raise StoreProblem(
                    "HOME_NOT_EMPTY",
                    "Esta instalación ya tiene conexiones: con --replace se reemplazan por las de la copia, "
                    "después de guardar las de ahora en la carpeta «backups». No se cambió nada.",
                )
            with scratch.loaded(reader, folder=home) as source:
                return _in_place_of_what_is_here(
                    source, reader.manifest, vault, home=home, keys=keys, now=now
                )
        except _WRONG_VALUES as problem:
            raise archive.damaged("sus datos no son los de una copia") from problem


def _in_place_of_what_is_here(
    source: Scratch,
    manifest: Manifest,
    vault: Vault | None,
    *,
    home: Path,
    keys: Sequence[str],
    now: datetime,
) -> Restored:
    with lease.nobody_runs():
        before = None
        if models.Connection.objects.exists():
            before = backup.aside(home, "restore", keys=keys, now=now)
        with source.attached(), connection.constraint_checks_disabled(), transaction.atomic():
            if models.Connection.objects.exists() and before is None:
                raise StoreProblem("HOME_NOT_EMPTY", "Mientras tanto se conectó una empresa: repita.")
            return _replaced(source, manifest, vault, before=before, now=now)


def _check(manifest: Manifest) -> None:
    """The archive is not of a later schema."""
    if manifest.schema > schema.newest():
        raise StoreProblem(
            "SCHEMA_NEWER",
            f"La copia es de una versión más nueva del programa ({manifest.program}): instálela primero. "
            "No se cambió nada.",
        )


def _vault(reader: Reader, keys: Sequence[str]) -> Vault | None:
    """What opens the archive's secrets, each of them tried; None where it holds none."""
    # A copy that was put aside without the key names none: only its secrets tell which one it was.
    nameless = [] if reader.manifest.checks else sealed.in_archive(reader)
    if not reader.manifest.checks and not nameless:
        return None
    if not keys:
        raise StoreProblem(
            "KEY_MISSING",
            "Falta la clave con que se hizo la copia: ponga su archivo secret.key en la carpeta de la "
            "instalación, o su contenido en SIIGO_ESCALA_SECRET_KEY; o use --without-credentials y conecte "
            "después de nuevo. No se cambió nada.",
        )
    vault = Vault(keys)
    known = any(map(vault.opens, nameless)) if nameless else reader.made_with(keys)
    if not known or not all(map(vault.opens, _credentials(reader))):
        raise StoreProblem(
            "KEY_MISSING",
            "La copia se hizo con otra clave: ponga aquella en SIIGO_ESCALA_SECRET_KEY o en secret.key "
            "(puede ir detrás de la de ahora, separada por una coma); o use --without-credentials y conecte "
            "después de nuevo. No se cambió nada.",
        )
    return vault


def _credentials(reader: Reader) -> list[str]:
    """What is sealed and cannot be fetched again or dropped."""
    found = []
    for member in reader.manifest.members:
        at = [number for number, name in enumerate(member.columns) if name in _LASTING.get(member.table, ())]
        if at:
            found += [str(row[number]) for row in reader.rows(member) for number in at if row[number]]
    return found


def _replaced(
    source: Scratch, manifest: Manifest, vault: Vault | None, *, before: Path | None, now: datetime
) -> Restored:
    epoch = 1 + max(
        model.objects.aggregate(most=Max("epoch"))["most"] or 0
        for model in (models.SiigoCompany, models.EscalaAccount)
    )
    tables.empty(using="default")
    for model in tables.in_order():
        source.copy(model)
    tables.number_on(using="default")
    # Whoever held a lease here before can write nothing any more, whatever epoch the copy brought.
    models.SiigoCompany.objects.update(epoch=F("epoch") + epoch)
    models.EscalaAccount.objects.update(epoch=F("epoch") + epoch, must_read_all=True)
    without = _take_credentials(now) if vault is None else ()
    if vault is None:
        # A company that was never finished is begun anew: what is sealed in it would ask for the lost key.
        models.ConnectionDraft.objects.exclude(siigo_key_sealed="", escala_key_sealed="").delete()
    _drop_tokens(vault)
    second_factors.drop(vault)
    lost = _drop_erasures() if vault is None else 0
    connection.check_constraints()
    return Restored(
        manifest=manifest,
        before=before,
        connections=tuple(models.Connection.objects.order_by("name").values_list("name", flat=True)),
        without_credentials=without,
        erasures_lost=lost,
    )


def _take_credentials(now: datetime) -> tuple[str, ...]:
    """Connections keep everything but their secrets, and rest until their file is connected again."""
    sealed = models.Connection.objects.exclude(siigo_key_sealed="", escala_key_sealed="")
    names = tuple(sealed.order_by("name").values_list("name", flat=True))
    sealed.update(
        siigo_key_sealed="",
        escala_key_sealed="",
        forgotten=True,
        paused=PAUSED,
        paused_text="Se restauró una copia sin sus credenciales",
        paused_at=now,
    )
    return names


def _drop_tokens(vault: Vault | None) -> None:
    """A token that cannot be opened is fetched again."""
    for company in models.SiigoCompany.objects.exclude(token_sealed=""):
        if vault is None or not vault.opens(company.token_sealed):
            company.token_sealed, company.token_expires, company.token_username = "", None, ""
            company.save(update_fields=["token_sealed", "token_expires", "token_username"])


def _drop_erasures() -> int:
    """Marks of erased persons that nothing can be compared with any more; how many persons at most."""
    accounts = models.EscalaAccount.objects.exclude(erasure_key_sealed="")
    lost, _ = models.Erasure.objects.filter(escala__in=accounts).delete()
    accounts.update(erasure_key_sealed="")
    return lost
