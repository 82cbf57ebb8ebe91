"""Runs in processes of their own, and what kills them."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Literal

from siigo_escala.simulators.messages import App, Request, Response
from tests.resilience import child

Moment = Literal["before", "stored", "answered"]

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "tests.resilience.child"])
_PATIENCE_S = 30.0
_JUST_AFTER_S = 0.002


def started(environment: Mapping[str, str], *, commit: int = 0) -> ForkServerProcess:
    """`siigo-escala sync acme --json` under way; `commit`: the transaction before whose commit it dies."""
    output = str(Path(environment["SIIGO_ESCALA_HOME"]) / "told.json")
    process = _SERVER.Process(target=child.live, args=(dict(environment), commit, output), daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """How it ended: an exit code, or a signal's number below zero."""
    process.join(_PATIENCE_S)
    code = process.exitcode
    process.close()
    assert code is not None, "the run did not end"
    return code


def command(environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    """The command as people start it, from nothing."""
    return subprocess.Popen(
        [Path(sys.executable).with_name("siigo-escala"), *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Assassin:
    """Kills a run at its n-th call of this method and path, at the moment asked for.

    "before": the call has no effect; "stored": it has, and is never answered; "answered": the answer is out.
    """

    def __init__(self, app: App, *, method: str, path: str, number: int, moment: Moment) -> None:
        self._app, self._handle = app, app.handle
        self._method, self._path = method, re.compile(path)
        self._left, self._moment = number, moment
        self._victim = threading.Event()
        self._pid = 0
        self.struck = False
        app.handle = self._handled  # type: ignore[method-assign]

    def aims_at(self, pid: int) -> None:
        """This process is to die."""
        self._pid = pid
        self._victim.set()

    def _handled(self, request: Request) -> Response:
        mine = request.method == self._method and self._path.fullmatch(request.path) is not None
        self._left -= mine
        if self.struck or not mine or self._left:
            return self._handle(request)
        self.struck = True
        if self._moment == "before":
            self._kill()
            return Response(503)
        answer = self._handle(request)
        if self._moment == "stored":
            self._kill()
        else:
            threading.Timer(_JUST_AFTER_S, self._kill).start()
        return answer

    def _kill(self) -> None:
        self._victim.wait(_PATIENCE_S)
        os.kill(self._pid, signal.SIGKILL)
