"""Serves a simulator over real local HTTP: requests in, responses out, with faults, latency and a call log."""

import http.server
import json
import re
import signal
import socket
import sys
import threading
import time
import traceback
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import format_datetime
from http import HTTPStatus
from types import FrameType
from typing import Any, Protocol

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators import faults as faulting

CONTROL_PREFIX = "/_control/"
JSON_TYPE = "application/json; charset=utf-8"
_EXACT_NUMBER = re.compile(r'"\\u0000(-?[0-9.]+)\\u0000"')


@dataclass(frozen=True, slots=True)
class Request:
    """One call: decoded path, query (the last value of a name wins), lower-case header names, raw body."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON, numbers with decimals as Decimal; None for an empty body; ValueError otherwise."""
        if not self.body.strip():
            return None
        return json.loads(self.body, parse_float=Decimal)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `body` is written as JSON unless it is bytes; None is an empty body."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE


class CallLog:
    """Every call but those to the control address, in order of arrival; `at` is real epoch seconds.

    `status` is None while a call is under way and where no answer was sent.
    """

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def begin(self, request: Request) -> dict[str, Any]:
        """Note a call at its arrival; the caller fills in `status`."""
        entry: dict[str, Any] = {"method": request.method, "path": request.path, "query": dict(request.query)}
        entry |= {"status": None, "at": time.time()}
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self) -> list[dict[str, Any]]:
        """A copy of the log."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def count(self, method: str | None = None, path: str = ".*") -> int:
        """How many calls had this method and a path that matches the regular expression as a whole."""
        return sum(
            1 for one in self.entries() if method in (None, one["method"]) and re.fullmatch(path, one["path"])
        )

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


class App(Protocol):
    """What a simulator is to its server. `handle` and `control` are called with `lock` held."""

    clock: clocks.Clock
    faults: faulting.Faults
    calls: CallLog
    lock: threading.RLock

    def handle(self, request: Request) -> Response:
        """Answer one call of the simulated API."""
        ...

    def control(self, request: Request) -> Response | None:
        """Answer a control call of the simulator's own (state, switches, act, reset); None: unknown."""
        ...


def encode(body: object) -> bytes:
    """JSON as UTF-8; a Decimal becomes a plain number without exponent, an integer when whole."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    exact: list[Decimal] = []

    def number(value: object) -> object:
        if not isinstance(value, Decimal):
            raise TypeError(f"{type(value).__name__} is not JSON")
        if value == value.to_integral_value():
            return int(value)
        if abs(value) < 1 or len(value.as_tuple().digits) > 15:
            exact.append(value)
            return f"\0{value:f}\0"
        return float(value)

    text = json.dumps(body, ensure_ascii=False, default=number)
    if exact:
        text = _EXACT_NUMBER.sub(r"\1", text)
    return text.encode("utf-8", "surrogatepass")


class Server:
    """A running simulator on a thread of its own."""

    def __init__(self, app: App, *, port: int, host: str, latency_s: float) -> None:
        self._http = _HttpServer((host, port), app, latency_s)
        self.port: int = self._http.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every open connection."""
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join()


def start(app: App, *, port: int = 0, host: str = "127.0.0.1", latency_s: float = 0.0) -> Server:
    """Serve in the background; port 0 takes a free one. `latency_s` delays every call of the API."""
    return Server(app, port=port, host=host, latency_s=latency_s)


def serve_forever(
    app: App, *, port: int, host: str = "127.0.0.1", latency_s: float = 0.0, name: str = "Simulador"
) -> None:
    """Serve until SIGINT or SIGTERM; one line with the address on standard output. Main thread only."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server = start(app, port=port, host=host, latency_s=latency_s)
    print(f"{name} en {server.url} (Ctrl-C para terminar)", flush=True)
    while not ended.wait(3600):
        pass
    server.stop()


class _HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], app: App, latency_s: float) -> None:
        self.app = app
        self.latency_s = latency_s
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _HttpServer

    def do_GET(self) -> None:
        app = self.server.app
        request = self._read()
        if request.path.startswith(CONTROL_PREFIX):
            self._send(_controlled(app, request))
            return
        entry = app.calls.begin(request)
        if self.server.latency_s:
            time.sleep(self.server.latency_s)
        fault = app.faults.match(request.method, request.path, request.query)
        if fault is None:
            response = _handled(app, request)
            entry["status"] = response.status
            self._send(response)
            return
        self._fail(request, fault, entry)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _read(self) -> Request:
        raw_path, _, raw_query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        return Request(
            self.command,
            urllib.parse.unquote(raw_path),
            dict(urllib.parse.parse_qsl(raw_query, keep_blank_values=True)),
            headers,
            self.rfile.read(length) if length else b"",
        )

    def _fail(self, request: Request, fault: faulting.Fault, entry: dict[str, Any]) -> None:
        if fault.kind in ("slow", "slow_before"):
            time.sleep(fault.seconds)
        response = None if not _is_handled(fault) else _handled(self.server.app, request)
        if fault.kind == "slow_after":
            time.sleep(fault.seconds)
        if fault.kind in ("drop", "store_then_lost"):
            self.close_connection = True
            return
        answer = faulty_answer(fault, response)
        entry["status"] = answer.status
        self._send(answer, share=0.5 if fault.kind == "cut" else 1.0)

    def _send(self, response: Response, *, share: float = 1.0) -> None:
        body = encode(response.body)
        reason = HTTPStatus(response.status).phrase if response.status in _KNOWN_STATUS else "Status"
        lines = [f"HTTP/1.1 {response.status} {reason}"]
        lines.append(f"Date: {format_datetime(self.server.app.clock.now(), usegmt=True)}")
        if body or response.content_type != JSON_TYPE:
            lines.append(f"Content-Type: {response.content_type}")
        lines.append(f"Content-Length: {len(body)}")
        lines.extend(f"{name}: {value}" for name, value in response.headers.items())
        if share < 1:
            body = body[: int(len(body) * share)]
            self.close_connection = True
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the call log is what tests read."""


