"""Sets and tables of many ids: what Python's own would hold, in a fraction of the memory."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import compact
from siigo_escala.domain.compact import IdSet, IdTable

IDS = st.lists(st.text(max_size=3), max_size=200)


@given(IDS, IDS, IDS)
def test_a_set_holds_what_pythons_own_holds(first: list[str], more: list[str], asked: list[str]) -> None:
    ours, theirs = IdSet(first), set(first)
    for one in more:
        assert ours.add(one) is (one not in theirs)
        theirs.add(one)
    assert len(ours) == len(theirs)
    assert [one in ours for one in asked] == [one in theirs for one in asked]


@given(IDS, IDS)
def test_two_sets_are_equal_where_they_hold_the_same(first: list[str], second: list[str]) -> None:
    assert (IdSet(first) == IdSet(second)) is (set(first) == set(second))
    both = IdSet(first)
    both.update(IdSet(second))
    assert both == IdSet(first + second)


def test_a_set_equals_nothing_else_and_has_no_hash() -> None:
    assert IdSet(["a"]) != {"a"}
    with pytest.raises(TypeError, match="unhashable"):
        hash(IdSet())


@given(st.lists(st.tuples(st.text(max_size=2), st.integers(-(2**62), 2**62)), max_size=300), IDS)
def test_a_table_holds_the_last_number_of_each_id(pairs: list[tuple[str, int]], asked: list[str]) -> None:
    ours, theirs = IdTable(), dict(pairs)
    for one, number in pairs:
        ours.put(one, number)
    assert len(ours) == len(theirs)
    assert sorted(ours.numbers()) == sorted(theirs.values())
    assert [ours.get(one) for one in asked] == [theirs.get(one) for one in asked]


def test_a_table_that_grows_keeps_every_number() -> None:
    table = IdTable()
    for number in range(1000):
        table.put(str(number), number)
    assert [table.get(str(number)) for number in range(1001)] == [*range(1000), None]
    assert sorted(table.numbers()) == list(range(1000))


def test_a_set_is_no_other_thing() -> None:
    assert (IdSet() == set()) is False
    assert (IdSet() != 0) is True


def test_ids_whose_hashes_lead_to_one_place_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_key", lambda text: int(text) * 64 + 63)
    table = IdTable()
    for number in range(30):
        table.put(str(number), number)
    assert [table.get(str(number)) for number in range(31)] == [*range(30), None]


def test_an_id_takes_less_than_sixteen_bytes() -> None:
    ids = [f"00000000-0000-0000-0000-{number:012}" for number in range(20_000)]
    tracemalloc.start()
    try:
        kept = IdSet(ids)
        ours, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 20_000
    assert ours < 16 * 20_000
