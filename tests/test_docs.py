"""Documents cannot rot: links, commands, options, settings and codes named in them exist."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from siigo_escala.config import env
from siigo_escala.domain import reasons, rules
from siigo_escala.sync.checking.findings import Finding

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda page: page.relative_to(ROOT).as_posix()
)
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
TEXTS = dict(zip(NAMES, (page.read_text(encoding="utf-8") for page in PAGES), strict=True))
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"siigo-escala ([a-z][a-z-]*)([^\n`#|»]*)")
_RUN = re.compile(r"python3 run\.py ([a-z]+)")
_CODE = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    broken = []
    for target in _LINK.findall(TEXTS[name]):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        page = (ROOT / name).parent / path if path else ROOT / name
        known = page.exists() and (not anchor or anchor in _anchors(page.read_text(encoding="utf-8")))
        if not known:
            broken.append(target)
    assert not broken


def test_pictures_are_small_and_each_is_shown_with_words_for_who_cannot_see_it() -> None:
    pictures = {one.name: one.stat().st_size for one in (ROOT / "docs" / "guia" / "imagenes").iterdir()}
    shown = re.findall(r"!\[([^\]]{20,})\]\(imagenes/([^)]+)\)", TEXTS["docs/guia/pantallas.md"])
    assert sorted(name for _, name in shown) == sorted(pictures)
    assert max(pictures.values()) <= 60_000


@pytest.mark.parametrize("name", NAMES)
def test_no_page_names_a_path_of_the_machine_it_was_written_on(name: str) -> None:
    assert not re.search(r"(?<![\w.~])/(work|root|home|tmp|Users|opt)/", TEXTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_prose_is_endless(name: str) -> None:
    lines = [line for line in TEXTS[name].splitlines() if not line.startswith("|")]
    assert not [line for line in lines if len(line) > 140]


@cache
def _help(command: str) -> str:
    program = Path(sys.executable).with_name("siigo-escala")
    told = subprocess.run(
        [program, *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert told.returncode == 0, f"siigo-escala {command} --help: {told.stderr}"
    return told.stdout


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_named_in_a_page_exists(name: str) -> None:
    for command, rest in _COMMAND.findall(TEXTS[name]):
        for option in re.findall(r"--[a-z][a-z-]*", rest):
            assert option in _help(command), f"siigo-escala {command} {option}"
        assert _help(command)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_run_py_named_in_a_page_exists(name: str) -> None:
    spec = importlib.util.spec_from_file_location("run_py", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert set(_RUN.findall(TEXTS[name])) <= set(module.COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_every_reason_code_named_in_a_page_exists(name: str) -> None:
    named = {
        code
        for code in _CODE.findall(TEXTS[name])
        if not code.startswith(("SIIGO_ESCALA_", "TEST_", "ACME_"))
    }
    assert named <= {*reasons.catalogue, *Finding}


def test_the_page_of_reason_codes_is_what_the_catalogue_says() -> None:
    spec = importlib.util.spec_from_file_location("make_reason_codes", ROOT / "docs" / "make_reason_codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert TEXTS["docs/reference/reason-codes.md"] == module.page()


def test_every_finding_of_a_check_stands_in_the_guide() -> None:
    told = set(re.findall(r"`([A-Z_]+)`", TEXTS["docs/guia/revision.md"]))
    assert told == {code.value for code in Finding}


def test_every_reason_has_its_row() -> None:
    assert {code.value for code in reasons.catalogue} == set(_rows_of_codes())


def _rows_of_codes() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", TEXTS["docs/reference/reason-codes.md"], re.MULTILINE)


def test_every_variable_of_the_environment_is_documented_and_no_other() -> None:
    documented = set(
        re.findall(r"^\| `SIIGO_ESCALA_([A-Z_]+)` \|", TEXTS["docs/reference/settings.md"], re.MULTILINE)
    )
    known = {field.name.upper() for field in fields(env.Environment)}
    assert documented == (known - {"SECRET_KEYS"}) | {"SECRET_KEY"}


def test_every_key_of_the_connection_file_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| ((?:`[a-z_.]+`(?:, )?)+) \|", TEXTS["docs/reference/settings.md"], re.MULTILINE)
    documented = {key for row in rows for key in re.findall(r"`([a-z_.]+)`", row)}
    known = set()
    for name, field in rules.ConnectionFile.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        known |= {f"{name}.{key}" for key in inner} if inner else {name}
    assert documented == known - {"inactive"}


def _examples() -> list[tuple[str, str]]:
    found = [
        (name, text)
        for name in NAMES
        for text in re.findall(r"```toml\n(.*?)```", TEXTS[name], re.DOTALL)
        if "[siigo]" in text
    ]
    rehearsal = ROOT / "docs" / "guia" / "ensayo" / "empresa.toml"
    return [*found, ("ensayo", rehearsal.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "text"), _examples(), ids=[page for page, _ in _examples()])
def test_every_connection_file_that_is_shown_is_valid(page: str, text: str) -> None:
    assert tomllib.loads(text)
    file = rules.parse(text)
    assert "Ventas" in (file.opportunities.pipeline, file.invoices.trigger_pipeline)


def test_the_scenario_of_the_rehearsal_is_json() -> None:
    scenario = json.loads((ROOT / "docs" / "guia" / "ensayo" / "escenario.json").read_text(encoding="utf-8"))
    assert scenario["invoices"] > 0


def test_every_decision_is_in_the_list_of_decisions() -> None:
    pages = {page.name for page in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    assert pages == set(re.findall(r"\(([0-9]{4}[^)]*\.md)\)", TEXTS["docs/adr/README.md"]))


def test_every_decision_cited_in_the_code_exists() -> None:
    cited = set()
    for module in (ROOT / "src").rglob("*.py"):
        cited |= set(re.findall(r"docs/adr/(\d{4})", module.read_text(encoding="utf-8")))
    assert cited <= {page.name[:4] for page in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
