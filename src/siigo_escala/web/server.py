"""Serves the web application with granian, in this very process.

Granian's own command starts a second process that would outlive the first, and binds so that two servers may
share a port without noticing. So its threaded server is used, on a socket that we bound: one process, one
owner of the port, and an error where there is another.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mt import MTServer
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from siigo_escala.config.env import Bind

DRAIN_S = 25.0
"""Answers under way have so long to end; a supervisor waits a little longer before it kills."""
_BACKLOG = 128
_THREADS = 8
"""Requests that Python answers at once; the others wait in the server. Threads come as they are needed, and
enough of them that those which wait for a database out of reach leave /healthz its own.
"""
_AT_ONCE = 64
_QUIET = ("django.request", "django.security", "django.server", "axes")
"""What they would log of every 404, 503 or slip: ours tells what matters (web/guards.py)."""


def bound(bind: Bind) -> socket.socket:
    """The socket that listens there; OSError where another has the port or the address is not ours."""
    address: Any = (bind.host, bind.port)
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(bind.host).version == 6 else socket.AF_INET
    except ValueError:
        family, _, _, _, address = socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":
            # A port that was just left is free again; on Windows the option would let a second owner in.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made


class Server(MTServer):
    """One process, a handful of threads. `serve_until_asked` returns once it has drained."""

    def __init__(self, listening: socket.socket, *, proxies: tuple[str, ...] = ()) -> None:
        host, port = listening.getsockname()[:2]
        self._listening = listening
        self._proxies = proxies
        self._drained = threading.Event()
        super().__init__(
            "siigo_escala.config.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            loop=Loops.asyncio,
            blocking_threads=_THREADS,
            runtime_blocking_threads=_THREADS,
            backlog=_BACKLOG,
            backpressure=_AT_ONCE,
            websockets=False,
            log_access=False,
            # Below: that this server is meant for Pythons without a global lock. It works with one as well.
            log_level=LogLevels.error,
            log_dictconfig={
                "formatters": {},
                "handlers": {},
                "loggers": {"_granian": {"handlers": [], "propagate": True}},
            },
        )

    def serve_until_asked(self, application: Callable[..., Any]) -> None:
        """Answers until SIGINT, SIGTERM or `ask_to_end`, and then those requests that are under way."""
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        if self._proxies:
            application = wrap_wsgi_with_proxy_headers(application, list(self._proxies))
        try:
            self.serve(target_loader=lambda: application, wrap_loader=False)
        finally:
            self._drained.set()

    def ask_to_end(self) -> None:
        """Ends as on SIGTERM; from any thread, any number of times."""
        self.signal_handler_interrupt()

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """No further request; whoever takes too long to answer is left alone at last."""
        if not self.interrupt_signal:
            threading.Thread(target=self._give_up, daemon=True).start()
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]  # theirs

    signal_handler_reload = signal_handler_interrupt
    """SIGHUP: the terminal was closed. There is nothing to be read anew."""

    def _give_up(self) -> None:
        if not self._drained.wait(DRAIN_S):
            os._exit(0)

    def _init_shared_socket(self) -> None:
        # File descriptor, no Unix socket, backlog; their stub knows none of it.
        self._shd: Any = SocketHolder(self._listening.fileno(), False, _BACKLOG)  # type: ignore[call-arg]  # above

    def _check_gil(self) -> None:
        """Threads share the lock here; they wait for the database most of the time."""
