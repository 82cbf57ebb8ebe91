"""Many companies in one installation: in order, and nothing of one reachable from another."""

from __future__ import annotations

import inspect
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.cli import main
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli import watched
from tests.cli.conftest import Program
from tests.cli.watched import Watched

pytestmark = pytest.mark.slow
File = Callable[..., str]

OURS, THEIRS = "acme", "vecina"
SECRETS = (
    "Panaderia Vecina",
    "901777888",
    "7.654.321",
    "7654321",
    "vecino@vecina.example",
    "api@vecina.example",
)
"""What is known of the other company's customer and invoice, and is ours in no command."""
_THEIRS_FROM, _OURS_FROM = 5000, 7000
"""Rows are numbered from there: theirs are made first, ours go on being made."""
_TENANT = ("connection_id", "company_id", "escala_id", "siigo_id", "invoice_id", "account", "id", "name")
"""Columns by which a row is a company's. `siigo_id`: of a connection; elsewhere Siigo's id of a record."""
_TIMETABLE = (
    'FROM "turn" INNER JOIN "connection" ON ("turn"."connection_id" = "connection"."id") WHERE '
    '("connection"."enabled" AND NOT "connection"."forgotten")'
)
_RETENTION = re.compile(
    r'SELECT "(\w+)"\."id" AS "pk" FROM "\1" WHERE .* ORDER BY 1 ASC LIMIT 1000', re.DOTALL
)
"""The keys of rows that have passed their time: whoever sweeps removes them, for every company."""
_WITHOUT_NAME = {
    "demo", "connect", "fields", "list", "migrate", "backup", "restore", "key", "purge", "simulate", "run",
    "web", "worker", "create-admin",
}  # fmt: skip
"""Commands that are told no connection: theirs are all of them, or none."""


def _commands(theirs_id: str) -> list[list[str]]:
    """Every command that takes a name, for our company; where it can name a record, one of theirs, too."""
    return [
        ["status", OURS, "--json"],
        ["status", OURS],
        ["report", OURS, "--json"],
        ["report", OURS],
        ["invoices", OURS, "--json"],
        ["invoices", OURS],
        ["invoices", OURS, "--csv", "nuestras.csv"],
        ["runs", OURS, "--json"],
        ["runs", OURS],
        ["export", OURS, "--json"],
        ["check", OURS, "--json"],
        ["alerts", "test", OURS, "--json"],
        ["sync", OURS, "--dry-run", "--json"],
        ["sync", OURS, "--json"],
        ["sync", OURS, "--sweep", "--json"],
        ["sync", OURS, "--from", "2020-01-01", "--json"],
        ["retry", OURS, "--json"],
        ["retry", OURS, "--invoice", "FV-2-1", "--json"],
        ["resolve", OURS, "--invoice", theirs_id, "--ignore", "--json"],
        ["personal-data", "show", OURS, "901777888", "--json"],
        ["personal-data", "erase", OURS, "901777888", "--json"],
        ["disable", OURS, "--json"],
        ["enable", OURS, "--json"],
        ["disconnect", OURS, "--yes", "--json"],
    ]


@pytest.fixture
def theirs(
    single: Program, siigo: SiigoSimulator, escala: EscalaSimulator, write_file: File, home: Path
) -> Iterator[sqlite3.Connection]:
    """Two companies with accounts of their own, a customer and an invoice each; the database."""
    neighbour = siigo.add_company(username="api@vecina.example", access_key="clave-vecina")
    escala.add_account("llave-vecina")
    for company, name, identification, total in (
        (siigo.company, "Ferreteria Nuestra", "900137137", 1_234_567),
        (neighbour, "Panaderia Vecina", "901777888", 7_654_321),
    ):
        who = "vecino@vecina.example" if company is neighbour else "cliente@nuestra.example"
        customer = siigo.create_customer(
            company=company,
            identification=identification,
            name=[name],
            contacts=[{"first_name": "Ana", "last_name": "Paz", "email": who}],
        )
        siigo.create_invoice(customer["id"], company=company, total=total)
    with sqlite3.connect(home / "siigo-escala.db") as database:
        their_file = write_file(
            THEIRS, siigo_user=("api@vecina.example", "clave-vecina"), api_key="llave-vecina"
        )
        made = ((_THEIRS_FROM, their_file, THEIRS), (_OURS_FROM, write_file(OURS), OURS))
        for number, file, name in made:
            _number_from(database, number)
            assert single("connect", file, "--json").code == 0
            assert single("sync", name, "--json").document["invoices"]["created"] == 1
        yield database
    database.close()


def _number_from(database: sqlite3.Connection, number: int) -> None:
    """From here on new rows of every table are numbered from there."""
    for table in _tables(database):
        if "id" in _columns(database, table):
            database.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table])
            database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, number])
    database.commit()


def _tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in found if not name.startswith(("sqlite_", "django_"))]


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _snapshot(database: sqlite3.Connection) -> dict[str, list[Any]]:
    """Every row of theirs."""
    return {
        table: database.execute(f"SELECT * FROM {table} WHERE id < ?", [_OURS_FROM]).fetchall()
        for table in _tables(database)
        if "id" in _columns(database, table)
    }


