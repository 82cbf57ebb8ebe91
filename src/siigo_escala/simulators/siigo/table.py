"""One kind of record of a company, with sorted indexes, so that lists over 100,000 rows take milliseconds."""

import bisect
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from siigo_escala.simulators import messages

CreationKey = tuple[float, int, str]
Record = dict[str, Any]
_LONG_NUMBER = re.compile(rb"[0-9.]{17}")


def instant(text: str | None) -> float | None:
    """Epoch seconds of a canonical timestamp (no offset means UTC); None where it is empty."""
    if not text:
        return None
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


class Sorted:
    """Keys in order, each with the id it stands for."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, int, str]] = []
        self._is_sorted = True

    def add(self, key: Any, number: int, identity: str, *, bulk: bool = False) -> None:
        """Put one entry in; `bulk` leaves the sorting to the next look-up."""
        if bulk:
            self.entries.append((key, number, identity))
            self._is_sorted = False
        else:
            self._sort()
            bisect.insort(self.entries, (key, number, identity))

    def remove(self, key: Any, number: int, identity: str) -> None:
        """Take one entry out; one that is not there is no error."""
        self._sort()
        at = bisect.bisect_left(self.entries, (key, number, identity))
        if at < len(self.entries) and self.entries[at] == (key, number, identity):
            del self.entries[at]

    def between(self, low: Any, high: Any) -> list[tuple[Any, int, str]]:
        """Entries with low <= key <= high; None is open."""
        self._sort()
        first = 0 if low is None else bisect.bisect_left(self.entries, (low,))
        last = len(self.entries) if high is None else bisect.bisect_right(self.entries, high, key=_first)
        return self.entries[first:last]

    def _sort(self) -> None:
        if not self._is_sorted:
            self.entries.sort()
            self._is_sorted = True


def _first(entry: tuple[Any, int, str]) -> Any:
    return entry[0]


class _Entry(NamedTuple):
    """What the indexes hold of a record."""

    key: CreationKey
    updated: float | None
    day: str | None
    name: str | None
    identification: str | None
    document: int | None


class Table:
    """Records by id. `table[id]` is the live dict; loaded records rest as JSON text until they are touched.

    `changed` must follow every change of a record's dates, name or customer made from outside.
    """

    def __init__(self, *, date_key: str | None = None) -> None:
        self._live: dict[str, Record] = {}
        self._packed: dict[str, bytes] = {}
        self._entries: dict[str, _Entry] = {}
        self._number = 0
        self._date_key = date_key
        self.created, self.updated, self.dates = Sorted(), Sorted(), Sorted()
        self.by_name: dict[str, list[str]] = {}
        self.by_identification: dict[str, dict[str, None]] = {}
        self.by_document: dict[int, dict[str, None]] = {}
        self.distortions: dict[str, Record] = {}
        self.born: dict[str, float] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, identity: object) -> bool:
        return identity in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._entries))

    def __getitem__(self, identity: str) -> Record:
        record = self._live.get(identity)
        if record is None:
            record = self._live[identity] = json.loads(self._packed.pop(identity), parse_float=Decimal)
        return record

    def get(self, identity: str) -> Record | None:
        """The live record, None where there is none."""
        return self[identity] if identity in self._entries else None

    def peek(self, identity: str) -> Record:
        """The record to read only; a resting one stays packed."""
        record = self._live.get(identity)
        if record is None:
            record = json.loads(self._packed[identity], parse_float=Decimal)
        return record

    def to_send(self, identity: str) -> Record:
        """The record to put on the wire; numbers may be floats that print as the very same digits."""
        record = self._live.get(identity)
        if record is None:
            packed = self._packed[identity]
            record = json.loads(packed, parse_float=Decimal if _LONG_NUMBER.search(packed) else float)
        return record

    def values(self) -> Iterator[Record]:
        """All records to read only, in the order they came."""
        return (self.peek(identity) for identity in self)

    def add(self, record: Record, *, born: float | None = None) -> Record:
        """Put a new record in; `born` (epoch seconds) is when it really appeared, for the list lag."""
        self._live[record["id"]] = record
        self._index(record, bulk=False)
        if born is not None:
            self.born[record["id"]] = born
        return record

    def load(self, records: Iterable[Record]) -> int:
        """Put many records in at once, packed; gives their number."""
        count = 0
        for record in records:
            self._packed[record["id"]] = messages.encode(record)
            self._index(record, bulk=True)
            count += 1
        return count

    def changed(self, record: Record) -> None:
        """Index a record anew after a change."""
        self._unindex(record["id"])
        self._index(record, bulk=False)

    def remove(self, identity: str) -> None:
        """Take a record away without a trace."""
        self._unindex(identity)
        self._live.pop(identity, None)
        self._packed.pop(identity, None)
        self._entries.pop(identity, None)
        self.born.pop(identity, None)

    def key(self, identity: str) -> CreationKey:
        """Where the record stands in the order of creation."""
        return self._entries[identity].key

    def _index(self, record: Record, *, bulk: bool) -> None:
        identity = record["id"]
        known = self._entries.get(identity)
        if known is None:
            self._number += 1
        number = known.key[1] if known else self._number
        metadata = record.get("metadata") or {}
        created = instant(metadata.get("created")) or 0.0
        entry = _Entry(
            (created, number, identity),
            instant(metadata.get("last_updated")),
            record.get(self._date_key) if self._date_key else None,
            _name(record),
            _identification(record),
            (record.get("document") or {}).get("id"),
        )
        self._entries[identity] = entry
        self.created.add(created, number, identity, bulk=bulk)
        if entry.updated is not None:
            self.updated.add(entry.updated, number, identity, bulk=bulk)
        if entry.day is not None:
            self.dates.add(entry.day, number, identity, bulk=bulk)
        if entry.name:
            self.by_name.setdefault(entry.name, []).append(identity)
        if entry.identification:
            self.by_identification.setdefault(entry.identification, {})[identity] = None
        if entry.document is not None:
            self.by_document.setdefault(entry.document, {})[identity] = None
        self.version += 1

    def _unindex(self, identity: str) -> None:
        entry = self._entries[identity]
        created, number, _ = entry.key
        self.created.remove(created, number, identity)
        if entry.updated is not None:
            self.updated.remove(entry.updated, number, identity)
        if entry.day is not None:
            self.dates.remove(entry.day, number, identity)
        if entry.name:
            self.by_name[entry.name].remove(identity)
        if entry.identification:
            del self.by_identification[entry.identification][identity]
        if entry.document is not None:
            del self.by_document[entry.document][identity]
        self.version += 1


def _name(record: Record) -> str | None:
    name = record.get("name")
    return name if isinstance(name, str) else None


def _identification(record: Record) -> str | None:
    customer = record.get("customer")
    value = customer.get("identification") if isinstance(customer, dict) else record.get("identification")
    return value if isinstance(value, str) else None
