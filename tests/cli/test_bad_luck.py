"""A full disk, a folder that cannot be written, a reader that goes away, a failure nobody foresaw."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import PROGRAM, Program

pytestmark = pytest.mark.slow


def test_a_folder_that_cannot_be_made_is_one_sentence(single: Program, tmp_path: Path) -> None:
    (tmp_path / "archivo").write_text("")
    single.more["SIIGO_ESCALA_HOME"] = str(tmp_path / "archivo" / "dentro")
    told = single("list", "--json")
    assert (told.code, told.error["code"]) == (2, "STORAGE_FAILED")
    assert single("list").err.count("\n") == 1


def test_a_full_disk_ends_the_run_and_the_next_one_loses_nothing(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, home: Path
) -> None:
    for number in range(40):
        siigo.create_invoice(total=10_000 + number)
    size = max(path.stat().st_size for path in home.glob("siigo-escala.db*"))

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, size + 8192))

    # The measuring of the tests writes files of its own, which the limit would break.
    connected.more["COVERAGE_PROCESS_CONFIG"] = ""
    told = connected("sync", "acme", "--json", preexec_fn=fill)
    assert told.code == 2
    shown = json.loads(told.out)
    code = shown["error"]["code"] if "error" in shown else shown["problems"][0]["code"]
    assert code == "STORAGE_FAILED"
    again = connected("sync", "acme", "--json")
    assert again.code == 0
    assert len(escala.state()["deals"]) == 40
    assert len({deal["name"] for deal in escala.state()["deals"]}) == 40


def test_a_backup_for_which_there_is_no_room_is_one_sentence_and_leaves_nothing(
    connected: Program, siigo: SiigoSimulator, home: Path
) -> None:
    for number in range(40):  # more than is held back until the end
        siigo.create_invoice(total=10_000 + number)
    connected("sync", "acme")
    connected.more["COVERAGE_PROCESS_CONFIG"] = ""
    told = connected(
        "backup",
        str(home / "copia.zip"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert (told.code, told.err.count("\n"), "[STORAGE_FAILED]" in told.err) == (2, 1, True)
    assert not list(home.glob("*copia*"))


@pytest.mark.parametrize("words", [("report", "acme", "--json"), ("report", "acme")])
def test_a_result_that_standard_output_cannot_take_is_said_in_one_sentence(
    connected: Program, words: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [PROGRAM, *words],
            env=connected.whole,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
        )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "[STORAGE_FAILED]" in ended.stderr


def test_a_reader_that_goes_away_is_no_failure(connected: Program) -> None:
    process = connected.start("export", "acme")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=20) in (0, 141)
    assert said == ""


@pytest.mark.parametrize("level", ["WARNING", "DEBUG"])
def test_a_reader_of_standard_error_that_goes_away_keeps_no_run_from_its_work(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, level: str
) -> None:
    siigo.create_invoice(total=10_000)
    connected.more["SIIGO_ESCALA_LOG_LEVEL"] = level
    process = connected.start("sync", "acme")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stderr.close()
    shown = process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=20) == 0
    assert "STORAGE_FAILED" not in shown
    assert len(escala.state()["deals"]) == 1


def test_a_reader_that_goes_away_between_two_companies_keeps_the_second_from_nothing(
    connected: Program, write_file: Callable[..., str], siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    other = siigo.add_company(username="b@empresa.example", access_key="clave-b")
    escala.add_account("llave-b")
    file = write_file("beta", siigo_user=("b@empresa.example", "clave-b"), api_key="llave-b")
    assert connected("connect", file).code == 0
    siigo.create_invoice(total=10_000, company=other)
    process = connected.start("sync", "acme", "beta")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=20) == 141
    assert "«beta»:" in said
    runs = connected("runs", "beta", "--json").document["runs"]
    assert [run["invoices"]["created"] for run in runs] == [1]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_a_scheduler_closed_keep_no_run_from_its_work(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, closed: str
) -> None:
    siigo.create_invoice(total=10_000)
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" sync acme {closed}', PROGRAM],
        env=connected.whole,
        cwd=connected.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "[INTERNAL_ERROR]" not in done.stdout + done.stderr
    assert len(escala.state()["deals"]) == 1


def test_what_nobody_foresaw_is_one_line_and_stands_whole_in_the_log(connected: Program, home: Path) -> None:
    import sqlite3

    with sqlite3.connect(home / "siigo-escala.db") as database:
        database.execute("UPDATE connection SET file = '[1]'")
    database.close()
    told = connected("export", "acme", "--json")
    assert (told.code, told.error["code"]) == (2, "INTERNAL_ERROR")
    people = connected("export", "acme")
    assert people.code == 2
    lines = people.err.strip().splitlines()
    assert "[INTERNAL_ERROR]" in lines[-1]
    for line in lines[:-1]:
        assert set(json.loads(line)) >= {"event", "level", "timestamp", "cause"}
    kept = (home / "logs" / "siigo-escala.log").read_text(encoding="utf-8")
    assert "Traceback" in json.loads(kept.splitlines()[0])["exception"]


def test_names_from_outside_steer_no_terminal(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    name = siigo.create_invoice(total=10_000)["name"]
    siigo.distort(name, name="FV\x1b[31m-\u202e9", total="mucho")
    for words in (("sync", "acme"), ("invoices", "acme")):
        shown = connected(*words)
        assert "\x1b" not in shown.out + shown.err
        assert "\u202e" not in shown.out + shown.err
