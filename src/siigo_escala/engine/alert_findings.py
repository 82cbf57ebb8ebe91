"""What is wrong with a connection at this moment, kind by kind, from rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from siigo_escala.domain.directions import BACK
from siigo_escala.domain.reasons import Code, catalogue
from siigo_escala.engine.alert_state import Finding, Standing, Told
from siigo_escala.engine.alert_texts import Kind, Waiting
from siigo_escala.store.models import Connection, Invoicing, Run, State
from siigo_escala.sync import run_row

_FIRST = 10
_INTERVALS = 3
_LONGEST_PATIENCE = timedelta(minutes=15)
_STALE_HOURS = 26
_MACHINE_LIVES = timedelta(days=2)
_WORKED = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Everything that waits for a person."""

    ids: frozenset[int]
    value: Decimal
    first: tuple[Waiting, ...]


def of_access(connection: Connection) -> Iterator[Finding]:
    """Whether we are let in: "refused" and "braked"."""
    if connection.forgotten:
        yield Finding(kind="refused", standing=Standing.DROPPED)
        yield Finding(kind="braked", standing=Standing.DROPPED)
        return
    braked = connection.paused == Code.BRAKED
    paused = bool(connection.paused) and not braked
    if paused or (connection.refusals and not braked):
        facts = {"why": connection.paused_text if paused else "", "paused": paused}
        yield Finding(kind="refused", standing=Standing.ON, worse=paused, facts=facts)
    else:
        yield Finding(kind="refused", standing=Standing.UNKNOWN if braked else Standing.OVER)
    yield Finding(
        kind="braked",
        standing=Standing.ON if braked else Standing.OVER,
        facts={"why": connection.paused_text},
    )


def of_run(document: Mapping[str, Any], exit_code: int, *, before: Told | None) -> Finding:
    """Whether the run that has just ended broke off; an outage counts from the second in a row on."""
    if exit_code in _WORKED:
        return Finding(kind="failed", standing=Standing.OVER)
    if exit_code not in (2, 4):
        return Finding(kind="failed", standing=Standing.UNKNOWN)
    outage = exit_code == 4
    again = before is not None and before.is_open
    return Finding(
        kind="failed",
        standing=Standing.ON,
        patience=None if outage else timedelta(0),
        worse=not outage or again,
        facts={"why": _why(document), "outage": outage},
    )


def of_runs_since(connection: Connection, before: Told) -> Finding:
    """Whether a run, by whoever started, has worked since one broke off."""
    if connection.forgotten:
        return Finding(kind="failed", standing=Standing.DROPPED)
    worked = Run.objects.filter(connection=connection, started__gte=before.since, exit_code__in=_WORKED)
    return Finding(kind="failed", standing=Standing.OVER if worked.exists() else Standing.UNKNOWN)


def of_age(
    connection: Connection, *, counts_from: datetime, told: Mapping[str, Told], now: datetime
) -> Finding:
    """Whether the last success lies too far back. `counts_from`: when the schedule began to count."""
    if not connection.enabled or connection.forgotten:
        return Finding(kind="stale", standing=Standing.DROPPED)
    if connection.paused:
        # Told already, and a consequence of it.
        return Finding(kind="stale", standing=Standing.UNKNOWN)
    last = connection.last_success
    age = now - max(last or connection.created_at, counts_from)
    hours = timedelta(hours=int(connection.file.get("alerts", {}).get("stale_hours", _STALE_HOURS)))
    interval = timedelta(minutes=int(connection.file.get("schedule", {}).get("every_minutes", 0)))
    limit = hours
    if age <= hours and interval and age > _INTERVALS * interval and _should_have_worked(connection, told):
        limit = _INTERVALS * interval
    if age > limit:
        return Finding(
            kind="stale",
            standing=Standing.ON,
            # A computer that was off for the weekend is about to make it good.
            patience=min(_LONGEST_PATIENCE, limit / _INTERVALS),
            facts={"last": last.isoformat() if last else None},
        )
    before = told.get("stale")
    if before is not None and before.facts.get("last") == (last.isoformat() if last else None):
        # No success: the schedule was changed, or another alert explains it.
        explained = age > _INTERVALS * interval > timedelta(0)
        return Finding(kind="stale", standing=Standing.UNKNOWN if explained else Standing.DROPPED)
    return Finding(kind="stale", standing=Standing.OVER)


