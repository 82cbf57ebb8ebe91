"""Reading ahead: order, errors after what came before them, and a reader who leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from siigo_escala.sync.ahead import ahead


def test_everything_comes_in_order_and_the_source_is_never_far_ahead() -> None:
    fetched: list[int] = []
    room = threading.Event()

    def source() -> Iterator[int]:
        for number in range(6):
            fetched.append(number)
            if number == 3:
                room.set()
            yield number

    with ahead(source(), items=2) as items:
        assert next(items) == 0
        assert room.wait(5), "two wait in the queue and one in the hand"
        assert len(fetched) == 4
        assert list(items) == [1, 2, 3, 4, 5]


def test_what_the_source_raises_comes_after_what_it_gave() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("la línea se cortó")

    with ahead(source(), items=2) as items:
        assert next(items) == 1
        with pytest.raises(OSError, match="se cortó"):
            next(items)


def test_the_first_item_is_fetched_before_anybody_asks() -> None:
    begun = threading.Event()

    def source() -> Iterator[int]:
        begun.set()
        yield 1

    with ahead(source(), items=1) as items:
        assert begun.wait(5)
        assert list(items) == [1]


def test_a_reader_who_leaves_ends_the_source() -> None:
    ended = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            ended.set()

    with ahead(source(), items=1) as items:
        assert next(items) == 0
    assert ended.wait(5)
    assert not [
        thread for thread in threading.enumerate() if thread.name == "read-ahead" and thread.is_alive()
    ]


def test_a_slow_reader_loses_nothing() -> None:
    read: list[int] = []
    pause = threading.Event()
    with ahead(iter(range(4)), items=1) as items:
        for number in items:
            pause.wait(0.25 if number == 0 else 0)
            read.append(number)
    assert read == [0, 1, 2, 3]
