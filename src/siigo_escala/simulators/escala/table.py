"""A table of records with ids and times, with what lists need: order, changes since, delayed visibility."""

import bisect
from datetime import datetime, timedelta
from typing import Any

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators.escala.switches import Switches

Record = dict[str, Any]


class Table:
    """Records by id in order of creation. A record is replaced as a whole, never changed in place.

    Every record has `id`, `created` and `modified` (aware UTC).
    """

    def __init__(self, clock: clocks.Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._records: dict[str, Record] = {}
        self._changes: list[tuple[datetime, str]] = []
        self._fresh: dict[str, tuple[datetime, Record | None]] = {}
        self._listed: list[Record] | None = None

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._records

    def get(self, record_id: object) -> Record | None:
        """The record with this id."""
        return self._records.get(record_id) if isinstance(record_id, str) else None

    def all(self) -> list[Record]:
        """Every record as it is now, in order of creation; not to be changed."""
        if self._listed is None:
            self._listed = list(self._records.values())
        return self._listed

    def put(self, record: Record) -> Record:
        """Store a new record, or a new version of one."""
        before = self._records.get(record["id"])
        self._note(record["id"], before)
        if before is not None:
            self._forget_change(before)
        self._records[record["id"]] = record
        bisect.insort(self._changes, (record["modified"], record["id"]))
        self._listed = None
        return record

    def remove(self, record_id: str) -> Record:
        """Take a record away at once; KeyError where there is none."""
        record = self._records.pop(record_id)
        self._forget_change(record)
        self._fresh.pop(record_id, None)
        self._listed = None
        return record

    def visible(self) -> list[Record]:
        """What lists show now: everything but what was written within `list_lag_s`."""
        fresh = self._still_fresh()
        if not fresh:
            return self.all()
        shown = (fresh.get(one["id"], one) for one in self.all())
        return [one for one in shown if one is not None]

    def changed_since(self, moment: datetime) -> list[Record]:
        """Visible records with `modified` from `moment` on, the oldest change first."""
        start = bisect.bisect_left(self._changes, (moment, ""))
        fresh = self._still_fresh()
        found = [self._records[record_id] for _, record_id in self._changes[start:] if record_id not in fresh]
        found += [one for one in fresh.values() if one is not None and one["modified"] >= moment]
        return found

    def _forget_change(self, record: Record) -> None:
        del self._changes[bisect.bisect_left(self._changes, (record["modified"], record["id"]))]

    def _note(self, record_id: str, before: Record | None) -> None:
        if self._switches.list_lag_s:
            if record_id in self._still_fresh():
                before = self._fresh[record_id][1]
            self._fresh[record_id] = (self._clock.now(), before)

    def _still_fresh(self) -> dict[str, Record | None]:
        if not self._fresh:
            return {}
        shown_until = self._clock.now() - timedelta(seconds=self._switches.list_lag_s)
        self._fresh = {key: one for key, one in self._fresh.items() if one[0] > shown_until}
        return {key: before for key, (_, before) in self._fresh.items()}