def _should_have_worked(connection: Connection, told: Mapping[str, Told]) -> bool:
    """No run goes on, and nobody was told already why none works."""
    failed = told.get("failed")
    explained = failed is not None and failed.is_open and failed.worse
    return not explained and run_row.under_way(connection) is None


def muted(connection: Connection) -> tuple[str, ...]:
    """Kinds of which nobody wants to be told; "recovered" is the end of any."""
    return tuple(connection.file.get("alerts", {}).get("mute", ()))


def of_backup(problem: str, *, before: Told | None, machine: str, now: datetime) -> Finding:
    """Whether an installation's daily copy failed; it is everybody's whose data stands in it.

    `machine`: whose folder it is. Of several that share a database each makes copies of its own, and none
    knows that another's trouble is over; one that tells nothing for long is another one by now, or gone.
    """
    if problem:
        return Finding(kind="backup", standing=Standing.ON, facts={"why": problem, "machine": machine})
    anothers = (
        before is not None
        and before.facts.get("machine", machine) != machine
        and now - before.since < _MACHINE_LIVES
    )
    return Finding(kind="backup", standing=Standing.UNKNOWN if anothers else Standing.OVER)


def of_ledger(connection: Connection) -> Finding:
    """Whether invoices, or opportunities, wait for a person."""
    if connection.forgotten:
        return Finding(kind="attention", standing=Standing.DROPPED)
    waiting = frozenset(_open(connection).values_list("pk", flat=True))
    if not waiting:
        return Finding(kind="attention", standing=Standing.OVER)
    if len(waiting) <= int(connection.file.get("alerts", {}).get("attention_over", 0)):
        # Too few to begin with; what was told of more is over when none is left.
        return Finding(kind="attention", standing=Standing.UNKNOWN)
    return Finding(kind="attention", standing=Standing.ON, ids=waiting)


def digest(connection: Connection) -> Digest:
    """All invoices that wait for a person: how much they are, and the newest ten by name."""
    waiting = _open(connection)
    if connection.direction == BACK:
        first = waiting.order_by("-modified", "pk").values_list("deal_id", "deal_id", "code")[:_FIRST]
    else:
        first = waiting.order_by("-date", "name", "pk").values_list("name", "siigo_id", "code")[:_FIRST]
    return Digest(
        ids=frozenset(waiting.values_list("pk", flat=True)),
        value=Decimal(waiting.aggregate(sum=Sum("value"))["sum"] or 0),
        first=tuple(Waiting(invoice=name or siigo_id, reason=_title(code)) for name, siigo_id, code in first),
    )


def _open(connection: Connection) -> Any:
    if connection.direction == BACK:
        return connection.opportunities.filter(state=Invoicing.NEEDS_ATTENTION)
    return connection.invoices.filter(state=State.NEEDS_ATTENTION)


def _title(code: str) -> str:
    """The title of a reason: its whole text may name the customer."""
    return f"{catalogue[Code(code)].title} [{code}]" if code in Code.__members__ else code


def _why(document: Mapping[str, Any]) -> str:
    """What ended a run, in the words of its document: the error, or what was noted beside invoices."""
    if error := document.get("error"):
        return str(error.get("message", ""))
    noted = (
        problem
        for problem in document.get("problems", ())
        if problem.get("invoice") is None and problem.get("opportunity") is None
    )
    return next((str(problem.get("message", "")) for problem in noted), "")


KINDS: tuple[Kind, ...] = ("refused", "braked", "failed", "stale", "attention", "backup")
