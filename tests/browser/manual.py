"""The pictures of the manual, made anew: `python3 run.py pictures` writes docs/guia/imagenes/.

The demonstration and a fresh installation before both simulators, so that nobody's data is in them. WebP by
the browser itself: a third of a PNG, and no library to make it. What is written is looked at before it is
committed.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from siigo_escala.simulators import serving
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.browser import demonstration, tools

FOLDER = tools.ROOT / "docs" / "guia" / "imagenes"
MOST_BYTES = 60_000
_QUALITIES = (80, 65, 50, 40, 30)
_SIZE = (1280, 900)
_PASSWORD = "una-clave-larga-de-ejemplo"
_FIELD = "cf_contact_cedula_kwzt_text"
_SPANISH: dict[str, str | float | bool] = {**os.environ, "LANG": "es_CO.UTF-8", "LANGUAGE": "es_CO"}
"""In which Chromium writes the dates of its own fields."""
_DEMO = {
    "inicio": "/empresas/demo/",
    "pendientes": "/empresas/demo/pendientes/",
    "facturas": "/empresas/demo/facturas/",
    "conciliacion": "/empresas/demo/conciliacion/",
    "reglas": "/empresas/demo/reglas/",
}
_CUSTOMERS = (
    "Transportes La Sabana SAS",
    "Ferretería El Tornillo SAS",
    "Ana Lucía Pardo",
    "Hotel Mirador SAS",
)


def main() -> None:
    """Makes all of them."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as home:
        browser = play.chromium.launch(
            executable_path=tools.chromium(), args=["--no-sandbox", "--lang=es-CO"], env=_SPANISH
        )
        with demonstration.started(Path(home) / "demo", invoices=150) as demo:
            page = _page(browser, demo.address)
            page.goto("/entrar/")
            page.get_by_label("Correo").fill(demo.person)
            page.get_by_label("Clave", exact=True).fill(demo.password)
            page.get_by_role("button", name="Entrar").click()
            for name, path in _DEMO.items():
                page.goto(path)
                _keep(page, name)
            page.goto("/empresas/demo/facturas/?estado=en-escala")
            page.locator("tbody th a").first.click()
            page.wait_for_url("**/facturas/*-*/")
            _keep(page, "factura")
        siigo, escala = _accounts()
        with _installation(Path(home) / "nueva", siigo, escala) as link:
            _assistant(_page(browser, link), link, siigo, escala)
        browser.close()


def _assistant(page: Page, link: str, siigo: SiigoSimulator, escala: EscalaSimulator) -> None:
    """From the first start to the preview, as a person goes."""
    page.goto(link)
    page.get_by_label("Correo").fill("gerencia@elroble.example")
    page.get_by_label("Clave", exact=True).fill(_PASSWORD)
    page.get_by_label("Repita la clave").fill(_PASSWORD)
    page.get_by_role("button", name="Crear cuenta y conectar Siigo").click()
    page.get_by_label("Usuario API").fill(siigo.company.username)
    page.get_by_label("Access Key").fill(siigo.company.access_key)
    page.get_by_role("button", name="Comprobar y continuar").click()
    page.get_by_label("Clave de API").fill(escala.api_key)
    page.get_by_role("button", name="Comprobar y continuar").click()
    page.get_by_label("Campo de la cédula").wait_for()
    _keep(page, "asistente")
    page.get_by_role("button", name="Guardar y continuar").click()
    page.get_by_role("button", name="Guardar y continuar").click()
    page.get_by_role("button", name="Crear solo tres para probar").wait_for()
    _keep(page, "vista-previa")


def _page(browser: Browser, address: str) -> Page:
    width, height = _SIZE
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": height}, color_scheme="light", locale="es-CO"
    )
    return context.new_page()


def _keep(page: Page, name: str) -> None:
    """What the window shows, as good as its size allows."""
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    for quality in _QUALITIES:
        asked = {"format": "webp", "quality": quality}
        taken = base64.b64decode(session.send("Page.captureScreenshot", asked)["data"])
        if len(taken) <= MOST_BYTES:
            break
    (FOLDER / f"{name}.webp").write_bytes(taken)
    sys.stdout.write(f"{name}.webp: {len(taken) // 1000} kB\n")


def _accounts() -> tuple[SiigoSimulator, EscalaSimulator]:
    """Two accounts in use: customers and invoices of these days, contacts with a cédula and an owner."""
    siigo, escala = SiigoSimulator(), EscalaSimulator()
    siigo.switches.update({"rate_limit_per_minute": 0})
    for number, name in enumerate(_CUSTOMERS):
        person = not name.endswith("SAS")
        customer = siigo.create_customer(
            identification=str((52418963 if person else 900482137) + number),
            name=name.rsplit(" ", 1) if person else [name],
        )
        for _ in range(3 + number):
            siigo.create_invoice(customer["id"])
    for number in range(3):
        escala.create_contact(
            first_name=f"Cliente {number}", owner="laura@elroble.example", custom={_FIELD: f"5241896{number}"}
        )
    return siigo, escala


@contextmanager
def _installation(home: Path, siigo: SiigoSimulator, escala: EscalaSimulator) -> Iterator[str]:
    """A fresh one before both; the link of its first start."""
    servers = [serving.start(siigo), serving.start(escala)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")}
    environ |= {
        "SIIGO_ESCALA_HOME": str(home),
        "SIIGO_ESCALA_BIND": "127.0.0.1:0",
        "SIIGO_ESCALA_SIIGO_URL": servers[0].url,
        "SIIGO_ESCALA_ESCALA_URL": servers[1].url,
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "siigo_escala", "run"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+codigo=\S+", line)))
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(40)
        process.kill()
        for server in servers:
            server.stop()


if __name__ == "__main__":
    main()
