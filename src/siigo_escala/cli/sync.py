"""`siigo-escala sync`: one run now, of one connection, several or all of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siigo_escala.cli import arguments, failures, output, queueing, running, setup, stopping, stored, summary
from siigo_escala.cli.failures import CommandProblem
from siigo_escala.cli.running import Ended

if TYPE_CHECKING:
    from datetime import date

    from siigo_escala.sync.opening import Opened
    from siigo_escala.sync.session import Options


def sync(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NOMBRE", help="Una conexión o varias, en este orden.")
    ] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Todas las conexiones, con horario o sin él.")] = False,
    date_from: arguments.From = None,
    date_to: arguments.To = None,
    invoices: arguments.Invoices = None,
    opportunities: arguments.Opportunities = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=0, help="Crea a lo sumo N oportunidades, las más nuevas."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Muestra lo que haría y cuánto cuesta; no escribe nada.")
    ] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Hace el repaso aunque no toque.")] = False,
    no_sweep: Annotated[
        bool, typer.Option("--no-sweep", help="Deja el repaso para otra vez aunque toque.")
    ] = False,
    wait: arguments.Wait = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="No espera: se lo pide al motor, que lo hace cuando le toque.")
    ] = False,
    yes: arguments.Yes = False,
    as_json: arguments.Json = False,
) -> int:
    """Sincroniza ahora, en la dirección de la conexión.

    De Siigo a Escala: lee facturas y crea o actualiza oportunidades. De Escala a Siigo: las oportunidades
    que llegaron a la etapa elegida se vuelven facturas.

    Sin fechas: todo lo nuevo o cambiado desde la última vez (la primera, desde «start»). Con fechas o
    facturas: lee ese tramo entero y no mueve la marca de lo ya leído.
    """
    wanted = list(dict.fromkeys(names or []))
    _check(wanted, all_=all_)
    _check_span(date_from, date_to)
    check_names(invoices or [], opportunities or [])
    if sweep and no_sweep:
        raise CommandProblem("USAGE", "Use --sweep o --no-sweep, no ambos.", key="--no-sweep")
    wait_s = running.wait_seconds(wait)
    environment = setup.prepared()
    from siigo_escala.sync.session import Options

    if all_:
        wanted = stored.names()
    options = Options(
        date_from=date_from,
        date_to=date_to,
        invoices=tuple(dict.fromkeys(invoices or [])),
        opportunities=tuple(dict.fromkeys(one.strip() for one in opportunities or [])),
        limit=limit,
        dry_run=dry_run,
        sweep=True if sweep else (False if no_sweep else None),
        by="command",
    )
    if queue:
        return queueing.ask(wanted, options, several=all_ or len(names or []) > 1, as_json=as_json)
    ask = running.at_terminal() and not yes and not as_json

    def check(opened: Opened) -> None:
        check_direction(opened, options)

    several = all_ or len(names or []) > 1
    ended: dict[str, Ended] = {}
    unread = False
    with stopping.gently() as heard:
        # Names that do not exist first: nobody should learn of a slip after an hour's run of another.
        known = set(stored.names())
        for name in sorted(wanted, key=lambda name: name in known):
            if several and not as_json:
                output.note(f"«{name}»:")
            ended[name] = running.one(
                environment, name, options, wait_s=wait_s, ask=ask, heard=heard, check=check
            )
            if not as_json:
                unread = not _shown(ended[name], limit=limit) or unread
            if ended[name].read and not dry_run:
                _heartbeat(name, ended[name])
    if as_json:
        output.document(_documents(wanted, ended) if several else ended[wanted[0]].document)
    elif not wanted:
        output.say("Todavía no hay conexiones: «siigo-escala connect ARCHIVO» crea la primera.")
    elif several:
        output.say(_all_in_all(ended))
    return failures.UNREAD if unread else failures.worst([one.exit_code for one in ended.values()])


def show(ended: Ended, *, limit: int | None = None) -> None:
    """One run for people: its account, or the one line that says why there was none."""
    if ended.declined:
        output.say("No se escribió nada: la próxima vez se vuelve a preguntar.")
    elif ended.read:
        summary.show(ended.document, ended.exit_code, left_out=ended.left_out, limit=limit)
    else:
        output.note(ended.message)


def _shown(ended: Ended, *, limit: int | None) -> bool:
    """Shows one run; False: its reader went away, which keeps the next company from nothing."""
    try:
        show(ended, limit=limit)
    except (BrokenPipeError, SystemExit):  # rich makes an exit of it
        output.silence(sys.stdout)
        return False
    return True


def _all_in_all(ended: dict[str, Ended]) -> str:
    """The last line of many: how many ended how, and which need somebody."""
    kinds = (
        ("sin nada pendiente", lambda one: one.read and one.exit_code == 0),
        ("con facturas por revisar, por enviar o fallidas", lambda one: one.read and one.exit_code == 1),
        ("sin terminar", lambda one: not one.read or one.exit_code not in (0, 1)),
    )
    parts = []
    for title, belongs in kinds:
        found = [f"«{name}»" for name, one in ended.items() if belongs(one)]
        shown = "" if title == kinds[0][0] else f" ({', '.join(found[:10])}{'…' if len(found) > 10 else ''})"
        if found:
            parts.append(f"{output.number(len(found))} {title}{shown}")
    many = "conexiones" if len(ended) != 1 else "conexión"
    return f"{output.number(len(ended))} {many}: {'; '.join(parts)}."


def _heartbeat(name: str, ended: Ended) -> None:
    """Who watches from outside hears of a success by hand, too: cron may be all the schedule there is."""
    from siigo_escala.engine import heartbeat
    from siigo_escala.store import models

    connection = models.Connection.objects.filter(name=name).first()
    if connection is not None:
        heartbeat.after_run(connection, ended.document, ended.exit_code, aside=False)


def _documents(names: list[str], ended: dict[str, Ended]) -> dict[str, Any]:
    """The runs in the order of names, whatever the order in which they took place."""
    return {
        "schema": 1,
        "runs": [
            ended[name].document if ended[name].read else {**ended[name].document, "connection": name}
            for name in names
        ],
    }


def _check(names: list[str], *, all_: bool) -> None:
    if all_ and names:
        raise CommandProblem("USAGE", "Use nombres de conexiones o --all, no ambos.", key="--all")
    if not all_ and not names:
        raise CommandProblem("USAGE", "Falta el nombre de la conexión, o --all para todas.", key="NOMBRE")


def _check_span(date_from: date | None, date_to: date | None) -> None:
    if date_from and date_to and date_from > date_to:
        raise CommandProblem("USAGE", "--from es posterior a --to: ponga primero el día menor.", key="--from")


def check_names(invoices: list[str], opportunities: list[str]) -> None:
    """A record that is asked for by nothing is a mistake."""
    if any(not one.strip() for one in opportunities):
        raise CommandProblem(
            "USAGE", "--opportunity está vacío: escriba el id de una oportunidad.", key="--opportunity"
        )
    if any(not name.strip() for name in invoices):
        raise CommandProblem(
            "USAGE", "--invoice está vacío: escriba el número de una factura.", key="--invoice"
        )


def check_direction(opened: Opened, options: Options) -> None:
    """Options of the other direction are a mistake, never silently dropped."""
    forward = opened.file.direction == "invoices_to_opportunities"
    if forward and options.opportunities:
        raise CommandProblem(
            "USAGE",
            "--opportunity es de la dirección de Escala a Siigo, y esta conexión va de Siigo a Escala.",
            key="--opportunity",
        )
    if not forward and options.invoices:
        raise CommandProblem(
            "USAGE",
            "--invoice es de la dirección de Siigo a Escala, y esta conexión va de Escala a Siigo.",
            key="--invoice",
        )
