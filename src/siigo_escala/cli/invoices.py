"""`siigo-escala invoices`: the ledger, one row an invoice, for people, programs and spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siigo_escala.cli import arguments, directions, output, setup, stored
from siigo_escala.cli.failures import CommandProblem
from siigo_escala.store import causes

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection

_SHOWN = 200
_FEW = 5
_COLUMNS = ("siigo_id", "invoice", "code", "candidates", "decision", "target")
_COLUMNS_BACK = ("opportunity", "name", "code", "decision")
_STATUSES = tuple(dict.fromkeys((*directions.FORWARD_WORDS.parts, *directions.BACK_WORDS.parts)))


def invoices(
    name: arguments.Name,
    *,
    statuses: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            metavar="ESTADO",
            help=f"Solo este estado ({', '.join(_STATUSES)}); puede repetirse.",
        ),
    ] = None,
    codes: Annotated[
        list[str] | None,
        typer.Option("--code", metavar="CÓDIGO", help="Solo este código de motivo; puede repetirse."),
    ] = None,
    only_open: Annotated[
        bool, typer.Option("--open", help="Solo las que esperan que una persona decida o corrija algo.")
    ] = False,
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            readable=False,
            metavar="ARCHIVO",
            help="Escribe las filas en un archivo CSV para decidir.",
        ),
    ] = None,
    as_json: arguments.Json = False,
) -> int:
    """El registro: una fila por factura (u oportunidad), con su estado y su motivo."""
    _check_statuses(statuses or [], _STATUSES)
    chosen = _known_codes(codes or [])
    setup.prepared(reads_only=True)
    connection = stored.named(name)
    words = directions.of(connection.direction)
    _check_statuses(statuses or [], words.parts)
    rows = list(directions.ledger(connection).rows_of(connection, statuses=statuses or (), codes=chosen))
    if only_open:
        rows = [row for row in rows if row["open"]]
    if csv_file is not None:
        _write(csv_file, rows, words)
    if as_json:
        output.document({"schema": 1, "connection": name, "rows": rows})
    elif csv_file is not None:
        output.say(f"{output.number(len(rows))} filas en «{csv_file}».")
    else:
        _show(connection, rows, words)
    return 0


def _check_statuses(statuses: list[str], known: Iterable[str]) -> None:
    for status in statuses:
        if status not in known:
            raise CommandProblem(
                "USAGE",
                f"No existe el estado «{output.clean(status)}»; los estados son: {', '.join(known)}.",
                key="--status",
            )


def _known_codes(codes: list[str]) -> list[str]:
    from siigo_escala.domain import reasons

    for code in codes:
        if code not in reasons.catalogue:
            raise CommandProblem(
                "USAGE",
                f"No existe el código «{output.clean(code)}»; están en docs/reference/reason-codes.md.",
                key="--code",
            )
    return codes


def _write(path: Path, rows: list[dict[str, Any]], words: directions.Words) -> None:
    """The rows with room for a decision; a person fills `decision` and `target` (`resolve --file`).

    FILE_EXISTS where the file that stands there holds decisions already.
    """
    from siigo_escala.domain import decisions

    try:
        if path.is_file() and decisions.any_in(decisions.decoded(path.read_bytes(), errors="replace")):
            raise CommandProblem(
                "FILE_EXISTS",
                f"«{path}» ya tiene decisiones suyas en la columna «decision», y no se reemplazó: elija otro "
                "nombre para el archivo nuevo.",
                key="--csv",
            )
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            back = words is directions.BACK_WORDS
            writer.writerow(_COLUMNS_BACK if back else _COLUMNS)
            for row in rows:
                writer.writerow(
                    [decisions.safe_cell(text) for text in (_of_deal(row) if back else _decidable(row))]
                )
    except OSError as problem:
        raise CommandProblem(
            "STORAGE_FAILED",
            f"No se pudo escribir «{path}» ({causes.of_file(problem)}).",
            key="--csv",
        ) from None


def _decidable(row: dict[str, Any]) -> list[str]:
    candidates = " ".join(str(one) for one in row["candidates"])
    return [row["siigo_id"], row["invoice"], row["code"] or "", candidates, "", ""]


def _of_deal(row: dict[str, Any]) -> list[str]:
    return [row["opportunity"], row["name"], row["code"] or "", ""]


def _show(connection: Connection, rows: list[dict[str, Any]], words: directions.Words) -> None:
    from siigo_escala.domain import reasons

    if not rows:
        output.say(f"No hay {words.many.lower()} así en el registro.")
        return
    back = words is directions.BACK_WORDS
    if back:
        _table_of_deals(rows[:_SHOWN], words)
    else:
        _table_of_invoices(rows[:_SHOWN], words)
    if not back:
        _show_candidates(rows[:_SHOWN])
    if len(rows) > _SHOWN:
        output.say(f"… y {output.number(len(rows) - _SHOWN)} más: --json o --csv las dan todas.")
    said_of = _sentences(connection, rows[:_SHOWN]) if back else {}
    for code in sorted({row["code"] for row in rows[:_SHOWN] if row["code"]}):
        reason = reasons.catalogue[reasons.Code(code)]
        title = reason.title if reason.title.endswith("?") else f"{reason.title}."
        said = reasons.message(reason.code, {}, of_deal=back)
        if code in said_of:
            for one in said_of[code]:
                output.say(f"{code}: {one}")
        elif back and reason.of_deal is not None:
            output.say(f"{code}: {said}")  # title and cause speak of an invoice
        else:
            output.say(f"{code}: {title} {reason.cause} {said[:1].upper()}{said[1:]}")


def _sentences(connection: Connection, rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """By reason what these are held for, where few sentences say it: cause and remedy of each."""
    from siigo_escala.sync.invoicing import report

    found: dict[str, dict[str, None]] = {}
    for code, sentence in report.sentences(connection, [row["opportunity"] for row in rows]):
        found.setdefault(code, {})[sentence] = None
    return {code: list(said) for code, said in found.items() if len(said) <= _FEW}


def _show_candidates(rows: list[dict[str, Any]]) -> None:
    """What a held invoice may be, one id a line: an id that is cut in two cannot be copied."""
    found = [row for row in rows if row["candidates"]]
    if not found:
        return
    output.table(
        [("Factura", "left"), ("Puede ser", "left"), ("Id en Escala", "left")],
        [
            [
                row["invoice"] or row["siigo_id"],
                "el contacto" if row["code"] == "CONTACT_AMBIGUOUS" else "la oportunidad",
                str(one),
            ]
            for row in found
            for one in row["candidates"]
        ],
    )


def _table_of_deals(rows: list[dict[str, Any]], words: directions.Words) -> None:
    """Ids are to be copied into `resolve --opportunity`: each stands whole, on a line of its own."""
    from siigo_escala.domain import money

    output.table(
        [(words.one, "left"), ("Pesos", "right"), ("Estado", "left"), ("Factura o motivo", "left")],
        [
            [
                "\n".join(
                    output.clean(part)
                    for part in (" · ".join(filter(None, (row["name"], row["customer"]))), row["opportunity"])
                    if part
                ),
                money.to_pesos(Decimal(row["value"])),
                words.state(row["status"]),
                row["code"] or row["invoice"] or "",
            ]
            for row in rows
        ],
        keep="\n",
    )


def _table_of_invoices(rows: list[dict[str, Any]], words: directions.Words) -> None:
    from siigo_escala.domain import money

    output.table(
        [
            (words.one, "left"),
            ("Fecha", "left"),
            ("Cliente", "left"),
            ("Pesos", "right"),
            ("Estado", "left"),
            ("Motivo", "left"),
        ],
        [
            [
                row["invoice"] or row["siigo_id"],
                "/".join(reversed((row["date"] or "").split("-"))),
                row["customer"],
                money.to_pesos(Decimal(row["value"])),
                words.state(row["status"]),
                row["code"] or "",
            ]
            for row in rows
        ],
    )
