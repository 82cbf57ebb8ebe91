"""One decision on all of a filter, however many pages it has: which invoices admit it, and storing it.

In slices, each stored whole: a run that commits meanwhile waits for a moment only, and what cannot be obeyed
keeps nothing else back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db.models import Q

from siigo_escala.domain.decisions import DecisionProblem, Wish
from siigo_escala.domain.decisions import Kind as WishKind
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection
from siigo_escala.sync import requests, resolve
from siigo_escala.sync.session import Options
from siigo_escala.web.decisions import Choice, Kind, choices_for
from siigo_escala.web.queries import filters
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.states import STUCK
from siigo_escala.web.templatetags.words import noun, number

SLICE = 500
AT_ONCE = 1000
"""More than these a page does not wait for."""
_DECIDABLE = STUCK | Q(code__in=(Code.IGNORED_BY_PERSON, Code.DEAL_DELETED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An invoice that admits the decision."""

    siigo_id: str
    name: str
    value: Decimal


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


def many(company: Connection, asked: Filters, kind: Kind) -> Many:
    """The invoices of the filter that offer this button."""
    button: Choice | None = None
    found = []
    rows = filters.chosen(company, asked).filter(_DECIDABLE).defer("record", "intent").order_by("pk")
    for row in rows.iterator(chunk_size=2000):
        offered = next((one for one in choices_for(row) if one.kind == kind), None)
        if offered is not None:
            button = button or offered
            found.append(Chosen(siigo_id=row.siigo_id, name=row.name, value=row.value))
    return Many(choice=button, chosen=found)


def carry_out(
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
        obeyed, last = (list(part), "") if kind == "retry" else _stored(company, kind, part, now=now)
        if kind in ("retry", "create") and obeyed:
            names = tuple(sorted({one.name for one in obeyed if one.name}))
            requests.ask(company, Options(kind="retry", invoices=names), now=now())
        done, refused, why = done + len(obeyed), refused + len(part) - len(obeyed), last or why
        tell({"done": start + len(part), "total": len(chosen)})
    return {"done": done, "refused": refused, "why": why}


def told(choice: Choice, result: dict[str, Any]) -> str:
    """What happened, in a sentence."""
    done, refused = int(result["done"]), int(result["refused"])
    if not refused:
        return choice.told(done, "factura,facturas")
    return (
        f"{number(done)} de {number(done + refused)} {noun(done, 'salió,salieron')}; "
        f"{number(refused)} {noun(refused, 'sigue,siguen')} aquí. {result['why']}"
    )


def _stored(
    company: Connection, kind: Kind, part: Sequence[Chosen], *, now: Callable[[], datetime]
) -> tuple[list[Chosen], str]:
    """Those that were obeyed, and why the last of the others was not."""
    try:
        resolve.store(company, list(_wishes(kind, part)), now=now())
    except DecisionProblem as problem:
        if len(part) == 1:
            return [], problem.message
    else:
        return list(part), ""
    obeyed: list[Chosen] = []
    why = ""
    for one in part:
        some, last = _stored(company, kind, [one], now=now)
        obeyed, why = obeyed + some, last or why
    return obeyed, why


def _wishes(kind: Kind, part: Sequence[Chosen]) -> Iterator[Wish]:
    for one in part:
        yield Wish(kind=cast("WishKind", kind), invoice=one.name.strip(), siigo_id=one.siigo_id)
