"""What refuses on this machine is told in Spanish, and never in the library's own words."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from siigo_escala.store import causes


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x/y"), "«/x/y»: no existe"),
        (OSError(errno.ENOSPC, "No space left on device"), "no queda espacio en el disco"),
        (OSError(9999, "Odd"), "error 9999 del sistema"),
        (OSError("no number"), "error del disco"),
        (sqlite3.OperationalError("database or disk is full"), "no queda espacio en el disco"),
        (sqlite3.DatabaseError("file is not a database"), "el archivo no es una base de datos"),
        (sqlite3.OperationalError("strange"), "error de la base de datos, OperationalError"),
    ],
)
def test_a_cause_is_told_in_spanish(problem: Exception, said: str) -> None:
    assert causes.in_spanish(problem) == said


def test_a_file_whose_name_was_said_already_is_not_named_again(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory") as raised:
        (tmp_path / "no" / "esta").write_text("x")
    assert causes.of_file(raised.value) == "no existe"


class OperationalError(Exception):
    """As Django and psycopg name it."""


_FAILED = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "shown", "passes"),
    [
        (f"{_FAILED}Connection refused", "no responde", True),
        (f"{_FAILED}timeout expired", "no responde", True),
        (f"{_FAILED}FATAL:  the database system is starting up", "está arrancando", True),
        ("server closed the connection unexpectedly", "cortó la conexión", True),
        (f'{_FAILED}FATAL:  password authentication failed for user "x"', "rechazó el usuario", False),
        (f'{_FAILED}FATAL:  database "x" does not exist', "no existe", False),
        ("unable to open database file", "no se puede abrir", False),
    ],
)
def test_a_server_that_is_out_of_reach_is_told_from_one_that_refuses(
    said: str, shown: str, *, passes: bool
) -> None:
    problem = OperationalError(said)
    assert shown in causes.in_spanish(problem)
    assert causes.is_out_of_reach(problem) is passes


def test_only_databases_are_out_of_reach() -> None:
    assert not causes.is_out_of_reach(ValueError("connection refused"))
