"""The program as its users run it: the installed command, a home of its own, one connection."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import process, work
from benchmarks.process import Measured
from benchmarks.systems import Systems

COMMAND = str(Path(sys.executable).with_name("siigo-escala"))
NO_LIMITS = {"SIIGO_ESCALA_SIIGO_RATE": "0", "SIIGO_ESCALA_ESCALA_RATE": "0"}
DEFAULT_LIMITS: dict[str, str] = {}

_FILE = """
name = "acme"
[siigo]
username = "api@empresa.example"
access_key = "clave-de-ejemplo"
[escala]
api_key = "llave-de-ejemplo"
[opportunities]
pipeline = "Ventas"
stage = "Prospecto"
identification_field = "cf_contact_cedula_kwzt_text"
start = "{start}"
[sellers]
{sellers}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """One synchronisation: how it ran and what it printed."""

    measured: Measured
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A fresh installation in `home`, connected to both simulators."""

    home: Path
    environ: dict[str, str]

    def run(self, *arguments: str) -> Measured:
        """One command."""
        return process.measure([COMMAND, *arguments], environ=self.environ, folder=self.home)

    def sync(self, *options: str) -> Sync:
        """`sync acme --json`; what is left for a person is no failure of a measurement."""
        measured = self.run("sync", "acme", "--json", *options)
        if measured.exit_code not in (0, 1):
            raise RuntimeError(f"sync ended with {measured.exit_code}: {measured.output} {measured.errors}")
        return Sync(measured=measured, document=json.loads(measured.output))


def installed(systems: Systems, home: Path, *, connections: int, limits: Mapping[str, str]) -> Product:
    """A home with one connection; the calls of `connect` are forgotten."""
    home.mkdir(mode=0o700)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")}
    product = Product(
        home=home,
        environ={
            **inherited,
            "SIIGO_ESCALA_HOME": str(home),
            "SIIGO_ESCALA_SIIGO_URL": systems.siigo,
            "SIIGO_ESCALA_ESCALA_URL": systems.escala,
            "SIIGO_ESCALA_ESCALA_CONNECTIONS": str(connections),
            **limits,
        },
    )
    file = home / "acme.toml"
    sellers = "\n".join(f'"{siigo}" = "{escala}"' for siigo, escala in work.sellers().items())
    file.write_text(_FILE.format(start=work.start().isoformat(), sellers=sellers))
    connected = product.run("connect", str(file))
    if connected.exit_code != 0:
        raise RuntimeError(f"connect ended with {connected.exit_code}: {connected.errors}")
    systems.forget_calls()
    return product
