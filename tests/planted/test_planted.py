"""Each planted bug is caught by the test that is named for it, and in full by the whole suite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import databases
from tests.planted import applying
from tests.planted.table import BUGS, Planted

_NAMES = [bug.patch for bug in BUGS]
_FOREIGN = ("PYTEST_", "COVERAGE_", "COV_CORE_", "SIIGO_ESCALA_")
_TESTS_FAILED = 1
_QUICK_FIRST = (
    "domain",
    "rest",
    "siigo",
    "escala",
    "store",
    "sync",
    "resilience",
    "engine",
    "cli",
    "web",
    "browser",
)


def test_every_patch_is_in_the_table_and_every_line_has_its_patch() -> None:
    assert sorted(_NAMES) == sorted(path.stem for path in applying.FOLDER.glob("*.patch"))
    assert len(set(_NAMES)) == len(_NAMES) >= 12


def test_a_patch_whose_place_is_gone_does_not_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = (
        "--- a/src/siigo_escala/__init__.py\n+++ b/src/siigo_escala/__init__.py\n@@ -1 +1 @@\n-gone\n+there\n"
    )
    (tmp_path / "old.patch").write_text(patch)
    monkeypatch.setattr(applying, "FOLDER", tmp_path)
    with pytest.raises(applying.DoesNotApply, match="0 times"):
        applying.planted("old", tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", BUGS, ids=_NAMES)
def test_a_planted_bug_is_caught_by_the_test_named_for_it(
    bug: Planted, tmp_path: Path, shared_folder: Path
) -> None:
    # One store tells: starting a server for each bug would take longer than the tests.
    told = _pytest(bug, tmp_path, bug.caught_by, "-m", "", "-k", "not postgresql", shared=shared_folder)
    assert told.returncode == _TESTS_FAILED, told.stdout[-3000:] + told.stderr[-3000:]


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("bug", BUGS, ids=_NAMES)
def test_a_planted_bug_is_caught_by_the_suite(bug: Planted, tmp_path: Path, shared_folder: Path) -> None:
    # It ends with the first failure: where the named test stands, one is near.
    named = bug.caught_by.split("/")[1]
    suite = [f"tests/{folder}" for folder in (named, *(one for one in _QUICK_FIRST if one != named))]
    for half in ("not slow and not full", "slow and not full"):
        told = _pytest(bug, tmp_path / half.split()[0], *suite, "-m", half, shared=shared_folder)
        if told.returncode == _TESTS_FAILED:
            return
    raise AssertionError(told.stdout[-3000:] + told.stderr[-3000:])


def _pytest(bug: Planted, folder: Path, *arguments: str, shared: Path) -> subprocess.CompletedProcess[str]:
    """Runs tests of this checkout on the planted copy, up to the first failure."""
    folder.mkdir(exist_ok=True)
    source = applying.planted(bug.patch, folder)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    # Also for the processes that tests start: what stands here comes before the installed package.
    environment["PYTHONPATH"] = str(source)
    environment[databases.TEMPLATE] = str(shared / "template.db")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly"]
    return subprocess.run(
        [*command, f"--basetemp={folder / 'base'}", *arguments],
        cwd=applying.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
