"""An address that only wants to be called: whether it answered well, and nothing that could break a run."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from siigo_escala.rest import ping


class _Handler(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        _Handler.asked.append(self.path)
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Answers with the status that the path asks for."""
    _Handler.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 204])
def test_any_success_is_well(server: str, status: int) -> None:
    assert ping.ping(f"{server}/{status}").ok


@pytest.mark.parametrize("status", [302, 404, 500])
def test_anything_else_is_not_and_no_redirect_is_followed(server: str, status: int) -> None:
    assert ping.ping(f"{server}/{status}").why == f"respondió {status}"
    assert _Handler.asked == [f"/{status}"]


def test_an_address_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answered = ping.ping(f"http://127.0.0.1:{silent.getsockname()[1]}/x", timeout_s=0.1)
    assert answered.why == "no respondió a tiempo"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://[::1", "nada://x", "http://"])
def test_an_address_where_nobody_is_does_no_harm(url: str) -> None:
    assert ping.ping(url).why == "no hubo conexión"
