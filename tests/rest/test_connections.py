"""Connections: kept, counted, through a proxy, and to the address that was meant."""

from __future__ import annotations

import base64
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from siigo_escala.rest.connections import Address
from siigo_escala.rest.transport import WRITE_LIMIT, Answer, Ask, Silence
from tests.rest.near import Reply, Script, served, surroundings

GET = Ask(method="GET", path="/x")


@contextmanager
def _listening(answers: list[bytes], closed: threading.Semaphore) -> Iterator[tuple[int, list[bytes]]]:
    """A server that gives each connection one of these answers and closes, which `closed` counts.

    Its port, and what it was asked.
    """
    asked: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            line, _ = listener.accept()
            with line:
                asked.append(line.recv(65536))
                line.sendall(answer)
            closed.release()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join(5)


@pytest.mark.parametrize(
    ("base", "path", "query", "host", "target"),
    [
        ("https://api.siigo.com", "/v1/things", "", "api.siigo.com", "/v1/things"),
        ("https://api.siigo.com:443/", "/v1/things", "a=1", "api.siigo.com", "/v1/things?a=1"),
        ("https://api.siigo.com:8443/base/", "/x", "", "api.siigo.com:8443", "/base/x"),
        ("http://127.0.0.1:80", "/x", "", "127.0.0.1", "/x"),
        ("http://[::1]:8000", "/x", "", "[::1]:8000", "/x"),
        ("https://api.siigo.com", "/v1/a b\r\nc%20d", "", "api.siigo.com", "/v1/a%20b%0D%0Ac%20d"),
    ],
)
def test_a_path_is_asked_for_below_the_base_address(
    base: str, path: str, query: str, host: str, target: str
) -> None:
    address = Address(base)
    assert address.name.decode() == host
    assert address.url(path, query).target.decode() == target


@pytest.mark.parametrize("base", ["https://api.siigo.com:many", "https://[::1", "https://ñandú.example"])
def test_what_is_no_address_is_refused_at_once(base: str) -> None:
    with pytest.raises(ValueError, match=r"Port|IPv6|codec"):
        Address(base)


def test_a_connection_is_kept_for_the_next_call_and_threads_share_them() -> None:
    with served(Script(Reply())) as url:
        seen = surroundings(url, max_connections=2)
        opened: list[int] = []
        connections = seen.transport._connections

        def call() -> None:
            assert isinstance(seen.transport.exchange(GET), Answer)

        for _ in range(3):
            call()
        opened.append(len(connections._made))
        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        opened.append(len(connections._made))
    assert opened[0] == 1
    assert opened[1] <= 2


def test_a_connection_that_was_closed_over_there_is_opened_anew() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    closed = threading.Semaphore(0)
    with _listening([answer, answer], closed) as (port, _):
        transport = surroundings(f"http://127.0.0.1:{port}").transport
        assert isinstance(transport.exchange(GET), Answer)
        assert closed.acquire(timeout=10)
        assert isinstance(transport.exchange(GET), Answer)


def test_a_small_answer_that_opens_into_a_huge_one_is_left() -> None:
    body = gzip.compress(b"0" * (WRITE_LIMIT + 1))
    with served(Script(Reply(body=body, headers=(("Content-Encoding", "gzip"),)))) as url:
        answer = surroundings(url).transport.exchange(Ask(method="PUT", path="/x", body=b"{}"))
    assert answer == Silence(why="respuesta demasiado grande", sent=True, status=200)


def test_a_compressed_answer_without_its_end_is_none() -> None:
    body = gzip.compress(b"[1, 2, 3]")[:-9]
    with served(Script(Reply(body=body, headers=(("Content-Encoding", "GZIP"),)))) as url:
        answer = surroundings(url).transport.exchange(GET)
    assert answer == Silence(why="la conexión se cortó", sent=True, status=200)


def test_a_write_without_a_body_says_that_it_has_none() -> None:
    script = Script(Reply())
    with served(script) as url:
        surroundings(url).transport.exchange(Ask(method="POST", path="/x"))
    assert script.asked[0][2]["content-length"] == "0"


def test_a_redirect_is_an_answer_and_nobody_follows_it() -> None:
    script = Script(Reply(status=302, headers=(("Location", "/elsewhere"),)), Reply())
    with served(script) as url:
        answer = surroundings(url).transport.exchange(GET)
    assert isinstance(answer, Answer)
    assert (answer.status, len(script.asked)) == (302, 1)


@pytest.mark.parametrize(
    ("user", "credentials"), [("", None), ("ana:clave%20larga@", b"ana:clave larga"), ("ana@", b"ana:")]
)
def test_another_machine_is_reached_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, user: str, credentials: bytes | None
) -> None:
    with _listening([b"HTTP/1.1 502 Bad Gateway\r\n\r\n"], threading.Semaphore(0)) as (port, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{user}127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        answer = surroundings("https://api.siigo.com").transport.exchange(GET)
    assert answer == Silence(why="no se pudo establecer la conexión", sent=False)
    assert asked[0].startswith(b"CONNECT api.siigo.com:443 ")
    shown = b"Basic " + base64.b64encode(credentials or b"")
    assert (b"Proxy-Authorization: " in asked[0]) == (credentials is not None)
    assert (shown in asked[0]) == (credentials is not None)


@pytest.mark.parametrize(
    ("names", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "siigo.com"}, None),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, str], proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert Address("https://api.siigo.com").proxy() == proxy
