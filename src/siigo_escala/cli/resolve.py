"""`siigo-escala resolve`: stores what a person decides of held invoices; the next run obeys it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siigo_escala.cli import arguments, output, setup, stored
from siigo_escala.cli.failures import CommandProblem
from siigo_escala.domain.directions import BACK
from siigo_escala.store import causes

if TYPE_CHECKING:
    from siigo_escala.domain.decisions import Wish
    from siigo_escala.store.models import Connection

_LARGEST = 50_000_000
_WORDS = ("--deal", "--contact", "--create", "--ignore", "--done", "--again")


def resolve(
    name: arguments.Name,
    *,
    invoice: Annotated[
        str | None, typer.Option("--invoice", metavar="FV-…", help="La factura: su nombre o su id de Siigo.")
    ] = None,
    opportunity: Annotated[
        str | None,
        typer.Option("--opportunity", metavar="ID", help="La oportunidad (dirección de Escala a Siigo)."),
    ] = None,
    deal: Annotated[
        str | None, typer.Option("--deal", metavar="ID", help="La factura es esa oportunidad de Escala.")
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="ID", help="Su cliente es ese contacto; se recuerda para siempre."),
    ] = None,
    create: Annotated[
        bool,
        typer.Option("--create", help="No es ninguna de las que hay: se crea, también si se había borrado."),
    ] = False,
    ignore: Annotated[bool, typer.Option("--ignore", help="Se deja fuera para siempre.")] = False,
    done: Annotated[bool, typer.Option("--done", help="Usted ya lo corrigió en Escala.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Facturar otra vez (dirección de Escala a Siigo).")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            readable=False,
            metavar="CSV",
            help="Muchas a la vez: el archivo de «invoices --csv» con «decision» y «target» llenas.",
        ),
    ] = None,
    as_json: arguments.Json = False,
) -> int:
    """Guarda su decisión sobre facturas que esperan por usted; la próxima sincronización la obedece.

    No llama a Siigo ni a Escala, y sirve también mientras hay una sincronización en curso.
    """
    given = dict(zip(_WORDS, (deal, contact, create, ignore, done, again), strict=True))
    asked = [word for word, value in given.items() if value not in (None, False)]
    _check(invoice, opportunity, file, asked)
    setup.prepared()
    from siigo_escala.domain.decisions import DecisionProblem, UnreadableFile

    connection = stored.named(name)
    _check_direction(connection.direction, invoice, opportunity, asked)
    key = "--file" if file is not None else "--invoice" if invoice is not None else "--opportunity"
    try:
        if connection.direction == BACK:
            count, warnings = _store_of_deals(connection, file, opportunity, asked)
        elif file is not None:
            count, warnings = _store_of_file(connection, file)
        else:
            count, warnings = _store_one(connection, _wish(invoice or "", asked[0], deal or contact))
    except UnreadableFile as problem:
        raise CommandProblem("FILE_INVALID", problem.message, key=key) from None
    except DecisionProblem as problem:
        raise CommandProblem("DECISION_NOT_POSSIBLE", problem.message, key=key) from None
    if not count and not warnings:
        warnings.append("Ninguna fila del archivo trae una decisión.")
    if as_json:
        output.document({"schema": 1, "connection": name, "done": True, "warnings": warnings})
    else:
        _show(name, count, warnings)
    return 0


def _check(invoice: str | None, opportunity: str | None, file: Path | None, asked: list[str]) -> None:
    """One record with one decision, or a file alone."""
    if file is not None:
        if invoice is not None or opportunity is not None or asked:
            raise CommandProblem(
                "USAGE", "--file trae las facturas y las decisiones: úselo solo.", key="--file"
            )
        return
    if (invoice is None) == (opportunity is None):
        raise CommandProblem(
            "USAGE",
            "Diga de qué factura: --invoice FV-…, de qué oportunidad: --opportunity ID, o --file con muchas.",
            key="--invoice",
        )
    if not (invoice or opportunity or "").strip():
        if invoice is None:
            raise CommandProblem(
                "USAGE", "--opportunity está vacío: escriba el id de una oportunidad.", key="--opportunity"
            )
        raise CommandProblem(
            "USAGE", "--invoice está vacío: escriba el número de una factura.", key="--invoice"
        )
    if len(asked) != 1:
        raise CommandProblem(
            "USAGE",
            f"Diga una decisión, y solo una: {', '.join(_WORDS)}.",
            key=asked[1] if asked else "--deal",
        )


def _check_direction(direction: str, invoice: str | None, opportunity: str | None, asked: list[str]) -> None:
    from siigo_escala.domain import decisions

    if direction == BACK:
        if invoice is not None:
            raise CommandProblem(
                "USAGE",
                "--invoice es de la dirección de Siigo a Escala, y esta conexión va de Escala a Siigo: use "
                "--opportunity ID.",
                key="--invoice",
            )
        other = next((word for word in asked if word.removeprefix("--") not in decisions.DEAL_KINDS), None)
        if other is not None:
            raise CommandProblem(
                "USAGE",
                f"{other} es de la dirección de Siigo a Escala; una oportunidad admite: "
                f"{', '.join(f'--{kind}' for kind in decisions.DEAL_KINDS)}.",
                key=other,
            )
        return

    if opportunity is not None:
        raise CommandProblem(
            "USAGE",
            "--opportunity es de la dirección de Escala a Siigo, y esta conexión va de Siigo a Escala.",
            key="--opportunity",
        )
    if "--again" in asked:
        raise CommandProblem("USAGE", f"{decisions.AGAIN}.".replace("«again»", "--again"), key="--again")


def _wish(invoice: str, word: str, target: str | None) -> Wish:
    from siigo_escala.domain.decisions import KINDS, Wish

    kind = next(kind for kind in KINDS if f"--{kind}" == word)
    if target is not None and not target.strip():
        raise CommandProblem("USAGE", f"{word} está vacío: escriba el id de Escala.", key=word)
    return Wish(kind=kind, invoice=invoice.strip(), target=(target or "").strip())


def _store_one(connection: Connection, wish: Wish) -> tuple[int, list[str]]:
    from siigo_escala.sync import resolve as storing

    return 1, storing.store(connection, [wish], now=setup.now())


def _store_of_file(connection: Connection, file: Path) -> tuple[int, list[str]]:
    """How many decisions were stored, and what is to be told of them."""
    from siigo_escala.domain import decisions
    from siigo_escala.sync import resolve as storing
    from siigo_escala.sync import resolving

    given, wrong = decisions.from_csv(_text_of(file))
    wishes, warnings = resolving.unfulfilled(connection, given)
    if wrong:
        raise decisions.together([*wrong, *resolving.problems(connection, wishes)])
    return len(wishes), warnings + storing.store(connection, wishes, now=setup.now())


def _store_of_deals(
    connection: Connection, file: Path | None, opportunity: str | None, asked: list[str]
) -> tuple[int, list[str]]:
    """The same of opportunities."""
    from siigo_escala.domain import decisions
    from siigo_escala.sync.invoicing import resolve as storing

    if file is None:
        kind = next(kind for kind in decisions.DEAL_KINDS if f"--{kind}" == asked[0])
        wish = decisions.DealWish(kind=kind, deal_id=(opportunity or "").strip())
        return 1, storing.store(connection, [wish], now=setup.now())
    given, wrong = decisions.of_deals(_text_of(file))
    wishes, warnings = storing.unfulfilled(connection, given)
    if wrong:
        raise decisions.together([*wrong, *storing.problems(connection, wishes)])
    return len(wishes), warnings + storing.store(connection, wishes, now=setup.now())


def _text_of(path: Path) -> str:
    from siigo_escala.domain import decisions

    try:
        if path.stat().st_size > _LARGEST:
            raise CommandProblem("FILE_INVALID", f"«{path}» es demasiado grande.", key="--file")
        return decisions.decoded(path.read_bytes())
    except OSError as problem:
        raise CommandProblem(
            "FILE_MISSING",
            f"No se pudo leer «{path}» ({causes.of_file(problem)}).",
            key="--file",
        ) from None
    except UnicodeError:
        raise CommandProblem(
            "FILE_INVALID",
            f"«{path}» no está en UTF-8 ni es «Texto Unicode» de Excel: guárdelo como «CSV UTF-8».",
            key="--file",
        ) from None


def _show(name: str, count: int, warnings: list[str]) -> None:
    for warning in warnings:
        output.say(warning)
    if count:
        output.say(
            f"{output.number(count)} {'decisión guardada' if count == 1 else 'decisiones guardadas'}: se "
            f"cumple{'' if count == 1 else 'n'} con «siigo-escala sync {name}»."
        )
