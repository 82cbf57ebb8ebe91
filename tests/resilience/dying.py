"""Runs in processes of their own, and what kills them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Literal

from siigo_escala.simulators.messages import App, Request, Response
from tests.resilience import child

Moment = Literal["before", "stored", "answered"]

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "tests.resilience.readied", "tests.resilience.child"])
_PATIENCE_S = 30.0


def started(environment: Mapping[str, str], *, commit: int = 0) -> ForkServerProcess:
    """`siigo-escala sync acme --json` under way; `commit`: the transaction before whose commit it dies."""
    output = str(Path(environment["SIIGO_ESCALA_HOME"]) / "told.json")
    return forked(child.live, dict(environment), commit, output)


def forked(what: Callable[..., None], *told: Any) -> ForkServerProcess:
    """A process that does this, begun where everything is imported already."""
    process = _SERVER.Process(target=what, args=told, daemon=True)
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

    "before": the call has no effect; "stored": it has, and is never answered; "answered": the answer is
    out, for `delay_s` seconds.
    """

    def __init__(
        self, app: App, *, method: str, path: str, number: int, moment: Moment, delay_s: float = 0.002
    ) -> None:
        self._app, self._handle, self._delay_s = app, app.handle, delay_s
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
        mine = self._method in ("*", request.method) and self._path.fullmatch(request.path) is not None
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
            threading.Timer(self._delay_s, self._kill).start()
        return answer

    def _kill(self) -> None:
        self._victim.wait(_PATIENCE_S)
        # It may have come to its end before the blow falls.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)


class Gate:
    """Holds the n-th call of this method and path until it is opened; the call then has its effect."""

    def __init__(self, app: App, *, method: str, path: str, number: int = 1) -> None:
        self._handle, self._method, self._path = app.handle, method, re.compile(path)
        self._lock = app.lock
        self._left = number
        self._reached, self._opened = threading.Event(), threading.Event()
        app.handle = self._handled  # type: ignore[method-assign]

    def reached(self) -> None:
        """Returns when the call has arrived."""
        assert self._reached.wait(_PATIENCE_S), "the call was never made"

    def open(self) -> None:
        """The call goes on."""
        self._opened.set()

    def _handled(self, request: Request) -> Response:
        if request.method == self._method and self._path.fullmatch(request.path):
            self._left -= 1
            if not self._left:
                self._reached.set()
                # The simulator's lock is the server's: others may call meanwhile.
                self._lock.release()
                self._opened.wait(_PATIENCE_S)
                self._lock.acquire()
        return self._handle(request)
