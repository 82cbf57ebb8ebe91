"""Mutants change one thing each, and neither texts nor annotations."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.mutation import equivalent, kept, mutants, trying
from tests.mutation.mutants import Mutant
from tests.mutation.reach import PACKAGES, ROOT, Reach

_SOURCE = '''
"""About it."""
LIMIT: int | None = 3
def chosen(values: list[int] | None, name: str = "x") -> bool:
    """Says whether."""
    if values and len(values) < LIMIT:
        return name == "y"
    return not [one for one, _ in zip(values, name, strict=True) if one > 1]
'''
_SPREAD = """def chosen(
    value: int = 1,
) -> int:
    if (
        value
        > 2
    ):
        return (
            4
        )
    return 5
"""


def test_each_mutant_changes_one_thing_and_every_one_is_another() -> None:
    found = list(mutants.of(Path("chosen.py"), _SOURCE))
    assert [mutant.change for mutant in found] == [
        "3 becomes 4",
        "values and len(values) < LIMIT becomes not (values and len(values) < LIMIT)",
        "And becomes Or",
        "Lt becomes LtE",
        "name == 'y' becomes None",
        "Eq becomes NotEq",
        "not [one for one, _ in zip(values, name, strict=True) if one becomes None",
        "one > 1 becomes not one > 1",
        "Gt becomes GtE",
        "1 becomes 2",
    ]
    plain = ast.unparse(ast.parse(_SOURCE))
    assert len({mutant.source for mutant in found} | {plain}) == len(found) + 1
    assert all("int | None" in mutant.source and "'x'" in mutant.source for mutant in found)


def test_a_mutant_knows_the_lines_that_are_executed_with_it() -> None:
    lines = {mutant.change: list(mutant.lines) for mutant in mutants.of(Path("chosen.py"), _SPREAD)}
    assert lines == {
        "1 becomes 2": [1, 2, 3],
        "value > 2 becomes not value > 2": [4, 5, 6, 7],
        "Gt becomes GtE": [4, 5, 6, 7],
        "2 becomes 3": [4, 5, 6, 7],
        "4 becomes None": [8, 9, 10],
        "4 becomes 5": [8, 9, 10],
        "5 becomes None": [11],
        "5 becomes 6": [11],
    }


def test_a_mutant_is_tried_by_those_who_execute_its_line_its_own_tests_and_the_fastest_first() -> None:
    path = Path("src/siigo_escala/domain/text.py")
    tests = {
        "tests/domain/test_text.py::slow": 5.0,
        "tests/domain/test_text.py::quick": 0.1,
        "tests/domain/test_twins.py::other": 0.2,
        "tests/sync/test_read.py::far": 2.0,
        "tests/sync/test_read.py::endless": 1000.0,
        "tests/sync/test_run.py::elsewhere": 0.1,
    }
    known = Reach(lines={str(path): {3: frozenset(list(tests)[:5]), 9: frozenset([""])}}, seconds=tests)
    mutant = Mutant(path=path, number=1, line=3, change="", source="", lines=range(3, 4), code="")
    assert list(trying.stages(mutant, known)) == [
        ["tests/domain/test_text.py::quick", "tests/domain/test_text.py::slow"],
        ["tests/domain/test_twins.py::other"],
        ["tests/sync/test_read.py::far"],
    ]
    at_import = replace(mutant, line=9, lines=range(9, 10))
    assert {test for stage in trying.stages(at_import, known) for test in stage} == {*tests} - {
        "tests/sync/test_read.py::endless",
        "tests/sync/test_run.py::elsewhere",
    }


def _of(file: Path) -> Iterator[Mutant]:
    return mutants.of(file, file.read_text(encoding="utf-8"), written=False)


def test_what_is_said_of_a_mutant_is_said_of_one_that_there_is() -> None:
    for module in sorted({one.module for one in equivalent.KNOWN}):
        file = ROOT / PACKAGES / module
        found = {(one.code, one.change) for one in _of(file)}
        said = {(one.code, one.change) for one in equivalent.KNOWN if one.module == module}
        assert said <= found, module


def test_what_was_noticed_in_another_program_is_tried_again(tmp_path: Path) -> None:
    found = list(mutants.of(Path("chosen.py"), _SOURCE))
    names = {kept.name(mutant) for mutant in found}
    assert len(names) == len(found)
    file = tmp_path / "noticed"
    assert not kept.noticed(file)
    file.write_text("".join(json.dumps({"program": "other", "mutant": name}) + "\n" for name in names))
    assert not kept.noticed(file)
    kept.keeping(file)(found[0])
    assert set(kept.noticed(file)) <= {kept.name(found[0])}
