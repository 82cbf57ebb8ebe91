"""`siigo-escala demo`: the main job with an invented company, from the first look to the accounts.

Everything happens on this machine and in a folder of its own; no account and no database of the user's is
touched.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siigo_escala.cli import (
    demo_business,
    demo_detail,
    demo_invoicing,
    demo_web,
    output,
    report,
    running,
    setup,
    stopping,
    sync,
)
from siigo_escala.cli.demo_business import Stage
from siigo_escala.cli.failures import CommandProblem
from siigo_escala.cli.stopping import Heard
from siigo_escala.domain.directions import BACK

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.sync.session import Options

_SIZE = 160
_LATENCY_S = 0.09
_SIZE_WEB = 1200
_LATENCY_WEB_S = 0.04
"""What is looked at in a browser may be a year of a company that sells every day."""
_KEPT = ("HOME", "SIIGO_ESCALA_HOME")


class _Ended(Exception):
    """Nothing more is to be shown: a person stopped it, or a step failed."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


def demo(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="Puerto de la aplicación web; sin él, uno libre."
        ),
    ] = None,
    no_web: Annotated[
        bool, typer.Option("--no-web", help="Solo en la terminal: la historia entera, en medio minuto.")
    ] = False,
    direction: Annotated[
        str,
        typer.Option(
            "--direction",
            metavar="D",
            help="«invoices_to_opportunities» (de Siigo a Escala) u «opportunities_to_invoices».",
        ),
    ] = "invoices_to_opportunities",
    invoices: Annotated[int | None, typer.Option("--invoices", min=20, max=5000, hidden=True)] = None,
) -> int:
    """La demostración: un año de una empresa inventada, en su navegador; no necesita ninguna cuenta.

    Levanta un Siigo y un Escala simulados, los conecta, sincroniza y abre la aplicación web; imprime la
    dirección, el usuario y la contraseña. Ctrl-C la termina. Con --no-web cuenta la historia en la terminal:
    qué haría, sincroniza, cambia unas facturas, sincroniza otra vez y entrega las cuentas.
    """
    if direction not in ("invoices_to_opportunities", BACK):
        raise CommandProblem(
            "USAGE",
            f"Las direcciones son «invoices_to_opportunities» (de Siigo a Escala) y «{BACK}» (de "
            "Escala a Siigo).",
            key="--direction",
        )
    back = direction == BACK
    if no_web:
        with stopping.gently() as heard:
            try:
                _told(invoices or _SIZE, heard, back=back)
            except _Ended as ended:
                return ended.exit_code
    else:
        _served(invoices or (_SIZE if back else _SIZE_WEB), port, back=back)
    output.say("\nFin de la demostración.")
    return 0


def _told(size: int, heard: Heard, *, back: bool) -> None:
    """The whole story in the terminal."""
    with _stage(size, _LATENCY_S) as (folder, stage):
        environment = _prepared(folder, stage)
        if back:
            _story_back(environment, stage, heard)
        else:
            _story(environment, stage, heard)


def _served(size: int, port: int | None, *, back: bool) -> None:
    """The same in the browser, until a signal: before the server listens to it, it is only noted, so that
    nothing which was begun is left behind.
    """
    with stopping.quietly("Terminando…") as asked, _stage(size, _LATENCY_WEB_S) as (folder, stage):
        if asked.is_set():
            return
        environment = _prepared(folder, stage, port=port or 0, settings=demo_web.SETTINGS)
        output.say(f"Demostración con datos inventados: nada sale de este equipo. Carpeta: {folder}")
        if back:
            there = replace(stage, file=demo_invoicing.file(stage))
            demo_invoicing.sell(there, demo_invoicing.BEFORE, first="Venta de antes")
            _connect(environment, there)
            demo_invoicing.win(there)
            demo_web.serve(environment, there, demo_invoicing.HAPPENING, asked)
        else:
            _connect(environment, stage)
            demo_web.serve(environment, stage, demo_business.HAPPENING, asked)


@contextmanager
def _stage(size: int, latency_s: float) -> Iterator[tuple[Path, Stage]]:
    """Both simulators and an empty folder, for one demonstration at a time."""
    folder = _folder()
    from filelock import FileLock, Timeout

    try:
        with (
            FileLock(folder / "demo.lock", blocking=False),
            demo_business.stage(size, today=datetime.now(UTC).date(), latency_s=latency_s) as stage,
        ):
            _clear(folder)
            yield folder, stage
    except Timeout:
        raise CommandProblem(
            "RUN_IN_PROGRESS",
            f"Ya hay una demostración en marcha en «{folder}»: termínela con Ctrl-C y repita.",
            exit_code=5,
        ) from None


