"""Mutants noticed, kept in a file from one command to the next: once tests were added for those that
survived, they alone are tried again.

Only what was noticed in the same program, as committed, counts: it is what a mutant is made of.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.reach import ROOT


def noticed(file: Path) -> Collection[str]:
    """The names of those that the tests noticed in this program; none where `src` is not as committed."""
    program = _program()
    if not program or not file.exists():
        return frozenset()
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return frozenset(line["mutant"] for line in lines if line["program"] == program)


def keeping(file: Path | None) -> Callable[[Mutant], None]:
    """Adds one more that was noticed; nothing without a file, and where `src` is not as committed."""
    program = _program() if file else ""

    def add(mutant: Mutant) -> None:
        if file and program:
            with file.open("a", encoding="utf-8") as end:
                end.write(json.dumps({"program": program, "mutant": name(mutant)}) + "\n")

    return add


def name(mutant: Mutant) -> str:
    """Unlike any other's of the same program."""
    return f"{mutant.path} {mutant.number} {mutant.change}"


def _program() -> str:
    return "" if _git("status", "--porcelain", "--", "src") else _git("rev-parse", "HEAD:src")


def _git(*words: str) -> str:
    told = ("git", "-C", str(ROOT), *words)
    return subprocess.run(told, capture_output=True, text=True, check=False).stdout.strip()
