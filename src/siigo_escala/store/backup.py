"""A backup: every table of ours in one archive, from one moment, while runs go on beside it."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib import metadata
from pathlib import Path

from django.db import connections, transaction

from siigo_escala.store import archive, schema, sealed, tables
from siigo_escala.store.archive import Manifest
from siigo_escala.store.errors import StoreProblem

HALF = ".siigo-escala-"
"""Begins the name of an archive that is being written; it ends with `.part`."""
_HALF_DAYS = 1
_SNAPSHOT = "snapshot"
"""A second connection to the same database: its one transaction sees one moment and keeps nobody waiting."""


def make(path: Path, *, keys: Sequence[str], overwrite: bool, now: datetime) -> Manifest:
    """Writes the archive of this database to `path`, mode 0600, whole or not at all.

    FILE_EXISTS where something stands there and may not be overwritten; OSError where the disk refuses;
    KEY_MISSING where the keys open nothing of what is sealed: nobody could tell which key the archive needs.
    """
    _refuse_existing(path, overwrite=overwrite)
    if not sealed.opens_with(keys):
        raise StoreProblem(
            "KEY_MISSING",
            "Falta la clave con que se cifraron las credenciales, y la copia no diría cuál necesita: póngala "
            "en SIIGO_ESCALA_SECRET_KEY o en secret.key y repita. No se hizo la copia.",
        )
    return _written(path, keys=keys, overwrite=overwrite, now=now)


def aside(home: Path, before: str, *, keys: Sequence[str], now: datetime) -> Path:
    """Puts everything away in the installation's folder `backups`, named after what is about to happen.

    Also without the key, which may be lost and the very reason: a restore tries every secret of such a copy.
    """
    folder = home / "backups"
    folder.mkdir(exist_ok=True, mode=0o700)
    number = 1 + len(list(folder.glob(f"before-{before}-*.zip")))
    path = folder / f"before-{before}-{now:%Y%m%d-%H%M%S}-{number}.zip"
    proven = keys if sealed.opens_with(keys) else ()
    _written(path, keys=proven, overwrite=False, now=now)
    return path


@contextmanager
def snapshot() -> Iterator[str]:
    """A name under which Django reads this database as it stands at one moment, for as long as it takes."""
    connections.settings[_SNAPSHOT] = _settings()
    try:
        with transaction.atomic(using=_SNAPSHOT):
            if connections[_SNAPSHOT].vendor == "postgresql":
                with connections[_SNAPSHOT].cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
            yield _SNAPSHOT
    finally:
        connections[_SNAPSHOT].close()
        del connections[_SNAPSHOT]
        del connections.settings[_SNAPSHOT]


def _written(path: Path, *, keys: Sequence[str], overwrite: bool, now: datetime) -> Manifest:
    try:
        _sweep(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=HALF, suffix=".part", dir=path.parent)
    except (FileNotFoundError, NotADirectoryError):
        raise StoreProblem("FILE_MISSING", f"No existe la carpeta «{path.parent}».") from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with archive.Writer(stream) as made:
                with snapshot() as alias:
                    for model in tables.in_order():
                        made.table(
                            model._meta.db_table, tables.columns(model), tables.rows(model, using=alias)
                        )
                manifest = made.close(
                    made=now.isoformat(),
                    program=metadata.version("siigo-escala"),
                    schema=schema.newest(),
                    keys=keys,
                    salt=secrets.token_hex(16),
                )
            stream.flush()
            os.fsync(stream.fileno())
        _put(part, path, overwrite=overwrite)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _sweep(folder: Path) -> None:
    """Halves of copies whose making was killed, in whatever folder they were wanted."""
    for left in folder.glob(f"{HALF}*.part"):
        with suppress(OSError):
            if left.lstat().st_mtime < time.time() - _HALF_DAYS * 86_400:
                left.unlink()


def _settings() -> dict[str, object]:
    ours = connections.settings["default"]
    if connections["default"].vendor == "sqlite":
        # A transaction that only reads takes no lock that a run would wait for (WAL).
        return {**ours, "OPTIONS": {**ours["OPTIONS"], "transaction_mode": "DEFERRED"}}
    from psycopg import IsolationLevel  # noqa: PLC0415 - SQLite needs none of it

    return {**ours, "OPTIONS": {**ours["OPTIONS"], "isolation_level": IsolationLevel.REPEATABLE_READ}}


def _refuse_existing(path: Path, *, overwrite: bool) -> None:
    if path.is_dir():
        raise StoreProblem("FILE_EXISTS", f"«{path}» es una carpeta: escriba el nombre de un archivo.")
    if path.exists() and not overwrite:
        raise _exists(path)


def _put(part: Path, path: Path, *, overwrite: bool) -> None:
    """The finished archive takes its name; another that took it meanwhile is not written over."""
    if not overwrite:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise _exists(path) from None
    part.replace(path)


def _exists(path: Path) -> StoreProblem:
    return StoreProblem(
        "FILE_EXISTS",
        f"El archivo «{path}» ya existe: elija otro nombre o use --overwrite. No se cambió nada.",
    )
