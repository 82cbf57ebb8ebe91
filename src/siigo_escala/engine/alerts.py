"""Telling people: after each run, and once a minute for whatever happens without one.

First it is written down what people have to be told (engine/alert_findings.py looks, engine/alert_state.py
decides), then they are told (engine/telling.py). Nothing here raises: an alert that fails stops no run.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Max

from siigo_escala.config.env import Environment
from siigo_escala.engine import (
    addresses,
    alert_findings,
    alert_rows,
    alert_state,
    alert_texts,
    delivery,
    heartbeat,
    telling,
)
from siigo_escala.engine.addresses import Address
from siigo_escala.engine.alert_state import Finding, Standing, Told
from siigo_escala.engine.delivery import Carrier, Outcome
from siigo_escala.store.models import Alert, Connection, Run, Turn

_RECENT = timedelta(minutes=3)
"""Runs that ended so lately may have left something that nobody has looked at yet."""
_RUNS_LOOKED_AT = 5000
"""No index tells when runs ended: only the newest are looked at."""
_BATCHES = 4
"""Of messages in one watch: what is left is told a minute later."""
log = structlog.get_logger()


def after_run(
    connection: Connection,
    document: Mapping[str, Any],
    exit_code: int,
    *,
    environment: Environment,
    now: datetime,
    carrier: Carrier = delivery.apart,
) -> None:
    """Tells what a run has changed for one connection, and calls its heartbeat where the run was a success.

    `document`: of the run, or the error's where none took place. May take as long as a delivery: the lease is
    no longer held. Never raises.
    """
    try:
        fresh = Connection.objects.filter(pk=connection.pk).first()
        if fresh is None:
            return
        heartbeat.after_run(fresh, document, exit_code)
        if addresses.of(fresh, environment):
            told = alert_rows.of(fresh)
            _note(fresh, alert_findings.of_run(document, exit_code, before=told.get("failed")), told, now=now)
            _look(fresh, told, counts_from=_schedule_since(fresh), ledger=True, now=now)
            telling.tell([fresh], environment, carrier=carrier, now=now, batches=1)
    except Exception as problem:
        log.error("alerts failed", connection=connection.name, exc_info=problem)


def watch(
    environment: Environment,
    *,
    now: datetime,
    carrier: Carrier = delivery.apart,
    backup: str | None = None,
) -> None:
    """Tells what happened without a run of ours: staleness, pauses, ends, and what could not be delivered.

    To be called about once a minute. `backup`: why the daily copy failed, "" where it did not, None where
    nobody knows. Never raises.
    """
    try:
        connections = list(Connection.objects.order_by("pk"))
        rows: dict[int, dict[str, Told]] = {}
        for alert in Alert.objects.order_by("pk"):
            rows.setdefault(alert.connection_id, {})[alert.kind] = alert_rows.read(alert)
        since = dict(Connection.objects.values_list("pk", "turn__since"))
        lately = set(_ran_lately(now=now))
        watched = []
        # Those that share a file share the folder of its copies, whatever the machine is called.
        shared = environment.database_url.startswith("postgresql")
        machine = f"{socket.gethostname()}:{environment.home}" if shared else ""
        for connection in connections:
            told = rows.get(connection.pk, {})
            if not addresses.of(connection, environment):
                if told:
                    Alert.objects.filter(connection=connection).delete()
                continue
            watched.append(connection)
            if backup is not None:
                before = told.get("backup")
                found = alert_findings.of_backup(backup, before=before, machine=machine, now=now)
                _note(connection, found, told, now=now)
            _watched(connection, told, since=since.get(connection.pk), ran=connection.pk in lately, now=now)
        telling.tell(watched, environment, carrier=carrier, now=now, batches=_BATCHES)
    except Exception as problem:
        log.error("alerts failed", exc_info=problem)


def send_test(
    connection: Connection, *, environment: Environment, carrier: Carrier = delivery.apart
) -> list[tuple[Address, Outcome]]:
    """Sends a message by every address of a connection and says what became of each, in the file's order."""
    to = addresses.of(connection, environment)
    return list(
        zip(
            to,
            telling.carried([(alert_texts.test(connection.name), one) for one in to], carrier=carrier),
            strict=True,
        )
    )


def _watched(
    connection: Connection, told: dict[str, Told], *, since: datetime | None, ran: bool, now: datetime
) -> None:
    """One connection; its failure stops no other's."""
    try:
        if "failed" in told:
            _note(connection, alert_findings.of_runs_since(connection, told["failed"]), told, now=now)
        _look(connection, told, counts_from=since or connection.created_at, ledger=ran, now=now)
    except Exception as problem:
        log.error("alerts failed", connection=connection.name, exc_info=problem)


def _look(
    connection: Connection, told: dict[str, Told], *, counts_from: datetime, ledger: bool, now: datetime
) -> None:
    """Writes down everything but how the last run ended."""
    for finding in alert_findings.of_access(connection):
        _note(connection, finding, told, now=now)
    found = alert_findings.of_age(connection, counts_from=counts_from, told=told, now=now)
    _note(connection, found, told, now=now)
    if ledger:
        _note(connection, alert_findings.of_ledger(connection), told, now=now)


def _ran_lately(*, now: datetime) -> Iterator[int]:
    """Connections whose last run ended a moment ago, by whoever was started."""
    newest = Run.objects.aggregate(pk=Max("pk"))["pk"] or 0
    ended = Run.objects.filter(pk__gt=newest - _RUNS_LOOKED_AT, finished__gt=now - _RECENT).order_by()
    yield from ended.values_list("connection_id", flat=True).distinct()


def _note(connection: Connection, finding: Finding, told: dict[str, Told], *, now: datetime) -> None:
    """Keeps what a finding changes. `told`: the connection's rows as last read, kept up to date."""
    if finding.kind in alert_findings.muted(connection):
        finding = Finding(kind=finding.kind, standing=Standing.DROPPED)
    before = told.get(finding.kind)
    if alert_state.noted(before, finding, now=now) == before:
        return

    def change(current: Told | None) -> Told | None:
        return alert_state.noted(current, finding, now=now)

    after = alert_rows.change(connection, finding.kind, change)
    told.pop(finding.kind, None)
    if after is not None:
        told[finding.kind] = after


def _schedule_since(connection: Connection) -> datetime:
    """Since when the schedule counts; the engine has not seen a new connection yet."""
    turn = Turn.objects.filter(connection=connection).first()
    return turn.since if turn is not None else connection.created_at
