"""run.py: what it says where something is missing, what it passes on, and that it does things once."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NEEDED = (
    "run.py",
    "pyproject.toml",
    "hatch_build.py",
    "package.json",
    "package-lock.json",
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-build.lock",
)


@pytest.fixture
def run_py(tmp_path: Path) -> ModuleType:
    """run.py as a module that works on an empty folder of this test."""
    return _loaded(_checkout(tmp_path))


def _checkout(folder: Path) -> Path:
    for name in NEEDED:
        shutil.copy(ROOT / name, folder / name)
    return folder


def _loaded(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_py", folder / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "run.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        **options,
    )


def test_an_old_python_can_read_the_file_and_meets_the_version_check_first() -> None:
    tree = ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 6))
    docstring, first, second = tree.body[:3]
    assert isinstance(docstring, ast.Expr)
    assert isinstance(first, ast.Import)
    assert [name.name for name in first.names] == ["sys"]
    assert isinstance(second, ast.If)
    assert ast.unparse(second.test) == "sys.version_info < (3, 11)"


def test_an_old_python_gets_one_spanish_sentence() -> None:
    source = (ROOT / "run.py").read_text().replace("sys.version_info", "(3, 6, 9)")
    told = subprocess.run(
        [sys.executable, "-c", source, "demo"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert told.returncode == 1
    assert told.stderr.startswith("Se necesita Python 3.11 o más nuevo y este es el 3.6:")
    assert told.stderr.count("\n") == 1


def test_it_needs_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "run.py").read_text())
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_help_names_every_command(tmp_path: Path) -> None:
    told = _run(_checkout(tmp_path), "--help")
    assert told.returncode == 0
    assert all(
        f"\n  {command} " in told.stdout
        for command in ("demo", "test", "check", "fix", "bench", "chaos", "mutants")
    )
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Falta la orden; «python3 run.py --help» las muestra."),
        (("dmeo",), "No existe la orden «dmeo»; ¿quiso decir «demo»? «python3 run.py --help» las muestra."),
        (("desplegar",), "No existe la orden «desplegar»; «python3 run.py --help» las muestra."),
        (("--full",), "No existe la opción --full; las opciones van después de la orden;"),
    ],
)
def test_a_command_line_without_sense_is_one_spanish_sentence_and_prepares_nothing(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    told = _run(_checkout(tmp_path), *words)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(said)
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / ".venv").exists()


def test_a_missing_venv_module_is_named_in_one_sentence(
    run_py: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert run_py.main(["demo"]) == 2
    told = capsys.readouterr().err
    assert "módulo venv" in told
    assert "python3-venv" in told
    assert told.count("\n") == 1


def test_a_read_only_folder_is_named_in_one_sentence() -> None:
    # Root may write everywhere: there the process becomes another user once its modules are loaded.
    program = """
import difflib, ensurepip, hashlib, importlib.util, json, os, pkgutil, runpy, shutil, signal, venv
import subprocess, sys, tempfile, time
from pathlib import Path
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
path = sys.argv[1]
sys.argv[:] = [path, "demo"]
runpy.run_path(path, run_name="__main__")
"""
    with tempfile.TemporaryDirectory() as name:
        folder = _checkout(Path(name))
        folder.chmod(0o555)
        command = [sys.executable, "-c", program, str(folder / "run.py")]
        # Nor may coverage be measured there: it would want to write, too.
        environment = {key: text for key, text in os.environ.items() if not key.startswith("COVERAGE_")}
        told = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment)
        folder.chmod(0o755)
    assert told.returncode == 2, told.stderr
    assert told.stderr.startswith(f"No se puede escribir en «{folder}»")
    assert told.stderr.count("\n") == 1
    assert "Traceback" not in told.stderr


@pytest.mark.slow
def test_a_machine_without_network_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple/"
    private = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": nowhere, "PIP_RETRIES": "0"}
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")} | private
    told = _run(_checkout(tmp_path), "demo", env=environment)
    assert told.returncode == 2
    assert "No se pudieron descargar las dependencias: revise la conexión a Internet" in told.stderr
    assert "Traceback" not in told.stderr
    again = _run(tmp_path, "demo", env=environment)
    assert again.returncode == 2, "what was installed half is not taken for installed"


def test_what_was_prepared_is_not_prepared_again(run_py: ModuleType, tmp_path: Path) -> None:
    _pretend_prepared(run_py, run_py.DEV_LOCKS)
    run_py.prepare(run_py.DEV_LOCKS)
    assert not (tmp_path / ".venv" / "pip.log").exists()


def test_an_environment_that_was_copied_with_its_folder_is_made_anew(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    _checkout(first)
    made = _loaded(first)
    made.make_venv()
    assert made.usable()
    shutil.copytree(first, second, symlinks=True)
    assert not _loaded(second).usable()
    assert made.usable()


def test_another_lock_is_noticed(run_py: ModuleType, tmp_path: Path) -> None:
    before = run_py.fingerprint(run_py.DEV_LOCKS)
    (tmp_path / "requirements-dev.lock").write_text("nothing==1.0\n")
    assert run_py.fingerprint(run_py.DEV_LOCKS) != before


def test_an_unreadable_note_counts_as_none(run_py: ModuleType) -> None:
    _pretend_prepared(run_py, run_py.DEV_LOCKS)
    run_py.NOTE.write_text("{")
    assert run_py.read_note() == []


@pytest.mark.parametrize("code", [0, 1, 3, 5])
def test_exit_codes_pass_through(run_py: ModuleType, code: int) -> None:
    _pretend_prepared(run_py, run_py.DEV_LOCKS)
    assert run_py.tool("python", "-c", f"raise SystemExit({code})") == code


def test_an_end_by_signal_is_told_as_a_shell_does(run_py: ModuleType) -> None:
    _pretend_prepared(run_py, run_py.DEV_LOCKS)
    assert run_py.tool("python", "-c", "import os; os.kill(os.getpid(), 15)") == 128 + signal.SIGTERM


def test_the_demo_receives_its_options_and_its_exit_code_passes_through(tmp_path: Path) -> None:
    folder = _checkout(tmp_path)
    module = _loaded(folder)
    _pretend_prepared(module, module.RUN_LOCKS)
    command = module.BIN / "siigo-escala"
    # A signal waits until the program listens: before, it would die of it.
    command.write_text('#!/bin/sh\nkill -INT $$\necho "$@"\nexit 5\n')
    command.chmod(0o755)
    told = _run(folder, "demo", "--no-web", "--port", "8123")
    assert (told.returncode, told.stdout) == (5, "demo --no-web --port 8123\n")


def test_an_interrupted_tool_ends_with_130(tmp_path: Path) -> None:
    folder = _checkout(tmp_path)
    module = _loaded(folder)
    _pretend_prepared(module, module.DEV_LOCKS)
    (module.BIN / "python").unlink()
    (module.BIN / "python").write_text("#!/bin/sh\necho ready\nexec sleep 30\n")
    (module.BIN / "python").chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, str(folder / "run.py"), "bench"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in told


def _pretend_prepared(module: ModuleType, locks: tuple[str, ...]) -> None:
    module.BIN.mkdir(parents=True)
    (module.BIN / "python").symlink_to(sys.executable)
    module.NOTE.write_text(f'["{module.fingerprint(locks)}"]')


def test_continuous_integration_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "python3 run.py test" in script.read_text()
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
