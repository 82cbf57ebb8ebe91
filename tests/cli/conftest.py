"""The command line as a process, an account on each side, and a connection file that joins them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli import forking
from tests.conftest import TEST_KEY

PROGRAM = Path(sys.executable).with_name("siigo-escala")
FIELD = "cf_contact_cedula_kwzt_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output; anything else there is a failure."""
        found: dict[str, Any] = json.loads(self.out)
        assert found["schema"] == 1
        return found

    @property
    def error(self) -> dict[str, Any]:
        """The error of a command that did nothing."""
        error: dict[str, Any] = self.document["error"]
        assert set(error) == {"code", "message", "key"}
        assert set(self.document) == {"schema", "error"}
        return error


@dataclass(slots=True, kw_only=True)
class Program:
    """`siigo-escala` as its users run it, in one environment."""

    environ: Mapping[str, str]
    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    ordinary: bool = False
    """Permissions of files hold even where the tests run as root."""

    def __call__(self, *words: str, timeout_s: float = 50, **options: Any) -> Done:
        if options:
            ended = subprocess.run(
                [PROGRAM, *words],
                env=self.whole,
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=timeout_s,
                stdin=subprocess.DEVNULL,
                **options,
            )
        else:
            ended = forking.server().run(
                words,
                environ=self.whole,
                folder=self.folder,
                timeout_s=timeout_s,
                ordinary=self.ordinary,
            )
        assert "Traceback" not in ended.stdout
        assert "Traceback" not in ended.stderr
        return Done(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """The command under way."""
        return subprocess.Popen(
            [PROGRAM, *words],
            env=self.whole,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            **options,
        )

    @property
    def whole(self) -> dict[str, str]:
        """The environment of the process: nothing of ours but what the test says."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")}
        return kept | dict(self.environ) | {"COLUMNS": "100"} | self.more


@pytest.fixture
def program(environment: dict[str, str], tmp_path: Path) -> Program:
    """The command line on both stores."""
    return Program(environ=environment, folder=tmp_path)


@pytest.fixture
def single(home: Path, sqlite_url: str, siigo_url: str, escala_url: str, tmp_path: Path) -> Program:
    """The command line on SQLite, where the store makes no difference."""
    return Program(
        environ={
            "SIIGO_ESCALA_HOME": str(home),
            "SIIGO_ESCALA_DATABASE_URL": sqlite_url,
            "SIIGO_ESCALA_SECRET_KEY": TEST_KEY,
            "SIIGO_ESCALA_SIIGO_URL": siigo_url,
            "SIIGO_ESCALA_ESCALA_URL": escala_url,
            "SIIGO_ESCALA_SIIGO_RATE": "0",
            "SIIGO_ESCALA_ESCALA_RATE": "0",
            "SIIGO_ESCALA_SETTLE_SECONDS": "1",
            "SIIGO_ESCALA_PATIENCE_SECONDS": "2",
        },
        folder=tmp_path,
    )


@pytest.fixture
def write_file(tmp_path: Path, siigo: SiigoSimulator, escala: EscalaSimulator) -> Callable[..., str]:
    """Writes a connection file for both simulators; keywords change keys of its [opportunities]."""

    def write(
        name: str = "acme",
        *,
        extra: str = "",
        top: str = "",
        siigo_user: tuple[str, str] | None = None,
        api_key: str | None = None,
        **opportunities: str,
    ) -> str:
        user, key = siigo_user or (siigo.company.username, siigo.company.access_key)
        wanted = {
            "pipeline": '"Ventas"',
            "stage": '"Prospecto"',
            "identification_field": f'"{FIELD}"',
            **opportunities,
        }
        table = "\n".join(f"{key} = {value}" for key, value in wanted.items() if value)
        path = tmp_path / f"{name}.toml"
        path.write_text(
            f'name = "{name}"\n{top}\n[siigo]\nusername = "{user}"\naccess_key = "{key}"\n'
            f'[escala]\napi_key = "{api_key or escala.api_key}"\n[opportunities]\n{table}\n{extra}',
            encoding="utf-8",
        )
        return str(path)

    return write


@pytest.fixture
def connected(single: Program, write_file: Callable[..., str]) -> Program:
    """A connection `acme` on SQLite."""
    done = single("connect", write_file(), "--json")
    assert done.code == 0, done.out + done.err
    return single


@pytest.fixture
def connected_twice(program: Program, write_file: Callable[..., str]) -> Program:
    """A connection `acme` on each store."""
    done = program("connect", write_file(), "--json")
    assert done.code == 0, done.out + done.err
    return program
