"""A run asked for at the command line: pause, lease, question, progress, and how it ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from siigo_escala.cli import failures, pilot, progress, setup
from siigo_escala.cli.failures import CommandProblem
from siigo_escala.cli.stopping import Heard
from siigo_escala.domain.directions import BACK

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.store.models import Connection
    from siigo_escala.sync.opening import Opened
    from siigo_escala.sync.run import Result
    from siigo_escala.sync.session import Options

FOREVER = "forever"
_POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one run ended: its document (or the error's) and its exit code. `read`: a run took place.

    `declined`: a person was asked and said no.
    """

    document: dict[str, Any]
    exit_code: int
    read: bool
    message: str = ""
    declined: bool = False
    left_out: dict[str, int] = field(default_factory=dict)
    """How many the rules leave out, by reason code."""


def wait_seconds(text: str | None) -> float | None:
    """`--wait`: 0 without it, None for as long as it takes."""
    if text is None:
        return 0.0
    if text == FOREVER:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise CommandProblem(
            "USAGE", f"--wait espera un número de segundos, y «{text}» no lo es.", key="--wait"
        )
    return seconds


def one(
    environment: Environment,
    name: str,
    options: Options,
    *,
    wait_s: float | None,
    ask: bool,
    heard: Heard,
    check: Callable[[Opened], None] = lambda _: None,
) -> Ended:
    """One run of one connection; whatever keeps it from taking place is its document."""
    try:
        opened = _opened(environment, name, heard)
        check(opened)
        first = ask and not options.dry_run and not has_written(opened.connection)
        result, answer = _run(opened, options, wait_s=wait_s, ask=first, heard=heard)
        if answer == pilot.PILOT:
            result = pilot.run(opened, options, heard, partial(_run, wait_s=wait_s, ask=False, heard=heard))
        declined = answer == pilot.NO
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - one company's failure stops no other
        told = failures.of(problem)
        if told.unforeseen:
            _log(name, problem)
        return Ended(
            document=told.document(),
            exit_code=heard.exit_code(told.exit_code),
            read=False,
            message=f"{told.message} [{told.code}]",
        )
    return Ended(
        document=_with_error(result.document, result.exit_code),
        exit_code=heard.exit_code(result.exit_code),
        read=True,
        declined=declined,
        left_out=result.left_out,
    )


def _with_error(document: dict[str, Any], exit_code: int) -> dict[str, Any]:
    """Where a run was refused or got no answer before it read anything, why, as if it had not taken place."""
    counts = document.get("invoices") or document["opportunities"]
    # What concerns no record; what ended the run is the last of them.
    told = [one for one in document["problems"] if (one.get("invoice") or one.get("opportunity")) is None]
    if exit_code not in (3, 4) or counts["read"] or not told:
        return document
    return {**document, "error": {"code": told[-1]["code"], "message": told[-1]["message"], "key": None}}


def _log(name: str, problem: BaseException) -> None:
    from siigo_escala.cli import logs

    logs.unforeseen("run failed", problem, connection=name)


def _opened(environment: Environment, name: str, heard: Heard) -> Opened:
    """The connection, unless it is paused, has no credentials any more, or a person has asked to stop."""
    from siigo_escala.sync import access, opening

    if heard.stop.is_set():
        raise KeyboardInterrupt

    opened = opening.open_connection(environment, name)
    connection = opened.connection
    if connection.forgotten:
        raise without_credentials(name)
    if connection.paused and not access.may_probe(connection, now=setup.now()):
        raise paused(connection)
    return opened


def without_credentials(name: str) -> CommandProblem:
    """Why a disconnected connection makes no call."""
    return CommandProblem(
        "CREDENTIALS_MISSING",
        f"La conexión «{name}» ya no tiene credenciales guardadas: vuelva a conectar con su archivo.",
        exit_code=3,
    )


def paused(connection: Connection) -> CommandProblem:
    """Why a paused connection makes no call, and how the pause ends."""
    why = connection.paused_text.strip().rstrip(".")
    return CommandProblem(
        connection.paused,
        f"La conexión «{connection.name}» está en pausa{f' ({why})' if why else ''}: corrija la causa y use "
        f"«siigo-escala enable {connection.name}», o conecte de nuevo con otras credenciales.",
        exit_code=3,
    )


def _run(
    opened: Opened, options: Options, *, wait_s: float | None, ask: bool, heard: Heard
) -> tuple[Result, str]:
    """The run, and what a person answered to its plan where they were asked."""
    from siigo_escala.store.errors import LeaseTaken
    from siigo_escala.sync import run
    from siigo_escala.sync.session import Listener

    deadline = None if wait_s is None else time.monotonic() + wait_s
    told, answer = False, pilot.YES
    with progress.shown() as shown:

        def decide(plan: dict[str, Any]) -> bool:
            nonlocal answer
            shown.plan(plan)
            if ask:
                shown.pause()
                back = opened.connection.direction == BACK
                answer = (pilot.ask_back if back else pilot.ask)(opened.connection.name, plan, heard)
            return answer == pilot.YES

        listener = Listener(progress=shown.progress, say=shown.say, plan=decide, stop=heard.stop)
        while True:
            try:
                return run.run(opened, options, listener, now=setup.now, wait_s=0.0), answer
            except LeaseTaken:
                if wait_s == 0:
                    raise
                if not told:
                    told = True
                    shown.say(f"Otra sincronización de «{opened.connection.name}» está en curso: se espera.")
                if deadline is not None and time.monotonic() >= deadline:
                    raise
            if heard.stop.wait(_POLL_S):
                raise KeyboardInterrupt


def has_written(connection: Connection) -> bool:
    """Whether a run has ever made an opportunity, or an invoice, for this connection."""
    if connection.direction == BACK:
        return connection.opportunities.filter(siigo_id__isnull=False).exists()
    return connection.invoices.filter(deal_id__isnull=False, adopted=False).exists()


def at_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
