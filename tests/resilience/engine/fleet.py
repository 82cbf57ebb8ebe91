"""The worker processes: started, killed, stopped and started again at once, as a supervisor does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.resilience.engine import child, moments

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.resilience.engine.child"])
_DRAIN_S = 30.0
_LOOK_S = 0.1


class Fleet:
    """So many workers; whoever ends is replaced at once, whoever has slept enough is woken."""

    def __init__(self, environment: Mapping[str, str], count: int, folder: Path) -> None:
        self._environment, self._folder = dict(environment), folder
        self._workers: list[ForkServerProcess | None] = [None] * count
        self._asleep: dict[int, float] = {}
        self._lock = threading.Lock()
        self._keeps = True
        self.deaths = 0
        self.ended_by_themselves: list[int] = []
        """Exit codes of workers that nobody had killed."""
        self._killed: set[int] = set()
        self._ended = threading.Event()
        self._looker = threading.Thread(target=self._looks, daemon=True)

    def begin(self) -> None:
        """Starts them all."""
        self._looker.start()

    def __len__(self) -> int:
        return len(self._workers)

    def _looks(self) -> None:
        while not self._ended.is_set():
            self._look()
            self._ended.wait(_LOOK_S)

    def _look(self) -> None:
        with self._lock:
            for place, worker in enumerate(self._workers):
                if worker is not None and worker.exitcode is not None:
                    self._bury(worker)
                    self._workers[place] = None
                if self._workers[place] is None and self._keeps:
                    self._workers[place] = self._started(place)
            for place, until in list(self._asleep.items()):
                if time.monotonic() >= until:
                    del self._asleep[place]
                    self._signal(place, signal.SIGCONT)

    def kill(self, place: int) -> None:
        """Kill -9."""
        with self._lock:
            worker = self._workers[place % len(self._workers)]
            if worker is not None and worker.pid is not None:
                self._killed.add(worker.pid)
                self.deaths += 1
            self._asleep.pop(place % len(self._workers), None)
            self._signal(place, signal.SIGKILL)

    def stop(self, place: int, seconds: float) -> None:
        """Stopped for a while, as when the machine swaps or a laptop sleeps."""
        with self._lock:
            self._signal(place, signal.SIGSTOP)
            self._asleep[place % len(self._workers)] = time.monotonic() + seconds

    def rest(self) -> None:
        """Nobody sleeps any more."""
        with self._lock:
            for place in self._asleep:
                self._asleep[place] = 0.0

    def drained(self) -> list[int | None]:
        """All are asked to end; how each did."""
        with self._lock:
            self._keeps = False
            for place in range(len(self._workers)):
                self._signal(place, signal.SIGCONT)
                self._signal(place, signal.SIGTERM)
            codes: list[int | None] = []
            deadline = moments.Deadline(_DRAIN_S)
            for worker in self._workers:
                if worker is not None:
                    worker.join(deadline.left())
                    codes.append(worker.exitcode)
            return codes

    def end(self) -> None:
        """Nobody is left."""
        self._ended.set()
        if self._looker.is_alive():
            self._looker.join()
        with self._lock:
            self._keeps = False
            for place in range(len(self._workers)):
                self._signal(place, signal.SIGKILL)
            for worker in self._workers:
                if worker is not None:
                    worker.join()
                    worker.close()
            self._workers = [None] * len(self._workers)

    def _started(self, place: int) -> ForkServerProcess:
        output = str(self._folder / f"worker-{place}.log")
        worker = _SERVER.Process(target=child.live, args=(self._environment, output), daemon=True)
        worker.start()
        return worker

    def _bury(self, worker: ForkServerProcess) -> None:
        if worker.pid in self._killed:
            self._killed.discard(worker.pid)
        elif worker.exitcode is not None:
            self.ended_by_themselves.append(worker.exitcode)
        worker.close()

    def _signal(self, place: int, number: signal.Signals) -> None:
        worker = self._workers[place % len(self._workers)]
        if worker is not None and worker.pid is not None and worker.exitcode is None:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, number)
