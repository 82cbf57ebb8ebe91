"""More is due than the queue takes: whoever has waited longest comes first."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from siigo_escala.engine import due, queue, worker
from siigo_escala.engine.due import Ticket
from siigo_escala.engine.worker import Worker
from siigo_escala.store.models import Turn
from tests.engine.test_due import NOON, company
from tests.sync.world import World


def test_who_has_waited_longest_is_first_and_what_is_claimed_already_last(database: str) -> None:
    late, new, early = company("late"), company("new"), company("early")
    Turn.objects.filter(connection=late).update(last_start=NOON - timedelta(hours=2))
    Turn.objects.filter(connection=early).update(
        last_start=NOON - timedelta(hours=4), queued_at=NOON - timedelta(minutes=2)
    )
    Turn.objects.filter(connection=new).update(since=NOON - timedelta(hours=3))
    told = [ticket.connection_id for ticket in due.by_schedule(now=NOON)]
    assert told == [new.pk, late.pk, early.pk]


def test_a_full_queue_is_filled_up_and_no_further(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[Ticket]] = []
    monkeypatch.setattr(queue, "put", lambda tickets: told.append(list(tickets)))
    monkeypatch.setattr(worker, "_MOST_QUEUED", 2)
    monkeypatch.setattr(worker, "_LEAST_TOLD", 1)
    for name in ("a", "b", "c", "d"):
        company(name)
    one = Worker(environment=world.environment, now=lambda: NOON, stop=threading.Event())
    one._ask_timetables()
    one._ask_timetables()
    assert [len(some) for some in told] == [2, 1]
    assert due.queued(10) == 3
