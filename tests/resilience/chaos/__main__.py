"""`python3 run.py chaos --seeds N [--seed K]`: lives so many stories and says which diverged, and how.

One seed tells everything; many tell one line each where they diverged. `--keep FILE` keeps every verdict, and
does not live again what stands there of the same code: a thousand seeds need not be lived in one go.
`--directions` lives those in which the direction changes. `--engine` lives `--minutes` of the engine in real
time instead. `--write` puts the result, with date, machine, commit and command, into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.resilience.chaos import kept, many


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 where a seed diverged."""
    parser = argparse.ArgumentParser(prog="run.py chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40, help="how many (default 40)")
    parser.add_argument("--seed", type=int, help="the first, or with no --seeds the only one")
    parser.add_argument("--store", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (default 2)")
    parser.add_argument("--keep", type=Path, help="a file of verdicts, read first and added to")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/reliability.md")
    parser.add_argument("--engine", action="store_true", help="the engine: worker processes, ten companies")
    parser.add_argument("--directions", action="store_true", help="lives in which the direction changes")
    parser.add_argument("--minutes", type=float, default=60.0, help="with --engine: how long (default 60)")
    given = parser.parse_args(arguments)
    if given.engine:
        return _engine(given, arguments)
    if given.directions:
        from tests.resilience.chaos import turning

        count = 1 if given.seed is not None and "--seeds" not in " ".join(arguments) else given.seeds
        command = f"python3 run.py chaos {' '.join(arguments)}"
        return turning.lived(given.seed or 0, count, jobs=given.jobs, write=given.write, given=command)
    alone = given.seed is not None and not any(one.startswith("--seeds") for one in arguments)
    wanted = range(given.seed or 0, (given.seed or 0) + (1 if alone else given.seeds))
    began = time.monotonic()
    code = kept.code(store=given.store) if given.keep else ""
    known = kept.read(given.keep, code=code) if given.keep else {}
    verdicts = [known[seed] for seed in wanted if seed in known and not alone]
    todo = [seed for seed in wanted if seed not in known or alone]
    with tempfile.TemporaryDirectory(prefix="siigo-escala-chaos-") as name:
        for verdict in many.lived(todo, store=given.store, folder=Path(name), jobs=given.jobs):
            verdicts.append(verdict)
            if given.keep:
                kept.add(given.keep, verdict, code=code)
            if alone or verdict.problem:
                _say(verdict.told)
            if len(verdicts) % 100 == 0:
                _say(f"{len(verdicts)} lived, {time.monotonic() - began:.0f} s")
            if verdict.problem:
                _say(f"repeat with: python3 run.py chaos --seed {verdict.seed}\n")
    verdicts.sort(key=lambda verdict: verdict.seed)
    seconds = time.monotonic() - began
    diverged = [verdict for verdict in verdicts if verdict.problem]
    _say(
        f"{len(verdicts)} seeds, {sum(one.runs for one in verdicts)} runs, "
        f"{sum(one.deaths for one in verdicts)} deaths, {sum(one.faults for one in verdicts)} faults: "
        f"{len(diverged)} diverged, in {seconds:.0f} s"
    )
    if given.write:
        from tests.resilience.chaos import page

        first = f" --seed {wanted[0]}" if wanted[0] else ""
        page.write(verdicts, command=f"python3 run.py chaos --seeds {len(verdicts)}{first} --write")
    return 1 if diverged else 0


def _engine(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from tests.resilience.engine import told

    return told.lived(
        ("sqlite", "postgresql") if given.store == "both" else (given.store,),
        minutes=given.minutes,
        seed=given.seed or 0,
        given=f"python3 run.py chaos {' '.join(arguments)}",
        write=given.write,
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
