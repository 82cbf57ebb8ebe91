"""Running a program and measuring it from outside: seconds, processor time, peak memory."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a program ran: seconds from start to end, processor seconds of its own, peak resident memory."""

    exit_code: int
    output: str
    errors: str
    seconds: float
    cpu_s: float
    peak_mb: float


def measure(command: Sequence[str], *, environ: Mapping[str, str], folder: Path) -> Measured:
    """Runs a command to its end."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=dict(environ), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = _Peak(process.pid)
    texts: dict[str, str] = {}
    readers = [
        threading.Thread(target=lambda name, stream: texts.update({name: stream.read()}), args=(name, stream))
        for name, stream in (("out", process.stdout), ("err", process.stderr))
    ]
    for thread in (peak, *readers):
        thread.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    peak.ended.set()
    for thread in (peak, *readers):
        thread.join()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return Measured(
        exit_code=process.returncode,
        output=texts["out"],
        errors=texts["err"],
        seconds=seconds,
        cpu_s=usage.ru_utime + usage.ru_stime,
        # The kernel's own maximum counts the parent's memory at the moment of the fork as well.
        peak_mb=peak.kb / 1024 or usage.ru_maxrss / 1024,
    )


class _Peak(threading.Thread):
    """Reads the high-water mark of a process until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self.ended = threading.Event()
        self.kb = 0

    def run(self) -> None:
        while not self.ended.wait(0.02):
            try:
                found = _PEAK.search(self._status.read_text())
            except OSError:
                return
            self.kb = max(self.kb, int(found.group(1)) if found else 0)
