"""Changes of the rules that wait to be saved, while somebody else saves others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.domain.rules_problems import FileProblem
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


@pytest.mark.usefixtures("database_url")
def test_a_table_that_only_one_of_two_files_has_is_one_change() -> None:
    links = {"a@b.example": "c@d.example"}
    assert rule_changes.between({"sellers": links}, {}) == [
        Change(path=("sellers",), before=links, after=None)
    ]
    assert rule_changes.between({"sellers": links}, {"sellers": {}}) == [
        Change(path=("sellers", "a@b.example"), before="c@d.example", after=None)
    ]


def test_only_sellers_that_change_must_be_among_those_of_siigo(world: World) -> None:
    """Whoever left the company stays linked with what he sold."""
    (seller,) = [user for user in world.siigo.company.users if user["id"] == 629]
    connection = world.connect(tables=f'[sellers]\n"{seller["username"]}" = "ana@empresa.example"')
    connection.siigo.sellers = [one for one in connection.siigo.sellers if one["id"] != 629]
    zone = Change(path=("time_zone",), before="America/Bogota", after="America/Lima")
    assert rule_changes.checked(connection, [zone]).time_zone == "America/Lima"
    unknown = Change(path=("sellers", "nadie@empresa.example"), before=None, after="c@d.example")
    with pytest.raises(FileProblem, match="Siigo no tiene el vendedor «nadie@empresa"):
        rule_changes.checked(connection, [unknown])


def test_only_kinds_of_invoice_that_change_must_be_among_those_of_siigo(world: World) -> None:
    """A kind that Siigo has no more keeps nobody from changing something else."""
    kind = world.siigo.company.document_types[0]["id"]
    connection = world.connect(f"document_types = [{kind}]")
    connection.siigo.document_types = []
    zone = Change(path=("time_zone",), before="America/Bogota", after="America/Lima")
    assert rule_changes.checked(connection, [zone]).time_zone == "America/Lima"
    unknown = Change(path=("opportunities", "document_types"), before=[kind], after=[4])
    with pytest.raises(FileProblem, match="Siigo no tiene el tipo de factura 4"):
        rule_changes.checked(connection, [unknown])


def test_a_draft_waits_a_week_for_whoever_saves_it(world: World) -> None:
    connection, now = world.connect(), world.now()
    zone = Change(path=("time_zone",), before="America/Bogota", after="America/Lima")
    rule_changes.keep_draft(connection, [zone], who="ana@empresa.example", now=now)
    kept = rule_changes.draft_of(connection, now=now + timedelta(days=6))
    assert rule_changes.changes_in(kept) == [zone]
    assert rule_changes.draft_of(connection, now=now + timedelta(days=8)) is None
    assert rule_changes.changes_in(None) == []
