"""`run` and `web` as services: what they say and give, how they end, and that nobody is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest
from django.db import connection

from siigo_escala.cli import web
from siigo_escala.config import env
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow
WAIT_S = 80
BIND = "SIIGO_ESCALA_BIND"


class Service:
    """A service under way: the lines it prints, its processes, what it answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: Queue[str] = Queue()
        self.told: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, take))
            for stream, take in ((process.stdout, self.lines.put), (process.stderr, self.told.append))
        ]
        for reader in self._readers:
            reader.start()
        self.url = ""

    @staticmethod
    def _read(stream: Any, take: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                take(line)

    def listens(self) -> None:
        """Waits for the line that says where."""
        found = None
        while found is None:
            try:
                line = self.lines.get(timeout=WAIT_S)
            except Empty:
                raise AssertionError(self.told) from None
            found = re.match(r"La aplicación web está en (http://\S+)", line)
        self.url = found[1]

    def children(self) -> dict[str, psutil.Process]:
        """Processes that it started, by what they do."""
        started = psutil.Process(self.process.pid).children()
        return {one.cmdline()[-1]: one for one in started if one.status() != psutil.STATUS_ZOMBIE}

    def get(self, path: str) -> tuple[int, Any]:
        """Status and document of an address."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=WAIT_S) as answer:  # noqa: S310 - our own address
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def clear_away(self) -> None:
        """Kills whatever is left of it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for reader in self._readers:
            reader.join()

    def ends(self, number: int) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def started(single: Program) -> Iterator[Callable[..., Service]]:
    """Starts a service on a free port; whatever is left of it is killed."""
    services: list[Service] = []

    def start(*words: str) -> Service:
        single.more[BIND] = "127.0.0.1:0"
        services.append(Service(single.start(*words, start_new_session=True)))
        return services[-1]

    yield start
    for service in services:
        service.clear_away()


def test_run_keeps_both_processes_alive_and_leaves_neither_behind_when_it_is_killed(
    started: Callable[..., Service],
) -> None:
    service = started("run")
    service.listens()
    _until(lambda: service.get("/readyz")[0] == 200)
    children = service.children()
    assert set(children) == {"web", "worker"}
    assert {os.getpgid(one.pid) for one in children.values()} == {service.process.pid}
    children["web"].kill()
    service.listens()
    assert service.get("/healthz")[0] == 200
    assert service.children()["worker"] == children["worker"]
    everybody = list(service.children().values())
    assert len(everybody) == 2
    service.process.kill()
    service.process.wait()
    _until(lambda: all(_is_gone(one) for one in everybody))
    assert not [line for line in service.told if "Traceback" in line]


def test_run_ends_with_both_when_it_is_asked(started: Callable[..., Service]) -> None:
    service = started("run")
    service.listens()
    everybody = service.children().values()
    assert service.ends(signal.SIGTERM) == 0
    assert all(_is_gone(one) for one in everybody)


def test_web_without_its_database_server_lives_says_so_and_ends_well(
    started: Callable[..., Service], single: Program
) -> None:
    single.more["SIIGO_ESCALA_DATABASE_URL"] = "postgresql://nadie:una-clave-secreta@127.0.0.1:1/nada"
    service = started("web")
    service.listens()
    assert service.get("/healthz")[0] == 200
    status, document = service.get("/readyz")
    assert status == 503
    assert not document["parts"]["database"]["ok"]
    assert service.ends(signal.SIGINT) == 0
    said = "".join(service.told)
    assert "La base de datos no responde todavía" in said
    assert "secreta" not in said + json.dumps(document)


@contextmanager
def _passed_on(port: int, server: str) -> Iterator[None]:
    """Whatever connects to this port of ours reaches the database server."""
    parts = urlsplit(server)
    there = (parts.hostname or "", parts.port or 5432)

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(there)
                held.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port)) as listening:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        acceptor.join()
    for one in held:
        one.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_engine_waits_for_a_database_server_that_starts_later(
    started: Callable[..., Service], single: Program, database_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    parts = urlsplit(database_url)
    near = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}".lstrip("@"))
    single.more["SIIGO_ESCALA_DATABASE_URL"] = urlunsplit(near)
    service = started("worker")
    _until(lambda: any("el motor la espera" in line for line in service.told))
    with _passed_on(port, database_url):
        _until(lambda: any("El motor está en marcha" in line for line in service.told))
        assert service.ends(signal.SIGTERM) == 0


def test_an_engine_that_waits_for_its_database_server_can_be_ended(
    started: Callable[..., Service], single: Program
) -> None:
    single.more["SIIGO_ESCALA_DATABASE_URL"] = "postgresql://nadie:una-clave-secreta@127.0.0.1:1/nada"
    service = started("worker")
    _until(lambda: any("el motor la espera" in line for line in service.told))
    assert service.ends(signal.SIGTERM) == 0
    assert "secreta" not in "".join(service.told)


def test_a_port_that_is_taken_is_a_sentence(single: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        single.more[BIND] = f"127.0.0.1:{other.getsockname()[1]}"
        done = single("web")
    assert done.code == 2
    assert "otro programa usa ese puerto" in done.err
    assert BIND in done.err


@pytest.mark.parametrize("command", ["run", "web"])
def test_an_environment_that_cannot_be_used_is_told_once(single: Program, command: str) -> None:
    single.more[BIND] = "aquí"
    done = single(command)
    assert done.code == 2
    assert done.err.count(BIND) == done.err.count("[ENVIRONMENT_INVALID]") == 1


def test_a_database_that_is_none_is_no_matter_of_waiting(single: Program, tmp_path: Any) -> None:
    single.more["SIIGO_ESCALA_DATABASE_URL"] = f"sqlite:///{tmp_path}"
    single.more[BIND] = "127.0.0.1:0"
    done = single("web")
    assert (done.code, "[STORAGE_FAILED]" in done.err) == (2, True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_old_schema_on_a_server_is_told_before_anything_is_served(program: Program, database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'store' AND name LIKE '0002%%'")
    program.more[BIND] = "127.0.0.1:0"
    done = program("web")
    assert (done.code, "[SCHEMA_OLD]" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("host", "public", "shown"),
    [
        ("127.0.0.1", "", r"http://127\.0\.0\.1:\d+"),
        ("0.0.0.0", "", r"http://127\.0\.0\.1:\d+"),  # noqa: S104 - what it is shown as is tried
        ("::1", "", r"http://\[::1\]:\d+"),
        (
            "127.0.0.1",
            "https://siigo.ejemplo.co",
            r"https://siigo\.ejemplo\.co \(http://127.+ en este equipo\)",
        ),
    ],
)
def test_the_address_that_is_told_is_one_a_person_can_open(host: str, public: str, shown: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    environment = env.read({"SIIGO_ESCALA_PUBLIC_URL": public})
    with socket.create_server((host, 0), family=family) as listening:
        assert re.fullmatch(shown, web._address(environment, listening))


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "ese nombre no es de este equipo"),
        (PermissionError(13, "Permission denied"), "este usuario no puede usar ese puerto"),
        (OSError(24, "Too many open files"), ""),
    ],
)
def test_why_it_cannot_listen_is_told_in_spanish(problem: OSError, said: str) -> None:
    assert web._why(problem) == said
