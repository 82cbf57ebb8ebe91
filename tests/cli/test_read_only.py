"""A folder that cannot be written, a key that is missing or another: what only reads works all the same."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import Program

pytestmark = pytest.mark.slow


@pytest.fixture
def locked(connected: Program, siigo: SiigoSimulator, home: Path) -> Iterator[Program]:
    """A connection with one invoice in Escala, in a folder where nothing can be written any more."""
    siigo.create_invoice(total=10_000)
    assert connected("sync", "acme", "--json").code == 0
    connected.ordinary = True
    before = {path: path.stat().st_mode for path in [home, *home.rglob("*")]}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    yield connected
    for path, mode in before.items():
        path.chmod(mode)


def _inside(home: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in home.rglob("*")}


def test_what_only_reads_works_in_a_folder_that_cannot_be_written(
    locked: Program, home: Path, tmp_path: Path
) -> None:
    locked.more["TMPDIR"] = str(tmp_path / "temporal")
    (tmp_path / "temporal").mkdir()
    before = _inside(home)
    assert locked("report", "acme", "--json").document["invoices"]["in_escala"] == 1
    assert len(locked("runs", "acme", "--json").document["runs"]) == 1
    told = locked("status", "acme")
    assert (
        told.err.strip() == "La carpeta no se puede escribir: se lee una copia de lo que hay en este momento."
    )
    assert locked("backup", str(tmp_path / "copia.zip"), "--json").document["rows"] > 5
    assert zipfile.ZipFile(tmp_path / "copia.zip").testzip() is None
    assert _inside(home) == before
    assert not any((tmp_path / "temporal").iterdir())
    assert locked("sync", "acme").err.count("\n") == 1, "what writes cannot, in one sentence"


def test_a_check_in_a_folder_that_cannot_be_written_says_so_and_looks_at_everything_else(
    locked: Program,
) -> None:
    told = locked("check", "acme", "--json")
    assert told.code == 1
    failed = [one for one in told.document["checks"] if one["result"] == "failed"]
    assert [one["code"] for one in failed] == ["STORAGE"]
    assert "permisos" in failed[0]["remedy"]
    assert told.document["calls"]["siigo"] > 0
    probed = locked("check", "acme", "--write-probe", "--json")
    assert probed.code == 1
    assert probed.document["checks"][-1]["code"] == "WRITE_PROBE"
    assert "no se hizo" in json.dumps(probed.document["checks"][-1], ensure_ascii=False)
