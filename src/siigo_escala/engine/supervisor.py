"""Keeps several processes running as one: starts them, restarts what died, ends all of them together.

Knows nothing of what they do. Each has a pipe to us as its standard input (engine/parent.py), so none
outlives this process; their output is ours. Portable: no fork, no signal but where the system has it.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from siigo_escala.engine import parent

REFUSED = 2
"""Exit code of a process that cannot start as things are: usage or configuration."""
_LONGEST_WAIT_S = 3600.0 if os.name != "nt" else 1.0
"""On Windows a waiting main thread hears no Ctrl-C."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient a supervisor is, in seconds."""

    first_s: float = 1.0
    """Pause before the first restart; each further one is twice as long."""
    most_s: float = 60.0
    steady_s: float = 60.0
    """After so long alive, a process begins with the first pause again."""
    drain_s: float = 30.0
    """Processes have so long to end before they are killed."""
    refusals: int = 3
    """So many times in a row REFUSED: trying it again helps nobody."""


@dataclass(slots=True, kw_only=True)
class _Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    """When it is to be started, where it does not run."""
    pause_s: float = 0.0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class _Ended:
    child: _Child
    code: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody wants the end."""


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Processes by name and command. `run` lasts until `ask_to_end`, or until one refuses to start."""

    commands: Mapping[str, Sequence[str]]
    environ: Mapping[str, str]
    pace: Pace = field(default_factory=Pace)
    _children: list[_Child] = field(default_factory=list)
    _news: queue.SimpleQueue[_Ended | _Asked] = field(default_factory=queue.SimpleQueue)

    def ask_to_end(self) -> None:
        """Ends all of them; asked once more, at once. From any thread and from a signal's handler."""
        self._news.put(_Asked())

    def run(self) -> str | None:
        """None once it was asked to end and all have ended; else the name of what cannot start."""
        self._children = [_Child(name=name, command=command) for name, command in self.commands.items()]
        try:
            return self._watch()
        finally:
            self._end_all()

    def _watch(self) -> str | None:
        while True:
            now = time.monotonic()
            for child in self._children:
                if child.process is None and child.due <= now:
                    self._start(child, now=now)
            news = self._heard(self._until_next_start(now))
            if isinstance(news, _Asked):
                return None
            if isinstance(news, _Ended):
                self._put_down(news.child, news.code)
                if news.child.refusals >= self.pace.refusals:
                    return news.child.name

    def _start(self, child: _Child, *, now: float) -> None:
        child.process = subprocess.Popen(  # noqa: S603 - our own commands
            child.command, stdin=subprocess.PIPE, env=parent.marked(self.environ)
        )
        child.started = now
        log.info("process started", process=child.name, pid=child.process.pid)
        threading.Thread(target=self._wait_for, args=(child, child.process), daemon=True).start()

    def _wait_for(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        self._news.put(_Ended(child, process.wait()))

    def _put_down(self, child: _Child, code: int) -> None:
        """How a process ended, and when it starts again."""
        now = time.monotonic()
        self._forget(child)
        if now - child.started >= self.pace.steady_s:
            child.pause_s, child.refusals = 0.0, 0
        child.pause_s = min(child.pause_s * 2 or self.pace.first_s, self.pace.most_s)
        child.refusals = child.refusals + 1 if code == REFUSED else 0
        child.due = now + child.pause_s
        log.warning("process ended", process=child.name, exit_code=code, next_start_in_s=child.pause_s)

    def _until_next_start(self, now: float) -> float:
        dues = [child.due - now for child in self._children if child.process is None]
        return max(0.0, min([*dues, _LONGEST_WAIT_S]))

    def _heard(self, wait_s: float) -> _Ended | _Asked | None:
        try:
            return self._news.get(timeout=wait_s)
        except queue.Empty:
            return None

    def _end_all(self) -> None:
        """Asks every process to end, and kills what does not in time, or at once where that is wanted."""
        for child in self._children:
            if child.process is not None:
                _ask(child.process)
        end = time.monotonic() + self.pace.drain_s
        while any(child.process for child in self._children):
            left = end - time.monotonic()
            news = self._heard(min(left, _LONGEST_WAIT_S)) if left > 0 else _Asked()
            if isinstance(news, _Ended):
                self._forget(news.child)
            elif isinstance(news, _Asked):
                self._kill_all()

    def _kill_all(self) -> None:
        for child in self._children:
            if child.process is not None:
                log.warning("process killed", process=child.name, pid=child.process.pid)
                child.process.kill()
                child.process.wait()
                self._forget(child)

    def _forget(self, child: _Child) -> None:
        if child.process is not None and child.process.stdin is not None:
            child.process.stdin.close()
        child.process = None


def _ask(process: subprocess.Popen[bytes]) -> None:
    """Closing its standard input asks wherever we are; a signal also reaches what is still starting."""
    if process.stdin is not None:
        process.stdin.close()
    if os.name != "nt":
        process.terminate()
