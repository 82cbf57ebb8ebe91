"""Processes that `run` started end when it is gone, however it went: nobody is left behind.

Their standard input is a pipe whose other end only `run` holds. It never writes; the system closes the pipe
when it dies, kill -9 included, and `run` closes it to ask for the end. Works on every system.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping

MARK = "SIIGO_ESCALA_STARTED_BY_RUN"
"""Set for such processes: others may have any standard input, or none."""
LAST_S = 35.0
"""Longer than any process takes to drain, and than `run` waits before it kills."""
_STDIN = 0


def marked(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that watches its standard input."""
    return {**environ, MARK: "1"}


def watch(gone: Callable[[], None], *, environ: Mapping[str, str] | None = None, fd: int = _STDIN) -> bool:
    """Calls `gone` once, from a thread of its own, when `run` is gone or wants the end; whether there is one.

    Returns at once. `gone` must bear that a signal asked for the same before.
    """
    if MARK not in (os.environ if environ is None else environ):
        return False

    def wait() -> None:
        try:
            while os.read(fd, 4096):
                pass
        except OSError:
            pass
        gone()
        # Nobody is left who would kill a process that does not end.
        if not threading.Event().wait(LAST_S):
            os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
    return True