_KNOWN_STATUS = {int(status) for status in HTTPStatus}
_NOT_HANDLED = {"refuse", "drop", "429_header", "429_message", "429_bare"}


def _is_handled(fault: faulting.Fault) -> bool:
    return fault.stored if fault.kind == "html" else fault.kind not in _NOT_HANDLED


def _handled(app: App, request: Request) -> Response:
    try:
        with app.lock:
            response = app.handle(request)
            return Response(response.status, encode(response.body), response.headers, response.content_type)
    except Exception:  # noqa: BLE001 - a planted state must not hang the caller
        traceback.print_exc()
        return Response(500, b"the simulator itself failed; see its standard error", {}, "text/plain")


def faulty_answer(fault: faulting.Fault, handled: Response | None) -> Response:
    """The answer a fault sends in place of the handled one (None where the call was not handled)."""
    message = f"Rate limit is exceeded. Try again in {fault.retry_after} seconds."
    limit = fault.body or {"statusCode": 429, "message": message}
    good = handled or Response()
    headers = {**good.headers, **fault.headers}
    match fault.kind:
        case "refuse":
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return Response(fault.status or 500, body, headers, fault.content_type or JSON_TYPE)
        case "store_then_status":
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return Response(fault.status or 500, body, dict(fault.headers), fault.content_type or JSON_TYPE)
        case "429_header":
            return Response(429, limit, {"Retry-After": str(fault.retry_after), **headers})
        case "429_message":
            return Response(429, limit, headers)
        case "429_bare":
            return Response(429, None, headers)
        case "html":
            page = fault.body or "<html><head><title>502 Bad Gateway</title></head><body></body></html>"
            return Response(fault.status or 502, str(page).encode(), headers, "text/html; charset=utf-8")
        case "wrong_content_type":
            return Response(good.status, good.body, headers, fault.content_type or "text/plain")
        case "oversized":
            body = b'{"padding": "' + b"x" * max(fault.size - 15, 0) + b'"}'
            return Response(fault.status or good.status, body, headers)
        case "latin1":
            text = encode(good.body).decode("utf-8", "replace")
            return Response(good.status, text.encode("latin-1", "replace"), headers)
        case "bad_encoding":
            return Response(good.status, encode(good.body).replace(b'"', b'"\xff\xfe', 1), headers)
        case "empty":
            return Response(fault.status or good.status, None, headers)
        case _:
            return Response(good.status, good.body, headers, good.content_type)


def _controlled(app: App, request: Request) -> Response:
    name = request.path.removeprefix(CONTROL_PREFIX).rstrip("/")
    try:
        match request.method, name:
            case "GET", "calls":
                return Response(200, app.calls.entries())
            case "DELETE", "calls":
                app.calls.clear()
            case "GET", "faults":
                return Response(200, app.faults.fired())
            case "POST", "faults":
                app.faults.add_json(request.json())
            case "DELETE", "faults":
                app.faults.clear()
            case "PUT", "clock":
                app.clock.offset_s = float(request.json()["offset_s"])
            case _:
                with app.lock:
                    answer = app.control(request)
                    if answer is not None:
                        return Response(answer.status, encode(answer.body), answer.headers)
                return Response(404, {"error": f"unknown control address {request.method} {request.path}"})
    except (ValueError, TypeError, KeyError) as error:
        return Response(400, {"error": f"{type(error).__name__}: {error}"})
    return Response(200, {"done": True})
