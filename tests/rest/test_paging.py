"""Numbered pages: values of the answer count, and a short read is never taken for a whole one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from siigo_escala.rest import paging
from siigo_escala.rest.paging import Fetched, Page


def _fetched(
    ids: Sequence[str | None], *, number: int | None = None, size: int | None = None, total: int | None = None
) -> Fetched[str]:
    return Fetched(
        rows=[(one, one or "?") for one in ids],
        number=number,
        size=size,
        total=total,
        server_date=None,
        raw="raw",
    )


def _list(count: int, size: int, *, pagination: bool = True) -> Callable[[int], Fetched[str]]:
    ids = [f"i{one}" for one in range(count)]

    def fetch(number: int) -> Fetched[str]:
        rows = ids[(number - 1) * size : number * size]
        return _fetched(rows, number=number, size=size, total=count) if pagination else _fetched(rows)

    return fetch


def _read(fetch: Callable[[int], Fetched[str]]) -> tuple[list[Page[str]], list[str]]:
    pages = list(paging.pages(fetch))
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert not any(page.complete for page in pages[:-1])
    return pages, [record for page in pages for record in page.records]


@pytest.mark.parametrize(
    ("count", "size", "calls"),
    [(0, 100, 1), (1, 100, 1), (100, 100, 1), (101, 100, 2), (25, 10, 3), (253, 100, 3)],
)
def test_a_list_costs_one_call_a_page_of_the_size_it_really_has(count: int, size: int, calls: int) -> None:
    pages, records = _read(_list(count, size))
    assert len(pages) == calls
    assert len(records) == count
    assert pages[-1].complete
    assert pages[0].total == count
    assert pages[0].raw == ("raw",)


def test_without_pagination_a_list_ends_at_its_empty_page() -> None:
    pages, records = _read(_list(25, 10, pagination=False))
    assert len(pages) == 4
    assert len(records) == 25
    assert pages[-1].complete


def test_without_pagination_and_without_end_a_list_is_incomplete() -> None:
    pages, records = _read(lambda _: _fetched(["a", "b"]))
    assert records == ["a", "b"]
    assert not pages[-1].complete


def test_a_list_that_always_gives_its_first_page_is_incomplete() -> None:
    pages, records = _read(lambda _: _fetched(["a", "b"], number=1, size=2, total=6))
    assert records == ["a", "b"]
    # Two reads of the same two records agree: the total is what is wrong.
    assert pages[-1].complete


def test_a_row_that_moves_between_pages_is_found_by_reading_again() -> None:
    shelves = [["a", "b"], ["b", "d"], [], ["a", "b"], ["c", "d"]]

    def fetch(number: int) -> Fetched[str]:
        return _fetched(shelves.pop(0), number=number, size=2, total=4)

    pages, records = _read(fetch)
    assert sorted(records) == ["a", "b", "c", "d"]
    assert pages[-1].complete


def test_a_list_that_shows_other_records_at_every_read_is_incomplete() -> None:
    shelves = [["a"], [], ["b"], [], ["c"], []]
    pages, records = _read(lambda number: _fetched(shelves.pop(0), number=number, size=1, total=9))
    assert records == ["a", "b", "c"]
    assert not pages[-1].complete


def test_a_wrong_total_costs_two_reads_and_is_complete() -> None:
    pages, records = _read(
        lambda number: _fetched(["a"] if number == 1 else [], number=number, size=1, total=2)
    )
    assert records == ["a"]
    assert pages[-1].complete
    assert len(pages) == 4


def test_a_total_smaller_than_the_page_itself_is_not_believed() -> None:
    pages, records = _read(
        lambda number: _fetched(["a", "b"] if number == 1 else [], number=number, size=2, total=0)
    )
    assert records == ["a", "b"]
    assert len(pages) == 2


def test_rows_without_an_id_are_given_once_each() -> None:
    _, records = _read(
        lambda number: _fetched([None, None, "a"] if number == 1 else [None], number=number, size=3, total=4)
    )
    assert records == ["?", "?", "a", "?"]


def test_a_page_without_a_size_is_as_large_as_it_is() -> None:
    assert paging.is_last(_fetched(["a", "b"], total=2), 1)
    assert not paging.is_last(_fetched(["a", "b"], size=0, total=3), 1)
