"""Many seeds side by side, each in a process that has Django for itself."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.resilience.chaos.verdict import Verdict


def lived(wanted: Sequence[int], *, store: str, folder: Path, jobs: int) -> Iterator[Verdict]:
    """Every seed's verdict, as it comes. `store`: "sqlite", "postgresql", or "both", half of them on each."""
    if not wanted:
        return
    server = ""
    if store == "postgresql" or (store == "both" and any(seed % 2 for seed in wanted)):
        from tests import postgresql

        server = postgresql.server_url(folder, session_pid=os.getpid())
    work = functools.partial(_one, store=store, server=server, folder=folder)
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(jobs, len(wanted)), initializer=_prepare, initargs=(str(folder),)) as pool:
        yield from pool.imap_unordered(work, wanted)


def _prepare(folder: str) -> None:
    """Django, with a home of its own, in a process of its own."""
    os.environ["SIIGO_ESCALA_HOME"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "siigo_escala.config.settings"
    import django

    django.setup()


class _Open:
    """What pytest-django's blocker is to the tests: here nothing is blocked."""

    @contextlib.contextmanager
    def unblock(self) -> Iterator[None]:
        """Nothing to open."""
        yield


def _one(seed: int, *, store: str, server: str, folder: Path) -> Verdict:
    from tests.resilience.chaos import seeds

    chosen = seeds.store_of(seed) if store == "both" else "sqlite" if store == "sqlite" else "postgresql"
    return seeds.live(seed, store=chosen, server=server, templates=folder, blocker=_Open())
