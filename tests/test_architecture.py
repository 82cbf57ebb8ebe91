"""House rules that no other tool holds: imports at run time, how modules look, what locks hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "siigo_escala"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
NAMES = [path.relative_to(PACKAGE).as_posix() for path in MODULES]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PURE = ("domain", "rest", "siigo", "escala", "simulators")


def _tree(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    tree = _tree(name)
    assert ast.get_docstring(tree) or not tree.body, f"{name} has code and no docstring"


@pytest.mark.parametrize("name", NAMES)
def test_no_module_has_two_subjects(name: str) -> None:
    assert len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("name", NAMES)
def test_every_module_is_named_after_its_subject(name: str) -> None:
    assert Path(name).stem not in {"utils", "util", "helpers", "helper", "services", "common", "misc"}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("simulators/")])
def test_simulators_need_the_standard_library_only(name: str) -> None:
    foreign = {
        module
        for module in _imported(_tree(name))
        if module.partition(".")[0] not in sys.stdlib_module_names
        and not module.startswith("siigo_escala.simulators")
    }
    assert not foreign


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("domain/")])
def test_rules_ask_no_clock_and_no_chance(name: str) -> None:
    called = {ast.unparse(node.func) for node in ast.walk(_tree(name)) if isinstance(node, ast.Call)}
    forbidden = r"(.*\.)?(now|utcnow|today|time|monotonic|random|uuid4|token_hex|open)"
    assert not [call for call in called if re.fullmatch(forbidden, call)]


@pytest.mark.parametrize("package", PURE)
def test_importing_a_pure_package_brings_no_django(package: str) -> None:
    modules = [
        "siigo_escala." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in NAMES
        if name.startswith(f"{package}/")
    ]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    program += "sys.exit(1 if 'django' in sys.modules else 0)"
    done = subprocess.run(
        [sys.executable, "-c", program, *modules], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_locks_are_hashed_and_name_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    for entry in re.split(r"\n(?=[a-zA-Z])", text.strip()):
        if not entry.startswith("#"):
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_whoever_installs_the_package_needs_no_other_versions_than_its_tests() -> None:
    pins = {
        lock.name: dict(
            re.findall(r"^([a-zA-Z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", lock.read_text(), re.MULTILINE)
        )
        for lock in LOCKS
    }
    dev, run, build = (pins[f"requirements{kind}.lock"] for kind in ("-dev", "", "-build"))
    assert run.items() <= dev.items()
    assert {name: dev.get(name, version) for name, version in build.items()} == build


def test_every_ignored_rule_and_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    needed = [*document["tool"]["ruff"]["lint"]["ignore"], *document["project"]["dependencies"]]
    unexplained = [entry for entry in needed if not re.search(re.escape(f'"{entry}"') + r",? +# .+", text)]
    assert not unexplained


def test_every_exception_to_a_rule_says_why() -> None:
    silent = []
    for path in MODULES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(r"# (noqa|type: ignore)\b", line) and not re.search(
                r"# (noqa: [A-Z0-9, ]+|type: ignore\[[a-z-]+\])( |,)+(- |# |: )?\w+", line
            ):
                silent.append(f"{path.relative_to(ROOT)}:{number}")
    assert not silent
