"""A bulk read with a cursor, and the proof that nothing is missing from it (escala-api.md 2.2; design.md 3).

Absence counts only where the read came to a proven end: an empty page, or a page without cursor that is
shorter than those before it, and as many different ids as the first answer said there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from siigo_escala.domain.compact import IdSet
from siigo_escala.rest.errors import AccessDenied, NotFound, Rejected, TryLater, UnexpectedAnswer

T = TypeVar("T")

SIZE = 100
ROUNDS = 20_000
"""Rounds after which a read is given up as endless: two million records."""
_CURSOR_SAFE_S = 45.0
"""A cursor lives for about a minute; a later answer may be an empty page that means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Generic[T]):
    """One answer: records with their ids (None: unreadable), the cursor to go on with, how many there are."""

    rows: Sequence[tuple[str | None, T]]
    cursor: str | None
    total: int | None
    server_date: datetime | None = None
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a read ended. `complete`: what it did not show is not there; `why`: in Spanish, where it is not.

    `total`: what the first answer said; `ids`: how many different records came.
    """

    complete: bool
    why: str = ""
    total: int | None = None
    ids: int = 0


class Listing(Generic[T]):
    """Pages of records, each record once; `ending` is set when the last page was taken. Read it once.

    `by_total`: as many records as were announced are enough, no empty page is asked for.
    Where cursors fail it goes by page number: `fetch_page(number)`, from 0; None where there is no such list.
    """

    def __init__(
        self,
        *,
        fetch: Callable[[str | None], Batch[T]] | None,
        fetch_page: Callable[[int], Batch[T]] | None,
        by_total: bool = False,
        rounds: int = ROUNDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._by_total = by_total
        self._rounds = rounds
        self._fetch_page = fetch_page
        self._monotonic = monotonic
        self._ids = IdSet()
        self._nameless = 0
        self._total: int | None = None
        self._first = True
        self.ending: Ending | None = None
        self.server_date: datetime | None = None
        """The remote clock at the first answer."""

    def __iter__(self) -> Iterator[tuple[T, ...]]:
        why = yield from (self._scrolled(self._fetch) if self._fetch is not None else self._paged())
        if not why and self._nameless:
            why = "hay registros sin identificador"
        if not why and self._missing():
            why = "llegaron menos registros de los que se anunciaron"
        self.ending = Ending(complete=not why, why=why, total=self._total, ids=len(self._ids))

    def _scrolled(self, fetch: Callable[[str | None], Batch[T]]) -> Generator[tuple[T, ...], None, str]:
        """Pages by cursor; returns why the read is not complete, "" where it is."""
        cursor: str | None = None
        shortest = SIZE
        shaky = False
        answered = self._monotonic()
        for done in range(self._rounds):
            try:
                batch = fetch(cursor)
            except (Rejected, TryLater, UnexpectedAnswer) as problem:
                if cursor is not None:
                    return "la lectura se venció a la mitad"
                if isinstance(problem, NotFound | UnexpectedAnswer):
                    return (yield from self._paged())
                raise
            now = self._monotonic()
            # A repeated question may have skipped a page, a late one may have lost its place.
            shaky = shaky or (cursor is not None and (batch.tries > 1 or now - answered > _CURSOR_SAFE_S))
            answered = now
            fresh, new = self._take(batch)
            if fresh:
                yield fresh
            if not batch.rows:
                return (yield from self._doubted(shaky))
            if batch.cursor is None:
                if done == 0:
                    sure = len(batch.rows) < SIZE and self._total is not None and not self._missing()
                    return "" if sure else (yield from self._paged(start=self._next_page()))
                if len(batch.rows) < shortest:
                    return (yield from self._doubted(shaky))
                return (yield from self._paged(start=self._next_page()))
            if not new:
                return "la lectura volvió sobre los mismos registros"
            shortest = min(shortest, len(batch.rows))
            cursor = batch.cursor
        return "la lectura no llegó a su fin"

    def _doubted(self, shaky: bool) -> Generator[tuple[T, ...], None, str]:
        """At the end of a scroll: read by page where something may have been skipped."""
        if self._missing() or (shaky and self._total is None):
            return (yield from self._paged())
        return ""

    def _paged(self, *, start: int = 0) -> Generator[tuple[T, ...], None, str]:
        """Pages by number up to the empty one. From `start`, where that is empty; else all of them."""
        if self._fetch_page is None:
            return "la lectura no tiene continuación"
        number = start
        seen = IdSet()
        for _ in range(self._rounds):
            try:
                batch = self._fetch_page(number)
            except (Rejected, AccessDenied, UnexpectedAnswer, TryLater) as problem:
                if self._first or (isinstance(problem, AccessDenied) and problem.status == 401):
                    raise
                return "la lista por páginas no respondió"
            fresh, _ = self._take(batch)
            if fresh:
                yield fresh
            if not batch.rows:
                return ""
            if start:
                # More stands behind what the scroll gave: nothing but the whole list proves anything.
                number, start = 0, 0
                continue
            new = [record_id for record_id, _ in batch.rows if record_id is not None and seen.add(record_id)]
            if not new:
                return "la lista repite la misma página"
            if self._by_total and self._total is not None and not self._missing():
                return ""
            number += 1
        return "la lectura no llegó a su fin"

    def _take(self, batch: Batch[T]) -> tuple[tuple[T, ...], bool]:
        """The records not given before, and whether there was any new one."""
        if self._first:
            self._first = False
            self._total = batch.total
            self.server_date = batch.server_date
        fresh: list[T] = []
        for record_id, record in batch.rows:
            if record_id is None:
                self._nameless += 1
            elif self._ids.add(record_id):
                fresh.append(record)
        return tuple(fresh), bool(fresh)

    def _missing(self) -> bool:
        return self._total is not None and len(self._ids) < self._total

    def _next_page(self) -> int:
        """The number of the page after everything that came so far."""
        return -(-len(self._ids) // SIZE)
