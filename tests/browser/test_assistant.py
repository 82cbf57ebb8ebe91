"""From an empty home to the first opportunities, as a new user goes: by keyboard on a telephone's width, and
without JavaScript. What the preview tells is what the run then makes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from siigo_escala.simulators import data, serving
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.browser import tools

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
PASSWORD = "una-clave-larga-7"
_MOST_TABS = 120
_TRIES = 200
_HIDDEN = """
() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height, 20) / 2, 0), innerHeight - 1);
  const above = document.elementFromPoint(x, y);
  const style = getComputedStyle(one);
  const seen = above && (one.contains(above) || above.contains(one));
  if (!seen) return `${one.outerHTML.slice(0, 120)} is under ${above && above.outerHTML.slice(0, 120)}`;
  const marked = style.outlineStyle !== "none" || style.boxShadow !== "none";
  if (!marked) return `no focus on ${one.outerHTML.slice(0, 120)}`;
  return "";
}
"""


@dataclass(slots=True, kw_only=True)
class Installation:
    """`siigo-escala run` in an empty home before both simulators; `start`: the address that claims it."""

    escala: EscalaSimulator
    start: str = ""
    lines: list[str] = field(default_factory=list)


@contextmanager
def _installed(home: Path) -> Iterator[Installation]:
    company = data.company(seed=11, invoices=30, customers=12, today=datetime.now(UTC).date(), days=20)
    siigo, escala = SiigoSimulator(), EscalaSimulator()
    data.load_siigo(siigo, company)
    data.load_escala(escala, company)
    siigo.switches.update({"rate_limit_per_minute": 0})
    served = serving.start(siigo), serving.start(escala)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")} | {
        "SIIGO_ESCALA_HOME": str(home),
        "SIIGO_ESCALA_SIIGO_URL": served[0].url,
        "SIIGO_ESCALA_ESCALA_URL": served[1].url,
        "SIIGO_ESCALA_SIIGO_RATE": "0",
        "SIIGO_ESCALA_ESCALA_RATE": "0",
        "SIIGO_ESCALA_BIND": "127.0.0.1:0",
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "siigo_escala", "run"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    made = Installation(escala=escala)
    rest = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        for line in process.stdout:
            made.lines.append(line)
            found = re.search(r"http://\S+/primer-arranque/\S+", line)
            if found:
                made.start = found[0]
                break
        assert made.start, "".join(made.lines)
        rest.start()
        yield made
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        finally:
            process.kill()
            process.wait()
            if rest.ident is not None:
                rest.join(10)
            process.stdout.close()
            for one in served:
                one.stop()


@dataclass(slots=True)
class Hand:
    """Somebody at the page; `keys`: who has no mouse."""

    page: Page
    keys: bool
    screens: int = 0

    def fill(self, label: str, text: str) -> None:
        """Writes into a field."""
        where = self.page.get_by_label(label, exact=True)
        if self.keys:
            self._to(where)
            self.page.keyboard.type(text)
        else:
            where.fill(text)

    def press(self, word: str | re.Pattern[str]) -> None:
        """Presses a button that leads to another screen."""
        where = self.page.get_by_role("button", name=word)
        # Another address asked for before the answer came would take the form back.
        with self.page.expect_navigation():
            if self.keys:
                self._to(where)
                self.page.keyboard.press("Enter")
            else:
                where.click()
        self.screens += 1

    def _to(self, where: Locator) -> None:
        for _ in range(_MOST_TABS):
            if where.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            assert self.page.evaluate(_HIDDEN) == ""
        raise AssertionError(f"no key leads to {where}")


@pytest.mark.parametrize("keys", [True, False], ids=["keyboard-390", "no-script"])
def test_from_an_empty_home_to_the_first_opportunities(browser: Browser, tmp_path: Path, keys: bool) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with _installed(home) as installed:
        context = browser.new_context(
            viewport={"width": 390 if keys else 1280, "height": 800},
            java_script_enabled=keys,
            reduced_motion="reduce",
        )
        try:
            _story(Hand(page=context.new_page(), keys=keys), installed)
        finally:
            context.close()


def _story(hand: Hand, installed: Installation) -> None:
    page = hand.page
    page.goto(installed.start)
    hand.fill("Correo", "ana@acme.example")
    hand.fill("Clave", PASSWORD)
    hand.fill("Repita la clave", PASSWORD)
    hand.press(re.compile("Crear"))
    _at(page, "Paso 1 de 5")
    hand.fill("Usuario API", "api@empresa.example")
    hand.fill("Access Key", "clave-de-ejemplo")
    hand.press("Comprobar y continuar")
    _at(page, "Paso 2 de 5")
    hand.fill("Clave de API", "llave-de-ejemplo")
    hand.press("Comprobar y continuar")
    _at(page, "Paso 3 de 5", button="Guardar y continuar")
    hand.press("Guardar y continuar")
    _at(page, "Paso 4 de 5")
    hand.press("Guardar y continuar")
    _at(page, "Paso 5 de 5", button="Crear ")
    shown = page.get_by_role("main").inner_text()
    told = re.search(r"Se crearán (\d+)\s+oportunidades por (\$\s*[\d.,]+)", shown)
    assert told, shown
    assert tools.overflow(page) <= 0
    writes = [one for one in installed.escala.calls.entries() if one["method"] != "GET"]
    assert writes == [], "nothing is written before the last button"
    hand.press(re.compile(rf"^Crear {told[1]}\s"))
    assert hand.screens <= 6, "first start and five steps"
    company = page.url.partition("/empresas/")[2].partition("/")[0]
    base = installed.start.partition("/primer")[0]
    for _ in range(_TRIES):
        page.goto(f"{base}/empresas/{company}/historial/1/")
        after = page.get_by_role("main").inner_text()
        if re.search("Completa", after):
            break
        page.wait_for_timeout(200)
    assert re.search(rf"\b{told[1]}\s+creadas", after), after
    assert told[2].replace("\u00a0", " ") in after.replace("\u00a0", " "), "to the peso"


def _at(page: Page, heading: str, *, button: str = "") -> None:
    """On that step, and what it waits for has come; without script by its own button."""
    for _ in range(_TRIES):
        there = heading in page.get_by_role("heading", level=1).inner_text()
        if there and (not button or page.get_by_role("button", name=button).count()):
            return
        again = page.get_by_role("link", name="Actualizar")
        if again.count() and page.evaluate("window.htmx === undefined"):
            again.first.click()
        page.wait_for_timeout(200)
    raise AssertionError(page.get_by_role("main").inner_text())
