"""Scripted failures of a simulator: which call fails, how often and in which way.

A fault is chosen by method, path (regular expression, whole path) and, where given, query values; then by
count (`after` skips the first matching calls, `times` ends it, absent: every time) or by a seeded `share`.
The first fault that fires wins. What each kind does to a call is in `serving.py`.
"""

import random
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

KINDS: Mapping[str, str] = {
    "refuse": "answers `status` and `body` without handling the call",
    "drop": "closes the connection without handling the call",
    "429_header": "429 with Retry-After (`retry_after` seconds), not handled",
    "429_message": "429 that names the seconds in its message only, not handled",
    "429_bare": "429 with an empty body and no header, not handled",
    "slow": "waits `seconds`, then handles the call (the write happens late)",
    "slow_before": "the same as slow",
    "slow_after": "handles the call, waits `seconds`, then answers",
    "store_then_status": "handles the call, then answers `status` (default 500)",
    "store_then_lost": "handles the call, then closes the connection without an answer",
    "cut": "handles the call, sends half of the body, then closes the connection",
    "html": "an HTML body with `status` (default 502); the call is handled where `stored` is true",
    "wrong_content_type": "handles the call, answers with `content_type` (default text/plain)",
    "oversized": "handles the call, answers with valid JSON of `size` bytes (default 64 MiB)",
    "latin1": "handles the call, answers in Latin-1 while claiming UTF-8",
    "bad_encoding": "handles the call, answers with bytes that are no UTF-8",
    "empty": "handles the call, answers its status with an empty body",
}

LONGEST_S = 3600
"""Nobody waits longer for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One scripted failure. `path` must match the whole path; `query` values must all be equal."""

    kind: str
    method: str = "*"
    path: str = ".*"
    query: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    after: int = 0
    share: float | None = None
    seed: int = 1
    status: int | None = None
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    retry_after: int = 1
    content_type: str | None = None
    stored: bool = False
    size: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}; known: {', '.join(sorted(KINDS))}")
        re.compile(self.path)
        object.__setattr__(self, "seconds", seconds(self.seconds))
        for name in ("times", "after"):
            value = getattr(self, name)
            if not (isinstance(value, int) or (name == "times" and value is None)):
                raise ValueError(f"{name!r} must be a whole number")


def seconds(value: object) -> float:
    """ValueError where it is no number of seconds, an hour at most."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= LONGEST_S:
        raise ValueError(f"{value!r} is no number of seconds from 0 to {LONGEST_S}")
    return float(value)


def parse(document: Mapping[str, Any]) -> Fault:
    """The fault a JSON object describes. Raises ValueError that names an unknown key or kind."""
    known = {one.name for one in fields(Fault)}
    for key in document:
        if key not in known:
            raise ValueError(f"unknown key {key!r} in a fault; known: {', '.join(sorted(known))}")
    if "kind" not in document:
        raise ValueError("a fault needs the key 'kind'")
    return Fault(**document)


class _Armed:
    """A fault with its counters and its own dice."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.path = re.compile(fault.path)
        self.seen = 0
        self.fired = 0
        self.dice = random.Random(fault.seed)

    def fires(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        fault = self.fault
        if fault.method not in ("*", method) or not self.path.fullmatch(path):
            return False
        if any(query.get(key) != value for key, value in fault.query.items()):
            return False
        self.seen += 1
        if self.seen <= fault.after or (fault.times is not None and self.fired >= fault.times):
            return False
        if fault.share is not None and self.dice.random() >= fault.share:
            return False
        self.fired += 1
        return True


class Faults:
    """The faults of one simulator; safe to use from several threads."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Arm further faults; earlier ones come first."""
        with self._lock:
            self._armed.extend(_Armed(fault) for fault in faults)

    def add_json(self, documents: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
        """Arm what one JSON object or a list of them describes; nothing is armed where one is wrong."""
        listed = [documents] if isinstance(documents, Mapping) else documents
        self.add(*[parse(document) for document in listed])

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._armed.clear()

    def match(self, method: str, path: str, query: Mapping[str, str]) -> Fault | None:
        """The fault this call meets, counted; None where it passes."""
        if not self._armed:
            return None
        with self._lock:
            for armed in self._armed:
                if armed.fires(method, path, query):
                    return armed.fault
        return None

    def fired(self) -> list[dict[str, object]]:
        """How often each fault was looked at and has fired, in order."""
        with self._lock:
            return [
                {"kind": one.fault.kind, "path": one.fault.path, "seen": one.seen, "fired": one.fired}
                for one in self._armed
            ]
