"""Numbered pages of a list whose size, order and links cannot be relied on (siigo-api.md 2.1).

Values of the answer count, never those that were asked for; a `next` link is never followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from siigo_escala.domain.compact import IdSet

T = TypeVar("T")

REREADS = 2
"""How often a list that shows fewer records than it says is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched(Generic[T]):
    """One page as answered: each record with its id (None: unreadable). None: the answer does not say."""

    rows: Sequence[tuple[str | None, T]]
    number: int | None
    size: int | None
    total: int | None
    server_date: datetime | None
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Records of one page, each id once in the whole read.

    `complete` counts on the last page: whether every record that the list said it had was seen.
    `server_date` is the remote clock when the page was made; `raw` the body as received.
    """

    records: tuple[T, ...]
    number: int
    total: int | None
    server_date: datetime | None = None
    is_last: bool
    complete: bool
    raw: tuple[str, ...] | None = None


def is_last(page: Fetched[T], asked: int) -> bool:
    """Whether the answer itself says that nothing follows."""
    if not page.rows:
        return True
    if page.total is None or page.total < len(page.rows):
        return False
    size = page.size if page.size and page.size > 0 else len(page.rows)
    return (page.number or asked) * size >= page.total


def pages(fetch: Callable[[int], Fetched[T]]) -> Iterator[Page[T]]:
    """Every page of a list, at least one, the last one marked.

    Where fewer different records came than the list says it has, it is read again: two reads of the same
    records are complete, else the last page says that it is not.
    """
    read = _Read[T]()
    yielded = 0
    attempt = 0
    while True:
        before = read.begin()
        number, last_total, stuck = 1, None, False
        while True:
            page = fetch(number)
            fresh, known = read.take(page)
            last_total = page.total if page.total is not None else last_total
            short = last_total is not None and len(read.ids) < last_total
            stuck = bool(page.rows) and not known
            ended = not page.rows or stuck or (is_last(page, number) and not short)
            agreed = attempt > 0 and read.ids == before
            final = ended and (agreed or not short or attempt == REREADS)
            yielded += 1
            yield Page(
                records=tuple(fresh),
                number=yielded,
                total=page.total,
                server_date=page.server_date,
                is_last=final,
                complete=final and (agreed or (not short and not (stuck and last_total is None))),
                raw=(page.raw,) if page.raw else None,
            )
            if final:
                return
            if ended:
                break
            number += 1
        attempt += 1


class _Read(Generic[T]):
    """What was seen: `ids` in this read, and in those before it so that nothing is given twice."""

    def __init__(self) -> None:
        self.ids = IdSet()
        self._given = IdSet()

    def begin(self) -> IdSet:
        """Begins to read, or to read again; the ids of the read before."""
        before, self.ids = self.ids, IdSet()
        self._given.update(before)
        return before

    def take(self, page: Fetched[T]) -> tuple[list[T], bool]:
        """The records not given before, and whether the page brought anything new to this read."""
        fresh: list[T] = []
        new = False
        for position, (record_id, record) in enumerate(page.rows):
            # A row without an id is told apart by its place alone.
            key = record_id if record_id is not None else f"\0{page.number}:{position}"
            if not self.ids.add(key):
                continue
            new = True
            if key not in self._given:
                fresh.append(record)
        return fresh, new
