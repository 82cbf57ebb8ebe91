"""Clients against servers on this machine, with a clock that waits without waiting."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.escala.client import EscalaClient
from siigo_escala.rest.patience import Patience
from siigo_escala.rest.transport import Call, Transport
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.siigo.token import NoStore, SignIn, TokenSource, TokenStore


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds

    def now(self) -> datetime:
        return datetime(2026, 8, 27, 15, tzinfo=UTC) + timedelta(seconds=self.passed)


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What a transport of a test saw."""

    clock: Clock = field(default_factory=Clock)
    calls: list[Call] = field(default_factory=list)
    learned: list[Capabilities] = field(default_factory=list)
    transport: Transport = field(init=False)


_opened: list[Surroundings] = []


def close_all() -> None:
    """Closes every connection that a test left open."""
    while _opened:
        _opened.pop().transport.close()


def surroundings(
    url: str, *, system: str = "escala", patience_s: float = 5.0, **options: Any
) -> Surroundings:
    seen = Surroundings()
    seen.transport = Transport(
        system=system,  # type: ignore[arg-type]
        base_url=url,
        patience=Patience(patience_s, monotonic=seen.clock.monotonic),
        now=seen.clock.now,
        monotonic=seen.clock.monotonic,
        wait=seen.clock.wait,
        on_call=seen.calls.append,
        **options,
    )
    _opened.append(seen)
    return seen


def siigo_client(
    url: str,
    *,
    access_key: str = "clave-de-ejemplo",
    partner_id: str = "SiigoEscala",
    store: TokenStore | None = None,
    now: Callable[[], datetime] | None = None,
    **options: Any,
) -> tuple[SiigoClient, Surroundings]:
    seen = surroundings(url, system="siigo", **options)
    sign_in = SignIn(
        transport=seen.transport, username="api@empresa.example", access_key=access_key, partner_id=partner_id
    )
    tokens = TokenSource(sign_in=sign_in, store=store or NoStore(), now=now or seen.clock.now)
    return SiigoClient(transport=seen.transport, tokens=tokens, partner_id=partner_id), seen


def escala_client(
    url: str, *, api_key: str = "llave-de-ejemplo", capabilities: Capabilities | None = None, **options: Any
) -> tuple[EscalaClient, Surroundings]:
    seen = surroundings(url, **options)
    client = EscalaClient(
        transport=seen.transport,
        api_key=api_key,
        capabilities=capabilities or Capabilities(),
        on_learned=seen.learned.append,
    )
    return client, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A scripted answer. `cut`: bytes promised that never come; `status` None: the line goes dead."""

    status: int | None = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = 0


class Script:
    """What a server answers, in order, the last one for all later calls. `asked` is what came in."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.lock = threading.Lock()

    def next(self) -> Reply:
        with self.lock:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def served(script: Script) -> Iterator[str]:
    """A server that follows the script; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            headers = {key.lower(): value for key, value in self.headers.items()}
            script.asked.append((self.command, self.path, headers, body))
            reply = script.next()
            if reply.status is None:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            self.send_header("Content-Length", str(len(reply.body) + reply.cut))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
            if reply.cut:
                self.close_connection = True

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
