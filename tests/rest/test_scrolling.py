"""Bulk reads: absence counts only where the end was proved (design.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from siigo_escala.rest.errors import AccessDenied, NotFound, Rejected, TryLater, UnexpectedAnswer
from siigo_escala.rest.scrolling import Batch, Ending, Listing
from tests.rest.near import Clock

LATER = TryLater("later", system="escala")
REFUSED = Rejected("refused", system="escala", status=400)
NOT_THERE = NotFound("no", system="escala", status=404)


def _ids(first: int, last: int) -> list[str]:
    return [f"i{one}" for one in range(first, last)]


def _batch(
    ids: Sequence[str | None], cursor: str | None = None, *, total: int | None = None, tries: int = 1
) -> Batch[str]:
    return Batch(rows=[(one, one or "?") for one in ids], cursor=cursor, total=total, tries=tries)


class Server:
    """Scripted scroll answers, and a list by page over `listed`, capped where told."""

    def __init__(self, *scroll: Any, listed: Sequence[str] | Exception | None = None, cap: int = 100) -> None:
        self.scroll = list(scroll)
        self.cursors: list[str | None] = []
        self.listed = listed
        self.cap = cap
        self.pages: list[int] = []
        self.clock = Clock()
        self.late_s = 0.0

    def fetch(self, cursor: str | None) -> Batch[str]:
        self.cursors.append(cursor)
        self.clock.wait(self.late_s)
        answer = self.scroll.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    def page(self, number: int) -> Batch[str]:
        self.pages.append(number)
        if isinstance(self.listed, Exception):
            raise self.listed
        assert self.listed is not None
        return _batch(self.listed[number * self.cap : (number + 1) * self.cap], total=len(self.listed))

    def read(self, *, by_page: bool = True) -> tuple[list[str], Ending]:
        listing = Listing(
            fetch=self.fetch, fetch_page=self.page if by_page else None, monotonic=self.clock.monotonic
        )
        records = [record for page in listing for record in page]
        assert listing.ending is not None
        return records, listing.ending


def test_an_empty_account_is_complete() -> None:
    assert Server(_batch([])).read() == ([], Ending(complete=True, total=None, ids=0))


def test_an_empty_page_ends_a_scroll() -> None:
    server = Server(_batch(_ids(0, 100), "c1", total=150), _batch(_ids(100, 150), "c2"), _batch([], "c3"))
    records, ending = server.read()
    assert len(records) == 150
    assert ending == Ending(complete=True, total=150, ids=150)
    assert server.cursors == [None, "c1", "c2"]


def test_a_shorter_page_without_cursor_ends_a_scroll() -> None:
    server = Server(_batch(_ids(0, 100), "c1"), _batch(_ids(100, 150)))
    assert server.read()[1].complete


def test_a_page_as_long_as_the_others_without_cursor_is_followed_by_a_look_at_the_list() -> None:
    server = Server(_batch(_ids(0, 100), "c1"), _batch(_ids(100, 200)), listed=_ids(0, 200))
    assert server.read()[1].complete
    assert server.pages == [2]


def test_what_stands_behind_the_scroll_is_read_from_the_list() -> None:
    server = Server(_batch(_ids(0, 100), "c1"), _batch(_ids(100, 200)), listed=_ids(0, 250))
    records, ending = server.read()
    assert sorted(records) == sorted(_ids(0, 250))
    assert ending.complete
    assert server.pages == [2, 0, 1, 2, 3]


def test_a_server_that_gives_shorter_pages_than_asked_is_read_to_its_end() -> None:
    server = Server(_batch(_ids(0, 20), "c1", total=45), _batch(_ids(20, 40), "c2"), _batch(_ids(40, 45)))
    records, ending = server.read()
    assert len(records) == 45
    assert ending.complete


def test_a_first_short_page_without_cursor_is_complete_where_the_total_says_so() -> None:
    server = Server(_batch(_ids(0, 7), total=7))
    assert server.read()[1].complete
    assert server.pages == []


def test_a_first_short_page_without_cursor_and_total_is_checked_against_the_list() -> None:
    server = Server(_batch(_ids(0, 20)), listed=_ids(0, 20))
    assert server.read()[1].complete
    assert server.pages == [1]


def test_a_capped_first_page_without_cursor_is_not_the_whole() -> None:
    server = Server(_batch(_ids(0, 20)), listed=_ids(0, 50), cap=20)
    records, ending = server.read()
    assert len(records) == 50
    assert ending.complete


def test_a_first_full_page_without_cursor_is_read_by_page_to_the_empty_one() -> None:
    server = Server(_batch(_ids(0, 100), total=130), listed=_ids(0, 130))
    records, ending = server.read()
    assert len(records) == 130
    assert ending.complete
    assert server.pages == [1, 0, 1, 2]


def test_without_a_list_a_full_page_without_cursor_is_incomplete() -> None:
    records, ending = Server(_batch(_ids(0, 100))).read(by_page=False)
    assert len(records) == 100
    assert not ending.complete
    assert ending.why == "la lectura no tiene continuación"


@pytest.mark.parametrize(
    "problem",
    [
        REFUSED,
        NOT_THERE,
        LATER,
        UnexpectedAnswer("?", system="escala"),
        AccessDenied("no", system="escala", status=403),
    ],
)
def test_a_list_that_does_not_answer_leaves_the_read_incomplete(problem: Exception) -> None:
    _, ending = Server(_batch(_ids(0, 100)), listed=problem).read()
    assert ending.why == "la lista por páginas no respondió"


def test_a_key_refused_in_the_middle_is_told() -> None:
    denied = AccessDenied("no", system="escala", status=401)
    with pytest.raises(AccessDenied):
        Server(_batch(_ids(0, 100)), listed=denied).read()


@pytest.mark.parametrize("problem", [REFUSED, NOT_THERE, LATER])
def test_a_cursor_that_is_refused_leaves_the_read_incomplete(problem: Exception) -> None:
    records, ending = Server(_batch(_ids(0, 100), "c1"), problem).read()
    assert len(records) == 100
    assert ending.why == "la lectura se venció a la mitad"


@pytest.mark.parametrize("problem", [REFUSED, LATER])
def test_a_first_page_that_fails_is_told(problem: Exception) -> None:
    with pytest.raises(type(problem)):
        Server(problem).read()


@pytest.mark.parametrize("problem", [NOT_THERE, UnexpectedAnswer("?", system="escala")])
def test_an_account_without_scroll_is_read_by_page(problem: Exception) -> None:
    server = Server(problem, listed=_ids(0, 130))
    records, ending = server.read()
    assert len(records) == 130
    assert ending.complete


def test_an_account_without_scroll_and_without_list_is_told() -> None:
    with pytest.raises(Rejected):
        Server(NOT_THERE, listed=REFUSED).read()


def test_one_cursor_for_all_pages_is_fine_while_new_records_come() -> None:
    server = Server(_batch(_ids(0, 100), "same"), _batch(_ids(100, 120), "same"), _batch([], "same"))
    assert server.read()[1].complete


def test_a_scroll_that_turns_in_a_circle_is_incomplete() -> None:
    page = _batch(_ids(0, 100), "stuck", total=100)
    _, ending = Server(page, page).read()
    assert ending.why == "la lectura volvió sobre los mismos registros"


def test_fewer_records_than_announced_are_looked_for_in_the_list() -> None:
    server = Server(_batch(_ids(0, 100), "c1", total=120), _batch([]), listed=_ids(0, 120))
    records, ending = server.read()
    assert len(records) == 120
    assert ending.complete


def test_fewer_records_than_announced_even_there_are_incomplete() -> None:
    server = Server(_batch(_ids(0, 100), "c1", total=120), _batch([]), listed=_ids(0, 100))
    assert server.read()[1].why == "llegaron menos registros de los que se anunciaron"


def test_the_first_total_counts() -> None:
    server = Server(_batch(_ids(0, 100), "c1", total=100), _batch([], total=500))
    assert server.read()[1].complete


@pytest.mark.parametrize(("tries", "late_s"), [(2, 0.0), (1, 50.0)])
def test_a_page_that_may_have_been_skipped_is_looked_for_in_the_list(tries: int, late_s: float) -> None:
    server = Server(_batch(_ids(0, 100), "c1"), _batch([], tries=tries), listed=_ids(0, 150))
    server.late_s = late_s
    records, ending = server.read()
    assert len(records) == 150
    assert ending.complete


def test_a_total_that_is_reached_proves_that_nothing_was_skipped() -> None:
    server = Server(_batch(_ids(0, 100), "c1", total=100), _batch([], tries=2))
    assert server.read()[1].complete


def test_records_come_once() -> None:
    server = Server(_batch(["a", "b"], "c1"), _batch(["b", "c"], "c2"), _batch([]))
    assert server.read()[0] == ["a", "b", "c"]


def test_a_record_without_an_id_leaves_the_read_incomplete() -> None:
    _, ending = Server(_batch(["a", None], "c1"), _batch([])).read()
    assert ending.why == "hay registros sin identificador"


def test_a_list_that_repeats_its_page_is_incomplete() -> None:
    def same(_: int) -> Batch[str]:
        return _batch(["a", "b"])

    listing = Listing(fetch=None, fetch_page=same)
    assert [record for page in listing for record in page] == ["a", "b"]
    assert listing.ending == Ending(complete=False, why="la lista repite la misma página", ids=2)


def test_where_the_total_is_enough_no_empty_page_is_asked_for() -> None:
    server = Server(listed=_ids(0, 130))
    listing = Listing(fetch=None, fetch_page=server.page, by_total=True)
    assert len([record for page in listing for record in page]) == 130
    assert server.pages == [0, 1]


@pytest.mark.parametrize("by_page", [False, True])
def test_a_read_without_end_is_given_up(by_page: bool) -> None:
    fetched: list[object] = []

    def more(_: object) -> Batch[str]:
        fetched.append(None)
        return _batch([f"i{len(fetched)}"], "next")

    endless: Callable[[Any], Batch[str]] = more
    listing = Listing(fetch=None if by_page else endless, fetch_page=endless, rounds=3)
    assert len(list(listing)) == 3
    assert listing.ending is not None
    assert listing.ending.why == "la lectura no llegó a su fin"
