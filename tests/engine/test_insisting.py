"""A store that is out of reach for a moment costs nothing that had to be written down."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import InterfaceError, OperationalError, connection

from siigo_escala.engine import insisting
from siigo_escala.store.models import Connection

_STOPPED = threading.Event()
_STOPPED.set()


def _failing(times: int, problem: Exception) -> Callable[[], int]:
    """Fails so often, then gives how often it was asked."""
    asked = []

    def work() -> int:
        asked.append(1)
        if len(asked) <= times:
            raise problem
        return len(asked)

    return work


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("database")
def test_a_session_that_was_cut_is_replaced_at_once() -> None:
    Connection.objects.count()
    connection.connection.close()  # as the server does: ours still believes in it
    assert insisting.insist(Connection.objects.count, stop=threading.Event()) == 0


@pytest.mark.parametrize("problem", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.usefixtures("sqlite_url")
def test_it_tries_until_the_store_answers(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insisting, "_PAUSE_S", 0.01)
    assert insisting.insist(_failing(3, problem), stop=threading.Event()) == 4


@pytest.mark.usefixtures("sqlite_url")
def test_a_worker_that_ends_tries_once_more_and_no_longer() -> None:
    assert insisting.insist(_failing(1, OperationalError("cut")), stop=_STOPPED) == 2
    with pytest.raises(OperationalError, match="gone"):
        insisting.insist(_failing(2, OperationalError("gone")), stop=_STOPPED)


@pytest.mark.usefixtures("sqlite_url")
def test_it_gives_up_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insisting, "LONGEST_S", 0.0)
    with pytest.raises(OperationalError, match="gone"):
        insisting.insist(_failing(1, OperationalError("gone")), stop=threading.Event())


def test_what_is_wrong_in_itself_is_not_tried_again() -> None:
    with pytest.raises(ValueError, match="wrong"):
        insisting.insist(_failing(1, ValueError("wrong")), stop=threading.Event())
