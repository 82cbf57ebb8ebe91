"""Which tests execute which line, and how long each takes: learnt by running them once, traced.

A test that never executes a line cannot notice what changes there. So a mutant is tried by those that do,
the fastest first; this is what makes a score of thousands of tests times hundreds of mutants repeatable in
minutes. Loaded as a plugin (`-p tests.mutation.reach`) it traces the run that it is part of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = Path("src/siigo_escala")
COMMON = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-m", "not full", "-k", "not postgresql")
"""How the tests are run here: on one store, since the other shows the same and takes longer."""
_FOLDER = "SIIGO_MUTATION_REACH"
_traced: list[coverage.Coverage] = []
_seconds: dict[str, float] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """`lines`: by path below the root and line number, the tests that execute it; `seconds`: of each test."""

    lines: Mapping[str, Mapping[int, frozenset[str]]]
    seconds: Mapping[str, float]

    def of(self, path: Path, lines: Iterable[int]) -> list[str]:
        """The tests that execute one of these lines, the fastest first.

        What is executed when the module is read concerns everybody: those that execute any of its lines
        come first then, and all others after them.
        """
        known = self.lines.get(str(path), {})
        found = {test for line in lines for test in known.get(line, frozenset())}
        if found - {""}:
            return self._fastest(found - {""})
        near = {test for tests in known.values() for test in tests} - {""}
        return self._fastest(near) + self._fastest(set(self.seconds) - near)

    def _fastest(self, tests: Iterable[str]) -> list[str]:
        return sorted(tests, key=lambda test: (round(self.seconds.get(test, 0.0), 1), test))


def learn(tests: Sequence[str], folder: Path) -> Reach:
    """Runs these tests once. Raises CalledProcessError where one of them fails: then nothing is learnt."""
    command = [sys.executable, "-m", "pytest", *COMMON, "-p", "tests.mutation.reach", *tests]
    environment = {
        **os.environ,
        _FOLDER: str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    subprocess.run(
        [*command, f"--basetemp={folder / 'base'}"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return read(folder)


def read(folder: Path) -> Reach:
    """What such a run has left in `folder`."""
    data = coverage.CoverageData(str(folder / "reach.coverage"))
    data.read()
    lines: dict[str, Mapping[int, frozenset[str]]] = {}
    for file in data.measured_files():
        found = data.contexts_by_lineno(file)
        # Learnt in whatever checkout.
        path = PACKAGES / file.rpartition(f"/{PACKAGES}/")[2]
        lines[str(path)] = {line: frozenset(tests) for line, tests in found.items()}
    return Reach(lines=lines, seconds=json.loads((folder / "seconds.json").read_text()))


def pytest_configure() -> None:
    """Tracing begins, before anything of the product is read."""
    traced = coverage.Coverage(
        data_file=str(Path(os.environ[_FOLDER]) / "reach.coverage"),
        include=[str(ROOT / PACKAGES / name / "*") for name in ("domain", "sync")],
        config_file=False,
    )
    traced.start()
    _traced.append(traced)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """One test: what is executed from now on is executed by it."""
    _traced[0].switch_context(item.nodeid)
    began = time.monotonic()
    try:
        return (yield)
    finally:
        _seconds[item.nodeid] = time.monotonic() - began


def pytest_unconfigure() -> None:
    """What was found is kept."""
    _traced[0].stop()
    _traced[0].save()
    text = json.dumps(defaultdict(float, _seconds))
    (Path(os.environ[_FOLDER]) / "seconds.json").write_text(text)
