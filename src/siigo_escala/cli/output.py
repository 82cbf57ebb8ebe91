"""How commands speak: one JSON document for programs, Spanish words and tables for people."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from siigo_escala.cli.failures import Failure

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

WIDEST = 100
_GONE = (errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO)
"""What writing says where nobody will read any more."""


def width() -> int:
    """Columns there are, 100 at most."""
    return max(40, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))


def document(shown: dict[str, Any]) -> None:
    """The one JSON document of a command, on standard output."""
    print(json.dumps(shown, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None), flush=True)


def failure(told: Failure, *, as_json: bool) -> None:
    """Why a command could not do its work: a document, or one line on standard error."""
    if as_json:
        document(told.document())
    else:
        note(f"{told.message} [{told.code}]")


def note(sentence: str) -> None:
    """A sentence beside the result, on standard error."""
    with beside():
        print(sentence, file=sys.stderr, flush=True)


@contextmanager
def beside() -> Iterator[None]:
    """Writes to standard error: a reader that goes away keeps nothing from its work.

    What a full disk refuses is lost; the next line is tried again.
    """
    try:
        yield
    except OSError as problem:
        if problem.errno in _GONE:
            silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Nobody reads this stream any more: what is still told there goes nowhere, and is no failure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def console() -> Console:
    """Standard output for people, 100 columns at most."""
    from rich.console import Console

    return Console(width=width(), highlight=False, soft_wrap=False, markup=False, emoji=False)


def say(sentence: str) -> None:
    """A sentence of the result, wrapped."""
    for line in clean(sentence, keep="\n").split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        print(
            textwrap.fill(
                line.strip(),
                width(),
                initial_indent=indent,
                subsequent_indent=indent + ("  " if indent else ""),
                break_long_words=False,
                break_on_hyphens=False,
            ),
            flush=True,
        )


def link(address: str) -> None:
    """An address on a line of its own, never broken: it is to be clicked or copied."""
    print(clean(address), flush=True)


def table(
    columns: Sequence[tuple[str, JustifyMethod]],
    rows: Sequence[Sequence[str]],
    *,
    title: str = "",
    keep: str = "",
) -> None:
    """A table of texts that fits the width; long cells are wrapped. `keep`: as `clean` takes it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, justify in columns:
        made.add_column(heading, justify=justify, overflow="fold", no_wrap=justify == "right")
    for row in rows:
        made.add_row(*[Text(clean(cell, keep=keep)) for cell in row])
    console().print(made)


def clean(text: str, *, keep: str = "") -> str:
    """A text from outside without what would steer a terminal."""
    return "".join(one if one.isprintable() or one in keep else " " for one in text)


def number(count: int) -> str:
    """A count as Colombia writes it: "1.234"."""
    return f"{count:,}".replace(",", ".")


def size(count: int) -> str:
    """So many bytes as people say it: "12 kB", "0,1 MB", "1.234,5 MB"."""
    if count < 100_000:
        return f"{max(round(count / 1e3), 1)} kB"
    whole, tenth = divmod(round(count / 1e5), 10)
    return f"{number(whole)},{tenth} MB"


def duration(seconds: float) -> str:
    """A duration in words: "41 s", "3 min", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
