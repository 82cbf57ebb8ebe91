"""The filters of a list, read from the address and told back: what is unknown is left out and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoice
from siigo_escala.web import asked as numbers
from siigo_escala.web.queries import ledger, search
from siigo_escala.web.states import STATES, Shown, shown_state
from siigo_escala.web.templatetags.words import day

ORDERS = {
    "fecha": ("date", "pk"),
    "cliente": ("customer", "pk"),
    "valor": ("value", "pk"),
    "factura": ("name", "pk"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An active filter in words, and the address without it."""

    word: str
    without: str


@dataclass(slots=True, kw_only=True)
class Filters:
    """What an address asks for."""

    q: str = ""
    states: tuple[str, ...] = ()
    code: str = ""
    date_from: date | None = None
    date_to: date | None = None
    seller: str = ""
    due: str = ""
    order: str = "-fecha"
    unknown: list[str] = field(default_factory=list)
    """`estado=x`: left out, and said so."""
    words: Mapping[str, Shown] = field(default_factory=lambda: STATES)
    """The states that the list knows."""
    sellers: Mapping[str, str] = field(default_factory=dict)
    """Their names by their ids."""

    @property
    def any(self) -> bool:
        """Whether something narrows the list."""
        return bool(
            self.q or self.states or self.code or self.date_from or self.date_to or self.seller or self.due
        )

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The parameters of an address that asks for the same."""
        if self.q:
            yield "q", self.q
        for state in self.states:
            yield "estado", state
        for name, value in (("motivo", self.code), ("vendedor", self.seller), ("saldo", self.due)):
            if value:
                yield name, value
        if self.date_from:
            yield "desde", self.date_from.isoformat()
        if self.date_to:
            yield "hasta", self.date_to.isoformat()
        if self.order != "-fecha":
            yield "orden", self.order

    def address(self, **changes: str) -> str:
        """The same list with other parameters: an empty one is left out."""
        kept = [(name, value) for name, value in self.pairs() if name not in changes]
        return "?" + urlencode(kept + [(name, value) for name, value in changes.items() if value])

    def everywhen(self) -> str:
        """The same without dates."""
        return self.address(desde="", hasta="")

    def chips(self) -> list[Chip]:
        """Every active filter, each with its way out."""
        made = []
        if self.q:
            made.append(Chip(word=f"«{self.q}»", without=self.address(q="")))
        for state in self.states:
            rest = [(name, value) for name, value in self.pairs() if (name, value) != ("estado", state)]
            made.append(Chip(word=self.words[state].word, without="?" + urlencode(rest)))
        if self.code:
            made.append(Chip(word=reasons.catalogue[Code(self.code)].title, without=self.address(motivo="")))
        if self.date_from:
            made.append(Chip(word=f"Desde {day(self.date_from)}", without=self.address(desde="")))
        if self.date_to:
            made.append(Chip(word=f"Hasta {day(self.date_to)}", without=self.address(hasta="")))
        if self.seller:
            made.append(
                Chip(word=self.sellers.get(self.seller, "Sin vendedor"), without=self.address(vendedor=""))
            )
        if self.due:
            made.append(Chip(word="Por cobrar", without=self.address(saldo="")))
        return made


def read(
    asked: QueryDict,
    sellers: Mapping[str, str] | None,
    *,
    words: Mapping[str, Shown] = STATES,
    orders: Mapping[str, tuple[str, str]] = ORDERS,
) -> Filters:
    """The filters of an address; `sellers`: the ones there are, by id, or None where the list knows none."""
    made = Filters(
        q=" ".join(asked.get("q", "").split())[: search.LONGEST], words=words, sellers=sellers or {}
    )
    states = dict.fromkeys(one for one in asked.getlist("estado") if one)
    made.states = tuple(one for one in states if one in words)
    made.unknown += [f"estado={one}" for one in states if one not in words]
    made.code = _one_of(made, "motivo", asked, {code.value for code in reasons.catalogue})
    made.seller = _one_of(made, "vendedor", asked, set() if sellers is None else {*sellers, "ninguno"})
    made.due = _one_of(made, "saldo", asked, set() if sellers is None else {"pendiente"})
    signed = {sign + name for name in orders for sign in ("", "-")}
    made.order = _one_of(made, "orden", asked, signed) or "-fecha"
    made.date_from, made.date_to = _day(made, "desde", asked), _day(made, "hasta", asked)
    return made


def chosen(company: Connection, filters: Filters) -> QuerySet[Invoice]:
    """The invoices that the filters leave, in no order."""
    rows = ledger.in_span(company, filters.date_from, filters.date_to).annotate(shown=shown_state())
    if filters.states:
        rows = rows.filter(shown__in=filters.states)
    if filters.code:
        rows = rows.filter(code=filters.code)
    if filters.seller:
        rows = rows.filter(seller=None if filters.seller == "ninguno" else int(filters.seller))
    if filters.due:
        rows = rows.exclude(balance__in=("", "0", "0.0", "0.00"))
    return search.found(rows, company, filters.q) if filters.q else rows


def _one_of(made: Filters, name: str, asked: QueryDict, known: set[str]) -> str:
    value = asked.get(name, "")
    if value and value not in known:
        made.unknown.append(f"{name}={value}"[:60])
        return ""
    return value


def _day(made: Filters, name: str, asked: QueryDict) -> date | None:
    value = asked.get(name, "")
    try:
        return numbers.day(value)
    except ValueError:
        made.unknown.append(f"{name}={value}"[:60])
        return None
