"""Verdicts of long proofs are kept in a file, and those of other code are left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.resilience.chaos import kept
from tests.resilience.chaos.verdict import Verdict


def test_what_was_lived_with_this_code_is_not_lived_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    good = Verdict(seed=3, store="sqlite", problem="", told="", runs=9, deaths=1, faults=4, seconds=2.5)
    bad = replace(good, seed=4, problem="differs", told="the whole story")
    assert kept.read(file, code="a") == {}
    kept.add(file, replace(good, told="long"), code="a")
    kept.add(file, bad, code="a")
    kept.add(file, replace(good, seed=5), code="b")
    kept.add(file, replace(good, seed=6), code="")
    assert kept.read(file, code="a") == {3: good, 4: bad}
    assert kept.read(file, code="") == {}
