"""What must be true after any chaos, asked of both systems, the ledger and the engine's own store."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from siigo_escala.store.models import Invoice, Request, Run, Turn
from tests.resilience.engine import proof
from tests.resilience.engine.proof import Span
from tests.resilience.engine.town import Company, Town

SIIGO_RATE, ESCALA_RATE = 60, 4
_ALLOWED = {
    "siigo": {60: SIIGO_RATE},
    # In one second a call may arrive that was let go in the second before.
    "escala": {60: 60 * ESCALA_RATE, 10: 10 * ESCALA_RATE, 1: ESCALA_RATE + 2},
}
"""Calls that may arrive in any window of so many seconds."""


@dataclass(slots=True, kw_only=True)
class Checks:
    """What is asked, and of whom; figures go into `counted`."""

    town: Town
    spans: Sequence[Span]
    counted: Counter[str]
    tolerance: timedelta
    on_server: bool

    def all(self, *, began: datetime, until: datetime) -> list[str]:
        """Everything that does not hold. The chaos lasted from `began` to `until`."""
        wrong = self._left_in_the_engine() + self._calls_wrong()
        wrong += [text for company in self.town.companies for text in self._company_wrong(company)]
        return wrong + self._schedules_wrong(began=began, until=until)

    def _left_in_the_engine(self) -> list[str]:
        """What the engine's own store still holds, though nobody works any more.

        Turns that the last tick queued just before the end are none of it: our own table waits for them.
        """
        question = (
            "SELECT workflow_uuid, status FROM {}workflow_status WHERE status IN ('ENQUEUED', 'PENDING')"
        )
        if self.on_server:
            with connection.cursor() as cursor:
                cursor.execute(question.format("dbos."))
                rows = cursor.fetchall()
        else:
            with closing(sqlite3.connect(self.town.environment.home / "engine.db")) as session:
                rows = session.execute(question.format("")).fetchall()
        queued = Turn.objects.filter(queued_at__isnull=False).values_list("connection_id", "number")
        waited_for = {(f"{connection_id}-{number}", "ENQUEUED") for connection_id, number in queued}
        return [f"left in the engine: {row}" for row in rows if tuple(row) not in waited_for]

    def _calls_wrong(self) -> list[str]:
        told = []
        for account, at in self.town.arrivals().items():
            system = account.partition(" ")[0]
            for window_s, number in _ALLOWED[system].items():
                most = proof.most_in_a_window(at, window_s)
                key = f"most calls to {system} in {window_s} s"
                self.counted[key] = max(self.counted[key], most)
                if most > number:
                    told.append(f"{most} calls in {window_s} s: {account}, {number} are allowed")
        return told

    def _company_wrong(self, company: Company) -> list[str]:
        extra, missing = proof.differences(self.town.deals(company), self.town.wanted(company))
        self.counted["invoices"] += len(self.town.wanted(company))
        told = [f"{company.name}: doubled or wrong: {deal}" for deal in extra]
        told += [f"{company.name}: lost: {deal} {self._known(company, deal[0])}" for deal in missing]
        runs = Run.objects.filter(connection__name=company.name).exclude(exit_code=None)
        told += [
            f"{company.name}: {wrong}"
            for document in runs.values_list("document", flat=True)
            if (wrong := proof.sums_wrong(document))
        ]
        return told

    def _known(self, company: Company, name: str) -> list[dict[str, Any]]:
        """What the ledger says of an invoice."""
        rows = Invoice.objects.filter(connection__name=company.name, name=name)
        return [dict(row) for row in rows.values("state", "code", "data", "due", "deal_id", "value")]

    def _schedules_wrong(self, *, began: datetime, until: datetime) -> list[str]:
        told = []
        for company in self.town.companies:
            good = Run.objects.filter(connection__name=company.name, exit_code__in=(0, 1))
            if company.plan.every_minutes:
                told += self._interval_wrong(
                    company, list(good.values_list("started", flat=True)), began=began, until=until
                )
            else:
                asked_for = Request.objects.filter(run__isnull=False).values("run")
                told += self._day_wrong(company, list(good.exclude(pk__in=asked_for)))
        return told

    def _interval_wrong(
        self, company: Company, starts: Sequence[datetime], *, began: datetime, until: datetime
    ) -> list[str]:
        interval = timedelta(minutes=company.plan.every_minutes)
        told = []
        for gap in proof.gaps(starts, since=began, until=until):
            seconds = (gap[1] - gap[0]).total_seconds()
            self.counted["longest gap, s"] = max(self.counted["longest gap, s"], round(seconds))
            over = proof.too_long(
                gap, interval=interval, tolerance=self.tolerance, spans=self.spans, company=company.name
            )
            if over is not None:
                told.append(f"{company.name}: no good run from {gap[0]:%H:%M:%S} to {gap[1]:%H:%M:%S}")
        return told

    def _day_wrong(self, company: Company, runs: Sequence[Run]) -> list[str]:
        self.counted["daily runs"] += len(runs)
        if len(runs) == 1:
            return []
        return [f"{company.name}: {len(runs)} daily runs, at {[f'{one.started:%H:%M:%S}' for one in runs]}"]
