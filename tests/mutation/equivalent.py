"""Mutants that no test can notice, and why: nobody can tell the program from the changed one."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutation.mutants import Mutant


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """`module`: its path below the package; `code`: the line as it stands there; `change`: as it is told."""

    module: str
    code: str
    change: str
    why: str


KNOWN = (
    Equivalent(
        module="domain/identity.py",
        code='if country == "CO" and _COLOMBIAN.fullmatch(digits) '
        'and (digits.startswith("57") or "+" not in typed):',
        change="Or becomes And",
        why="a short cut: the general way below comes to the same number",
    ),
    Equivalent(
        module="domain/mapping/breakdown.py",
        code="return []",
        change="[] becomes None",
        why="its one caller asks only whether there is anything in it",
    ),
)


def why(mutant: Mutant) -> str:
    """Why it cannot be noticed; "" where it could."""
    module = "/".join(mutant.path.parts[2:])
    for one in KNOWN:
        if (one.module, one.code, one.change) == (module, mutant.code, mutant.change):
            return one.why
    return ""
