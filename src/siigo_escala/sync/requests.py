"""Runs that somebody asks the engine for: by a screen, by `sync --queue`, or because the rules changed.

They wait in a table of ours; whoever asks makes no call and takes no lease.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction

from siigo_escala.store.models import Connection, Request, Turn
from siigo_escala.sync.session import Options

Why = Literal["person", "rules"]
_TIMETABLE = ("schedule", "time_zone")
_RULES = ("opportunities", "invoices", "sellers", "direction")


def ask(connection: Connection, options: Options, *, why: Why = "person", now: datetime) -> Request:
    """The request that waits from now on; the one that waits already where the same was asked for before."""
    asked = options.to_json()
    key = hashlib.sha256(json.dumps([options.kind, asked], sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        # Who asks at the same moment waits here, so that the same is not asked for twice.
        Connection.objects.select_for_update().get(pk=connection.pk)
        found = Request.objects.filter(connection=connection, key=key, waiting=True).first()
        made = found or Request.objects.create(
            connection=connection, kind=options.kind, asked=asked, key=key, why=why, asked_at=now
        )
        # A person who asks does not wait for a pause between two tries to end.
        Turn.objects.filter(connection=connection).update(retry_at=None)
    return made


def rules_changed(connection: Connection, *, before: Mapping[str, Any] | None, now: datetime) -> None:
    """What a stored file means to the engine: a new timetable counts from now, new rules ask for a run.

    `before`: the file as it was; None for a new connection.
    """
    turn, _ = Turn.objects.get_or_create(connection=connection, defaults={"since": now})
    after = connection.file
    if before is None:
        return
    if any(before.get(key) != after.get(key) for key in _TIMETABLE):
        turn.since = now
        turn.save(update_fields=["since"])
    if connection.enabled and any(before.get(key) != after.get(key) for key in _RULES):
        ask(connection, Options(), why="rules", now=now)


def cancel(connection: Connection) -> int:
    """Ends the run under way after the call in flight, and drops what waits: how many requests."""
    dropped, _ = Request.objects.filter(connection=connection, waiting=True).delete()
    Turn.objects.filter(connection=connection).update(cancelled=True)
    return dropped


def options_of(request: Request) -> Options:
    """What was asked, as a run takes it."""
    asked = request.asked
    return Options(
        kind="retry" if request.kind == "retry" else "sync",
        date_from=_day(asked["from"]),
        date_to=_day(asked["to"]),
        invoices=tuple(asked["invoices"]),
        opportunities=tuple(asked.get("opportunities", ())),
        limit=asked["limit"],
        dry_run=asked["dry_run"],
        sweep=asked["sweep"],
        by="rules" if request.why == "rules" else "person",
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
