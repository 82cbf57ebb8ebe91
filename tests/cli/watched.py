"""Commands in a process of their own that tells every SQL statement each of them made.

Run as `python -m tests.cli.watched`: a JSON list of commands on standard input, a JSON list of what each
printed and asked the database on standard output.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One command: how it ended, all that it printed, and its statements with their values."""

    words: tuple[str, ...]
    code: int
    said: str
    statements: tuple[tuple[str, tuple[Any, ...]], ...]


def run(commands: Sequence[Sequence[str]], *, environ: Mapping[str, str], folder: Path) -> list[Watched]:
    """Runs commands one after another, in one process."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.cli.watched", str(folder)],
        cwd=Path(__file__).parents[2],
        env=dict(environ),
        input=json.dumps([list(words) for words in commands]),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    return [
        Watched(
            words=tuple(one["words"]),
            code=one["code"],
            said=one["said"],
            statements=tuple((sql, tuple(values)) for sql, values in one["statements"]),
        )
        for one in json.loads(ended.stdout)
    ]


def _main() -> None:
    commands = json.load(sys.stdin)
    os.chdir(sys.argv[1])
    os.environ["DJANGO_SETTINGS_MODULE"] = "siigo_escala.config.settings"
    import django

    django.setup()
    sys.stdout.write(json.dumps([_one(words) for words in commands], default=str))


def _one(words: list[str]) -> dict[str, Any]:
    from django.db import connection

    from siigo_escala.cli import main

    statements: list[tuple[str, list[Any]]] = []

    def kept(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        rows = params if many else [params or ()]
        statements.extend((sql, list(row)) for row in rows)
        return execute(sql, params, many, context)

    said = io.StringIO()
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        connection.execute_wrapper(kept),
    ):
        code = main.run(words)
    return {"words": words, "code": code, "said": said.getvalue(), "statements": statements}


if __name__ == "__main__":
    _main()
