"""A PostgreSQL of this chaos alone, which it may stop, crash and start again."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests import postgresql

_QUICK = ("fsync=off", "full_page_writes=off")
"""What was committed has to survive a crash of the server, not one of the machine."""


class Server:
    """One server on one port, whatever happens to it."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder, self._data = folder, folder / "data"
        always = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
        self._settings: tuple[str, ...] = always if durable else always + _QUICK
        self._data.mkdir(mode=0o700)
        password, file = secrets.token_hex(16), folder / "password"
        file.write_text(password)
        self._user: dict[str, Any] = postgresql._unprivileged(folder, self._data, file)
        self._binaries = postgresql._reachable_binaries(folder, self._user)
        self._port = postgresql._free_port()
        self.url = f"postgresql://postgres:{password}@127.0.0.1:{self._port}"
        subprocess.run(
            [
                self._binaries / "initdb",
                *("-D", self._data, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={file}"),
                *("--encoding=UTF8", "--no-locale", "--no-sync", "-c", "scram_iterations=1"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **self._user,
        )
        file.unlink()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """Of the server's first process; 0 while it does not run."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Starts it; returns when it answers."""
        if self._process is not None:
            return
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self._port)]
        command += [part for setting in self._settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self._folder, **self._user
            )
        postgresql._wait_until_ready(self.url, self._folder / "log")

    def stop(self, *, crash: bool) -> None:
        """Ends every session: at once, or as after a crash, so that it has to recover when it starts."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self._process.wait(30)
        self._process = None

    def cut(self, name: str, *, share: float) -> None:
        """Ends some sessions with a database, as a network that drops connections does."""
        with psycopg.connect(postgresql.address(self.url, "postgres"), autocommit=True) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> pg_backend_pid() AND random() < %s",
                (name, share),
            )


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """A server in a folder of its own; nothing is left of it. `durable`: as safe as a real one."""
    folder = Path(tempfile.mkdtemp(prefix="siigo-escala-pg-"))
    server = None
    try:
        server = Server(folder, durable=durable)
        yield server
    finally:
        if server is not None:
            server.stop(crash=True)
        shutil.rmtree(folder, ignore_errors=True)
