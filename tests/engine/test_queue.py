"""The queue itself: how often it is looked at, and what a turn may ask of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbos import DBOS
from django.db import OperationalError

from siigo_escala.engine import queue
from siigo_escala.engine.due import Ticket

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def launched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Ticket]]:
    """The turns that were taken."""
    monkeypatch.setattr(queue, "POLL_S", 0.4)
    monkeypatch.setattr(queue, "LISTEN_S", 0.1)
    taken: list[Ticket] = []
    queue.Handlers.turn, queue.Handlers.tick = taken.append, lambda: None
    queue.launch(queue.address("sqlite:///x", tmp_path), executor="worker-1", places=2)
    try:
        yield taken
    finally:
        queue.close(drain_s=2)


def test_a_backlog_is_looked_at_more_often_and_a_quiet_queue_as_before(launched: list[Ticket]) -> None:
    turns = queue._Taking.queue
    queue.hurry(backlog=False)
    assert turns.polling_interval_sec == 0.4
    queue.hurry(backlog=True)
    assert turns.polling_interval_sec == queue.HURRY_S
    turns.set_polling_interval_sec(0.4)  # as a worker does that has just started
    queue.hurry(backlog=True)
    assert turns.polling_interval_sec == queue.HURRY_S
    queue.hurry(backlog=False)
    assert turns.polling_interval_sec == 0.4


def test_a_turn_may_tell_again_what_has_ended_without_its_end_in_our_table(launched: list[Ticket]) -> None:
    again, done = threading.Event(), threading.Event()

    def turn(ticket: Ticket) -> None:
        launched.append(ticket)
        if ticket.connection_id == 2:
            queue.put([Ticket(connection_id=1, number=1)])
            again.set()
        elif again.is_set():
            done.set()

    queue.Handlers.turn = turn
    first = Ticket(connection_id=1, number=1)
    queue.put([first])
    while (status := DBOS.get_workflow_status("1-1")) is None or status.status != "SUCCESS":
        assert not done.wait(0.1)
    queue.put([Ticket(connection_id=2, number=1)])
    assert done.wait(30)
    assert launched.count(first) == 2


def test_a_store_that_cannot_be_opened_is_told_as_such_and_opened_once_it_can(tmp_path: Path) -> None:
    file = tmp_path / "engine.db"
    file.mkdir()
    address = queue.address("sqlite:///x", tmp_path)
    with pytest.raises(OperationalError, match="unable to open"):
        queue.launch(address, executor="worker-1", places=1)
    file.rmdir()
    queue.Handlers.tick = lambda: None
    queue.launch(address, executor="worker-1", places=1)
    try:
        assert queue.has_tick()
    finally:
        queue.close(drain_s=2)
