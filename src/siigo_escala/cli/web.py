"""`siigo-escala web`: the web application alone."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from siigo_escala.cli import output, setup
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    import socket

    from siigo_escala.config.env import Bind, Environment

_BIND = "SIIGO_ESCALA_BIND"
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - how such an address is shown, not bound


def web() -> int:
    """La aplicación web sola, hasta Ctrl-C; «run» arranca además el motor.

    Escucha en SIIGO_ESCALA_BIND (127.0.0.1:8000). /healthz dice si vive, /readyz si puede trabajar y /metrics
    da las cifras a quien tenga SIIGO_ESCALA_METRICS_TOKEN.
    """
    environment = _prepared()
    listening = bound(environment.bind)
    from django.core.wsgi import get_wsgi_application

    from siigo_escala.engine import parent
    from siigo_escala.web import server, signing

    signing.use_keys(environment)

    application = get_wsgi_application()
    serving = server.Server(listening, proxies=environment.trusted_proxies)
    parent.watch(serving.ask_to_end)
    serving.on_startup(lambda: _say_where(environment, listening))
    serving.serve_until_asked(application)
    return 0


def _say_where(environment: Environment, listening: socket.socket) -> None:
    """The address and, while nobody has claimed the installation, the code that claims it."""
    from django.db import DatabaseError

    from siigo_escala.web import first_start

    address = _address(environment, listening)
    output.say(f"La aplicación web está en {address}")
    try:
        if not first_start.is_open():
            return
        code = first_start.new_code(now=setup.now())
    except DatabaseError:
        return
    output.say("Cree la cuenta del administrador en esta dirección, que vale una hora:")
    output.link(f"{_outside(environment, listening)}/primer-arranque/?codigo={code}")
    output.say(f"Código de arranque: {code}")


def _prepared() -> Environment:
    """The environment, with Django ready. A database server that is out of reach is waited for while serving:
    /readyz says so, and pages too.
    """
    from siigo_escala.store import causes

    try:
        return setup.prepared()
    except Exception as problem:
        if not causes.is_out_of_reach(problem):
            raise
        from siigo_escala.config import env

        output.note(
            f"La base de datos no responde todavía ({causes.in_spanish(problem)}); la aplicación web arranca "
            "y la espera."
        )
        return env.read(os.environ)


def bound(bind: Bind) -> socket.socket:
    """The socket on which the web application listens; CommandProblem where it cannot."""
    from siigo_escala.store import causes
    from siigo_escala.web import server

    try:
        return server.bound(bind)
    except OSError as problem:
        why = _why(problem) or causes.of_file(problem)
        raise CommandProblem(
            "ENVIRONMENT_INVALID",
            f"No se puede escuchar en {bind}: {why}. Termine el otro programa o ponga otra dirección en "
            f"{_BIND}.",
            key=_BIND,
        ) from None


def _why(problem: OSError) -> str:
    import socket

    if isinstance(problem, socket.gaierror):
        return "ese nombre no es de este equipo"
    if problem.errno == errno.EADDRINUSE:
        return "otro programa usa ese puerto"
    if problem.errno == errno.EACCES:
        return "este usuario no puede usar ese puerto"
    return ""


def _address(environment: Environment, listening: socket.socket) -> str:
    """Where a person on this machine finds it; the port that was really taken, where any was wanted."""
    inside = on_this_machine(listening)
    return f"{environment.public_url} ({inside} en este equipo)" if environment.public_url else inside


def _outside(environment: Environment, listening: socket.socket) -> str:
    return environment.public_url or on_this_machine(listening)


def on_this_machine(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    shown = _WILDCARDS.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
