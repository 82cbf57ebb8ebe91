"""What the self-check says of this machine, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from siigo_escala.config.env import Environment
from siigo_escala.sync import opening
from siigo_escala.sync.checking import machine, siigo_side
from siigo_escala.sync.checking.findings import Finding
from siigo_escala.sync.checking.seen import Seen
from tests.sync.world import World

MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/data /srv/datos\\040de\\040todos nfs4 rw 0 0
tmpfs /run tmpfs rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("difference", "result", "side"),
    [
        (timedelta(seconds=119), "ok", "119 s"),
        (timedelta(seconds=121), "warning", "adelantado 121 s"),
        (timedelta(hours=-1), "warning", "atrasado 3600 s"),
    ],
)
def test_a_clock_that_is_two_minutes_off_is_told(difference: timedelta, result: str, side: str) -> None:
    told = machine.clock("siigo", difference)
    assert (told.code, told.result) == (Finding.SIIGO_CLOCK, result)
    assert side in told.message
    assert machine.clock("escala", difference).code == Finding.ESCALA_CLOCK


def test_an_answer_without_a_date_says_nothing_of_a_clock() -> None:
    seen = Seen()
    seen.compare("siigo", None, datetime.now(UTC))
    assert not seen.clocks


@pytest.mark.parametrize(
    ("siigo", "escala", "url", "result", "said"),
    [
        (60, 4, "https://api.siigo.com", "ok", "Siigo 60 por minuto, Escala 4 por segundo"),
        (100, 0, "https://api.siigo.com", "ok", "Escala sin límite propio"),
        (101, 4, "https://api.siigo.com", "warning", "Siigo permite 100"),
        (0, 4, "https://api.siigo.com", "warning", "Siigo sin límite propio"),
        (0, 0, "http://127.0.0.1:9001", "ok", "sin límite propio"),
    ],
)
def test_a_rate_beyond_what_siigo_allows_is_a_warning_unless_it_is_a_simulator(
    tmp_path: Path, siigo: int, escala: int, url: str, result: str, said: str
) -> None:
    environment = Environment(home=tmp_path, database_url="sqlite:///x")
    told = machine.limits(replace(environment, siigo_rate=siigo, escala_rate=escala, siigo_url=url))
    assert told.result == result
    assert said in told.message


@pytest.mark.parametrize(
    ("megabytes", "result"), [(49, "failed"), (50, "warning"), (499, "warning"), (500, "ok")]
)
def test_a_disk_that_fills_up_is_told_in_time(tmp_path: Path, megabytes: int, result: str) -> None:
    told = machine.free_space(tmp_path, free=megabytes * 1_000_000)
    assert told.result == result
    assert f"{megabytes} MB" in told.message


def test_sqlite_on_a_network_disk_is_a_failure_and_postgresql_needs_no_disk_here(world: World) -> None:
    assert machine.stored_in(mounts=MOUNTS).result == "ok"
    on_sqlite = world.environment.database_url.startswith("sqlite")
    told = machine.stored_in(mounts="server:/x / nfs4 rw 0 0")
    assert told.result == ("failed" if on_sqlite else "ok")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ana/siigo-escala.db", "ext4"),
        ("/srv/datos de todos/siigo-escala.db", "nfs4"),
        ("/srv/datos/siigo-escala.db", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert machine.filesystem(Path(path), MOUNTS) == kind
    assert machine.filesystem(Path(path), "") == ""


def test_another_journal_of_sqlite_and_an_old_postgresql_are_warnings() -> None:
    assert machine.journal("wal").result == "ok"
    assert machine.journal("delete").result == "warning"
    assert machine.postgresql(14).result == "ok"
    assert machine.postgresql(13).result == "warning"


def test_a_key_file_is_named_and_one_that_is_a_folder_is_told_with_its_cause(world: World) -> None:
    world.connect()
    path = world.environment.home / "secret.key"
    path.write_text(world.environment.secret_keys[0])
    world.configured(secret_keys=())
    opened = opening.open_connection(world.environment, "acme", vault_of=opening.vault_or_shut)
    assert machine.key(opened).result == "ok"
    assert "secret.key" in machine.key(opened).message
    path.unlink()
    path.mkdir()
    told = machine.key(opened)
    assert told.result == "failed"
    assert "es una carpeta" in told.message


def test_credit_notes_that_were_not_asked_for_are_no_trouble() -> None:
    assert siigo_side.credit_notes(Seen()).result == "ok"
