"""`sync --queue` and `runs --cancel`: what is asked of the engine from the command line."""

from __future__ import annotations

import sqlite3

from tests.cli.conftest import Program


def waiting(program: Program) -> int:
    path = program.environ["SIIGO_ESCALA_DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        count = database.execute("SELECT count(*) FROM request WHERE waiting").fetchone()[0]
    database.close()
    return int(count)


def test_a_request_waits_for_the_engine_and_can_be_taken_back(connected: Program) -> None:
    asked = connected("sync", "acme", "--queue", "--json")
    assert asked.code == 0
    assert asked.document["connection"] == "acme"
    assert asked.document["done"] is True
    assert "motor no está en marcha" in asked.document["warnings"][0]
    again = connected("sync", "acme", "--queue")
    assert again.code == 0
    assert waiting(connected) == 1
    taken_back = connected("runs", "acme", "--cancel")
    assert "retiradas de la cola: 1" in taken_back.out
    assert waiting(connected) == 0
    assert "no tiene nada en curso" in connected("runs", "acme", "--cancel").out
    assert connected("runs", "acme", "--cancel", "--json").document["done"] is True


def test_a_request_that_nobody_could_carry_out_is_refused(connected: Program) -> None:
    assert connected("sync", "acme", "--queue", "--dry-run", "--json").error["code"] == "USAGE"
    several = connected("sync", "acme", "otra", "--queue", "--json")
    assert several.code == 2
    assert [one.get("error", {}).get("code") for one in several.document["connections"]] == [
        None,
        "CONNECTION_UNKNOWN",
    ]
    assert "CONNECTION_UNKNOWN" in connected("sync", "otra", "acme", "--queue").err
    connected("disconnect", "acme", "--yes")
    refused = connected("sync", "acme", "--queue", "--json")
    assert (refused.code, refused.error["code"]) == (3, "CREDENTIALS_MISSING")


def test_status_says_when_it_runs_next_or_that_nobody_would_run_it(connected: Program) -> None:
    assert "El motor no está en marcha" in connected("status", "acme").out
    connected("disable", "acme")
    assert "motor" not in connected("status", "acme").out
