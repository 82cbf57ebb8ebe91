"""The backups that lie in the installation's own folder: asked for on the screens, made by the engine every
day, or before something drastic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from siigo_escala.store import archive, backup

KEPT = 7
"""So many of those made on the screens, and as many daily ones; older ones give way."""
OLD = timedelta(days=8)
"""The last one is too old: somebody is told."""
_ASKED, _DAILY = "respaldo-", "diario-"
_ONE_AT_A_TIME = Lock()
"""Within a process the snapshot that a backup reads has one name."""
_NAME = re.compile(r"[a-z0-9-]+\.zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One archive. `before`: what it was made before, "" where a person asked for it or a day had gone by."""

    name: str
    size: int
    made: datetime
    before: str
    daily: bool = False


def make(home: Path, *, keys: Sequence[str], now: datetime, daily: bool = False) -> Copy:
    """A new one, read again to its end. OSError, StoreProblem: the ones before are as they were."""
    folder = home / "backups"
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{_DAILY if daily else _ASKED}{now:%Y%m%d-%H%M%S-%f}.zip"
    with _ONE_AT_A_TIME:
        backup.make(path, keys=keys, overwrite=False, now=now)
    try:
        with archive.opened(path) as reader:
            reader.verify()
    except BaseException:
        # One that cannot be read back is no copy, and must not pass for the newest.
        path.unlink(missing_ok=True)
        raise
    ours = [one for one in known(home) if not one.before and one.daily == daily]
    # What a clock that was ahead has made goes first.
    ours.sort(key=lambda one: (one.made <= now + timedelta(hours=1), one.made, one.name), reverse=True)
    for old in [one for one in ours[KEPT:] if one.name != path.name]:
        (folder / old.name).unlink(missing_ok=True)
    return _copy(path)


def known(home: Path) -> list[Copy]:
    """All of them, the newest first."""
    found = []
    for path in (home / "backups").glob("*.zip"):
        # A link to a copy that gave way, or one that gives way at this moment, is none.
        with suppress(OSError):
            if _NAME.fullmatch(path.name):
                found.append(_copy(path))
    return sorted(found, key=lambda one: (one.made, one.name), reverse=True)


def newest(home: Path, *, before: datetime | None = None) -> Copy | None:
    """The last one, made before a moment, that holds everything as it was: those that were made before
    something drastic do, too.
    """
    return next((one for one in known(home) if before is None or one.made < before), None)


def path_of(home: Path, name: str) -> Path | None:
    """The file of that name; None where there is none, whatever the name tries."""
    return next((home / "backups" / one.name for one in known(home) if one.name == name), None)


def _copy(path: Path) -> Copy:
    there = path.stat()
    return Copy(
        name=path.name,
        size=there.st_size,
        made=datetime.fromtimestamp(there.st_mtime, tz=UTC),
        before=""
        if path.name.startswith((_ASKED, _DAILY))
        else path.name.partition("-")[2].partition("-")[0],
        daily=path.name.startswith(_DAILY),
    )
