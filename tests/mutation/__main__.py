"""`python3 run.py mutants domain|sync [--sample N] [--seed K]`: how many small defects the tests notice.

The tests of the package are run once to learn which lines each executes; then each mutant is tried by those
that execute its line. `--write` puts the score and the survivors into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutation import equivalent, kept, mutants, reach, trying
from tests.mutation.mutants import Mutant
from tests.mutation.reach import PACKAGES, ROOT, Reach

_TEXTS_ONLY = "_es.py"
_FIRST_UNCHANGED = 4
"""So many lines' tests are tried on the program as it stands, before anything is changed."""


def main(arguments: Sequence[str]) -> int:
    """Always 0: the score is read, and the survivors are explained or killed."""
    parser = argparse.ArgumentParser(prog="run.py mutants", description=__doc__.splitlines()[0])
    parser.add_argument("package", choices=("domain", "sync"))
    parser.add_argument("--sample", type=int, default=0, help="so many, drawn by the seed (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--of", default="", help="only of modules whose path contains this")
    parser.add_argument(
        "--learnt", type=Path, help="keep what tests execute in this folder, and take it from there"
    )
    parser.add_argument("--keep", type=Path, help="a file of those noticed, read first and added to")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/reliability.md")
    given = parser.parse_args(arguments)
    wanted = of_package(given.package)
    if given.sample:
        wanted = random.Random(given.seed).sample(wanted, min(given.sample, len(wanted)))
    wanted = [mutant for mutant in wanted if given.of in str(mutant.path)]
    before = kept.noticed(given.keep) if given.keep else ()
    # What nobody can notice is not tried: each would take all the patience there is.
    survivors = [mutant for mutant in wanted if equivalent.why(mutant)]
    explained = len(survivors)
    left = [mutant for mutant in wanted if kept.name(mutant) not in before and mutant not in survivors]
    add = kept.keeping(given.keep)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="siigo-escala-mutants-") as name:
        known = _learnt(given.package, given.learnt or Path(name))
        _say(f"{len(known.seconds)} tests, {time.monotonic() - began:.0f} s; {len(left)} mutants")
        for done, (mutant, noticed) in enumerate(_tried(left, known, Path(name), given.jobs), start=1):
            if noticed:
                add(mutant)
            else:
                survivors.append(mutant)
                _say(f"survives: {mutant}: {mutant.code}")
            if done % 50 == 0:
                _say(f"{done} of {len(left)}, {len(survivors)} survive")
    score = 100 * (1 - len(survivors) / len(wanted))
    _say(f"{given.package}: {len(wanted)} mutants, {len(survivors)} survive: {score:.1f} %")
    if given.write:
        rows = _rows(survivors, mutants=len(wanted), command=f"python3 run.py mutants {' '.join(arguments)}")
        if again := len(wanted) - len(left) - explained:
            rows.append(("not tried again", f"{again}, noticed before in the same program"))
        _write(given.package, rows, seconds=time.monotonic() - began)
    return 0


def of_package(package: str) -> list[Mutant]:
    """Every mutant of a package; modules that hold nothing but texts are left alone."""
    found: list[Mutant] = []
    for file in sorted((ROOT / PACKAGES / package).rglob("*.py")):
        if not file.name.endswith(_TEXTS_ONLY):
            found += mutants.of(file.relative_to(ROOT), file.read_text(encoding="utf-8"))
    return found


def _learnt(package: str, folder: Path) -> Reach:
    if (folder / "seconds.json").exists():
        return reach.read(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return reach.learn([f"tests/{package}"], folder)


def _tried(wanted: Sequence[Mutant], known: Reach, folder: Path, jobs: int) -> Iterator[tuple[Mutant, bool]]:
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, initializer=trying.prepare, initargs=(str(folder), known)) as pool:
        if not all(pool.map(trying.unchanged, wanted[:_FIRST_UNCHANGED])):
            raise SystemExit("These tests fail here on the unchanged program, too.")
        yield from pool.imap_unordered(trying.tried, wanted)


def _rows(survivors: Sequence[Mutant], *, mutants: int, command: str) -> list[tuple[str, str]]:
    explained = [one for one in survivors if equivalent.why(one)]
    told = sorted(
        f"`{str(one).removeprefix(f'{PACKAGES}/')}`: {equivalent.why(one) or 'open'}".replace("|", "\\|")
        for one in survivors
    )
    return [
        ("command", f"`{command}`"),
        ("mutants", str(mutants)),
        ("noticed", f"{mutants - len(survivors)}, {100 * (1 - len(survivors) / mutants):.1f} %"),
        ("survivors", f"{len(survivors)}, {len(explained)} of them cannot be noticed (why: beside each)"),
        ("they are", "<br>".join(told) or "none"),
    ]


def _write(package: str, rows: Sequence[tuple[str, str]], *, seconds: float) -> None:
    from tests.resilience.chaos import page

    page.section(f"mutants {package}", [*rows, *page.machine(seconds)])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
