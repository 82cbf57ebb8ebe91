"""A SQLite database that this user cannot write to: read by way of a private copy.

SQLite in WAL mode wants to write beside the database even to read it, and what it offers for read-only
places (`immutable`) gives wrong answers where somebody else does write. So what only reads works on a copy of
one moment, which ends with the process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from django.db import connections

from siigo_escala.store.errors import StoreProblem

_TRIES = 5
_PREFIX = "siigo-escala-solo-lectura-"
_Stamp = list[tuple[int, int]]


def needed(path: Path) -> bool:
    """Whether a database stands there that this process may not write to."""
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK))


def stand_in() -> Path | None:
    """Puts a copy in the place of the database where that is needed, for this process alone; where it is.

    STORAGE_FAILED where another process changed it all the while; OSError where there is no room.
    """
    ours = connections.settings["default"]
    if not str(ours["ENGINE"]).endswith("sqlite3"):
        return None
    path = Path(str(ours["NAME"])).absolute()
    if not needed(path):
        return None
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copied(path, to=folder / path.name)
    ours["NAME"] = str(folder / path.name)
    return folder


def copied(path: Path, *, to: Path) -> None:
    """A copy of the database as it stands at one moment."""
    try:
        # Where its helper files stand already, another process may be writing, and SQLite knows how to share.
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(to)) as target,
        ):
            source.backup(target)
    except sqlite3.OperationalError:
        as_files(path, to=to)


def as_files(path: Path, *, to: Path, copy: Callable[[Path, Path], object] = shutil.copyfile) -> None:
    """The same without SQLite, which cannot put its helper files there: database and log, while both rest."""
    for _ in range(_TRIES):
        before = _stamp(path)
        for part, target in ((path, to), (_log(path), _log(to))):
            target.unlink(missing_ok=True)
            if part.exists():
                copy(part, target)
        if _stamp(path) == before:
            return
    raise StoreProblem(
        "STORAGE_FAILED",
        f"«{path}» no se puede escribir desde aquí y otro programa la está cambiando: repita la orden.",
    )


def _stamp(path: Path) -> _Stamp:
    """What tells that nobody wrote meanwhile: size and time of the database and of its log."""
    found = [part.stat() for part in (path, _log(path)) if part.exists()]
    return [(one.st_size, one.st_mtime_ns) for one in found]


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
