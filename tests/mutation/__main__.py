"""`python3 run.py mutants domain|sync [--sample N] [--seed K]`: how many small defects the tests notice.

Each mutant is tried by the tests of its package, the ones named after its module first. `--write` puts the
score and the survivors into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutation import mutants
from tests.mutation.mutants import Mutant

_ROOT = Path(__file__).parents[2]
_PACKAGES = Path("src/siigo_escala")
_TEXTS_ONLY = "_es.py"
_LONGEST_S = 600


def main(arguments: Sequence[str]) -> int:
    """Always 0: the score is read, and the survivors are explained or killed."""
    parser = argparse.ArgumentParser(prog="run.py mutants", description=__doc__.splitlines()[0])
    parser.add_argument("package", choices=("domain", "sync"))
    parser.add_argument("--sample", type=int, default=0, help="so many, drawn by the seed (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="keep the result in docs/reliability.md")
    given = parser.parse_args(arguments)
    wanted = _all(given.package)
    if given.sample:
        wanted = random.Random(given.seed).sample(wanted, min(given.sample, len(wanted)))
    began = time.monotonic()
    survivors: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="siigo-escala-mutants-") as folder,
        multiprocessing.get_context("fork").Pool(
            given.jobs, initializer=_prepare, initargs=(folder,)
        ) as pool,
    ):
        for done, (mutant, caught) in enumerate(pool.imap_unordered(_try, wanted), start=1):
            if not caught:
                survivors.append(mutant)
                _say(f"survives: {mutant}")
            if done % 50 == 0:
                _say(f"{done} of {len(wanted)}, {len(survivors)} survive")
    score = 100 * (1 - len(survivors) / len(wanted))
    _say(f"{given.package}: {len(wanted)} mutants, {len(survivors)} survive: {score:.1f} %")
    if given.write:
        from tests.resilience.chaos import page

        rows = [
            ("command", f"`python3 run.py mutants {' '.join(arguments)}`"),
            ("mutants", str(len(wanted))),
            ("noticed", f"{score:.1f} %"),
            ("survivors", "<br>".join(f"`{one}`" for one in sorted(survivors))),
            *page.machine(time.monotonic() - began),
        ]
        page.section(f"mutants {given.package}", rows)
    return 0


def _all(package: str) -> list[Mutant]:
    found: list[Mutant] = []
    for file in sorted((_ROOT / _PACKAGES / package).rglob("*.py")):
        if not file.name.endswith(_TEXTS_ONLY):
            found += mutants.of(file.relative_to(_ROOT), file.read_text(encoding="utf-8"))
    return found


def _prepare(parent: str) -> None:
    """A copy of the program for this worker, and the heavy libraries read once for all its mutants."""
    folder = tempfile.mkdtemp(dir=parent)
    shutil.copytree(_ROOT / "src", Path(folder) / "src", ignore=shutil.ignore_patterns("__pycache__"))
    os.environ["PYTHONPATH"] = str(Path(folder) / "src")
    sys.path.insert(0, os.environ["PYTHONPATH"])
    sys.dont_write_bytecode = True
    for name in ("django.db.models", "phonenumbers", "psycopg", "httpx2", "cryptography.fernet"):
        importlib.import_module(name)


def _try(mutant: Mutant) -> tuple[str, bool]:
    """Whether any test notices: in a child of its own, so that nothing of one mutant stays for the next."""
    target = Path(os.environ["PYTHONPATH"]).parent / mutant.path
    before = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    try:
        for tests in _tests_of(mutant.path):
            child = os.fork()
            if not child:
                os._exit(_run(tests))
            if _ended(child) != 0:
                return str(mutant), True
        return str(mutant), False
    finally:
        target.write_text(before, encoding="utf-8")


def _ended(child: int) -> int:
    """How it ended; a mutant that never ends was noticed."""
    deadline = time.monotonic() + _LONGEST_S
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1


def _tests_of(path: Path) -> list[list[str]]:
    """The tests named after the module, then those of its package."""
    package = Path("tests", *path.parts[2:3])
    own = sorted(str(file.relative_to(_ROOT)) for file in (_ROOT / package).rglob(f"test_{path.stem}*.py"))
    return [own, [str(package)]] if own else [[str(package)]]


def _run(tests: list[str]) -> int:
    import pytest

    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    quiet = [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-m",
        "not full",
        "-k",
        "not postgresql",
    ]
    with tempfile.TemporaryDirectory() as base:
        code = int(pytest.main([*quiet, f"--basetemp={base}/base", *tests]))
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
