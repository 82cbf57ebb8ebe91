"""Ctrl-C and SIGTERM: the first ends a run after the call under way, the second ends it at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from siigo_escala.cli.failures import Terminated

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTICE = "Deteniendo después de la llamada en curso; Ctrl-C otra vez termina de inmediato.\n"


@dataclass(slots=True, kw_only=True)
class Heard:
    """What was asked while a run went on. `raising`: a signal interrupts what waits, such as a question."""

    stop: threading.Event = field(default_factory=threading.Event)
    number: int | None = None
    raising: bool = False

    def exit_code(self, code: int) -> int:
        """The run's exit code, told apart by the signal that ended it."""
        return 143 if code == 130 and self.number == signal.SIGTERM else code


def raise_on_signals() -> None:
    """A command that is no run ends where it stands."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    for number in SIGNALS:
        signal.signal(number, end)


@contextmanager
def quietly(answer: str = "") -> Iterator[threading.Event]:
    """While inside, any signal sets the event, and the first one is answered; nothing else happens."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        if answer and not ended.is_set():
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{answer}\n".encode())
        ended.set()

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def passed_on(ask: Callable[[], None]) -> Iterator[None]:
    """While inside, every signal calls `ask`, which must bear to be called in a signal's handler."""

    def end(_number: int, _frame: FrameType | None) -> None:
        ask()

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def gently() -> Iterator[Heard]:
    """While inside, a signal only asks; the second one ends the process."""
    heard = Heard()

    def ask(number: int, _frame: FrameType | None) -> None:
        if heard.number is not None:
            os._exit(128 + number)
        heard.number = number
        heard.stop.set()
        if heard.raising:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _NOTICE.encode())

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
