"""Locks that the system frees: what they say where the database is out of reach."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from siigo_escala.store import causes, locks


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("asked", [locks.attempt, locks.take])
def test_a_server_that_takes_no_session_is_told_as_djangos_own_are(
    database: str, asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    monkeypatch.setitem(connection.settings_dict, "PORT", "9")
    assert callable(asked)
    with pytest.raises(OperationalError) as problem:
        asked("worker", 1)
    assert causes.is_out_of_reach(problem.value)
