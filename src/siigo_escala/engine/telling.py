"""Telling what is written down: a message is claimed, carried outside any transaction, and settled.

The claim moves the row on before the message leaves, so two workers never tell the same twice; who dies
meanwhile leaves it to be told after the pause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from siigo_escala.config.env import Environment
from siigo_escala.engine import addresses, alert_findings, alert_rows, alert_state, alert_texts, delivery
from siigo_escala.engine.addresses import Address
from siigo_escala.engine.alert_findings import Digest
from siigo_escala.engine.alert_state import Finding, Standing, Told
from siigo_escala.engine.alert_texts import Message
from siigo_escala.engine.delivery import Carrier, Letter, Outcome
from siigo_escala.store.models import Alert, Connection

_NO_SERVER = Outcome(sent=False, why="falta SIIGO_ESCALA_EMAIL_URL, el servidor de correo de salida")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """A message that is ours to tell: the row as claimed, what it says, and whom it is for."""

    connection: Connection
    kind: str
    sent: Told
    message: Message
    to: tuple[Address, ...]


def tell(
    connections: Iterable[Connection],
    environment: Environment,
    *,
    carrier: Carrier,
    now: datetime,
    batches: int,
) -> None:
    """Tells what these connections' rows say is due, a batch of addresses at a time."""
    by_id = {connection.pk: connection for connection in connections}
    alerts = Alert.objects.order_by("pk")
    if len(by_id) == 1:
        alerts = alerts.filter(connection_id__in=by_id)
    due = [
        alert
        for alert in alerts
        if alert.connection_id in by_id and alert_state.claimed(alert_rows.read(alert), now=now) is not None
    ]
    for _ in range(batches):
        batch: list[_Claimed] = []
        while due and sum(len(one.to) for one in batch) < delivery.AT_ONCE:
            alert = due.pop(0)
            claimed = _claim(by_id[alert.connection_id], alert.kind, environment, now=now)
            if claimed is not None:
                batch.append(claimed)
        if not batch:
            return
        _carry(batch, carrier=carrier, now=now)


def carried(letters: Sequence[tuple[Message, Address]], *, carrier: Carrier) -> list[Outcome]:
    """What became of each message. E-mail without a mail server is not even tried."""
    tried = [
        Letter(spec=address.spec, title=message.title, body=message.body)
        for message, address in letters
        if address.spec is not None
    ]
    outcomes = iter(carrier(tried) if tried else ())
    return [next(outcomes) if address.spec is not None else _NO_SERVER for _, address in letters]


def _claim(connection: Connection, kind: str, environment: Environment, *, now: datetime) -> _Claimed | None:
    """The message of a row, for the worker that comes first; None where another has it, or it is moot."""
    mine: list[Told] = []

    def claim(current: Told | None) -> Told | None:
        taken = alert_state.claimed(current, now=now) if current is not None else None
        if taken is not None:
            mine.append(taken)
        return taken or current

    alert_rows.change(connection, kind, claim)
    if not mine:
        return None
    sent = mine[0]
    if kind == "attention" and not sent.over:
        waiting = alert_findings.digest(connection)
        if not waiting.ids:
            ended = Finding(kind="attention", standing=Standing.OVER)
            alert_rows.change(connection, kind, lambda told: alert_state.noted(told, ended, now=now))
            return None
        message = _digest(connection, waiting, sent)
        sent = replace(sent, ids=tuple(sorted(waiting.ids)))
    else:
        message = _message(connection, kind, sent, now=now)
    everyone = addresses.of(connection, environment)
    to = tuple(one for one in everyone if sent.left is None or one.mark in sent.left)
    if sent.over and "recovered" in alert_findings.muted(connection):
        to = ()
    return _Claimed(connection=connection, kind=kind, sent=sent, message=message, to=to)


def _carry(batch: Sequence[_Claimed], *, carrier: Carrier, now: datetime) -> None:
    """Carries a batch and writes down who was reached."""
    outcomes = iter(carried([(one.message, address) for one in batch for address in one.to], carrier=carrier))
    for one in batch:
        became = [(address, next(outcomes)) for address in one.to]
        for address, outcome in became:
            if not outcome.sent:
                log.warning(
                    "alert not delivered",
                    connection=one.connection.name,
                    kind=one.kind,
                    address=address.shown,
                    cause=outcome.why,
                )
        reached = [address.mark for address, outcome in became if outcome.sent]
        missed = [address.mark for address, outcome in became if not outcome.sent]
        _settle(one, reached, missed, now=now)


def _settle(one: _Claimed, reached: Sequence[str], missed: Sequence[str], *, now: datetime) -> None:
    def settled(told: Told | None) -> Told | None:
        if told is None:
            return None
        return alert_state.settled(told, one.sent, reached=reached, missed=missed, now=now)

    alert_rows.change(one.connection, one.kind, settled)


def _digest(connection: Connection, waiting: Digest, told: Told) -> Message:
    joined = len(waiting.ids - set(told.ids)) if told.ids else None
    return alert_texts.attention(
        connection.name, count=len(waiting.ids), value=waiting.value, first=waiting.first, new=joined
    )


def _message(connection: Connection, kind: str, told: Told, *, now: datetime) -> Message:
    """What a row says; `connection` may have moved on since it was written."""
    name, why = connection.name, str(told.facts.get("why", ""))
    zone = ZoneInfo(connection.file.get("time_zone", "America/Bogota"))
    if told.over:
        return alert_texts.over(name, kind, since=told.since, now=now, zone=zone)
    match kind:
        case "refused":
            return alert_texts.refused(name, why=why, paused=bool(told.facts.get("paused")))
        case "braked":
            return alert_texts.braked(name, why=why)
        case "backup":
            return alert_texts.backup(name, why=why)
        case "failed":
            return alert_texts.failed(name, why=why, outage=bool(told.facts.get("outage")))
        case _:
            last = told.facts.get("last")
            return alert_texts.stale(
                name,
                last=datetime.fromisoformat(last) if last else None,
                now=now,
                made=connection.created_at,
                zone=zone,
            )
