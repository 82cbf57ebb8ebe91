"""The failure table tells what is: its page comes from its data, and its data knows every call of a run."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.resilience import failure_table, lives
from tests.sync.world import World


def test_the_page_is_what_the_data_say() -> None:
    assert failure_table.PAGE.read_text(encoding="utf-8") == failure_table.page()


def test_every_call_and_every_commit_of_a_run_stands_in_the_table(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives.begin(world)
    commits = 0
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def counted(connection: BaseDatabaseWrapper) -> None:
        nonlocal commits
        commits += 1
        commit(connection)

    monkeypatch.setattr(BaseDatabaseWrapper, "_commit", counted)
    lives.again(world)
    monkeypatch.undo()
    found: Counter[str] = Counter()
    for system, calls in (("siigo", world.siigo.calls.entries()), ("escala", world.escala.calls.entries())):
        for call in calls:
            keys = [
                known.key
                for known in failure_table.CALLS
                if known.system == system
                and known.method == call["method"]
                and re.fullmatch(known.path, call["path"])
            ]
            assert len(keys) == 1, f"{call['method']} {call['path']} stands {len(keys)} times in the table"
            found[keys[0]] += 1
    assert found == {call.key: call.times for call in failure_table.CALLS}
    assert commits == failure_table.COMMITS
    assert lives.end(world) == lives.UNDISTURBED
