"""`python -m tests.resilience.engine --store S --minutes N --seed K`: one chaos, told as JSON at its end."""

from __future__ import annotations

import _thread
import argparse
import dataclasses
import json
import sys
import tempfile
import threading
from pathlib import Path

import psutil

from tests.resilience.chaos.many import _prepare


def main() -> int:
    """1 where something was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", choices=("sqlite", "postgresql"), required=True)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tolerance", type=float, default=20.0, help="seconds that a busy machine may take")
    parser.add_argument("--session", type=int, help="the process for which this is done")
    parser.add_argument("--output", type=Path, required=True, help="where the verdict is put")
    given = parser.parse_args()
    if given.session:
        threading.Thread(target=_end_with, args=(given.session,), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="siigo-escala-engine-") as folder:
        _prepare(folder)
        from tests.resilience.engine import command

        verdict = command.live(
            Path(folder),
            given.store,
            minutes=given.minutes,
            seed=given.seed,
            tolerance_s=given.tolerance,
            logs=given.output.parent,
        )
    part = given.output.with_suffix(".part")
    part.write_text(json.dumps(dataclasses.asdict(verdict)))
    part.rename(given.output)
    return 1 if verdict.wrong else 0


def _end_with(pid: int) -> None:
    """Nobody waits for the verdict any more: everything is taken down."""
    try:
        psutil.Process(pid).wait()
    except psutil.NoSuchProcess:
        pass
    _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
