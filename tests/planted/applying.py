"""Applying a patch to a copy of the program, without any program but Python.

A hunk is found by its lines, wherever they stand; it must stand there exactly once.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


class DoesNotApply(Exception):
    """The program has changed: the patch must follow it."""


def planted(name: str, folder: Path) -> Path:
    """A copy of `src` in `folder` with this patch applied; the path to import it from.

    What is compiled already comes along: Python goes by the time of the source, which a copy keeps.
    """
    source = folder / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("*.pyc.*"))
    text = (FOLDER / f"{name}.patch").read_text(encoding="utf-8")
    for path, hunks in _files(text):
        target = folder / path
        changed = target.read_text(encoding="utf-8")
        for before, after in hunks:
            if changed.count(before) != 1:
                raise DoesNotApply(
                    f"{name}: a hunk stands {changed.count(before)} times in {path}:\n{before}"
                )
            changed = changed.replace(before, after)
        target.write_text(changed, encoding="utf-8")
    return source


def _files(text: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for part in re.split(r"^--- a/.*\n", text, flags=re.MULTILINE)[1:]:
        header, _, body = part.partition("\n")
        hunks = re.split(r"^@@ .*\n", body, flags=re.MULTILINE)[1:]
        yield header.removeprefix("+++ b/"), [_hunk(hunk) for hunk in hunks]


def _hunk(hunk: str) -> tuple[str, str]:
    lines = hunk.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    return before, after
