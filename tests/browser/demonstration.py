"""`siigo-escala demo` as a process of its own, with everything in it, until the tests are done."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from siigo_escala.domain.directions import FORWARD

_PATIENCE_S = 200.0


@dataclass(slots=True, kw_only=True)
class Demonstration:
    """Where it is and who may enter; `lines` is what it has said."""

    process: subprocess.Popen[str]
    address: str = ""
    person: str = ""
    password: str = ""
    lines: list[str] = field(default_factory=list)
    _said: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)

    def listen(self) -> None:
        """Reads what it says; called in a thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(line.strip())
        self._said.put(None)

    def until(self, begin: str) -> str:
        """The next line that begins so; AssertionError where it ends or stays silent."""
        while True:
            line = self._said.get(timeout=_PATIENCE_S)
            assert line is not None, "\n".join(self.lines)
            self.lines.append(line)
            if line.startswith(begin):
                return line


@contextmanager
def started(home: Path, *, invoices: int, direction: str = FORWARD) -> Iterator[Demonstration]:
    """A demonstration whose first two synchronisations are done."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")}
    environ |= {"SIIGO_ESCALA_HOME": str(home)}
    command = [sys.executable, "-P", "-m", "siigo_escala", "demo", "--invoices", str(invoices)]
    command += ["--direction", direction]
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    made = Demonstration(process=process)
    listening = threading.Thread(target=made.listen, daemon=True)
    listening.start()
    try:
        made.address = made.until("http://")
        made.person = made.until("Usuario: ").partition(": ")[2]
        made.password = made.until("Contraseña: ").partition(": ")[2]
        made.until("Ahora mire en el navegador")
        yield made
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        finally:
            process.kill()
            process.wait()
            listening.join()
            assert process.stdout is not None
            process.stdout.close()
