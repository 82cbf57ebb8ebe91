"""Granian in this process, on a socket of ours: who owns the port, what is answered, how it ends."""

from __future__ import annotations

import errno
import http.client
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from siigo_escala.config.env import Bind
from siigo_escala.web import server

LOOPBACK = Bind(host="127.0.0.1", port=0)
WAIT_S = 20
Application = Callable[[dict[str, Any], Callable[..., None]], list[bytes]]


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The server takes signals and logs over, as a process of its own may."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {name: signal.getsignal(name) for name in names}
    levels = {name: logging.getLogger(name).level for name in server._QUIET}
    yield
    for name, handler in handlers.items():
        signal.signal(name, handler)
    for logger, level in levels.items():
        logging.getLogger(logger).setLevel(level)


def _served(
    application: Application, beside: Callable[[int, server.Server], None], *, proxies: tuple[str, ...] = ()
) -> None:
    """Serves here while `beside`, in a thread, asks; it is told the port. Ends when `beside` has ended."""
    listening = server.bound(LOOPBACK)
    serving = server.Server(listening, proxies=proxies)
    wrong: list[BaseException] = []

    def ask() -> None:
        try:
            beside(listening.getsockname()[1], serving)
        except BaseException as problem:  # noqa: BLE001 - raised again below
            wrong.append(problem)
        serving.ask_to_end()

    thread = threading.Thread(target=ask)
    serving.on_startup(thread.start)
    serving.serve_until_asked(application)
    thread.join()
    listening.detach()
    if wrong:
        raise wrong[0]


def _get(port: int, path: str = "/", **headers: str) -> tuple[int, str]:
    visitor = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    visitor.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = visitor.getresponse()
    text = answer.read().decode()
    visitor.close()
    return answer.status, text


def _saying(*keys: str) -> Application:
    def application(environ: dict[str, Any], start: Callable[..., None]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [" ".join(str(environ.get(key)) for key in keys).encode()]

    return application


def test_a_port_has_one_owner() -> None:
    first = server.bound(LOOPBACK)
    with pytest.raises(OSError, match="use") as raised:
        server.bound(Bind(host="127.0.0.1", port=first.getsockname()[1]))
    assert raised.value.errno == errno.EADDRINUSE
    first.close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OSError, match="assign"):
        server.bound(Bind(host="192.0.2.1", port=0))


def test_a_name_of_this_machine_will_do() -> None:
    listening = server.bound(Bind(host="localhost", port=0))
    assert listening.getsockname()[1] > 0
    listening.close()


def test_the_sixth_version_is_served_too() -> None:
    listening = server.bound(Bind(host="::1", port=0))
    assert listening.family == socket.AF_INET6
    listening.close()


def test_requests_are_answered_and_what_fails_is_no_traceback_for_the_visitor() -> None:
    def application(environ: dict[str, Any], start: Callable[..., None]) -> list[bytes]:
        if environ["PATH_INFO"] == "/falla":
            raise ValueError("secreto")
        return _saying("PATH_INFO")(environ, start)

    def beside(port: int, _serving: server.Server) -> None:
        assert _get(port, "/hola") == (200, "/hola")
        assert _get(port, "/falla") == (500, "")
        assert _get(port, "/hola") == (200, "/hola")

    _served(application, beside)


@pytest.mark.parametrize("how", ["asked", "SIGTERM", "SIGINT", "SIGHUP", "twice"])
def test_an_answer_under_way_is_given_before_the_end_and_idle_visitors_hold_nothing_up(how: str) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start: Callable[..., None]) -> list[bytes]:
        if environ["PATH_INFO"] == "/lenta":
            inside.set()
            assert go_on.wait(WAIT_S)
        return _saying("PATH_INFO")(environ, start)

    def beside(port: int, serving: server.Server) -> None:
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        idle.request("GET", "/")
        idle.getresponse().read()
        slow = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        slow.request("GET", "/lenta")
        assert inside.wait(WAIT_S)
        for _ in range(2 if how == "twice" else 1):
            if how.startswith("SIG"):
                os.kill(os.getpid(), getattr(signal, how))
            else:
                serving.ask_to_end()
        go_on.set()
        answer = slow.getresponse()
        assert (answer.status, answer.read()) == (200, b"/lenta")
        slow.close()
        idle.close()

    _served(application, beside)


def test_an_answer_that_takes_too_long_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go_on, left = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(server, "DRAIN_S", 0.1)
    monkeypatch.setattr(os, "_exit", lambda _code: left.set())

    def application(environ: dict[str, Any], start: Callable[..., None]) -> list[bytes]:
        inside.set()
        assert go_on.wait(WAIT_S)
        return _saying("PATH_INFO")(environ, start)

    def beside(port: int, serving: server.Server) -> None:
        asking = threading.Thread(target=_get, args=(port,))
        asking.start()
        assert inside.wait(WAIT_S)
        serving.ask_to_end()
        assert left.wait(WAIT_S)
        go_on.set()
        asking.join()

    _served(application, beside)


def test_headers_of_a_proxy_count_only_where_it_is_trusted() -> None:
    told = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
    keys = ("REMOTE_ADDR", "wsgi.url_scheme")
    for proxies, seen in (((), "127.0.0.1 http"), (("127.0.0.0/8",), "203.0.113.9 https")):

        def beside(port: int, _serving: server.Server, *, seen: str = seen) -> None:
            assert _get(port, **told) == (200, seen)

        _served(_saying(*keys), beside, proxies=proxies)
