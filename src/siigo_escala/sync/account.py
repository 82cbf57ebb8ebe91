"""The account of a run: every invoice read stands in exactly one column, in count and in pesos.

`read = created + updated + unchanged + excluded + needs_attention + failed` holds by construction: there is
one entry an invoice, and the sums are made from the entries' moves.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, get_args

from siigo_escala.domain import money, reasons
from siigo_escala.domain.compact import IdTable
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import System
from siigo_escala.rest.transport import Call

Column = Literal["created", "updated", "unchanged", "excluded", "needs_attention", "failed"]
COLUMNS: tuple[Column, ...] = get_args(Column)
Noun = Literal["invoice", "opportunity"]
_COLUMNS_ROOM = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person reads about: `invoice` None where no invoice is concerned.

    In the other direction `invoice` is the id of an opportunity: `noun` says which.
    """

    invoice: str | None
    code: Code
    message: str
    noun: Noun = "invoice"

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        return {self.noun: self.invoice, "code": self.code.value, "message": self.message}


class Tally:
    """Counts and sums of one run. Used by the run's own thread only."""

    def __init__(self, noun: Noun = "invoice") -> None:
        self._noun: Noun = noun
        """What is counted: it is named so in documents and messages."""
        self._entries = IdTable()
        """Cents times `_COLUMNS_ROOM` plus the column's place, by Siigo id."""
        self._problems: dict[str, Problem] = {}
        self._left_out: dict[str, Code] = {}
        self.notes: list[Problem] = []
        """Problems that concern no single invoice."""
        self._told: set[Problem] = set()
        self.contacts_created = 0
        self.contacts_matched = 0
        """Opportunities made whose contact was there before them."""
        self.products_attached = 0
        self.products_missing = 0
        self.products_registered = 0
        self._anonymous = 0

    def put(
        self,
        siigo_id: str,
        column: Column,
        *,
        value: Decimal,
        name: str = "",
        code: Code | str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Sets an invoice's column; a later call for the same invoice replaces the earlier one.

        What this run made or changed stays so when it is met again (in the sweep) and found to be right.
        """
        before = self.column(siigo_id)
        if column == "unchanged" and before in ("created", "updated"):
            column = before
        self._entries.put(siigo_id, _packed(column, value))
        if code and column == "excluded":
            self._left_out[siigo_id] = Code(code)
        else:
            self._left_out.pop(siigo_id, None)
        if code and column in ("needs_attention", "failed"):
            reason = Code(code)
            named: dict[str, object] = {self._noun: name}
            message = reasons.message(reason, named | dict(data or {}))
            self._problems[siigo_id] = Problem(
                invoice=name or None, code=reason, message=message, noun=self._noun
            )
        else:
            self._problems.pop(siigo_id, None)

    def put_unreadable(self) -> None:
        """A row without an id: failed, with nothing to name it by."""
        self._anonymous += 1
        key = f"\0{self._anonymous}"
        self._entries.put(key, _packed("failed", Decimal(0)))
        self._problems[key] = Problem(
            invoice=None,
            code=Code.UNEXPECTED_ANSWER,
            message=reasons.message(Code.UNEXPECTED_ANSWER, {}),
            noun=self._noun,
        )

    def column(self, siigo_id: str) -> Column | None:
        """Where an invoice stands so far; None: not read in this run."""
        entry = self._entries.get(siigo_id)
        return None if entry is None else _column(entry)

    def note(self, code: Code, data: Mapping[str, object] | None = None, *, invoice: str = "") -> None:
        """A problem of the run as a whole, or news of one invoice that wait for nobody; told once."""
        about: dict[str, object] = {self._noun: invoice} if invoice else {}
        problem = Problem(
            invoice=invoice or None,
            code=code,
            message=reasons.message(code, {**about, **(data or {})}),
            noun=self._noun,
        )
        self._once(problem)

    def tell(self, invoice: str, code: Code, sentence: str) -> None:
        """Something a person may want to know of an invoice that is none the worse for it; told once."""
        self._once(Problem(invoice=invoice, code=code, message=f"{invoice}: {sentence}", noun=self._noun))

    def _once(self, problem: Problem) -> None:
        if problem not in self._told:
            self._told.add(problem)
            self.notes.append(problem)

    @property
    def created(self) -> int:
        """Opportunities that exist because of this run, so far."""
        return self.counts()["created"]

    @property
    def open(self) -> int:
        """Invoices of this run that need a person or another run."""
        counts = self.counts()
        return counts["needs_attention"] + counts["failed"]

    @property
    def problems(self) -> list[Problem]:
        """Every problem, those of the run first."""
        return [*self.notes, *self._problems.values()]

    def counts(self) -> dict[str, int]:
        """The seven counts."""
        counts = {"read": len(self._entries)} | dict.fromkeys(COLUMNS, 0)
        for entry in self._entries.numbers():
            counts[_column(entry)] += 1
        return counts

    def left_out(self) -> dict[str, int]:
        """How many are excluded by each reason, the most frequent first."""
        return {code.value: count for code, count in Counter(self._left_out.values()).most_common()}

    def values(self) -> dict[str, str]:
        """The seven sums in pesos, as texts with two decimals."""
        cents = dict.fromkeys(("read", *COLUMNS), 0)
        for entry in self._entries.numbers():
            cents[_column(entry)] += entry // _COLUMNS_ROOM
            cents["read"] += entry // _COLUMNS_ROOM
        return {key: money.to_text(Decimal(value).scaleb(-2)) for key, value in cents.items()}


@dataclass(slots=True, kw_only=True)
class Calls:
    """Every call of the run, counted by system; called from network threads."""

    siigo: int = 0
    escala: int = 0
    refused_siigo: int = 0
    refused_escala: int = 0
    troubled: int = 0
    """Answers 429 and 5xx of Escala in a row: what makes the run go back to one call at a time."""
    limited: bool = False
    siigo_s: float = 0.0
    escala_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, call: Call) -> None:
        """One more call."""
        with self._lock:
            if call.system == "siigo":
                self.siigo += 1
                self.refused_siigo += call.refused
                self.siigo_s += call.seconds
                return
            self.escala += 1
            self.refused_escala += call.refused
            self.escala_s += call.seconds
            if call.status == 429 or call.status is None or call.status >= 500:
                self.troubled += 1
                self.limited = self.limited or call.status == 429 or self.troubled >= 3
            else:
                self.troubled = 0

    def mean_s(self, system: System) -> float:
        """How long one call took on average, in seconds."""
        calls, seconds = (self.siigo, self.siigo_s) if system == "siigo" else (self.escala, self.escala_s)
        return seconds / calls if calls else 0.0

    def to_json(self) -> dict[str, int]:
        """As it stands in the document."""
        return {"siigo": self.siigo, "escala": self.escala}


def _packed(column: Column, value: Decimal) -> int:
    cents = int(value.scaleb(2).to_integral_value(ROUND_HALF_UP))
    return cents * _COLUMNS_ROOM + COLUMNS.index(column)


def _column(entry: int) -> Column:
    return COLUMNS[entry % _COLUMNS_ROOM]
