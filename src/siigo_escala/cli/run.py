"""`siigo-escala run`: the web application and the engine, what one machine needs."""

from __future__ import annotations

import os
import sys

from siigo_escala.cli import output, stopping

PROCESSES = ("web", "worker")


def run() -> int:
    """La aplicación web y el motor juntos, hasta Ctrl-C: lo que necesita un equipo.

    Arranca los dos, vuelve a arrancar el que se caiga y, al terminar, deja que acaben la llamada en curso.
    """
    from siigo_escala.cli import logs
    from siigo_escala.config import env
    from siigo_escala.engine.supervisor import REFUSED, Supervisor

    # What is wrong with the environment is told once, by us, and not by each process in turn.
    environment = env.read(os.environ)
    os.umask(0o077)
    environment.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    logs.configure(environment)
    supervisor = Supervisor(commands={name: command(name) for name in PROCESSES}, environ=os.environ)
    with stopping.passed_on(supervisor.ask_to_end):
        output.note("siigo-escala arranca la aplicación web y el motor; Ctrl-C los detiene.")
        refused = supervisor.run()
    if refused is None:
        output.note("siigo-escala terminó.")
        return 0
    output.note(f"«{refused}» no puede arrancar por lo que se dice arriba, y sin él no se sigue.")
    return REFUSED


def command(name: str) -> list[str]:
    """The command line of this very program, whatever folder it is started in."""
    return [sys.executable, "-P", "-m", "siigo_escala", name]
