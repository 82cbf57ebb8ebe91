"""Connections to one remote system: so many at once, kept open between calls, by a proxy where there is one.

Each is a pool of one. A common pool looks at every connection, and asks the kernel about the idle ones,
before and after each call: with 16 of them that was a third of what a call costs.
"""

from __future__ import annotations

import functools
import ssl
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore2

_KEPT_S = 5.0
_PORTS = {"http": 80, "https": 443}
_IN_PATHS = "/%:@!$&'()*+,;=-._~"


@functools.cache
def trusted() -> ssl.SSLContext:
    """The certificates we trust, read once for all connections: it takes longer than a call."""
    return httpcore2.default_ssl_context()


class Address:
    """A remote system's base address. Raises ValueError where it is none."""

    def __init__(self, base_url: str) -> None:
        parts = urllib.parse.urlsplit(base_url)
        self.scheme, self.host = parts.scheme, parts.hostname or ""
        self._port = parts.port
        self._path = urllib.parse.quote(parts.path.rstrip("/"), safe=_IN_PATHS)
        shown = f"[{self.host}]" if ":" in self.host else self.host
        usual = self._port is None or self._port == _PORTS.get(self.scheme)
        self.name = (shown if usual else f"{shown}:{self._port}").encode("ascii")
        """What the Host header says."""

    def url(self, path: str, query: str) -> httpcore2.URL:
        """The address of a path, with a query that is encoded already."""
        target = self._path + urllib.parse.quote(path, safe=_IN_PATHS) + (f"?{query}" if query else "")
        return httpcore2.URL(
            scheme=self.scheme.encode(), host=self.host.encode(), port=self._port, target=target.encode()
        )

    def proxy(self) -> str | None:
        """The proxy that this machine's environment names for it."""
        if urllib.request.proxy_bypass(self.host):
            return None
        named = urllib.request.getproxies()
        found = named.get(self.scheme) or named.get("all")
        return found if found is None or "://" in found else f"http://{found}"


class Connections:
    """At most so many connections, for as many threads as like; `open` waits for a free one."""

    def __init__(self, address: Address, *, most: int, proxy: str | None) -> None:
        self._make = _maker(address, proxy)
        self._free: list[httpcore2.ConnectionPool] = []
        self._made: list[httpcore2.ConnectionPool] = []
        self._places = threading.Semaphore(most)

    @contextmanager
    def open(self) -> Iterator[httpcore2.ConnectionPool]:
        """One connection, the one used last if it is free: others may go to sleep and be closed."""
        with self._places:
            try:
                connection = self._free.pop()
            except IndexError:
                connection = self._make()
                self._made.append(connection)
            try:
                yield connection
            finally:
                self._free.append(connection)

    def close(self) -> None:
        """Closes all of them."""
        for connection in self._made:
            connection.close()


def _maker(address: Address, proxy: str | None) -> Callable[[], httpcore2.ConnectionPool]:
    # Plain http needs no certificates, and reading them takes longer than many calls.
    context = trusted() if address.scheme == "https" else None
    if proxy is None:
        return lambda: httpcore2.ConnectionPool(
            ssl_context=context, max_connections=1, keepalive_expiry=_KEPT_S
        )
    parts = urllib.parse.urlsplit(proxy)
    user, password = (urllib.parse.unquote(one or "") for one in (parts.username, parts.password))
    return lambda: httpcore2.HTTPProxy(
        proxy_url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        proxy_auth=(user, password) if user else None,
        ssl_context=context,
        max_connections=1,
        keepalive_expiry=_KEPT_S,
    )
