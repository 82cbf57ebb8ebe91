"""How long each kind of data is kept, and what takes away the rest: the ledger itself always stays.

Defaults, in days: docs/guia/copias-y-datos.md tells them to the people who use the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import DatabaseError
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from siigo_escala.store import models, schema

RAW_DAYS = 30
"""Answers of Siigo and Escala as received."""
CUSTOMER_DAYS = 90
"""Customers' records, after their last invoice."""
QUIET_RUN_DAYS = 30
"""Runs that found nothing to do."""
HISTORY_DAYS = 730
"""The history of invoices, and all other runs."""
COUNT_DAYS = 30
"""Counts of calls by hour, and codes that Escala was asked for in vain."""
ERRAND_DAYS = 7
"""Previews and checks that were asked for in the browser, with their first rows."""
COPY_DAYS = 90
"""Copies that the program made by itself, before a restore or a change of the schema."""
PART_DAYS = 1
"""Halves of copies: the program ended while it made them, and no copy takes that long."""
_CHUNK = 1000
_MOST_A_DAY = 20_000
"""More than a day's invoices leave behind, and a second or two of work."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of data that is too old. `remove`: takes away these rows."""

    name: str
    rows: QuerySet[Any]
    remove: Callable[[QuerySet[Any]], object]


def purge(*, home: Path, now: datetime, dry_run: bool, most: int | None = None) -> dict[str, int]:
    """Takes away, or only counts, what is older than it may become; how many of each kind.

    Beside a run: a thousand rows a transaction. `most`: so many rows in all, and the rest another time.
    """
    removed: dict[str, int] = {}
    left = most
    for kind in _kinds(now):
        removed[kind.name] = _count(kind) if dry_run else _remove(kind, most=left)
        left = None if left is None else left - removed[kind.name]
    copies = _copies(home, now)
    if not dry_run:
        for path in copies:
            path.unlink(missing_ok=True)
    return {**removed, "copies": len(copies)}


def once_a_day(*, home: Path, now: datetime) -> None:
    """A part of it, after a day's work done by itself; its failure is nobody's trouble."""
    try:
        purge(home=home, now=now, dry_run=False, most=_MOST_A_DAY)
    except (DatabaseError, OSError) as problem:
        log.warning("retention not applied", exc_info=problem)


def _kinds(now: datetime) -> list[Kind]:
    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    return [
        Kind(name="raw_answers", rows=_raw(before(RAW_DAYS)), remove=_empty_raw),
        Kind(name="customers", rows=_customers(before(CUSTOMER_DAYS)), remove=_delete),
        Kind(
            name="history",
            rows=models.InvoiceEvent.objects.filter(at__lt=before(HISTORY_DAYS)),
            remove=_delete,
        ),
        Kind(
            name="raw_answers_of_opportunities",
            rows=models.OpportunityEvent.objects.filter(at__lt=before(RAW_DAYS)).exclude(raw=""),
            remove=_empty_raw,
        ),
        Kind(
            name="history_of_opportunities",
            rows=models.OpportunityEvent.objects.filter(at__lt=before(HISTORY_DAYS)),
            remove=_delete,
        ),
        Kind(
            name="runs", rows=_runs(quiet=before(QUIET_RUN_DAYS), all_=before(HISTORY_DAYS)), remove=_delete
        ),
        Kind(
            name="call_counts",
            rows=models.CallHour.objects.filter(hour__lt=before(COUNT_DAYS)),
            remove=_delete,
        ),
        Kind(
            name="missing_codes",
            rows=models.MissingSku.objects.filter(asked_at__lt=before(COUNT_DAYS)),
            remove=_delete,
        ),
        Kind(
            name="previews",
            rows=models.Errand.objects.filter(begun_at__lt=before(ERRAND_DAYS)),
            remove=_delete,
        ),
    ]


def _raw(before: datetime) -> QuerySet[models.InvoiceEvent]:
    return models.InvoiceEvent.objects.annotate(size=Length("raw")).filter(at__lt=before, size__gt=0)


def _empty_raw(rows: QuerySet[Any]) -> object:
    return rows.update(raw="")


def _customers(before: datetime) -> QuerySet[models.KnownCustomer]:
    """Customers whose last invoice is older; those without one, where they were read before then.

    One whose invoice is still to be decided stays: its data is what the decision waits for.
    """
    theirs = models.Invoice.objects.filter(
        connection__siigo=OuterRef("company"), customer_id=OuterRef("siigo_id")
    )
    needed = theirs.filter(
        Q(date__gte=before.date())
        | Q(date=None)
        | Q(due=True)
        | Q(state__in=[models.State.PENDING, models.State.SENDING])
    )
    return models.KnownCustomer.objects.filter(~Exists(needed)).filter(Exists(theirs) | Q(read_at__lt=before))


def _runs(*, quiet: datetime, all_: datetime) -> QuerySet[models.Run]:
    """Old runs, and younger ones that changed nothing and need nobody; the last of a connection stays."""
    newer = models.Run.objects.filter(connection=OuterRef("connection"), pk__gt=OuterRef("pk"))
    nothing = Q(exit_code=0) & (
        Q(document__invoices__created=0, document__invoices__updated=0)
        | Q(document__opportunities__created=0, document__opportunities__updated=0)
    )
    return models.Run.objects.filter(Exists(newer)).filter(
        Q(started__lt=all_) | (Q(started__lt=quiet) & nothing)
    )


def _delete(rows: QuerySet[Any]) -> object:
    return rows.delete()


def _count(kind: Kind) -> int:
    return kind.rows.count()


def _remove(kind: Kind, *, most: int | None) -> int:
    """A chunk at a time, so that a run beside it hardly waits."""
    model: type[Model] = kind.rows.model
    count = 0
    while chunk := _CHUNK if most is None else min(_CHUNK, most - count):
        keys = list(kind.rows.order_by("pk").values_list("pk", flat=True)[:chunk])
        if not keys:
            break
        kind.remove(model._default_manager.filter(pk__in=keys))
        count += len(keys)
    return count


def _copies(home: Path, now: datetime) -> list[Path]:
    folder = home / "backups"
    made = [*folder.glob("before-*.zip"), *sorted(schema.copies(home))]
    return [
        *_older(made, now - timedelta(days=COPY_DAYS)),
        *_older(folder.glob(".*.part"), now - timedelta(days=PART_DAYS)),
    ]


def _older(paths: Iterable[Path], oldest: datetime) -> list[Path]:
    found = []
    for path in paths:
        # A half may get its name meanwhile. A link is as old as it is itself, wherever it leads.
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < oldest.timestamp():
                found.append(path)
    return found