def _folder() -> Path:
    from siigo_escala.config import env

    os.umask(0o077)
    home = env.read({key: os.environ[key] for key in _KEPT if key in os.environ}).home
    folder = home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _clear(folder: Path) -> None:
    """The simulators begin anew each time, so what an earlier demonstration kept is worth nothing."""
    for path in [*folder.glob("*.db*"), folder / "secret.key"]:
        path.unlink(missing_ok=True)
    shutil.rmtree(folder / "locks", ignore_errors=True)


def _prepared(folder: Path, stage: Stage, *, port: int = 0, settings: str = setup.SETTINGS) -> Environment:
    """This process's environment for the demonstration alone: its folder, its addresses, no limits."""
    for name in [name for name in os.environ if name.startswith("SIIGO_ESCALA_")]:
        if name != "SIIGO_ESCALA_LOG_LEVEL":
            del os.environ[name]
    os.environ |= {
        "SIIGO_ESCALA_HOME": str(folder),
        "SIIGO_ESCALA_LOG_LEVEL": os.environ.get("SIIGO_ESCALA_LOG_LEVEL", "ERROR"),
        "SIIGO_ESCALA_SIIGO_URL": stage.siigo_url,
        "SIIGO_ESCALA_ESCALA_URL": stage.escala_url,
        "SIIGO_ESCALA_SIIGO_RATE": "0",
        "SIIGO_ESCALA_ESCALA_RATE": "0",
        "SIIGO_ESCALA_SETTLE_SECONDS": "5",
        "SIIGO_ESCALA_PATIENCE_SECONDS": "10",
        "SIIGO_ESCALA_ESCALA_CONNECTIONS": "8",
        "SIIGO_ESCALA_BIND": f"127.0.0.1:{port}",
    }
    return setup.prepared(settings=settings)


def _story(environment: Environment, stage: Stage, heard: Heard) -> None:
    from siigo_escala.sync.session import Options

    def step(options: Options) -> None:
        _run(environment, options, heard)

    _title("1. Un Siigo y un Escala simulados, y una conexión entre los dos")
    output.say(
        f"Siigo en {stage.siigo_url} tiene un año de facturas de «Distribuidora El Guadual»; Escala en "
        f"{stage.escala_url} ya tiene algunos contactos y productos."
    )
    _connect(environment, stage)
    _title("2. Simulacro: qué haría, sin escribir nada")
    step(Options(dry_run=True))
    _title("3. Primera sincronización")
    step(Options())
    _title("4. Mientras tanto, en Siigo pasan cosas")
    done = demo_business.happen(stage, demo_business.sent_names())
    output.table(
        [("Factura", "left"), ("Qué pasó en Siigo", "left")], [[one.invoice, one.what] for one in done]
    )
    _title("5. Segunda sincronización, con repaso")
    step(Options(sweep=True))
    demo_detail.outcomes(environment, [one.invoice for one in done])
    _title("6. Otra vez, sin novedades: nada que escribir")
    step(Options())
    _title("7. Las cuentas: cada factura, en cantidad y en pesos")
    _report()
    _title("8. Tres facturas, completas")
    demo_detail.three(environment, first=done[0].invoice)


def _story_back(environment: Environment, stage: Stage, heard: Heard) -> None:
    there = replace(stage, file=demo_invoicing.file(stage))
    demo_invoicing.story(
        there,
        connect=lambda: _connect(environment, there),
        run=lambda options: _run(environment, options, heard),
    )


def _title(text: str) -> None:
    output.say(f"\n{text}\n{'─' * min(len(text), output.width())}")


def _connect(environment: Environment, stage: Stage) -> None:
    from siigo_escala.sync import connect as connecting
    from siigo_escala.sync import opening

    connecting.connect(environment, opening.vault_of(environment), stage.file, now=setup.now)
    output.say(f"La conexión «{demo_business.NAME}» quedó guardada en {environment.home}.")


def _run(environment: Environment, options: Options, heard: Heard) -> None:
    ended = running.one(environment, demo_business.NAME, options, wait_s=0.0, ask=False, heard=heard)
    if heard.stop.is_set():
        output.say("\nDemostración terminada.")
        raise _Ended(0)
    sync.show(ended)
    if ended.exit_code not in (0, 1):
        raise _Ended(ended.exit_code)


def _report() -> None:
    from siigo_escala.cli import stored
    from siigo_escala.sync import report as reporting

    report.show(reporting.report(stored.named(demo_business.NAME), date_from=None, date_to=None))
