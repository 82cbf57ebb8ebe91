"""Both simulators with many small companies: `python -m benchmarks.town N`; and their files."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import systems
from benchmarks.systems import Systems
from siigo_escala.simulators import serving
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator

_FILE = """
name = "empresa-{number}"
[siigo]
username = "empresa-{number}@empresa.example"
access_key = "clave-de-ejemplo"
[escala]
api_key = "llave-{number}"
[opportunities]
pipeline = "Ventas"
stage = "Prospecto"
identification_field = "cf_contact_cedula_kwzt_text"
[schedule]
daily_at = ""
"""


def main() -> None:
    """Serves until its standard input is closed; prints both addresses as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("companies", type=int)
    given = parser.parse_args()
    siigo, escala = SiigoSimulator(), EscalaSimulator()
    siigo.switches.update({"rate_limit_per_minute": 0})
    for number in range(given.companies):
        company = siigo.add_company(
            username=f"empresa-{number}@empresa.example", access_key="clave-de-ejemplo"
        )
        escala.add_account(f"llave-{number}")
        buyer = siigo.create_customer(company=company, identification=str(900_100_200 + number))
        siigo.create_invoice(buyer["id"], total=100_000, company=company)
    servers = [serving.start(app) for app in (siigo, escala)]
    print(json.dumps([server.url for server in servers]), flush=True)
    sys.stdin.read()


@contextmanager
def running(companies: int) -> Iterator[tuple[Systems, int]]:
    """The addresses of both and the process that serves them, ended on the way out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.town", str(companies)],
        cwd=systems.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        siigo, escala = json.loads(process.stdout.readline() if process.stdout is not None else "[]")
        yield Systems(siigo=siigo, escala=escala), process.pid
    finally:
        process.communicate("")


def files(folder: Path, companies: int) -> list[Path]:
    """A connection file for each."""
    made = []
    for number in range(companies):
        made.append(folder / f"empresa-{number}.toml")
        made[-1].write_text(_FILE.format(number=number))
    return made


if __name__ == "__main__":
    main()
