"""One seed from its drawing to its verdict, on either store; needs Django set up."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from structlog.testing import capture_logs

from siigo_escala.siigo import client
from siigo_escala.sync import read, taking_up
from tests import databases
from tests.resilience.chaos import story as stories
from tests.resilience.chaos.life import Diverged, life
from tests.resilience.chaos.verdict import Store, Verdict

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it: nothing here waits for a disk


def live(seed: int, *, store: Store, server: str, templates: Path, blocker: Any) -> Verdict:
    """Lives a seed's story twice. `server`: of PostgreSQL, "" for SQLite."""
    began = time.monotonic()
    story = stories.draw(seed)
    problem, diary = "", []
    folder = Path(tempfile.mkdtemp(prefix="siigo-escala-chaos-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        with ExitStack() as held:
            for name in ("calm", "wild"):
                (folder / name).mkdir(mode=0o700)
            calm = held.enter_context(
                databases.sqlite_database(folder / "calm", templates=templates, blocker=blocker)
            )
            wild = held.enter_context(
                databases.sqlite_database(folder / "wild", templates=templates, blocker=blocker)
                if store == "sqlite"
                else databases.postgresql_database(server, templates=templates, blocker=blocker)
            )
            held.enter_context(blocker.unblock())
            held.enter_context(_batches(seed))
            said = held.enter_context(capture_logs())
            try:
                with life(story, calm, folder / "calm") as undisturbed:
                    wanted = undisturbed.undisturbed()
                with life(story, wild, folder / "wild") as disturbed:
                    diary = disturbed.diary
                    disturbed.disturbed(wanted)
            except Diverged as diverged:
                problem = str(diverged)
            except Exception:  # noqa: BLE001 - a run may end in no other way: this is a divergence too
                problem = traceback.format_exc()
            # What the product did not foresee it parks, and it is a fault of the product.
            parked = [f"{entry.get('exc_info')!r}" for entry in said if entry["event"] == "record parked"]
            problem = "\n".join(part for part in (problem, *parked) if part)
            diary += [f"logged: {entry['event']} {entry.get('exc_info')!r}" for entry in said]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    attempts = [attempt for day in story.days for attempt in day.attempts]
    return Verdict(
        seed=seed,
        store=store,
        problem=problem,
        told="\n".join([story.told(), "what came of it:", *(f"  {line}" for line in diary), problem]),
        runs=len(attempts) + 2 * len(story.days),
        deaths=sum(line.endswith("killed") for line in diary),
        faults=sum(len(attempt.faults) + len(attempt.late) for attempt in attempts),
        seconds=round(time.monotonic() - began, 1),
    )


@contextmanager
def _batches(seed: int) -> Iterator[None]:
    """Two seeds of three read and write in several batches, as a company does that has many more invoices."""
    page = (100, 2, 5)[seed % 3]
    with (
        mock.patch.object(client, "PAGE_SIZE", page),
        mock.patch.object(read, "FIRST_PAGES", 5 if page == 100 else 1),
        mock.patch.object(taking_up, "_BATCH", 2 * page),
    ):
        yield


def store_of(seed: int) -> Store:
    """Half of the seeds on each."""
    return "postgresql" if seed % 2 else "sqlite"
