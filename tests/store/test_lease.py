"""One writer per pair of accounts: who holds it, who takes it over, and what the old holder can still do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.db.models import F

from siigo_escala.store import lease, models
from siigo_escala.store.errors import LeaseLost, LeaseTaken

ROOT = Path(__file__).parents[2]


@contextmanager
def _other_process(database: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lease of "acme"."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.store.child", database, "lease", "acme"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def _second(
    connection: models.Connection,
    *,
    siigo: models.SiigoCompany | None = None,
    escala: models.EscalaAccount | None = None,
) -> models.Connection:
    return models.Connection.objects.create(
        name="otra",
        direction=connection.direction,
        file={},
        siigo=siigo or connection.siigo,
        escala=escala or connection.escala,
        siigo_username="",
        created_at=datetime(2026, 8, 1, tzinfo=UTC),
        start=connection.start,
    )


def test_a_holder_keeps_others_out_and_says_what_to_do(connection: models.Connection) -> None:
    held = lease.take(connection)
    with pytest.raises(LeaseTaken) as refused:
        lease.take(connection)
    assert refused.value.code == "RUN_IN_PROGRESS"
    assert "«acme»" in refused.value.message
    held.release()
    lease.take(connection).release()


@pytest.mark.parametrize("shared", ["siigo", "escala"])
def test_connections_that_share_an_account_take_turns(connection: models.Connection, shared: str) -> None:
    other = (
        _second(connection, escala=models.EscalaAccount.objects.create())
        if shared == "siigo"
        else _second(connection, siigo=models.SiigoCompany.objects.create())
    )
    held = lease.take(connection)
    with pytest.raises(LeaseTaken):
        lease.take(other)
    held.release()
    again = lease.take(other)
    with pytest.raises(LeaseTaken):
        lease.take(connection)
    again.release()


def test_connections_of_other_accounts_do_not_wait(connection: models.Connection) -> None:
    other = _second(
        connection, siigo=models.SiigoCompany.objects.create(), escala=models.EscalaAccount.objects.create()
    )
    held, another = lease.take(connection), lease.take(other)
    held.release()
    another.release()


def test_who_waits_gets_it_when_the_holder_lets_go(connection: models.Connection) -> None:
    held = lease.take(connection)
    timer = threading.Timer(0.3, held.release)
    timer.start()
    lease.take(connection, wait_s=None).release()
    timer.join()


def test_waiting_ends_after_its_time(connection: models.Connection) -> None:
    held = lease.take(connection)
    with pytest.raises(LeaseTaken):
        lease.take(connection, wait_s=0.25)
    held.release()


def test_each_take_over_raises_both_epochs(connection: models.Connection) -> None:
    for epoch in (1, 2):
        lease.take(connection).release()
        connection.siigo.refresh_from_db()
        connection.escala.refresh_from_db()
        assert (connection.siigo.epoch, connection.escala.epoch) == (epoch, epoch)


def test_the_fence_commits_for_the_holder_and_nobody_else(connection: models.Connection) -> None:
    held = lease.take(connection)
    with held.fence():
        models.Connection.objects.update(paused="BRAKED")
    for account in (connection.siigo, connection.escala):
        account.refresh_from_db()
        account.epoch += 1
        account.save()
        with pytest.raises(LeaseLost), held.fence():
            models.Connection.objects.update(paused="")
        account.epoch -= 1
        account.save()
    held.release()
    connection.refresh_from_db()
    assert connection.paused == "BRAKED"


def test_an_exception_inside_the_fence_undoes_all_of_it(connection: models.Connection) -> None:
    held = lease.take(connection)
    with pytest.raises(ZeroDivisionError), held.fence():
        models.Connection.objects.update(paused=1 // (models.Connection.objects.update(paused="BRAKED") - 1))
    held.release()
    connection.refresh_from_db()
    assert connection.paused == ""


def test_a_lease_that_was_let_go_proves_nothing_any_more(connection: models.Connection) -> None:
    held = lease.take(connection)
    held.prove()
    held.release()
    with pytest.raises(LeaseLost):
        held.prove()


def test_a_fresh_proof_serves_and_an_old_one_is_made_anew_in_whatever_thread(
    connection: models.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proven() -> bool:
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(_proves, held).result()

    held = lease.take(connection)
    assert proven()
    models.SiigoCompany.objects.update(epoch=F("epoch") + 1)
    assert proven(), "a moment ago it was ours"
    monkeypatch.setattr(lease, "_FRESH_S", 0.0)
    assert not proven()
    held.release()


def _proves(held: lease.Lease) -> bool:
    try:
        held.prove_anew()
    except LeaseLost:
        return False
    finally:
        connections.close_all()
    return True


def test_another_process_keeps_it_while_it_lives_even_stopped_and_frees_it_when_killed(
    connection: models.Connection, database: str
) -> None:
    with _other_process(database) as child:
        with pytest.raises(LeaseTaken):
            lease.take(connection)
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(LeaseTaken):
            lease.take(connection)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        lease.take(connection, wait_s=5).release()


def test_another_process_that_ends_well_frees_it(connection: models.Connection, database: str) -> None:
    with _other_process(database) as child:
        told, _ = child.communicate("\n", timeout=20)
        assert told == "released\n"
        lease.take(connection).release()


def test_a_holder_whose_lock_session_was_ended_by_the_server_notices(
    connection: models.Connection, database: str
) -> None:
    held = lease.take(connection)
    if database.startswith("postgres"):
        with psycopg.connect(database, autocommit=True) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        with pytest.raises(LeaseLost):
            held.prove()
    else:
        folder = Path(str(connections["default"].settings_dict["NAME"])).parent / "locks"
        assert {path.stat().st_mode & 0o777 for path in [folder]} == {0o700}
        assert len(list(folder.glob("*.lock"))) == 2
    held.release()
