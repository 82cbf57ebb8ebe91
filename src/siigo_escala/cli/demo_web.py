"""The demonstration in the browser: the web application and the engine over both simulators, until Ctrl-C.

The page answers while the first synchronisation goes on; the terminal shows how far it is. Afterwards a few
things happen in Siigo, so that there is something to decide.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from siigo_escala.cli import demo_business, output, runs, setup, summary, web
from siigo_escala.cli import run as running_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siigo_escala.cli.demo_business import Happening, Stage
    from siigo_escala.config.env import Environment
    from siigo_escala.store.models import Connection, Run

SETTINGS = "siigo_escala.cli.demo_site.settings"
PERSON = "demo@siigo-escala.example"
_DRAIN_S = 6.0
_LOOK_S = 0.3


def serve(environment: Environment, stage: Stage, happening: Happening, asked: threading.Event) -> None:
    """Serves until a signal asks for the end, or `asked` before it; whatever it started has ended then."""
    if asked.is_set():
        return
    listening = web.bound(environment.bind)
    from siigo_escala.cli.demo_site import views
    from siigo_escala.store import models
    from siigo_escala.web import server, signing

    signing.use_keys(environment)
    views.use(stage)
    password = secrets.token_urlsafe(9)
    models.User.objects.make(PERSON, password, is_installer=True)
    connection = models.Connection.objects.get(name=demo_business.NAME)
    _ask(connection)
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    serving = server.Server(listening)
    address = web.on_this_machine(listening)
    with _engine(), _beside(lambda ended: _tell(connection, stage, happening, ended)):
        serving.on_startup(lambda: serving.ask_to_end() if asked.is_set() else _say_where(address, password))
        serving.serve_until_asked(application)


def _say_where(address: str, password: str) -> None:
    output.say("\nAbra en su navegador:")
    output.link(f"  {address}/")
    output.link(f"Usuario: {PERSON}")
    output.link(f"Contraseña: {password}")
    output.say(
        f"En {address}/simulador/ usted factura en el Siigo simulado, vende en el Escala simulado y daña la "
        "red. Ctrl-C termina la demostración.\n"
    )


@contextmanager
def _engine() -> Iterator[None]:
    """The engine in a process of its own, as `run` keeps it."""
    from siigo_escala.engine.supervisor import Pace, Supervisor

    environ = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    supervisor = Supervisor(
        commands={"worker": running_all.command("worker")}, environ=environ, pace=Pace(drain_s=_DRAIN_S)
    )
    watching = threading.Thread(target=supervisor.run, name="engine")
    watching.start()
    try:
        yield
    finally:
        supervisor.ask_to_end()
        watching.join()


@contextmanager
def _beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Something that goes on while one is inside, in a thread of its own; it ends where the event is set."""
    ended = threading.Event()

    def whole() -> None:
        from django.db import connections

        try:
            work(ended)
        finally:
            connections.close_all()

    thread = threading.Thread(target=whole, name="story")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _ask(connection: Connection, **options: Any) -> None:
    from siigo_escala.sync import requests
    from siigo_escala.sync.session import Options

    requests.ask(connection, Options(**options), now=setup.now())


def _tell(connection: Connection, stage: Stage, happening: Happening, ended: threading.Event) -> None:
    """The first synchronisation as it goes; then something happens, and the second one."""
    first = _next_run(connection, after=0, ended=ended)
    if first is None:
        return
    output.say("Primera sincronización")
    _followed(first, ended)
    done = [] if ended.is_set() else happening.happen(stage)
    if not done:
        return
    output.say(f"\nMientras tanto, en {happening.where} pasan cosas, y se sincroniza otra vez con repaso:")
    output.table(
        [(happening.head, "left"), (f"Qué pasó en {happening.where}", "left")], [list(one) for one in done]
    )
    _ask(connection, sweep=True)
    second = _next_run(connection, after=first.pk, ended=ended)
    if second is not None:
        _followed(second, ended)
        output.say("\nAhora mire en el navegador qué espera su decisión. Ctrl-C termina la demostración.")


def _followed(run: Run, ended: threading.Event) -> None:
    runs.watched(run, ended)
    if not ended.is_set() and run.document:
        summary.show({"problems": [], **run.document}, run.exit_code or 0, left_out={})


def _next_run(connection: Connection, *, after: int, ended: threading.Event) -> Run | None:
    """The first run behind that number, as soon as it stands; None where the end comes before."""
    while True:
        found: Run | None = connection.runs.filter(pk__gt=after).order_by("pk").first()
        if found is not None:
            return found
        if ended.wait(_LOOK_S):
            return None
