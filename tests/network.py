"""Refuses every connection that would leave this machine, for as long as the process lives."""

from __future__ import annotations

import ipaddress
import sys


class NetworkForbidden(BaseException):
    """A test tried to reach another machine. Not an Exception: no retry and no handler may swallow it."""


def forbid() -> None:
    """From here on only loopback can be reached or asked for."""
    sys.addaudithook(_check)


def _check(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not _is_here(host):
        raise NetworkForbidden(f"{event} to {host!r}: tests reach no other machine")


def _is_here(host: object) -> bool:
    if host is None:  # a socket file, or the address to listen on
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    if text in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
