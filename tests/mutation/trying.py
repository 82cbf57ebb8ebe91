"""Trying one mutant: in a child of its own, so that nothing of it stays for the next."""

from __future__ import annotations

import compileall
import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutation import reach
from tests.mutation.mutants import Mutant
from tests.mutation.reach import ROOT, Reach

if TYPE_CHECKING:
    import pytest

_PATIENCE_S = 90.0
"""So many seconds of tests are tried on one mutant; what they do not notice counts as not noticed."""
_LONGEST_S = 240
_BROKEN = 99
"""How a child ends that could not even begin its tests: that is no defect noticed."""
_QUICK = ("-x", "--timeout=60", "--hypothesis-seed=1", "--assert=plain", "-p", "no:xdist", "-p", "no:cov")
"""Nobody reads what a failing assertion compared; finding that out is half of a short test's time."""
_WITHOUT_DJANGO = ("--noconftest", "-p", "no:django")
_known: list[Reach] = []


def prepare(parent: str, known: Reach) -> None:
    """A copy of the program for this worker, and the heavy libraries read once for all its mutants."""
    folder = tempfile.mkdtemp(dir=parent)
    shutil.copytree(ROOT / "src", Path(folder) / "src", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(Path(folder) / "src", quiet=1)
    os.environ["PYTHONPATH"] = str(Path(folder) / "src")
    sys.path.insert(0, os.environ["PYTHONPATH"])
    sys.dont_write_bytecode = True
    _known.append(known)
    for name in (
        "django.db.models",
        "phonenumbers",
        "psycopg",
        "httpx2",
        "cryptography.fernet",
        "pytest",
        "hypothesis",
    ):
        importlib.import_module(name)


def tried(mutant: Mutant) -> tuple[Mutant, bool]:
    """Whether any test notices."""
    target = Path(os.environ["PYTHONPATH"]).parent / mutant.path
    before = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    Path(importlib.util.cache_from_source(str(target))).unlink(missing_ok=True)
    try:
        return mutant, any(_noticed(tests) for tests in stages(mutant, _known[0]))
    finally:
        target.write_text(before, encoding="utf-8")


def unchanged(mutant: Mutant) -> bool:
    """Whether those tests pass on the program as it stands: what fails anyway notices nothing."""
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    return not tried(replace(mutant, source=source))[1]


def stages(mutant: Mutant, known: Reach) -> Iterator[list[str]]:
    """The tests that may notice: those named after the module, those of its package, the others."""
    own, package = f"test_{mutant.path.stem}", f"tests/{mutant.path.parts[2]}/"
    groups: tuple[list[str], ...] = ([], [], [])
    left = _PATIENCE_S
    for test in known.of(mutant.path, mutant.lines):
        file = test.partition("::")[0]
        groups[0 if Path(file).stem.startswith(own) else 1 if file.startswith(package) else 2].append(test)
    for group in groups:
        chosen = []
        for test in group:
            left -= known.seconds.get(test, 0.0)
            if left < 0:
                break
            chosen.append(test)
        if chosen:
            yield chosen


def _noticed(tests: Sequence[str]) -> bool:
    child = os.fork()
    if not child:
        code = _BROKEN
        try:
            code = _run(tests)
        finally:
            os._exit(code)
    status = _ended(child)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _BROKEN:
        raise RuntimeError(f"the tests could not be run: {tests[:3]}")
    return status != 0


def _ended(child: int) -> int:
    """How it ended; a mutant that never ends was noticed."""
    deadline = time.monotonic() + _LONGEST_S
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1


class _Chosen:
    """Keeps these tests, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Fixtures are made anew where they must: the order is by time alone."""
        kept = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(kept, key=lambda item: self._order[item.nodeid])


def _run(tests: Sequence[str]) -> int:
    import pytest

    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    files = sorted({test.partition("::")[0] for test in tests})
    with tempfile.TemporaryDirectory() as base:
        options = [*reach.COMMON, *_QUICK, f"--basetemp={base}/base"]
        if all(file.startswith("tests/domain/") for file in files):
            options += _WITHOUT_DJANGO
        code = int(pytest.main([*options, *files], plugins=[_Chosen(tests)]))
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code
