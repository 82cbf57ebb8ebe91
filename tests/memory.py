"""A folder in memory for what tests put on disk, where the machine has one.

SQLite writes through to the disk before each call of a run leaves (`synchronous=FULL`), as it must. Where a
disk takes milliseconds for that, tests would spend much of their time waiting for it. A power cut is tried by
copies of the files, so nothing here needs a real disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - what Linux calls it; every name made in it is private and random
_ROOM_BYTES = 2 * 1024**3
"""A session uses a tenth of it."""


def use() -> None:
    """Temporary files of this process and of those it starts lie in memory, unless TMPDIR says otherwise."""
    if "TMPDIR" not in os.environ and _serves():
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def _serves() -> bool:
    """There is one, with room, and programs may be started from it: some tests write such."""
    if not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM_BYTES:
        return False
    return not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
