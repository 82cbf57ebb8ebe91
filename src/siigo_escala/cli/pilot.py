"""Before the first run that writes: what it will make is told, and a pilot of three is offered."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from siigo_escala.cli import output

if TYPE_CHECKING:
    from siigo_escala.cli.stopping import Heard
    from siigo_escala.sync.opening import Opened
    from siigo_escala.sync.run import Result
    from siigo_escala.sync.session import Options

YES, NO, PILOT = "yes", "no", "pilot"
_SIZE = 3


def ask(name: str, plan: dict[str, Any], heard: Heard) -> str:
    """What a person says to the plan of the first writing run: YES, NO, or PILOT (three first)."""
    output.note(told(name, plan))
    if plan["opportunities"] <= _SIZE:
        return YES if _agreed("¿Continuar? [s/N] ", heard) in _YES_WORDS else NO
    answer = _agreed(
        f"¿Continuar? «s»: todas; «{_SIZE}»: primero {_SIZE} de muestra; «n»: nada [s/{_SIZE}/N] ", heard
    )
    if answer == str(_SIZE):
        return PILOT
    return YES if answer in _YES_WORDS else NO


def ask_back(name: str, plan: dict[str, Any], heard: Heard) -> str:
    """The same before the first run that makes invoices: YES or NO."""
    calls, seconds = plan["calls"], output.duration(plan["seconds"])
    many = f"{output.number(plan['opportunities'])} factura{'s' if plan['opportunities'] != 1 else ''}"
    output.note(
        f"Es la primera sincronización de «{name}» que escribe en Siigo. Hará a lo sumo {many}, con unas "
        f"{output.number(calls['siigo'])} llamadas a Siigo y {output.number(calls['escala'])} a Escala, en "
        f"cerca de {seconds}. Con --dry-run puede ver antes cuáles."
    )
    return YES if _agreed("¿Continuar? [s/N] ", heard) in _YES_WORDS else NO


def run(
    opened: Opened, options: Options, heard: Heard, run_: Callable[[Opened, Options], tuple[Result, str]]
) -> Result:
    """Three opportunities, shown; the rest once a person says that they look right."""
    few = _SIZE if options.limit is None else min(options.limit, _SIZE)
    result, _ = run_(opened, replace(options, limit=few))
    _show(opened, few)
    if result.exit_code not in (0, 1) or _agreed("¿Se ven bien? [s/N] ", heard) not in _YES_WORDS:
        output.note("El resto queda pendiente: «siigo-escala sync» lo lleva cuando usted quiera.")
        return result
    rest = replace(options, limit=None if options.limit is None else options.limit - few)
    return run_(opened, rest)[0]


_YES_WORDS = ("s", "si", "sí", "y", "yes")


def told(name: str, plan: dict[str, Any]) -> str:
    """What the first writing run will make, and how sure that is."""
    from siigo_escala.domain import money

    calls, seconds = plan["calls"], output.duration(plan["seconds"])
    count, value = output.number(plan["opportunities"]), money.to_pesos(Decimal(plan["value"]))
    about = "" if plan["exact"] else "cerca de "
    sellers = plan["sellers"]
    least = "" if plan["exact"] else "al menos "
    whose = f", de {least}{sellers} vendedor{'es' if sellers != 1 else ''}" if sellers else ""
    if not plan["exact"]:
        seen, of = output.number(plan["seen"]), output.number(plan["of"])
        whose += f" (según las primeras {seen} de {of} facturas)"
    return (
        f"Es la primera sincronización de «{name}» que escribe en Escala. Creará {about}{count} "
        f"oportunidad{'es' if plan['opportunities'] != 1 else ''} por {about}{value}{whose}, con unas "
        f"{output.number(calls['siigo'])} llamadas a Siigo y {output.number(calls['escala'])} a Escala, en "
        f"cerca de {seconds}. Con --dry-run puede ver antes qué se crearía."
    )


def _agreed(question: str, heard: Heard) -> str:
    """The answer in lower case; a signal ends the question."""
    heard.raising = True
    try:
        print(question, end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
    finally:
        heard.raising = False
    return answer.strip().casefold()


def _show(opened: Opened, few: int) -> None:
    """The newest opportunities of this connection, as they stand in Escala."""
    from siigo_escala.domain import money
    from siigo_escala.store import models

    rows = opened.connection.invoices.filter(deal_id__isnull=False, adopted=False).order_by("-sent_at")[:few]
    names = dict(
        models.KnownDeal.objects.filter(
            escala=opened.connection.escala, deal_id__in=[row.deal_id or "" for row in rows]
        ).values_list("deal_id", "name")
    )
    output.table(
        [("Factura", "left"), ("Oportunidad en Escala", "left"), ("Pesos", "right")],
        [[row.name, names.get(row.deal_id or "", ""), money.to_pesos(row.value)] for row in rows],
        title="Mírelas en Escala:",
    )
