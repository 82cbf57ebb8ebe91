"""What Prometheus reads, and what it must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from siigo_escala.config import env
from siigo_escala.store import models
from siigo_escala.store.limiter import SqlLimiter
from siigo_escala.web import measures
from tests.web.conftest import NOW, TOKEN

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]
QUESTIONS = 12
pytestmark = pytest.mark.usefixtures("installed")


def _read(now: datetime = NOW, **environ: str) -> Figures:
    """Every figure by name (without prefix) and labels."""
    environment = env.read({f"SIIGO_ESCALA_{name}": value for name, value in environ.items()})
    text = measures.text(environment, now=now).decode()
    return {
        (sample.name.removeprefix("siigo_escala_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _of(figures: Figures, name: str, **labels: str) -> float:
    return figures[name, tuple(sorted(labels.items()))]


def _invoice(of: models.Connection, number: int, state: str, **more: Any) -> None:
    models.Invoice.objects.create(
        connection=of, escala=of.escala, siigo_id=f"{of.name}-{number}", state=state, **more
    )


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_who_has_the_token_reads_text_for_prometheus(visitor: Client, company: Callable[..., Any]) -> None:
    company()
    answer = visitor.get("/metrics", headers=_bearer(TOKEN))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'siigo_escala_connection_enabled{connection="acme"} 1.0' in answer.content.decode()


@pytest.mark.parametrize(
    "headers",
    [{}, _bearer("otra"), _bearer(""), _bearer(f"{TOKEN}x"), {"authorization": TOKEN},
     {"authorization": f"Basic {TOKEN}"}, _bearer("ñ\N{SNOWMAN}")],
)  # fmt: skip
def test_who_has_no_token_reads_nothing(visitor: Client, headers: dict[str, str]) -> None:
    answer = visitor.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "siigo_escala_" not in answer.content.decode()


def test_where_no_token_is_set_there_are_no_figures(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIIGO_ESCALA_METRICS_TOKEN")
    assert visitor.get("/metrics", headers=_bearer("")).status_code == 404


def test_every_company_tells_how_it_stands(company: Callable[..., models.Connection]) -> None:
    company("acme", last_success=NOW - timedelta(minutes=90))
    company("nueva", enabled=False)
    company("frenada", paused="BRAKED")
    company("ida", forgotten=True)
    figures = _read()
    assert _of(figures, "connection_enabled", connection="acme") == 1
    assert _of(figures, "connection_enabled", connection="nueva") == 0
    assert _of(figures, "connection_paused", connection="acme", code="") == 0
    assert _of(figures, "connection_paused", connection="frenada", code="BRAKED") == 1
    assert _of(figures, "connection_paused", connection="ida", code="CREDENTIALS_MISSING") == 1
    assert _of(figures, "last_success_age_seconds", connection="acme") == 5400
    assert ("last_success_age_seconds", (("connection", "nueva"),)) not in figures


def test_invoices_are_counted_by_company_and_state(company: Callable[..., models.Connection]) -> None:
    acme, other = company("acme"), company("otra")
    for number, state in enumerate(["in_escala", "in_escala", "needs_attention", "failed"]):
        _invoice(acme, number, state)
    _invoice(other, 1, "excluded")
    figures = _read()
    assert _of(figures, "invoices", connection="acme", state="in_escala") == 2
    assert _of(figures, "invoices", connection="acme", state="needs_attention") == 1
    assert _of(figures, "invoices", connection="acme", state="pending") == 0
    assert _of(figures, "invoices", connection="otra", state="excluded") == 1
    assert _of(figures, "invoices", connection="otra", state="in_escala") == 0


def test_runs_of_a_day_are_counted_by_how_they_ended(company: Callable[..., models.Connection]) -> None:
    acme = company()
    company("otra")
    for code in (0, 0, 1, 2, 3, 4, 5, 130, 143, None):
        models.Run.objects.create(connection=acme, started=NOW - timedelta(hours=2), exit_code=code)
    models.Run.objects.create(connection=acme, started=NOW - timedelta(hours=25), exit_code=0)
    figures = _read()
    ends = {
        "done": 2,
        "attention": 1,
        "refused": 1,
        "out_of_reach": 1,
        "interrupted": 2,
        "failed": 2,
        "open": 1,
    }
    for end, count in ends.items():
        assert _of(figures, "runs_last_day", connection="acme", end=end) == count
        assert _of(figures, "runs_last_day", connection="otra", end=end) == 0


def test_calls_are_counted_by_company_and_system(company: Callable[..., models.Connection]) -> None:
    acme, other = company("acme"), company("otra")
    siigo, escala = f"siigo:{acme.siigo_id}:api@acme.example", f"escala:{acme.escala_id}"
    for account, hours, calls, refused in (
        (siigo, 1, 10, 1), (siigo, 30, 90, 29), (siigo, 24 * 8, 1000, 1000), (escala, 2, 40, 0),
    ):  # fmt: skip
        models.CallHour.objects.create(
            account=account, hour=NOW - timedelta(hours=hours), calls=calls, refused=refused
        )
    figures = _read()
    assert _of(figures, "calls_last_day", connection="acme", system="siigo") == 10
    assert _of(figures, "calls_refused_last_day", connection="acme", system="siigo") == 1
    assert _of(figures, "calls_refused_share", connection="acme", system="siigo") == pytest.approx(0.3)
    assert _of(figures, "calls_last_day", connection="acme", system="escala") == 40
    assert _of(figures, "calls_last_day", connection=other.name, system="siigo") == 0
    assert _of(figures, "calls_refused_share", connection=other.name, system="escala") == 0


def test_the_queue_and_alerts_are_shown(company: Callable[..., models.Connection]) -> None:
    acme = company()
    company("otra")
    for key in ("a", "b"):
        models.Request.objects.create(connection=acme, key=key, asked_at=NOW)
    models.Request.objects.create(connection=acme, key="c", asked_at=NOW, waiting=False)
    models.Turn.objects.create(connection=acme, since=NOW, queued_at=NOW)
    models.Alert.objects.create(connection=acme, kind="stale", since=NOW - timedelta(minutes=10))
    figures = _read()
    assert _of(figures, "requests_waiting", connection="acme") == 2
    assert _of(figures, "requests_waiting", connection="otra") == 0
    assert _of(figures, "turn_queued", connection="acme") == 1
    assert _of(figures, "turn_queued", connection="otra") == 0
    assert _of(figures, "alert_age_seconds", connection="acme", kind="stale") == 600
    assert _of(figures, "workers") == 0


def test_how_long_a_call_would_wait_is_what_it_would_wait(company: Callable[..., models.Connection]) -> None:
    acme = company()
    rates = {"SIIGO_RATE": "3", "ESCALA_RATE": "2"}
    limiter = SqlLimiter(f"siigo:{acme.siigo_id}", grants=3, window_s=61.0, wait=lambda _: None)
    figures = _read(datetime.now(UTC), **rates)
    assert _of(figures, "limiter_wait_seconds", connection="acme", system="siigo") == 0
    for _ in range(3):
        limiter.acquire()
    models.Limit.objects.create(account=f"escala:{acme.escala_id}", grants=f"[{NOW.timestamp()}]")
    now = datetime.now(UTC)
    figures = _read(now, **rates)
    shown = _of(figures, "limiter_wait_seconds", connection="acme", system="siigo")
    limiter.acquire()
    limiter.close()
    assert shown == pytest.approx(limiter.waited_s, abs=5)
    assert shown > 50
    assert _of(
        _read(NOW, **rates), "limiter_wait_seconds", connection="acme", system="escala"
    ) == pytest.approx(0.515)


def test_a_429_holds_calls_up_even_without_a_limit_of_our_own(
    company: Callable[..., models.Connection],
) -> None:
    acme = company()
    late = NOW.timestamp()
    models.Limit.objects.create(
        account=f"siigo:{acme.siigo_id}", grants=f"[{late}, {late + 10**6}]", not_before=late + 40
    )
    models.Limit.objects.create(account=f"escala:{acme.escala_id}", not_before=late + 10**6)
    figures = _read(SIIGO_RATE="0", ESCALA_RATE="0")
    assert _of(figures, "limiter_wait_seconds", connection="acme", system="siigo") == 40
    assert _of(figures, "limiter_wait_seconds", connection="acme", system="escala") == 0


def test_the_number_of_questions_does_not_grow_with_companies_or_invoices(
    company: Callable[..., models.Connection],
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            _read()
        return len(queries)

    company()
    few = asked()
    for number in range(20):
        made = company(f"empresa-{number}", last_success=NOW)
        _invoice(made, number, "in_escala")
        models.Run.objects.create(connection=made, started=NOW, exit_code=0)
    assert asked() == few <= QUESTIONS


def test_counting_invoices_and_runs_reads_an_index_and_not_each_row(
    company: Callable[..., models.Connection],
) -> None:
    company()
    with CaptureQueriesContext(connection) as asked:
        _read()
    counting = [one["sql"] for one in asked if "GROUP BY" in one["sql"]]
    plans = {}
    if connection.vendor == "postgresql":
        return  # with a table of no rows it reads the table, whatever indices there are
    with connection.cursor() as cursor:
        for table in ("invoice", "run"):
            (sql,) = [sql for sql in counting if f'FROM "{table}"' in sql]
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plans[table] = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "COVERING INDEX invoice_by_state" in plans["invoice"]
    assert "SEARCH run USING INDEX run_by_start" in plans["run"]


def test_no_secret_and_no_customer_is_in_the_figures(
    visitor: Client, company: Callable[..., models.Connection]
) -> None:
    acme = company()
    _invoice(
        acme, 1, "needs_attention", name="FV-2-1", customer="900123456", date=date(2026, 3, 1),
        record={"customer": "Distribuidora El Guadual"}, code="CONTACT_REFUSED",
    )  # fmt: skip
    shown = visitor.get("/metrics", headers=_bearer(TOKEN)).content.decode()
    assert 'state="needs_attention"} 1.0' in shown
    hidden = ("900123456", "Guadual", "FV-2-1", "api@acme.example", acme.siigo_key_sealed, TOKEN)
    assert not [word for word in hidden if word in shown]
