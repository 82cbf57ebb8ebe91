"""What a person decides of held invoices, one by one or as a spreadsheet, as it was given."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["deal", "contact", "create", "ignore", "done"]

KINDS: tuple[Kind, ...] = ("deal", "contact", "create", "ignore", "done")
DealKind = Literal["create", "ignore", "done", "again"]
DEAL_KINDS: tuple[DealKind, ...] = ("create", "ignore", "done", "again")
WITH_TARGET: tuple[Kind, ...] = ("deal", "contact")
AGAIN = (
    "«again» vuelve a facturar una oportunidad: es de la dirección de Escala a Siigo, y esta conexión va de "
    "Siigo a Escala"
)
_UNSAFE = ("=", "+", "-", "@", "\t", "\r", "'")
"""A formula begins so; the last is the mark that makes a cell safe, so that it reads back too."""
_SEPARATORS = (",", ";", "\t")
_KEYS = ("siigo_id", "invoice", "opportunity")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class DecisionProblem(Exception):
    """A decision that cannot be obeyed. `message`: a Spanish sentence, with the `line` of the file."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message if line is None else f"Línea {line}: {message[:1].lower()}{message[1:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One decision: of the invoice with this Siigo id or, where it is "", of this name (or Siigo id).

    `target`: an id of Escala, for `deal` and `contact`.
    """

    kind: Kind
    invoice: str
    siigo_id: str = ""
    target: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealWish:
    """One decision of an opportunity that becomes an invoice."""

    kind: DealKind
    deal_id: str
    line: int | None = None


def decoded(content: bytes, *, errors: str = "strict") -> str:
    """The text of a file as spreadsheets save it: UTF-8 or UTF-16. UnicodeError for others.

    Of UTF-16 that does not say so, every second byte of the first column's name is nothing.
    """
    if content.startswith(_UTF_16):
        return content.decode("utf-16", errors)
    if content[1:4:2] == b"\0\0" and content[0]:
        return content.decode("utf-16-le", errors)
    if content[:3:2] == b"\0\0" and content[1]:
        return content.decode("utf-16-be", errors)
    return content.decode("utf-8", errors)


def from_csv(text: str) -> list[Wish]:
    """The decisions of a file as `invoices --csv` writes it, with commas, semicolons or tabs; rows without
    one are left out.

    DecisionProblem names the line of the first that cannot be read.
    """
    wishes = []
    for line, row in _rows(text):
        word = row.get("decision", "").casefold()
        if not word:
            continue
        if word == "again":
            raise DecisionProblem(f"{AGAIN}.", line=line)
        if word not in KINDS:
            raise DecisionProblem(
                f"No existe la decisión «{word}»; puede ser: {', '.join(KINDS)}.", line=line
            )
        kind = word
        target = row.get("target", "") if kind in WITH_TARGET else ""
        if kind in WITH_TARGET and not target:
            raise DecisionProblem(
                f"La decisión «{kind}» necesita en «target» el id de Escala, uno de los de «candidates».",
                line=line,
            )
        siigo_id, invoice = row.get("siigo_id", ""), row.get("invoice", "")
        if not siigo_id and not invoice:
            raise DecisionProblem("Falta la factura: «siigo_id» o «invoice».", line=line)
        wishes.append(Wish(kind=kind, invoice=invoice, siigo_id=siigo_id, target=target, line=line))
    return wishes


def of_deals(text: str) -> list[DealWish]:
    """The same of a file of opportunities, whose ids stand under `opportunity`."""
    wishes = []
    for line, row in _rows(text, key=("opportunity",), needed=("decision",)):
        word = row.get("decision", "").casefold()
        if not word:
            continue
        if word not in DEAL_KINDS:
            raise DecisionProblem(
                f"No existe la decisión «{word}»; puede ser: {', '.join(DEAL_KINDS)}.", line=line
            )
        if not row.get("opportunity", ""):
            raise DecisionProblem("Falta la oportunidad: «opportunity».", line=line)
        wishes.append(DealWish(kind=word, deal_id=row["opportunity"], line=line))
    return wishes


def any_in(text: str) -> bool:
    """Whether anything stands under `decision`, also what cannot be obeyed; False for another file."""
    try:
        return any(row.get("decision") for _, row in _rows(text, key=_KEYS, needed=("decision",)))
    except DecisionProblem:
        return False


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_UNSAFE) else text


def plain_cell(cell: str) -> str:
    """The text that `safe_cell` made safe, without the blanks around it that people leave."""
    return (cell[1:] if cell.startswith("'") and cell[1:].startswith(_UNSAFE) else cell).strip()


def _rows(
    text: str,
    *,
    key: tuple[str, ...] = ("siigo_id", "invoice"),
    needed: tuple[str, ...] = ("decision", "target"),
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line number and cells by column of every row that is not empty: one of `key`, all of `needed`."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    skipped = 1 if lines and lines[0].casefold().startswith("sep=") else 0
    lines = lines[skipped:]
    first = lines[0] if lines else ""
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator)
    header: list[str] | None = None
    try:
        for cells in reader:
            if header is None:
                header = [plain_cell(cell).casefold() for cell in cells]
                _check_header(header, key, needed)
            elif any(cells):
                yield reader.line_num + skipped, dict(zip(header, map(plain_cell, cells), strict=False))
    except csv.Error:
        raise DecisionProblem("No se puede leer como CSV.", line=reader.line_num + skipped) from None
    if header is None:
        raise DecisionProblem("El archivo está vacío.")


def _check_header(header: list[str], key: tuple[str, ...], needed: tuple[str, ...]) -> None:
    missing = [column for column in needed if column not in header]
    if not set(key) & set(header):
        missing.insert(0, key[0])
    if missing:
        raise DecisionProblem(
            f"Al archivo le falta la columna «{missing[0]}»: use uno escrito por «invoices --csv».", line=1
        )
