"""What a person decides of held invoices, one by one or as a spreadsheet, as it was given."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
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
_LINK = "si es esa oportunidad escriba «deal», o si es ese contacto, «contact»"
_OPEN = 'puede ser una comilla («"») que se abre ahí y no se cierra'
_UNSAFE = ("=", "+", "-", "@", "\t", "\r", "'")
"""A formula begins so; the last is the mark that makes a cell safe, so that it reads back too."""
_SEPARATORS = (",", ";", "\t")
_KEYS = ("siigo_id", "invoice", "opportunity")
_ONE_LINE = (*_KEYS, "code", "candidates", "decision", "target")
"""What never holds a line break: one there comes of a quote left open, which hides the rows it ran over."""
_TOLD = 10
"""More rows than these no answer names."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class DecisionProblem(Exception):
    """A decision that cannot be obeyed. `message`: a Spanish sentence, with the `line` of the file."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.message = message if line is None else f"Línea {line}: {message[:1].lower()}{message[1:]}"


class UnreadableFile(DecisionProblem):
    """What is no CSV: nobody knows which rows it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One decision: of the invoice with this Siigo id or, where it is "", of this name (or Siigo id).

    `target`: an id of Escala, for `deal` and `contact`.
    """

    kind: Kind
    invoice: str
    siigo_id: str = ""
    target: str = ""
    code: str = ""
    """What the row of a file asked when it was written: an answer to that is none to what is asked since."""
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


def together(problems: Sequence[DecisionProblem]) -> DecisionProblem:
    """One problem that tells these in the order of the file: the first of each line, ten lines at most."""
    by_line: dict[int, str] = {}
    for problem in problems:
        by_line.setdefault(problem.line or 0, problem.message)
    told = [by_line[line] for line in sorted(by_line)[:_TOLD]]
    more = [f"… y {_number(len(by_line) - _TOLD)} más."] if len(by_line) > _TOLD else []
    return DecisionProblem("\n".join(told + more))


def answered(names: Sequence[str], *, one: str, many: str) -> list[str]:
    """What warns of the rows of a file that were obeyed before; nothing where there are none.

    `one`, `many`: the sentence for the name of one, and for how many they are.
    """
    if not names:
        return []
    if len(names) == 1:
        return [f"{one.format(names[0])}; su fila no cambia nada."]
    more = f" y {_number(len(names) - _TOLD)} más" if len(names) > _TOLD else ""
    told = f"{many.format(_number(len(names)))}; sus filas no cambian nada"
    return [f"{told}: {', '.join(names[:_TOLD])}{more}."]


def from_csv(text: str) -> tuple[list[Wish], list[DecisionProblem]]:
    """The decisions of a file as `invoices --csv` writes it, with commas, semicolons or tabs, and what is
    wrong with the others; rows without one are left out.

    DecisionProblem where it is no such file.
    """
    wishes, wrong = [], []
    for line, row in _rows(text):
        try:
            wish = _wish(row, line)
        except DecisionProblem as problem:
            wrong.append(problem)
        else:
            wishes += [wish] if wish is not None else []
    return wishes, wrong


def of_deals(text: str) -> tuple[list[DealWish], list[DecisionProblem]]:
    """The same of a file of opportunities, whose ids stand under `opportunity`."""
    wishes, wrong = [], []
    for line, row in _rows(text, key=("opportunity",), needed=("decision",)):
        word, deal_id = row.get("decision", "").casefold(), row.get("opportunity", "")
        if not word:
            continue
        if word not in DEAL_KINDS:
            wrong.append(_no_such(word, DEAL_KINDS, line))
        elif not deal_id:
            wrong.append(DecisionProblem("Falta la oportunidad: «opportunity».", line=line))
        else:
            wishes.append(DealWish(kind=word, deal_id=deal_id, line=line))
    return wishes, wrong


def any_in(text: str) -> bool:
    """Whether anything stands under `decision`, also what cannot be obeyed; False for another file.

    Of what cannot be read nobody knows: it may.
    """
    try:
        return any(row.get("decision") for _, row in _rows(text, key=_KEYS, needed=("decision",)))
    except UnreadableFile:
        return True
    except DecisionProblem:
        return False


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_UNSAFE) else text


def plain_cell(cell: str) -> str:
    """The text that `safe_cell` made safe, without the blanks around it that people leave."""
    return (cell[1:] if cell.startswith("'") and cell[1:].startswith(_UNSAFE) else cell).strip()


def _wish(row: Mapping[str, str], line: int) -> Wish | None:
    """The decision of a row; None where it has none."""
    word, target = row.get("decision", "").casefold(), row.get("target", "")
    siigo_id, invoice = row.get("siigo_id", ""), row.get("invoice", "")
    name = invoice or siigo_id
    if not word:
        return None
    if word == "again":
        raise DecisionProblem(f"{AGAIN}.", line=line)
    if word not in KINDS:
        raise _no_such(word, KINDS, line)
    if not name:
        raise DecisionProblem("Falta la factura: «siigo_id» o «invoice».", line=line)
    if word in WITH_TARGET and not target:
        raise DecisionProblem(
            f"La decisión «{word}» necesita en «target» el id de Escala, uno de los de «candidates».",
            line=line,
        )
    if word not in WITH_TARGET and target:
        raise DecisionProblem(
            f"La factura «{name}» trae «{word}», que no lleva id, y un id en «target»: {_LINK}; si no, "
            "deje «target» vacío.",
            line=line,
        )
    return Wish(
        kind=word, invoice=invoice, siigo_id=siigo_id, target=target, code=row.get("code", ""), line=line
    )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _no_such(word: str, kinds: Sequence[str], line: int) -> DecisionProblem:
    return DecisionProblem(f"No existe la decisión «{word}»; puede ser: {', '.join(kinds)}.", line=line)


def _rows(
    text: str,
    *,
    key: tuple[str, ...] = ("siigo_id", "invoice"),
    needed: tuple[str, ...] = ("decision", "target"),
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line number and cells by column of every row that is not empty: one of `key`, all of `needed`.

    UnreadableFile names the line where the row begins that cannot be told from the next.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    skipped = 1 if lines and lines[0].casefold().startswith("sep=") else 0
    lines = lines[skipped:]
    first = lines[0] if lines else ""
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator, strict=True)
    header: list[str] | None = None
    ended = skipped
    try:
        for cells in reader:
            if header is None:
                header = [plain_cell(cell).casefold() for cell in cells]
                _check_header(header, key, needed)
            elif any(cells):
                row = dict(zip(header, map(plain_cell, cells), strict=False))
                _check_cells(row, line=ended + 1)
                yield reader.line_num + skipped, row
            ended = reader.line_num + skipped
    except csv.Error:
        raise UnreadableFile(
            f"No se puede leer como CSV; {_OPEN}.",
            line=ended + 1,
        ) from None
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


def _check_cells(row: Mapping[str, str], *, line: int) -> None:
    broken = next((column for column in _ONE_LINE if set("\r\n") & set(row.get(column, ""))), None)
    if broken is not None:
        raise UnreadableFile(
            f"La celda «{broken}» ocupa varias líneas; {_OPEN}.",
            line=line,
        )
