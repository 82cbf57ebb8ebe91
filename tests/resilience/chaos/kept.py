"""Verdicts kept in a file from one command to the next, so that many seeds can be lived little by little.

Only verdicts of the same program and the same stories count: those of another state of either stay in the
file and are left out.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.resilience.chaos.verdict import Verdict

_ROOT = Path(__file__).parents[3]
_LIVED = ("src", "tests/resilience/chaos", "tests/sync/world.py")
"""What a life is made of: the program, and the stories with the world they take place in."""


def code(*, store: str) -> str:
    """What lives are made of, as committed, on `store`; "" where files differ: nothing can be kept."""
    if _git("status", "--porcelain", "--", *_LIVED):
        return ""
    return f"{_git('rev-parse', *(f'HEAD:{path}' for path in _LIVED))} {store}".replace("\n", " ")


def commit() -> str:
    """The commit, and whether files differ from it."""
    return _git("describe", "--always", "--dirty", "--abbrev=10") or "not known"


def read(file: Path, *, code: str) -> Mapping[int, Verdict]:
    """The verdicts of this code, by seed."""
    if not code or not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = [Verdict(**line["verdict"]) for line in lines if line["code"] == code]
    return {verdict.seed: verdict for verdict in found}


def add(file: Path, verdict: Verdict, *, code: str) -> None:
    """One more; what it told is kept only where it diverged."""
    if not code:
        return
    short = verdict if verdict.problem else dataclasses.replace(verdict, told="")
    with file.open("a", encoding="utf-8") as end:
        end.write(json.dumps({"code": code, "verdict": dataclasses.asdict(short)}) + "\n")


def _git(*words: str) -> str:
    told: Sequence[str] = ("git", "-C", str(_ROOT), *words)
    return subprocess.run(told, capture_output=True, text=True, check=False).stdout.strip()
