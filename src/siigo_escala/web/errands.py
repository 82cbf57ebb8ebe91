"""Work that a page waits for, in a thread of this process: its row tells every process how far it is.

A preview, a look into an account or a self-check takes no lease and changes nothing, so it need not wait for
a turn of the engine, which may be busy for hours. It dies with its process: its row then falls silent, and
the page offers to begin again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import connections, transaction

from siigo_escala.store import models
from siigo_escala.store.models import Connection, ConnectionDraft, Errand
from siigo_escala.web import refusals

Tell = Callable[[dict[str, Any]], None]
Work = Callable[[Tell], dict[str, Any]]
SILENT = timedelta(minutes=3)
"""Longer than a call may take, and any wait between two."""
_EVERY_S = 1.0
_threads: set[threading.Thread] = set()
log = structlog.get_logger()


def begin(kind: str, work: Work, *, of: Connection | ConnectionDraft, asked: dict[str, Any]) -> Errand:
    """Begins it, unless the same is under way; earlier ones of its kind are forgotten."""
    now = datetime.now(UTC)
    owner = {"connection" if isinstance(of, Connection) else "draft": of}
    with transaction.atomic():
        type(of)._default_manager.select_for_update().get(pk=of.pk)
        last = newest(kind, of=of)
        if last is not None and under_way(last, now=now) and last.asked == asked:
            return last
        models.Errand.objects.filter(kind=kind, **owner).delete()
        made = models.Errand.objects.create(kind=kind, asked=asked, begun_at=now, beat_at=now, **owner)
    thread = threading.Thread(target=_carried_out, args=(made.pk, work), name=f"errand-{kind}", daemon=True)
    _threads.add(thread)
    thread.start()
    return made


def aside(work: Callable[[], None]) -> None:
    """Work that nobody waits for, and that leaves no row; what goes wrong is logged."""
    thread = threading.Thread(target=_done_aside, args=(work,), name="aside", daemon=True)
    _threads.add(thread)
    thread.start()


def newest(kind: str, *, of: Connection | ConnectionDraft) -> Errand | None:
    """The one that counts; None: there was none."""
    owner = {"connection" if isinstance(of, Connection) else "draft": of}
    return models.Errand.objects.filter(kind=kind, **owner).order_by("-pk").first()


def under_way(errand: Errand, *, now: datetime) -> bool:
    """Whether it goes on. One that was silent for long died with its process."""
    return errand.ended_at is None and now - errand.beat_at < SILENT


def died(errand: Errand, *, now: datetime) -> bool:
    """Whether it will never end."""
    return errand.ended_at is None and not under_way(errand, now=now)


def wait() -> None:
    """Until everything that this process is at has ended."""
    for thread in list(_threads):
        thread.join()


def _carried_out(number: int, work: Work) -> None:
    row = models.Errand.objects.filter(pk=number)
    told_at = float("-inf")

    def tell(progress: dict[str, Any]) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _EVERY_S:
            told_at = time.monotonic()
            row.update(progress=progress, beat_at=datetime.now(UTC))

    try:
        try:
            ended: dict[str, Any] = {"result": work(tell)}
        except Exception as problem:  # noqa: BLE001 - whatever it is, the page that waits is told
            ended = {"problem": refusals.told(problem).to_json()}
        row.update(ended_at=datetime.now(UTC), **ended)
    except Exception as problem:
        log.error("errand not kept", errand=number, exc_info=problem)
    finally:
        connections.close_all()
        _threads.discard(threading.current_thread())


def _done_aside(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception as problem:
        log.error("work aside failed", exc_info=problem)
    finally:
        connections.close_all()
        _threads.discard(threading.current_thread())