def _unrestricted(command: Watched, tables: dict[str, set[str]]) -> Iterator[str]:
    """Statements that could reach rows of another company."""
    for sql, values in command.statements:
        named = set(re.findall(r'(?:FROM|JOIN|UPDATE|INTO) "?(\w+)"?', sql)) & set(tables)
        if not named or sql.startswith("INSERT"):
            continue
        if re.fullmatch(r'SELECT "connection"."name"( AS "name")? FROM "connection"( ORDER BY .*)?', sql):
            continue  # what connections there are is told to whoever mistypes a name
        if sql.endswith('WHERE "run"."id" = %s') and values[-1] == 0:
            continue  # a rehearsal has no row
        if command.words[0] == "sync" and _RETENTION.fullmatch(sql):
            continue  # nothing of them is read but the keys, and what is not old stays (the snapshot)
        if _TIMETABLE in sql:
            continue  # when ours starts depends on how many start with it
        where = sql.partition(" WHERE ")[2]
        columns = "|".join(_TENANT)
        if not re.search(rf'\b({columns})"? (=|IN|LIKE) ', where) or not any(_is_ours(one) for one in values):
            yield f"{sql} {values}"


def _is_ours(value: object) -> bool:
    if isinstance(value, int):
        return _OURS_FROM < value < _OURS_FROM + 1000
    return value == OURS or bool(re.fullmatch(r"(before )?(siigo|escala):7\d\d\d(:.*)?", str(value)))


def _of_theirs(command: Watched) -> Iterator[str]:
    """Statements that name rows of theirs."""
    for sql, values in command.statements:
        for value in values:
            if (isinstance(value, int) and _THEIRS_FROM < value < _THEIRS_FROM + 1000) or value == THEIRS:
                yield f"{sql} {values}"


def test_every_query_of_a_company_is_its_own_and_nothing_of_another_is_shown_or_changed(
    theirs: sqlite3.Connection, single: Program, tmp_path: Path
) -> None:
    tables = {table: _columns(theirs, table) for table in _tables(theirs)}
    (their_id, their_deal) = theirs.execute(
        "SELECT siigo_id, deal_id FROM invoice WHERE connection_id < ?", [_OURS_FROM]
    ).fetchone()
    before = _snapshot(theirs)
    assert before["invoice"]
    assert before["known_customer"]
    commands = _commands(their_id)
    ended = watched.run(commands, environ=single.whole, folder=tmp_path)
    for command in ended:
        assert command.statements, f"{command.words} asked nothing"
        told = command.said.replace("«vecina»", "")
        asked = set(command.words)
        for secret in (*SECRETS, their_id, their_deal, THEIRS):
            if secret not in asked:
                assert secret not in told, f"{command.words} tells of another company: {secret}"
        assert not list(_of_theirs(command)), command.words
    reachable = {(command.words, one) for command in ended for one in _unrestricted(command, tables)}
    assert not {(words[0], re.sub(r"SELECT .* FROM", "SELECT … FROM", one)) for words, one in reachable}
    codes = {" ".join(command.words): command.code for command in ended}
    assert codes[f"resolve acme --invoice {their_id} --ignore --json"] == 2
    assert {codes[f"{name} acme --json"] for name in ("status", "report", "invoices", "enable")} == {0}
    shown = next(command for command in ended if command.words[:2] == ("personal-data", "show"))
    assert "Panaderia" not in shown.said
    assert _snapshot(theirs) == before
    for secret in SECRETS:
        assert secret not in (tmp_path / "nuestras.csv").read_text(encoding="utf-8")


def test_the_walk_knows_every_command_that_takes_a_name() -> None:
    walked = {words[0] for words in _commands("x")}
    app = main._app()
    for command in app.registered_commands:
        assert command.callback is not None
        takes = {"name", "names"} & set(inspect.signature(command.callback).parameters)
        if takes or command.name not in _WITHOUT_NAME:
            assert command.name in walked, f"{command.name} is not walked"


def test_a_query_that_is_not_restricted_is_noticed() -> None:
    def made(sql: str, *values: object) -> Watched:
        return Watched(words=("x",), code=0, said="", statements=((sql, values),))

    tables = {"invoice": {"id", "connection_id"}}
    every = made('SELECT "invoice"."id" FROM "invoice" WHERE "invoice"."state" = %s', "failed")
    ours = made('SELECT "invoice"."id" FROM "invoice" WHERE "invoice"."connection_id" = %s', _OURS_FROM + 1)
    other = made(
        'SELECT "invoice"."id" FROM "invoice" WHERE "invoice"."connection_id" = %s', _THEIRS_FROM + 1
    )
    assert list(_unrestricted(every, tables))
    assert not list(_unrestricted(ours, tables))
    assert list(_unrestricted(other, tables))
    assert list(_of_theirs(other))
    assert not list(_of_theirs(ours))
