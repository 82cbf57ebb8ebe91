"""The entry point: every command by its name, and the last resort for whatever goes wrong.

Commands import what they need when they run, so that `--help` is instant.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import Annotated

import typer

from siigo_escala.cli import (
    alerts,
    backup,
    check,
    connect,
    create_admin,
    demo,
    disconnect,
    enabling,
    export,
    failures,
    fields,
    invoices,
    key,
    listing,
    migrate,
    output,
    personal_data,
    purge,
    report,
    resolve,
    restore,
    retry,
    running,
    runs,
    simulate,
    spanish,
    status,
    stopping,
    sync,
    web,
    worker,
)
from siigo_escala.cli import run as run_command
from siigo_escala.cli.failures import Failure
from siigo_escala.config import memory

PROGRAM = "siigo-escala"


def main() -> None:
    """Runs the command line of this process and ends it with the exit code of docs/reference/settings.md."""
    memory.thrifty()
    # It would look through every package of the environment for plugins: a tenth of what a start takes.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _open_what_is_closed()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        # The reader went away: nothing is left to be told, and Python must not try it again at its end.
        output.silence(sys.stdout)
    sys.exit(code)


def _open_what_is_closed() -> None:
    """Services and schedulers close what nobody reads: what is written there goes nowhere."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115 - open as long as the process


def run(words: list[str]) -> int:
    """Runs one command; its exit code. Never raises but for a programmer's mistake in here."""
    as_json = _wants_json(words)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if words[:1] != ["demo"]:
        # That one has its own answer from its first moment on (__main__.py).
        stopping.raise_on_signals()
    try:
        command = typer.main.get_command(_app())
        code = command.main(args=_prepared(words), prog_name=PROGRAM, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.TyperException as problem:
        told = failures.of(spanish.usage_problem(problem))
    except (BrokenPipeError, SystemExit):
        # The reader of the output went away; typer makes an exit of it.
        return failures.UNREAD
    except (Exception, KeyboardInterrupt, typer.Abort) as problem:  # noqa: BLE001 - the last resort
        told = failures.of(problem)
        if told.unforeseen:
            _log(problem)
    return _told(told, as_json=as_json)


def _app() -> typer.Typer:
    app = typer.Typer(
        cls=spanish.Group,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=False,
    )
    app.callback()(_root)
    for name, function in (
        ("demo", demo.demo),
        ("connect", connect.connect),
        ("fields", fields.fields),
        ("list", listing.list_),
        ("status", status.status),
        ("check", check.check),
        ("sync", sync.sync),
        ("report", report.report),
        ("invoices", invoices.invoices),
        ("retry", retry.retry),
        ("resolve", resolve.resolve),
        ("runs", runs.runs),
        ("alerts", alerts.alerts),
        ("enable", enabling.enable),
        ("disable", enabling.disable),
        ("disconnect", disconnect.disconnect),
        ("export", export.export),
        ("create-admin", create_admin.create_admin),
        ("migrate", migrate.migrate),
        ("backup", backup.backup),
        ("restore", restore.restore),
        ("key", key.key),
        ("personal-data", personal_data.personal_data),
        ("purge", purge.purge),
        ("run", run_command.run),
        ("web", web.web),
        ("worker", worker.worker),
        ("simulate", simulate.simulate),
    ):
        app.command(name, cls=spanish.Command)(function)
    return app


def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda value: _version(asked=value))
    ] = False,
) -> None:
    """Convierte las facturas de venta de Siigo en oportunidades de Escala, una sola vez y al centavo."""


def _version(*, asked: bool) -> None:
    if asked:
        from importlib import metadata

        print(f"{PROGRAM} {metadata.version('siigo-escala')}")
        raise typer.Exit


def _prepared(words: list[str]) -> list[str]:
    """The words as typer can read them: help where there are none, and `--wait` with its optional number."""
    if not words:
        return ["--help"]
    made = list(words)
    for at, word in enumerate(words):
        if word == "--":
            break
        if word == "--wait":
            following = words[at + 1] if at + 1 < len(words) else ""
            if not re.fullmatch(r"-?[0-9]+([.][0-9]*)?", following):
                made[at] = f"--wait={running.FOREVER}"
    return made


def _wants_json(words: list[str]) -> bool:
    return "--json" in words[: words.index("--")] if "--" in words else "--json" in words


def _told(told: Failure, *, as_json: bool) -> int:
    try:
        output.failure(told, as_json=as_json)
    except OSError:
        # Standard output takes nothing, a full disk for one: that is said where it still can be.
        with contextlib.suppress(OSError):
            output.failure(told, as_json=False)
    return told.exit_code


def _log(problem: BaseException) -> None:
    if "siigo_escala.cli.logs" in sys.modules:
        from siigo_escala.cli import logs

        logs.unforeseen("command failed", problem)
