"""What the killed process does: the command `siigo-escala sync acme --json`, forked from a ready process."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from siigo_escala.cli import main
from tests import ready


def live(environment: Mapping[str, str], commit: int, output: str) -> None:
    """Runs the command; `commit`: dies by its own hand before it commits this transaction, 0 for never."""
    os.environ.update(environment)
    ready.forget_settings()
    with Path(output).open("wb") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
    if commit:
        _die_at(commit)
    os._exit(main.run(["sync", "acme", "--json"]))


def _die_at(commit: int) -> None:
    """Changes Django, nothing of ours, in this process only."""
    original = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]
    left = commit

    def dying(self: BaseDatabaseWrapper) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        original(self)

    BaseDatabaseWrapper._commit = dying  # type: ignore[attr-defined]
