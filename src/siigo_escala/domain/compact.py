"""Sets and tables of very many ids in little memory.

A company's whole history passes through a run, and Python's own sets take a hundred bytes for an id. Here it
is sixteen or so, for 63 bits of an id's hash are kept: that any two of a million ids are taken for one is as
likely as one in ten million.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

_BITS = 2**63 - 1
_FREE = 0
_SMALLEST = 64
_BYTES = 8


def _places(count: int) -> array[int]:
    return array("q", bytes(_BYTES * count))


def _key(text: object) -> int:
    return (hash(text) & _BITS) or 1


class IdSet:
    """Ids that were seen. Read and changed by one thread at a time."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._keys = _places(_SMALLEST)
        self._count = 0
        for one in ids:
            self.add(one)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, text: object) -> bool:
        return self._keys[self._place(_key(text))] != _FREE

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IdSet):
            return NotImplemented
        if len(self) != len(other):
            return False
        both = IdSet()
        both.update(self)
        both.update(other)
        return len(both) == len(self)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, text: str) -> bool:
        """Puts an id in; whether it is new."""
        return self._add(_key(text))

    def update(self, other: IdSet) -> None:
        """Puts in what the other one holds."""
        for key in other._taken():
            self._add(key)

    def _add(self, key: int) -> bool:
        place = self._place(key)
        if self._keys[place] != _FREE:
            return False
        self._keys[place] = key
        self._count += 1
        if 3 * self._count > 2 * len(self._keys):
            self._grow()
        return True

    def _taken(self) -> Iterator[int]:
        return (key for key in self._keys if key != _FREE)

    def _place(self, key: int) -> int:
        """Where a key stands, else the free place where it would."""
        keys = self._keys
        last = len(keys) - 1
        place = key & last
        while keys[place] not in (key, _FREE):
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        taken = self._taken()
        self._keys = _places(2 * len(self._keys))
        for key in taken:
            self._keys[self._place(key)] = key


class IdTable(IdSet):
    """A whole number of at most 63 bits for each id."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = _places(_SMALLEST)

    def get(self, text: str) -> int | None:
        """The number of an id; None where it has none."""
        place = self._place(_key(text))
        return self._numbers[place] if self._keys[place] != _FREE else None

    def put(self, text: str, number: int) -> None:
        """Gives an id its number, in place of the one it had."""
        self.add(text)
        self._numbers[self._place(_key(text))] = number

    def numbers(self) -> Iterator[int]:
        """The number of every id, in no order."""
        return (number for key, number in zip(self._keys, self._numbers, strict=True) if key != _FREE)

    def _grow(self) -> None:
        keys, numbers = self._keys, self._numbers
        super()._grow()
        self._numbers = _places(len(self._keys))
        for key, number in zip(keys, numbers, strict=True):
            if key != _FREE:
                self._numbers[self._place(key)] = number
