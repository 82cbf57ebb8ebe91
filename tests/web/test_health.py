"""Alive, able to work, and everything that can be missing for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from siigo_escala.store import locks, models
from siigo_escala.web import readiness

PARTS = {"database", "disk", "schema", "key", "worker", "freshness"}


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def _ready(visitor: Client, status: int) -> dict[str, Any]:
    """The parts that /readyz shows with this status."""
    answer = visitor.get("/readyz")
    document = json.loads(answer.content)
    assert answer.status_code == status, document
    assert document["schema"] == 1
    assert document["ready"] is (status == 200)
    assert set(document["parts"]) == PARTS
    parts: dict[str, Any] = document["parts"]
    return parts


def _not_ok(parts: dict[str, Any]) -> set[str]:
    return {name for name, part in parts.items() if not part["ok"]}


@pytest.fixture
def worker(installed: str) -> Iterator[None]:
    """A worker is alive."""
    lock = locks.attempt("worker", 1)
    assert lock is not None
    yield
    lock.release()


@pytest.fixture
def no_database(installed: str) -> Iterator[None]:
    """The database of this test cannot be reached."""
    ours = connections["default"]
    ours.close()
    before = dict(ours.settings_dict)
    if ours.vendor == "sqlite":
        ours.settings_dict["NAME"] = "/nowhere/at/all/siigo-escala.db"
    else:
        ours.settings_dict |= {"HOST": "127.0.0.1", "PORT": "1"}
    yield
    ours.close()
    ours.settings_dict.update(before)


def test_a_living_process_says_so_without_the_database(installed: str, visitor: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = visitor.get("/healthz")
    assert answer.status_code == 200
    assert json.loads(answer.content) == {"schema": 1, "alive": True}
    assert len(asked) == 0


@pytest.mark.usefixtures("worker")
def test_an_installation_that_can_work_is_ready(visitor: Client, company: Callable[..., Any]) -> None:
    now = datetime.now(UTC)
    company("acme", last_success=now - timedelta(hours=5))
    company("otra", last_success=now - timedelta(hours=1))
    company("nueva")
    company("en-pausa", paused="BRAKED", last_success=now)
    company("apagada", enabled=False, last_success=now - timedelta(days=90))
    parts = _ready(visitor, 200)
    assert not _not_ok(parts)
    assert parts["worker"]["count"] == 1
    fresh = parts["freshness"]
    assert (fresh["enabled"], fresh["never"], fresh["paused"], fresh["stale"]) == (4, 1, 1, 0)
    assert fresh["oldest_success_seconds"] == pytest.approx(5 * 3600, abs=60)
    assert fresh["oldest_success"].endswith("Z")


@pytest.mark.usefixtures("installed")
def test_without_a_worker_nothing_runs_by_itself(visitor: Client) -> None:
    parts = _ready(visitor, 503)
    assert _not_ok(parts) == {"worker"}
    assert "siigo-escala run" in parts["worker"]["message"]


@pytest.mark.usefixtures("worker")
def test_a_worker_that_ended_is_seen_no_more(visitor: Client) -> None:
    second = locks.attempt("worker", 2)
    assert second is not None
    assert _ready(visitor, 200)["worker"]["count"] == 2
    second.release()
    assert _ready(visitor, 200)["worker"]["count"] == 1


@pytest.mark.usefixtures("worker")
def test_what_one_company_lacks_is_told_and_holds_nothing_up(
    visitor: Client, company: Callable[..., models.Connection]
) -> None:
    acme = company()
    models.Alert.objects.create(connection=acme, kind="stale", since=datetime.now(UTC))
    parts = _ready(visitor, 200)
    assert _not_ok(parts) == {"freshness"}
    assert parts["freshness"]["stale"] == 1
    assert "acme" not in json.dumps(parts)


@pytest.mark.usefixtures("worker")
def test_a_schema_of_another_version_is_not_ready(visitor: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'store' AND name LIKE '0002%%'")
    parts = _ready(visitor, 503)
    assert _not_ok(parts) == {"schema"}
    assert "siigo-escala migrate" in parts["schema"]["message"]


@pytest.mark.usefixtures("worker")
def test_a_key_that_opens_nothing_is_not_ready(
    visitor: Client, company: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    company()
    monkeypatch.setenv("SIIGO_ESCALA_SECRET_KEY", "otra-clave")
    assert _not_ok(_ready(visitor, 503)) == {"key"}


@pytest.mark.usefixtures("worker")
def test_a_key_file_that_is_none_is_not_ready(
    visitor: Client, company: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company()
    monkeypatch.setenv("SIIGO_ESCALA_DATABASE_URL", f"sqlite:///{home}/siigo-escala.db")
    monkeypatch.delenv("SIIGO_ESCALA_SECRET_KEY")
    assert _not_ok(_ready(visitor, 503)) == {"key"}
    (home / "secret.key").write_bytes(b"\xff\xfe\x00")
    assert _not_ok(_ready(visitor, 503)) == {"key"}
    assert not [path for path in home.iterdir() if path.suffix == ".key" and path.stat().st_size != 3]


@pytest.mark.usefixtures("worker")
def test_a_full_disk_holds_up_only_what_is_stored_on_it(
    visitor: Client, installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(10**12, 10**12 - 10**6, 10**6))
    on_it = installed.startswith("sqlite")
    parts = _ready(visitor, 503 if on_it else 200)
    assert _not_ok(parts) == {"disk"}
    assert parts["disk"]["free_mb"] == 1


@pytest.mark.usefixtures("worker")
def test_a_folder_that_is_gone_is_told_without_its_path(
    visitor: Client, installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIIGO_ESCALA_HOME", "/nowhere/at/all")
    parts = _ready(visitor, 503 if installed.startswith("sqlite") else 200)
    assert _not_ok(parts) == {"disk"}
    assert "nowhere" not in json.dumps(parts)


@pytest.mark.usefixtures("no_database")
def test_a_database_out_of_reach_is_told_part_by_part(visitor: Client) -> None:
    parts = _ready(visitor, 503)
    assert _not_ok(parts) == PARTS - {"disk"}
    assert parts["database"]["message"] in (
        "No se puede abrir la base de datos.",
        "El servidor de la base de datos no responde.",
    )
    assert "nowhere" not in json.dumps(parts)
    assert visitor.get("/healthz").status_code == 200


@pytest.mark.usefixtures("worker")
def test_a_database_that_goes_away_while_it_is_looked_at_is_told(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE alert RENAME TO alerta")
    assert _not_ok(_ready(visitor, 503)) == {"freshness"}


@pytest.mark.usefixtures("worker")
def test_looking_asks_few_questions_whatever_the_number_of_companies(
    visitor: Client, company: Callable[..., Any]
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            _ready(visitor, 200)
        return len(queries)

    few = asked()
    for number in range(20):
        company(f"empresa-{number}", last_success=datetime.now(UTC))
    assert asked() == few <= 8


def test_a_part_that_does_not_count_holds_nothing_up() -> None:
    told = readiness.Part(ok=False, message="", counts=False)
    assert readiness.is_ready({"one": readiness.Part(ok=True, message=""), "other": told})
    assert not readiness.is_ready({"one": readiness.Part(ok=False, message="")})
