"""The schema: made by itself on SQLite after a backup, only when asked on PostgreSQL, never when newer."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import DatabaseError, connection, connections

from siigo_escala.store import models, schema
from siigo_escala.store.errors import StoreProblem
from tests import databases


@pytest.fixture
def empty(tmp_path: Path, django_db_blocker: Any) -> Any:
    """A SQLite database that does not exist yet; its path."""
    path = tmp_path / "home" / "siigo-escala.db"
    with django_db_blocker.unblock(), databases.opened(f"sqlite:///{path}"):
        yield path


def _copies(database: Path) -> list[Path]:
    return sorted(database.parent.glob("*.before-migration*"))


def test_the_first_command_makes_the_schema(empty: Path) -> None:
    schema.ensure(by_itself=False)
    assert models.Connection.objects.count() == 0
    assert stat.S_IMODE(empty.parent.stat().st_mode) == 0o700
    assert not _copies(empty), "there was nothing to back up"
    schema.ensure(by_itself=False)


@pytest.mark.parametrize("store", ["empty", "bare_postgresql"])
def test_several_first_commands_at_once_make_it_once(store: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(store)
    problems: list[BaseException] = []
    together = threading.Barrier(3)

    def begin() -> None:
        together.wait()
        try:
            schema.ensure(by_itself=True)
            models.Connection.objects.count()
        except BaseException as problem:  # noqa: BLE001 - told by the test
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_an_older_sqlite_is_brought_up_to_date_after_a_backup_for_its_owner_alone(empty: Path) -> None:
    empty.parent.mkdir()
    with sqlite3.connect(empty) as session:
        session.execute("CREATE TABLE older (id INTEGER)")
    session.close()
    schema.ensure(by_itself=False)
    (copy,) = _copies(empty)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with sqlite3.connect(copy) as session:
        assert session.execute("SELECT name FROM sqlite_master").fetchall() == [("older",)]
    session.close()


def test_an_upgrade_that_was_broken_off_spares_the_copy_from_before_it(empty: Path) -> None:
    empty.parent.mkdir()
    call_command("migrate", "store", "0007_rule_drafts", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE before_all (id INTEGER)")
    schema._backup(empty)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE before_all")
    call_command("migrate", "store", "0009_selling", verbosity=0)
    schema.ensure(by_itself=False)
    first, second = _copies(empty)
    assert ("0007_rule_drafts" in first.name, "0009_selling" in second.name) == (True, True)
    with closing(sqlite3.connect(first)) as session:
        assert session.execute("SELECT * FROM before_all").fetchall() == []


def test_a_copy_takes_its_name_when_it_is_whole(empty: Path) -> None:
    schema.ensure(by_itself=False)
    part = empty.with_name("siigo-escala.db.before-migration.part")
    part.write_bytes(b"cut off")
    schema._backup(empty)
    schema._backup(empty)
    (copy,) = _copies(empty)
    with closing(sqlite3.connect(copy)) as session:
        assert session.execute("SELECT count(*) FROM connection").fetchone() == (0,)


def test_a_newer_schema_is_refused_on_either_store(database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('store', '9999_next', CURRENT_TIMESTAMP)"
        )
    for by_itself in (False, True):
        with pytest.raises(StoreProblem) as problem:
            schema.ensure(by_itself=by_itself)
        assert problem.value.code == "SCHEMA_NEWER"
        assert "9999_next" in problem.value.message


def test_the_tables_of_libraries_are_looked_at_too(empty: Path) -> None:
    schema.ensure(by_itself=False)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE axes_accessattemptexpiration")
        cursor.execute("DELETE FROM django_migrations WHERE name = '0010_accessattemptexpiration'")
    assert not schema.is_current()
    schema.ensure(by_itself=False)
    assert schema.is_current()
    assert "axes_accessattemptexpiration" in connection.introspection.table_names()


def test_the_schema_of_this_program_is_left_alone(database: str) -> None:
    schema.ensure(by_itself=False)
    schema.ensure(by_itself=True)


@pytest.fixture
def bare_postgresql(postgresql_server: str, shared_folder: Path, django_db_blocker: Any) -> Any:
    """A PostgreSQL database without a schema."""
    with (
        databases.postgresql_database(
            postgresql_server, templates=shared_folder, blocker=django_db_blocker
        ) as url,
        django_db_blocker.unblock(),
        databases.opened(url),
    ):
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        yield url


def test_postgresql_is_brought_up_to_date_only_when_asked(bare_postgresql: str) -> None:
    with pytest.raises(StoreProblem) as problem:
        schema.ensure(by_itself=False)
    assert problem.value.code == "SCHEMA_OLD"
    assert "siigo-escala migrate" in problem.value.message
    schema.ensure(by_itself=True)
    schema.ensure(by_itself=False)
    assert models.Connection.objects.count() == 0


@pytest.mark.parametrize("store", ["empty", "bare_postgresql"])
def test_second_factors_are_handed_over_to_allauth(store: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(store)
    if store == "empty":
        found.parent.mkdir()
    call_command("migrate", "store", "0011_counted_by_axes", verbosity=0)
    with connection.cursor() as cursor:
        for email, secret in (("ana@acme.example", "sellado"), ("beto@acme.example", "")):
            cursor.execute(
                "INSERT INTO person (email, password, is_active, is_installer, joined_at, theme, "
                "totp_sealed, totp_step, recovery) "
                "VALUES (%s, 'x', true, true, '2026-01-01', '', %s, 7, '[\"una\"]')",
                [email, secret],
            )
    schema.ensure(by_itself=True)
    assert [one.has_second_factor for one in models.User.objects.order_by("email")] == [True, False]
    assert Authenticator.objects.get().data == {"secret": "sellado"}


@pytest.mark.parametrize("store", ["empty", "bare_postgresql"])
def test_what_people_had_mended_by_hand_is_what_escala_shows(
    store: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(store)
    if store == "empty":
        found.parent.mkdir()
    call_command("migrate", "store", "0013_credit_note_currency", verbosity=0)
    for rule, name in (("subtract", "a"), ("report", "b")):
        company = models.SiigoCompany.objects.create()
        account = models.EscalaAccount.objects.create()
        made = models.Connection.objects.create(
            name=name,
            siigo=company,
            escala=account,
            file={"opportunities": {"on_credited": rule}},
            start=date(2026, 1, 1),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for digest, note in (("typed", 300), ("edited since", 0)):
            models.Invoice.objects.create(
                connection=made,
                escala=account,
                siigo_id=digest,
                value=2000,
                credited=note,
                digest=digest,
                applied={"digest": "first", "value": "1000.00"},
                done={"digest": "typed", "credited": "300.00"},
            )
    schema.ensure(by_itself=True)
    shown = {(row.connection.name, row.siigo_id): row.applied for row in models.Invoice.objects.all()}
    typed = {"digest": "typed", "base": "2000.00"}
    first = {"digest": "first", "value": "1000.00"}
    assert shown == {
        ("a", "typed"): {**typed, "value": "1700.00"},
        ("b", "typed"): {**typed, "value": "2000.00"},
        ("a", "edited since"): first,
        ("b", "edited since"): first,
    }
    assert {str(row.done) for row in models.Invoice.objects.all()} == {"{'credited': '300.00'}"}


def test_a_database_that_cannot_be_read_is_told_as_what_it_is(empty: Path) -> None:
    empty.parent.mkdir()
    empty.write_bytes(b"this is no database" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        schema.ensure(by_itself=False)
