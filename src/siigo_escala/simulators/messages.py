"""What passes between a simulator and its server: requests, responses, their JSON, the log of calls."""

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators import faults as faulting

JSON_TYPE = "application/json; charset=utf-8"
_SURE_DIGITS = 15  # so many digits survive the way through a float
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
        """The body as JSON, decimals as Decimal; None for an empty body; ValueError for no JSON."""
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
        text = str(value)
        if len(text) <= _SURE_DIGITS and "E" not in text and not text.startswith(("0", "-0")):
            short = float(text)
            return int(short) if short.is_integer() else short
        if value == value.to_integral_value():
            return int(value)
        exact.append(value)
        return f"\0{value:f}\0"

    text = json.dumps(body, ensure_ascii=False, default=number)
    if exact:
        text = _EXACT_NUMBER.sub(r"\1", text)
    return text.encode("utf-8", "surrogatepass")
