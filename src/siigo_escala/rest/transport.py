"""One HTTP call to a remote system: its turn, its time, its size; no redirect, nothing repeated.

With `ping` the only importer of the HTTP library. Every call is reported, refused and lost ones included.
"""

from __future__ import annotations

import math
import socket
import ssl
import time
import urllib.parse
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpcore2

from siigo_escala.rest import connections
from siigo_escala.rest.errors import System
from siigo_escala.rest.limiter import Limiter, NoLimit
from siigo_escala.rest.patience import Patience

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
READ_LIMIT = 32 * 1024 * 1024
WRITE_LIMIT = 1024 * 1024
_CONNECT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WITH_LENGTH = ("POST", "PUT", "PATCH")
NO_CONNECTION = "no se pudo establecer la conexión"
NOT_FOUND = "no se encontró el servidor"
NOT_SECURE = "la conexión segura falló"
TOO_LATE = "no respondió a tiempo"
_TOO_LARGE = "respuesta demasiado grande"
_CUT = "la conexión se cortó"
_NEVER_STOOD = (
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.ProxyError,
    httpcore2.PoolTimeout,
    httpcore2.LocalProtocolError,
    httpcore2.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that was made. `path` has no query; `status` None: there was no answer.

    `refused`: any answer but 2xx, none at all included; a 404 of one record asked by id is no refusal.
    """

    system: System
    method: str
    path: str
    status: int | None
    refused: bool
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A call to be made. `path` begins with "/" (the base address goes before); `by_id`: of one record."""

    method: Method
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    by_id: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, or a refusal, whose body is empty where it did not come whole.

    `data` is its JSON once `retry` has read it; `tries`: calls it took.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    data: object = field(default=None, repr=False)
    tries: int = 1

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def server_date(self) -> datetime | None:
        """The remote system's clock, aware UTC; None where it does not tell."""
        return http_date(self.headers.get("date"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No usable answer. `sent`: the request may have reached the other side."""

    why: str
    sent: bool
    status: int | None = None


class Transport:
    """The way to one remote system, shared by as many threads as it has connections.

    A GET lasts at most `timeout_read_s`, any other call `timeout_write_s`, from the connection to the last
    byte, and never longer than `longest_s()` says at its beginning; waiting for its turn is not counted.
    `before_write` is asked when every wait is over, before anything but a GET goes out: what it raises keeps
    the call from being sent. `on_answer` is told every answer, refusals too. Raises ValueError for plain http
    to another machine.
    """

    def __init__(
        self,
        *,
        system: System,
        base_url: str,
        patience: Patience,
        now: Callable[[], datetime],
        limiter: Limiter | None = None,
        timeout_read_s: float = 30.0,
        timeout_write_s: float = 30.0,
        max_connections: int = 1,
        before_write: Callable[[], None] = lambda: None,
        on_call: Callable[[Call], None] = lambda _: None,
        on_answer: Callable[[Ask, Answer], None] = lambda _ask, _answer: None,
        longest_s: Callable[[], float] = lambda: math.inf,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        address = connections.Address(base_url)
        loopback = address.host in _LOOPBACK
        if address.scheme != "https" and not (address.scheme == "http" and loopback):
            raise ValueError("the address must be https (plain http: this machine only)")
        self.system: System = system
        self.patience = patience
        self.limiter = limiter if limiter is not None else NoLimit(wait=wait, monotonic=monotonic)
        self.now = now
        self.wait = wait
        self.monotonic = monotonic
        self._address = address
        self._before_write = before_write
        self._on_call = on_call
        self._on_answer = on_answer
        self._longest_s = longest_s
        self._secrets: tuple[str, ...] = ()
        self._read_s = timeout_read_s
        self._write_s = timeout_write_s
        self._connections = connections.Connections(
            address, most=max_connections, proxy=None if loopback else address.proxy()
        )
        self._common = [
            (b"Host", address.name),
            (b"User-Agent", b"siigo-escala"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"gzip"),
        ]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may hold."""
        return self._secrets

    def hide(self, secret: str) -> None:
        """From now on this text is masked in every message and raw answer."""
        if secret and secret not in self._secrets:
            self._secrets = (*self._secrets, secret)

    def close(self) -> None:
        """Closes every connection."""
        self._connections.close()

    def exchange(self, ask: Ask) -> Answer | Silence:
        """Makes the call once, when its turn has come."""
        self.limiter.acquire()
        began = self.monotonic()
        outcome = self._exchanged(ask)
        status = outcome.status
        whole = status is not None and 200 <= status < 300
        self._on_call(
            Call(
                system=self.system,
                method=ask.method,
                path=ask.path,
                status=status,
                refused=not whole and not (ask.by_id and status == 404),
                seconds=self.monotonic() - began,
                at=self.now(),
            )
        )
        if isinstance(outcome, Answer):
            self._on_answer(ask, outcome)
        return outcome

    def _exchanged(self, ask: Ask) -> Answer | Silence:
        reads = ask.method == "GET"
        time_left = _TimeLeft(min(self._read_s if reads else self._write_s, self._longest_s()))
        limit = READ_LIMIT if reads else WRITE_LIMIT
        status: int | None = None
        headers: Mapping[str, str] = {}
        try:
            with self._connections.open() as connection:
                if not reads:
                    self._before_write()
                response = connection.handle_request(self._request(ask, time_left))
                status, headers = response.status, _named(response.headers)
                try:
                    content = bytearray()
                    for chunk in response.iter_stream():
                        content += chunk
                        if len(content) > limit:
                            raise _NotWhole(_TOO_LARGE)
                        if time_left.is_over:
                            raise _NotWhole(TOO_LATE)
                finally:
                    response.close()
            whole = _unpacked(bytes(content), headers, limit=limit)
            return Answer(status=status, headers=headers, content=whole)
        except _NEVER_STOOD as problem:
            return Silence(why=why_never_stood(problem), sent=False)
        except _NotWhole as problem:
            why = str(problem)
        except httpcore2.TimeoutException:
            why = TOO_LATE
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            why = _CUT
        if status is not None and status >= 400:
            # A refusal is said in the first line: a 429 is obeyed and a key given up, however the body comes.
            return Answer(status=status, headers=headers, content=b"")
        # What came too late counts as refused, whatever its first line said.
        return Silence(why=why, sent=True, status=None if why == TOO_LATE else status)

    def _request(self, ask: Ask, time_left: _TimeLeft) -> httpcore2.Request:
        url = self._address.url(ask.path, urllib.parse.urlencode(ask.query))
        headers = [*self._common, *((name.encode(), value) for name, value in ask.headers.items())]
        if ask.body is not None:
            headers.append((b"Content-Type", b"application/json"))
        if ask.body is not None or ask.method in _WITH_LENGTH:
            headers.append((b"Content-Length", str(len(ask.body or b"")).encode()))
        return httpcore2.Request(
            ask.method, url, headers=headers, content=ask.body, extensions={"timeout": time_left}
        )


def why_never_stood(problem: BaseException) -> str:
    """What kept a connection from standing, as far as its causes tell: a name, a certificate, or anything."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return NOT_FOUND
        if isinstance(cause, ssl.SSLError):
            return NOT_SECURE
        cause = cause.__cause__ or cause.__context__
    return NO_CONNECTION


class _NotWhole(Exception):
    """An answer that did not come whole. Its text says why, in Spanish."""


def _named(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _unpacked(content: bytes, headers: Mapping[str, str], *, limit: int) -> bytes:
    """The body, unpacked where it came compressed. Raises _NotWhole."""
    if not content or headers.get("content-encoding", "").lower() != "gzip":
        return content
    opener = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = opener.decompress(content, limit + 1)
    except zlib.error:
        raise _NotWhole("respuesta con otra codificación") from None
    if len(content) > limit:
        raise _NotWhole(_TOO_LARGE)
    if not opener.eof:
        raise _NotWhole(_CUT)
    return content


class _TimeLeft(dict[str, float | None]):
    """The time-outs of one call as the HTTP library asks for them: what is left of the whole."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._deadline: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the call has had all of its time."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def get(self, key: str, default: object = None) -> float | None:  # noqa: ARG002 - the signature of dict
        """Seconds that this step may take. The time runs from the first step after a connection was free."""
        if key == "pool":
            return None
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        left = max(self._deadline - time.monotonic(), 0.001)
        return min(left, _CONNECT_S) if key == "connect" else left


def header_value(text: str) -> bytes:
    """A text as the value of a header: what no header may hold is left out."""
    return (
        "".join(character for character in text if character.isprintable()).strip().encode("utf-8", "ignore")
    )


def http_date(value: str | None) -> datetime | None:
    """The instant of an HTTP date, aware UTC; None where it is none."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        # Also a date that is none in UTC, or a number without bounds: `Date` stands in every answer.
        return None
