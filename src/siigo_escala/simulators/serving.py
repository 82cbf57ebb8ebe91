"""Serves a simulator over real local HTTP, with faults, latency and a log of calls."""

import http.server
import re
import signal
import socket
import sys
import threading
import time
import traceback
import urllib.parse
from email.utils import format_datetime
from http import HTTPStatus
from types import FrameType
from typing import Any

from siigo_escala.simulators import failing
from siigo_escala.simulators import faults as faulting
from siigo_escala.simulators.messages import JSON_TYPE, App, CallLog, Request, Response, encode

__all__ = ["App", "CallLog", "Request", "Response", "Server", "encode", "serve_forever", "start"]

CONTROL_PREFIX = "/_control/"


class Server:
    """A running simulator on a thread of its own."""

    def __init__(self, app: App, *, port: int, host: str, latency_s: float) -> None:
        self._http = _HttpServer((host, port), app, latency_s)
        self.port: int = self._http.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
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
            self._send(_controlled(self.server, request))
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
        response = None if not failing.is_handled(fault) else _handled(self.server.app, request)
        if fault.kind == "slow_after":
            time.sleep(fault.seconds)
        if fault.kind in ("drop", "store_then_lost"):
            self.close_connection = True
            return
        answer = failing.answer(fault, response)
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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silence: the call log is what tests read."""


_KNOWN_STATUS = {int(status) for status in HTTPStatus}


def _handled(app: App, request: Request) -> Response:
    try:
        with app.lock:
            response = app.handle(request)
            return Response(response.status, encode(response.body), response.headers, response.content_type)
    except Exception:  # noqa: BLE001 - a planted state must not hang the caller
        traceback.print_exc()
        return Response(500, b"the simulator itself failed; see its standard error", {}, "text/plain")


def _controlled(server: _HttpServer, request: Request) -> Response:
    app = server.app
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
            case "PUT", "latency":
                server.latency_s = faulting.seconds(request.json()["seconds"])
            case _:
                with app.lock:
                    answer = app.control(request)
                    if name == "reset" and answer is not None:
                        server.latency_s = faulting.seconds((request.json() or {}).get("latency_s", 0))
                    if answer is not None:
                        return Response(answer.status, encode(answer.body), answer.headers)
                return Response(404, {"error": f"unknown control address {request.method} {request.path}"})
    except (ValueError, TypeError, KeyError, OverflowError, re.error) as error:
        return Response(400, {"error": f"{type(error).__name__}: {error}"})
    return Response(200, {"done": True})
