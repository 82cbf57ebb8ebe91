"""What `/metrics` shows, each figure read from the database at that moment.

Several processes, on several machines, may serve it: none counts anything by itself. So these are gauges;
what counts events says over which time, because old rows are taken away (store/retention.py) and a counter
that shrinks would be read as one that began anew. One query a figure, whatever the number of companies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any

from django.db.models import Count, Q, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from siigo_escala.config.env import Environment
from siigo_escala.store import limiter, locks, models
from siigo_escala.store.models import State
from siigo_escala.sync import access, clients

ENDS = {0: "done", 1: "attention", 3: "refused", 4: "out_of_reach", 130: "interrupted", 143: "interrupted"}
"""Exit codes of runs by name; any other is "failed", none at all "open": it goes on, or its process died."""
_OF_CONNECTIONS = (
    "name", "enabled", "paused", "forgotten", "last_success", "siigo_id", "siigo_username", "escala_id",
)  # fmt: skip
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Company:
    """A connection, as far as figures need it."""

    name: str
    siigo: str
    """Name of its Siigo company's limiter."""
    siigo_user: str
    """Name under which its Siigo calls are counted."""
    escala: str
    """Name of its Escala account, for both."""


@dataclass(slots=True, kw_only=True, eq=False)
class Measures(Collector):
    """Every figure of this installation at `now`. `environment` holds the allowed rates."""

    environment: Environment
    now: datetime
    _companies: dict[int, _Company] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """All of them; names, labels and meaning stand in docs/guia/servicio.md."""
        yield _gauge("info", "Version of this program.", ("version",), [((_version(),), 1)])
        yield _gauge("workers", "Workers that are alive.", (), [((), locks.held("worker"))])
        yield from self._connections()
        yield self._invoices()
        yield self._runs()
        yield from self._calls()
        yield from self._queue()
        yield self._waits()
        yield self._alerts()

    def _connections(self) -> Iterator[Metric]:
        rows = list(models.Connection.objects.order_by("name").only(*_OF_CONNECTIONS))
        for row in rows:
            self._companies[row.pk] = _Company(
                name=row.name,
                siigo=f"siigo:{row.siigo_id}",
                siigo_user=access.counter_name(row),
                escala=f"escala:{row.escala_id}",
            )
        yield _gauge(
            "connection_enabled",
            "Whether the connection runs by schedule.",
            ("connection",),
            [((row.name,), int(row.enabled)) for row in rows],
        )
        yield _gauge(
            "connection_paused",
            "Whether the connection rests until somebody acts, and the reason code.",
            ("connection", "code"),
            [
                (
                    (row.name, "CREDENTIALS_MISSING" if row.forgotten else row.paused),
                    int(row.forgotten or bool(row.paused)),
                )
                for row in rows
            ],
        )
        yield _gauge(
            "last_success_age_seconds",
            "Seconds since the last run that succeeded; absent before the first.",
            ("connection",),
            [
                ((row.name,), max(0.0, (self.now - row.last_success).total_seconds()))
                for row in rows
                if row.last_success is not None
            ],
        )

    def _invoices(self) -> Metric:
        counted = dict.fromkeys(
            ((company.name, state) for company in self._companies.values() for state in State.values), 0
        )
        groups = (
            models.Invoice.objects.order_by().values_list("connection", "state").annotate(count=Count("pk"))
        )
        for key, state, count in groups:
            if key in self._companies:
                counted[self._companies[key].name, state] = count
        return _gauge("invoices", "Invoices of the ledger.", ("connection", "state"), counted.items())

    def _runs(self) -> Metric:
        ends = sorted({*ENDS.values(), "failed", "open"})
        counted = dict.fromkeys(
            ((company.name, end) for company in self._companies.values() for end in ends), 0
        )
        groups = (
            models.Run.objects.filter(connection__in=list(self._companies), started__gt=self.now - _DAY)
            .order_by()
            .values_list("connection", "exit_code")
            .annotate(count=Count("pk"))
        )
        for key, code, count in groups:
            end = "open" if code is None else ENDS.get(code, "failed")
            counted[self._companies[key].name, end] += count
        return _gauge("runs_last_day", "Runs of the last 24 hours.", ("connection", "end"), counted.items())

    def _calls(self) -> Iterator[Metric]:
        """By company and system. Connections that share an account show the calls of both."""
        today = Q(hour__gt=self.now - _DAY)
        rows = (
            models.CallHour.objects.filter(hour__gt=self.now - _WEEK)
            .order_by()
            .values("account")
            .annotate(
                day=Sum("calls", filter=today, default=0),
                day_refused=Sum("refused", filter=today, default=0),
                week=Sum("calls"),
                week_refused=Sum("refused"),
            )
        )
        of_account: dict[str, Mapping[str, Any]] = {row["account"]: row for row in rows}
        theirs = [
            ((company.name, system), _sums(of_account, account))
            for company in self._companies.values()
            for system, account in (("siigo", company.siigo_user), ("escala", company.escala))
        ]
        labels = ("connection", "system")
        yield _gauge(
            "calls_last_day", "Calls of 24 hours.", labels, [(key, row["day"]) for key, row in theirs]
        )
        yield _gauge(
            "calls_refused_last_day",
            "Of the calls of 24 hours, those that were refused.",
            labels,
            [(key, row["day_refused"]) for key, row in theirs],
        )
        yield _gauge(
            "calls_refused_share",
            "Share of seven days' calls that was refused; of 100 of Siigo's the brake allows 0.5.",
            labels,
            [(key, row["week_refused"] / row["week"] if row["week"] else 0.0) for key, row in theirs],
        )

    def _queue(self) -> Iterator[Metric]:
        waiting = dict(
            models.Request.objects.filter(waiting=True)
            .order_by()
            .values_list("connection")
            .annotate(count=Count("pk"))
        )
        queued = set(models.Turn.objects.filter(queued_at__isnull=False).values_list("connection", flat=True))
        labels = ("connection",)
        yield _gauge(
            "requests_waiting",
            "Runs that somebody asked for and that have not ended.",
            labels,
            [((company.name,), waiting.get(key, 0)) for key, company in self._companies.items()],
        )
        yield _gauge(
            "turn_queued",
            "Whether the connection's turn waits or is under way.",
            labels,
            [((company.name,), int(key in queued)) for key, company in self._companies.items()],
        )

    def _waits(self) -> Metric:
        """How long a call would wait for its moment now."""
        waits = {row.account: self._wait_s(row) for row in models.Limit.objects.all()}
        return _gauge(
            "limiter_wait_seconds",
            "How long the next call would wait for its turn.",
            ("connection", "system"),
            [
                ((company.name, system), waits.get(account, 0.0))
                for company in self._companies.values()
                for system, account in (("siigo", company.siigo), ("escala", company.escala))
            ],
        )

    def _wait_s(self, row: models.Limit) -> float:
        now = self.now.timestamp()
        grants, not_before = limiter.standing(row.grants, row.not_before, now=now)
        if row.account.startswith("siigo:"):
            interval_s = clients.siigo_interval_s(self.environment)
            allowed = self.environment.siigo_rate
        else:
            interval_s, allowed = clients.escala_interval_s(self.environment), 1
        moment = limiter.next_free(
            grants if interval_s else (),
            not_before=not_before,
            now=now,
            allowed=max(1, allowed),
            window_s=interval_s * allowed,
        )
        return moment - now

    def _alerts(self) -> Metric:
        """What people were told, or should have been, and is not over."""
        rows = models.Alert.objects.order_by("pk").values_list("connection__name", "kind", "since")
        return _gauge(
            "alert_age_seconds",
            "Seconds since an alert that is not over began, by its kind.",
            ("connection", "kind"),
            [((name, kind), max(0.0, (self.now - since).total_seconds())) for name, kind, since in rows],
        )


def text(environment: Environment, *, now: datetime) -> bytes:
    """Everything in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measures(environment=environment, now=now))
    return generate_latest(registry)


def _gauge(
    name: str,
    help_: str,
    labels: tuple[str, ...],
    samples: Iterable[tuple[tuple[str, ...], float]],
) -> GaugeMetricFamily:
    made = GaugeMetricFamily(f"siigo_escala_{name}", help_, labels=labels)
    for key, value in samples:
        made.add_metric(key, value)
    return made


def _sums(of_account: Mapping[str, Mapping[str, int]], account: str) -> dict[str, int]:
    """What was counted of an account."""
    row = of_account.get(account, {})
    return {key: row.get(key, 0) for key in ("day", "day_refused", "week", "week_refused")}


def _version() -> str:
    return metadata.version("siigo-escala")
