"""Tables as files for a spreadsheet: no text in them can become a formula, numbers stay numbers.

CSV: UTF-8 with its mark, semicolons, decimal comma. XLSX: real numbers and dates, texts typed as texts.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO

import xlsxwriter

Cell = str | Decimal | date | int | None
LONGEST = 1_048_575
"""Rows of a worksheet below its head."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CHUNK = 200
_LONGEST_CELL = 32_000


def safe(text: str) -> str:
    """A text that a spreadsheet takes for a text, whatever it begins with."""
    return f"'{text}" if text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_FORMULA) else text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The file, a few rows at a time."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
    made.write("\ufeff")
    writer.writerow([safe(one) for one in head])
    for count, row in enumerate(rows, 1):
        writer.writerow([_in_csv(cell) for cell in row])
        if count % _CHUNK == 0:
            yield made.getvalue().encode()
            made.seek(0)
            made.truncate()
    yield made.getvalue().encode()


def xlsx_file(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> IO[bytes]:
    """The workbook in a temporary file, gone once it is closed; rows never stand in memory all at once."""
    made = tempfile.TemporaryFile(prefix="siigo-escala-", suffix=".xlsx")  # noqa: SIM115 - whoever answers closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(made, options)
    formats = {
        "head": book.add_format({"bold": True}),
        "pesos": book.add_format({"num_format": "#,##0.00"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    for name, head, rows in sheets:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(head) - 1, 18)
        for column, word in enumerate(head):
            sheet.write_string(0, column, word, formats["head"])
        for line, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                match cell:
                    case None | "":
                        continue
                    case str():
                        sheet.write_string(line, column, cell[:_LONGEST_CELL])
                    case date():
                        sheet.write_datetime(line, column, cell, formats["day"])
                    case Decimal():
                        sheet.write_number(line, column, float(cell), formats["pesos"])
                    case _:
                        sheet.write_number(line, column, cell)
    book.close()
    made.seek(0)
    return made


def _in_csv(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return safe(" ".join(cell.splitlines()) if "\n" in cell or "\r" in cell else cell)
        case date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:.2f}".replace(".", ",")
        case _:
            return str(cell)
