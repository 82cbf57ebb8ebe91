"""Help: instant, Spanish, and only of what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import PROGRAM

COMMANDS = (
    "demo", "connect", "fields", "list", "status", "check", "sync", "report", "invoices", "retry", "runs",
    "enable", "disable", "disconnect", "export", "migrate", "simulate", "backup", "restore", "key",
    "purge", "personal-data", "create-admin",
    "resolve", "alerts", "run", "web", "worker",
)  # fmt: skip
WITHOUT_DOCUMENT = {"demo", "run", "web", "worker"}
"""They last, or tell a story: nothing that one JSON document could hold."""
ENGLISH = re.compile(r"\b(Usage|Options|Commands|Arguments|Show this message|required|default)\b")


def _help(*words: str) -> str:
    done = subprocess.run(
        [PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        env=os.environ | {"COLUMNS": "100"},
    )
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout


def test_without_words_the_help_appears() -> None:
    assert _help() == _help("--help")


def test_help_lists_every_command_that_there_is() -> None:
    listed = re.findall(r"^  ([a-z-]+) ", _help("--help").split("Opciones:", maxsplit=1)[0], re.MULTILINE)
    assert set(listed) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_spanish_within_100_columns(command: str) -> None:
    text = _help(command, "--help")
    assert text.startswith(f"Uso: siigo-escala {command}")
    assert not ENGLISH.search(text)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert ("--json" in text) is (command not in WITHOUT_DOCUMENT)


def test_help_imports_neither_django_nor_http_nor_tables() -> None:
    program = (
        "import sys\nfrom siigo_escala.cli import main\n"
        "code = main.run(['--help'])\n"
        "heavy = {'django', 'httpcore2', 'httpx2', 'rich', 'pydantic', 'cryptography', 'phonenumbers'}\n"
        "heavy |= {'psycopg'}\n"
        "sys.exit(f'{code} {heavy & set(sys.modules)}' if code or heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"siigo-escala \d+\.\d+\.\d+\n", _help("--version"))
