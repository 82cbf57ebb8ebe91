"""Refuses every connection that would leave this machine, for as long as the process lives."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class NetworkForbidden(BaseException):
    """A test tried to reach another machine. Not an Exception: no retry and no handler may swallow it."""


def forbid() -> None:
    """From here on only loopback can be reached or asked for.

    Not by an audit hook: one that is written in Python lets other threads in while a thread is being traced,
    and coverage then breaks that thread ("Cannot install a trace function while another …").
    """
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name), name, address_at=-1))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, _guarded(getattr(socket, name), name, address_at=0))


def _guarded(original: Callable[..., Any], name: str, *, address_at: int) -> Callable[..., Any]:
    @functools.wraps(original)
    def guarded(*args: Any, **named: Any) -> Any:
        address = args[address_at] if args else named.get("host")
        if address_at:
            # The path of a socket file is no host.
            address = address[0] if isinstance(address, tuple) else None
        if not _is_here(address):
            raise NetworkForbidden(f"{name} to {address!r}: tests reach no other machine")
        return original(*args, **named)

    return guarded


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
