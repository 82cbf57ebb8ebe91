"""A copy of a database that cannot be written: all that was committed, from one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from siigo_escala.store import frozen
from siigo_escala.store.errors import StoreProblem


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    """A database of which a row stands in the log alone, as a run under way or a killed one leaves it."""
    path = tmp_path / "una base.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE kept (number INTEGER)")
        database.execute("INSERT INTO kept VALUES (7)")
        database.commit()
        yield path


def _numbers(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [number for (number,) in database.execute("SELECT number FROM kept")]


def test_a_copy_holds_what_only_stands_in_the_log(written: Path, tmp_path: Path) -> None:
    frozen.copied(written, to=tmp_path / "copia.db")
    assert _numbers(tmp_path / "copia.db") == [7]


def test_where_sqlite_itself_cannot_read_the_files_are_copied_together(written: Path, tmp_path: Path) -> None:
    frozen.as_files(written, to=tmp_path / "copia.db")
    assert _numbers(tmp_path / "copia.db") == [7]


def test_files_that_change_all_the_while_are_no_copy(written: Path, tmp_path: Path) -> None:
    def copied_while_written(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        with written.open("ab") as stream:
            stream.write(b"\0")

    with pytest.raises(StoreProblem) as told:
        frozen.as_files(written, to=tmp_path / "copia.db", copy=copied_while_written)
    assert told.value.code == "STORAGE_FAILED"
    assert "repita la orden" in told.value.message


def test_a_database_that_can_be_written_is_not_copied(written: Path, tmp_path: Path) -> None:
    assert not frozen.needed(written)
    assert not frozen.needed(tmp_path / "ninguna.db")
