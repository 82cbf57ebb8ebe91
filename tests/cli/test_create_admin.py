"""`create-admin`: the first administrator without a browser, and a way back in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Program


def _person(home: Path) -> tuple[str, int, str, int]:
    with sqlite3.connect(home / "siigo-escala.db") as database:
        row: tuple[str, int, str, int] = database.execute(
            "SELECT email, is_installer, password, (SELECT count(*) FROM mfa_authenticator) FROM person"
        ).fetchone()
    return row


def test_the_first_administrator_gets_a_link(single: Program) -> None:
    done = single("create-admin", "Ana@Acme.example")
    assert done.code == 0, done.err
    assert "vale 72 horas, una sola vez" in done.out
    assert "http://127.0.0.1:8000/clave/1/" in done.out.splitlines()[-1]


def test_as_json_the_link_stands_alone_and_at_the_public_address(single: Program) -> None:
    single.more["SIIGO_ESCALA_PUBLIC_URL"] = "https://siigo.ejemplo.co"
    done = single("create-admin", "ana@acme.example", "--json")
    assert done.code == 0
    document = done.document
    assert document.pop("link").startswith("https://siigo.ejemplo.co/clave/")
    assert document == {"schema": 1, "email": "ana@acme.example", "done": True, "warnings": []}


def test_reset_makes_another_link_and_takes_the_second_factor_off(single: Program, home: Path) -> None:
    first = single("create-admin", "ana@acme.example", "--json").document["link"]
    with sqlite3.connect(home / "siigo-escala.db") as database:
        database.execute("UPDATE person SET password = 'x'")
        database.execute(
            "INSERT INTO mfa_authenticator (user_id, type, data, created_at) "
            "VALUES (1, 'totp', '{}', '2026-01-01')"
        )
    done = single("create-admin", "ANA@acme.example", "--reset", "--json")
    assert done.code == 0
    assert done.document["link"] != first
    email, installer, password, factors = _person(home)
    assert (email, installer, factors) == ("ana@acme.example", 1, 0)
    assert password != "x"


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        (("nadie",), "CORREO", "no es un correo"),
        (("otra@acme.example", "--reset"), "--reset", "sin --reset se crea"),
        (("ana@acme.example",), "--reset", "ya existe"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    single: Program, home: Path, words: tuple[str, ...], key: str, said: str
) -> None:
    single("create-admin", "ana@acme.example")
    before = _person(home)
    done = single("create-admin", *words, "--json")
    assert done.code == 2
    assert (done.error["code"], done.error["key"]) == ("USAGE", key)
    assert said in done.error["message"]
    assert _person(home) == before
