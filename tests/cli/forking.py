"""The command line in a process of its own that need not import everything first.

A server, one for each process of pytest, has loaded the libraries and our modules; each command is a fork of
it with an environment, settings, a folder and standard streams of its own. What a start from nothing does is
tried by the tests that start the command themselves.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import ready


class Server:
    """Runs one command after another, each in a fork."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forking"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        words: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        timeout_s: float,
        ordinary: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """`siigo-escala` with these words; TimeoutExpired, and the process killed, after so many seconds.

        `ordinary`: permissions of files hold even where the tests run as root.
        """
        with tempfile.TemporaryDirectory() as place, self._turn:
            out, err = Path(place) / "out", Path(place) / "err"
            self._write(
                {
                    "words": list(words),
                    "environ": dict(environ),
                    "folder": str(folder),
                    "ordinary": ordinary,
                    "streams": [os.devnull, str(out), str(err)],
                }
            )
            pid = self._read()
            killer = threading.Timer(timeout_s, os.kill, (pid, signal.SIGKILL))
            killer.start()
            code = self._read()
            killer.cancel()
            killer.join()
            if code == -signal.SIGKILL:
                raise subprocess.TimeoutExpired(["siigo-escala", *words], timeout_s)
            return subprocess.CompletedProcess(
                ["siigo-escala", *words], code, out.read_text("utf-8"), err.read_text("utf-8")
            )

    def close(self) -> None:
        """Ends the server."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(10)

    def _write(self, request: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _read(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@functools.cache
def server() -> Server:
    """The server of this process."""
    made = Server()
    atexit.register(made.close)
    return made


def _serve() -> None:
    ready.load()
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(request)
            from siigo_escala.cli import main

            main.main()
        _tell(pid)
        _, status = os.waitpid(pid, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become(request: Mapping[str, object]) -> None:
    """The process as the system would start it: environment, folder, arguments and standard streams."""
    environ, words, streams = request["environ"], request["words"], request["streams"]
    assert isinstance(environ, dict)
    assert isinstance(words, list)
    assert isinstance(streams, list)
    os.environ.clear()
    os.environ.update(environ)
    ready.forget_settings()
    os.chdir(str(request["folder"]))
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it lives as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["siigo-escala", *words]
    if request["ordinary"] and os.geteuid() == 0:
        _give_up_capabilities()


def _give_up_capabilities() -> None:
    """Root without its capabilities: the owner of its files, and no more than that."""
    import ctypes

    version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    capset = ctypes.CDLL(None, use_errno=True).capset
    if capset(version_3, none) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    _serve()
