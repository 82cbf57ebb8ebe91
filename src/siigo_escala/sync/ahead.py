"""Reading ahead: the next page is fetched while this one is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


class _End:
    def __init__(self, problem: BaseException | None = None) -> None:
        self.problem = problem


@contextmanager
def ahead(source: Iterator[T], *, items: int) -> Iterator[Iterator[T]]:
    """The items of `source`, from now on fetched by one thread of its own, at most `items` in advance.

    What `source` raises is raised by them, after those that came before it.
    """
    fetched: queue.Queue[T | _End] = queue.Queue(maxsize=items)
    left = threading.Event()

    def fetch() -> None:
        end = _End()
        try:
            for item in source:
                if not _put(fetched, item, left):
                    return
        except BaseException as problem:  # noqa: BLE001 - handed over: the reading thread raises it
            end = _End(problem)
        finally:
            # A client may have looked its token up: what this thread opened ends with it.
            connections.close_all()
        _put(fetched, end, left)

    thread = threading.Thread(target=fetch, name="read-ahead", daemon=True)
    thread.start()
    try:
        yield _given(fetched)
    finally:
        left.set()
        thread.join(timeout=1)


def _given(fetched: queue.Queue[T | _End]) -> Iterator[T]:
    while not isinstance(item := fetched.get(), _End):
        yield item
    if item.problem is not None:
        raise item.problem


def _put(into: queue.Queue[T | _End], item: T | _End, left: threading.Event) -> bool:
    """Waits for room; False when nobody reads any more."""
    while not left.is_set():
        try:
            into.put(item, timeout=0.2)
        except queue.Full:
            continue
        return True
    return False
