"""Mutants change one thing each, and neither texts nor annotations."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.mutation import mutants

_SOURCE = '''
"""About it."""
LIMIT: int | None = 3
def chosen(values: list[int] | None, name: str = "x") -> bool:
    """Says whether."""
    if values and len(values) < LIMIT:
        return name == "y"
    return not [one for one in values if one > 1]
'''


def test_each_mutant_changes_one_thing_and_every_one_is_another() -> None:
    found = list(mutants.of(Path("chosen.py"), _SOURCE))
    assert [mutant.change for mutant in found] == [
        "3 becomes 4",
        "values and len(values) < LIMIT becomes not (values and len(values) < LIMIT)",
        "And becomes Or",
        "Lt becomes LtE",
        "name == 'y' becomes None",
        "Eq becomes NotEq",
        "not [one for one in values if one > 1] becomes None",
        "one > 1 becomes not one > 1",
        "Gt becomes GtE",
        "1 becomes 2",
    ]
    plain = ast.unparse(ast.parse(_SOURCE))
    assert len({mutant.source for mutant in found} | {plain}) == len(found) + 1
    assert all("int | None" in mutant.source and "'x'" in mutant.source for mutant in found)
