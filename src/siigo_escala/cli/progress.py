"""The progress of a run on standard error: a bar at a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from siigo_escala.cli import output

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from siigo_escala.sync.session import Progress

_PHASES = {
    "siigo": "Leyendo Siigo",
    "escala": "Leyendo Escala",
    "opportunities": "Escribiendo en Escala",
    "invoices": "Facturando en Siigo",
    "settle": "Comprobando en Escala",
    "done": "Terminado",
}
_EVERY_S = 5.0
_SURE = 5
"""Opportunities after which their own pace tells the time left better than the plan."""


class Shown(Protocol):
    """Where a run's progress and sentences go."""

    def progress(self, told: Progress) -> None:
        """Where the run is."""

    def at(self, told: Progress, left_s: float | None) -> None:
        """Where a run of another process is, with the time left as its own plan tells it."""

    def say(self, sentence: str) -> None:
        """Something the run waits for."""

    def plan(self, plan: dict[str, Any]) -> None:
        """What the run will cost."""

    def pause(self) -> None:
        """A question is about to be asked."""


class _Pace:
    """How long a run still lasts: by its plan at first, then by its own pace."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._planned_s: float | None = None
        self._writing_since: float | None = None

    def plan(self, plan: dict[str, Any]) -> None:
        self._planned_s = float(plan["seconds"])

    def left_s(self, told: Progress) -> float | None:
        now = time.monotonic()
        if told.phase in ("opportunities", "invoices"):
            # Reading goes on between: writing has its pace since it first began.
            self._writing_since = self._writing_since or now
            if told.total and told.done >= _SURE:
                return (now - self._writing_since) / told.done * (told.total - told.done)
        if self._planned_s is None:
            return None
        return max(self._planned_s - (now - self._started), 0.0)


def described(told: Progress, left_s: float | None) -> str:
    """Phase, done and total, calls used, time left."""
    parts = [_PHASES[told.phase]]
    if told.total:
        parts[0] += f": {output.number(told.done)} de {output.number(told.total)}"
    parts.append(
        f"llamadas: Siigo {output.number(told.siigo_calls)}, Escala {output.number(told.escala_calls)}"
    )
    if left_s is not None and told.phase != "done":
        parts.append(f"faltan {output.duration(left_s)}")
    return " · ".join(parts)


class Lines:
    """A line at each new phase and every few seconds."""

    def __init__(self) -> None:
        self._pace = _Pace()
        self._phase = ""
        self._last = 0.0

    def progress(self, told: Progress) -> None:
        """A line, unless the last one is fresh."""
        self.at(told, self._pace.left_s(told))

    def at(self, told: Progress, left_s: float | None) -> None:
        """The same with the time left as somebody else knows it."""
        now = time.monotonic()
        if told.phase == self._phase and now - self._last < _EVERY_S:
            return
        self._phase, self._last = told.phase, now
        output.note(described(told, left_s))

    def say(self, sentence: str) -> None:
        """A line."""
        output.note(sentence)

    def plan(self, plan: dict[str, Any]) -> None:
        """Taken for the time left."""
        self._pace.plan(plan)

    def pause(self) -> None:
        """Lines are in nobody's way."""


class Bars:
    """One bar that is drawn over itself."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._pace = _Pace()
        self._task = bar.add_task("", total=None)

    def progress(self, told: Progress) -> None:
        """Moves the bar."""
        self.at(told, self._pace.left_s(told))

    def at(self, told: Progress, left_s: float | None) -> None:
        """The same with the time left as somebody else knows it."""
        text = described(told, left_s)
        with output.beside():
            self._bar.update(self._task, description=text, completed=told.done, total=told.total)
            self._bar.start()

    def say(self, sentence: str) -> None:
        """Above the bar."""
        with output.beside():
            self._bar.console.print(sentence, markup=False, highlight=False)

    def plan(self, plan: dict[str, Any]) -> None:
        """Taken for the time left."""
        self._pace.plan(plan)

    def pause(self) -> None:
        """The bar goes away until the next progress."""
        with output.beside():
            self._bar.stop()


@contextmanager
def shown() -> Iterator[Shown]:
    """The progress of one run."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    bar = Progress(
        SpinnerColumn(),
        BarColumn(bar_width=18),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True, width=output.width()),
        transient=True,
    )
    bars = Bars(bar)
    try:
        yield bars
    finally:
        bars.pause()
