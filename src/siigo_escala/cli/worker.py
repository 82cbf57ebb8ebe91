"""`siigo-escala worker`: the engine, which runs every connection by itself until it is asked to end."""

from __future__ import annotations

from siigo_escala.cli import output, setup, stopping


def worker() -> int:
    """Sincroniza por sí solo: cada conexión a su hora, y lo que se pida entre tanto.

    Termina con Ctrl-C o SIGTERM, después de la llamada en curso; lo que falte sigue la próxima vez. Pueden
    correr varios a la vez: con SQLite en el mismo equipo, con PostgreSQL en cualquiera.
    """
    environment = setup.prepared()
    from siigo_escala.engine.worker import Worker
    from siigo_escala.sync import opening

    # Whatever keeps every run from starting is told now, and not once for each of them.
    opening.vault_of(environment)
    with stopping.quietly() as stop:
        output.note("El motor está en marcha; Ctrl-C lo detiene.")
        Worker(environment=environment, now=setup.now, stop=stop).run()
    return 0
