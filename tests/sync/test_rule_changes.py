"""Changes of the rules that wait to be saved, while somebody else saves others."""

from __future__ import annotations

import pytest

from siigo_escala.sync import rule_changes
from siigo_escala.sync.rule_changes import Change
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_what_somebody_else_has_changed_meanwhile_is_told_with_what_stands_there(world: World) -> None:
    connection = world.connect()
    zone = Change(path=("time_zone",), before="America/Bogota", after="America/Lima")
    stage = Change(path=("opportunities", "stage"), before="Prospecto", after="Ganada")
    fresh = Change(path=("sellers", "a@b.example"), before=None, after="c@d.example")
    assert rule_changes.overtaken(connection, [zone, stage, fresh]) == []
    connection.file = rule_changes.applied(
        connection.file,
        [
            Change(path=("time_zone",), before=None, after="America/Caracas"),
            Change(path=("opportunities", "stage"), before=None, after="Negociación"),
            Change(path=("sellers", "a@b.example"), before=None, after="c@d.example"),
        ],
    )
    assert rule_changes.overtaken(connection, [zone, stage, fresh]) == [
        Change(path=zone.path, before="America/Caracas", after="America/Lima"),
        Change(path=stage.path, before="Negociación", after="Ganada"),
    ], "what somebody else did alike is no quarrel"
