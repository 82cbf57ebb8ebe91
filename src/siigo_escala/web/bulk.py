"""One decision on all of a filter, however many pages it has: which records admit it, and storing it.

In slices, each stored whole: a run that commits meanwhile waits for a moment only, and what cannot be obeyed
keeps nothing else back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from siigo_escala.domain.decisions import DecisionProblem
from siigo_escala.store.models import Connection
from siigo_escala.web.books import Book, Chosen
from siigo_escala.web.decisions import Choice, Kind
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.templatetags.words import noun, number

SLICE = 500
AT_ONCE = 1000
"""More than these a page does not wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """What a decision on a filter comes to."""

    choice: Choice | None
    """As the first of them shows it; None: none admits it."""
    chosen: Sequence[Chosen]

    @property
    def value(self) -> Decimal:
        """Their pesos."""
        return sum((one.value for one in self.chosen), Decimal(0))


def many(book: Book, company: Connection, asked: Filters, kind: Kind) -> Many:
    """What of the filter offers this button."""
    found = [one for one in book.left(company, asked) if one.choice(kind) is not None]
    return Many(choice=found[0].choice(kind) if found else None, chosen=found)


def carry_out(
    book: Book,
    company: Connection,
    kind: Kind,
    chosen: Sequence[Chosen],
    *,
    now: Callable[[], datetime],
    tell: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Stores it for all, and asks for a run where it makes something. How many, and why not the rest."""
    done, refused, why = 0, 0, ""
    for start in range(0, len(chosen), SLICE):
        part = chosen[start : start + SLICE]
        obeyed, last = (list(part), "") if kind == "retry" else _stored(book, company, kind, part, now=now)
        if kind in book.makes and obeyed:
            book.run(company, obeyed, now=now())
        done, refused, why = done + len(obeyed), refused + len(part) - len(obeyed), last or why
        tell({"done": start + len(part), "total": len(chosen)})
    return {"done": done, "refused": refused, "why": why}


def told(book: Book, choice: Choice, result: dict[str, Any]) -> str:
    """What happened, in a sentence."""
    done, refused = int(result["done"]), int(result["refused"])
    if not refused:
        return choice.told(done, book.nouns)
    return (
        f"{number(done)} de {number(done + refused)} {noun(done, 'salió,salieron')}; "
        f"{number(refused)} {noun(refused, 'sigue,siguen')} aquí. {result['why']}"
    )


def _stored(
    book: Book, company: Connection, kind: Kind, part: Sequence[Chosen], *, now: Callable[[], datetime]
) -> tuple[list[Chosen], str]:
    """Those that were obeyed, and why the last of the others was not."""
    try:
        book.store(company, kind, part, now=now())
    except DecisionProblem as problem:
        if len(part) == 1:
            return [], problem.message
    else:
        return list(part), ""
    obeyed: list[Chosen] = []
    why = ""
    for one in part:
        some, last = _stored(book, company, kind, [one], now=now)
        obeyed, why = obeyed + some, last or why
    return obeyed, why
