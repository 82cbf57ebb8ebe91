"""Every screen in a real browser: it fits, it is accessible in both themes, and nothing in it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import tools
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
WIDTHS = (1280, 390, 320)
COMPANY = "/empresas/demo/"
SCREENS = {
    "inicio": COMPANY,
    "pendientes": f"{COMPANY}pendientes/",
    "facturas": f"{COMPANY}facturas/",
    "factura": f"{COMPANY}facturas/",  # its first row, opened
    "conciliacion": f"{COMPANY}conciliacion/",
    "historial": f"{COMPANY}historial/",
    "sincronizacion": f"{COMPANY}historial/1/",
    "sincronizar": f"{COMPANY}sincronizar/",
    "reglas": f"{COMPANY}reglas/",
    "vendedores": f"{COMPANY}vendedores/",
    "direccion": f"{COMPANY}direccion/",
    "direccion-otra": f"{COMPANY}direccion/?hacia=opportunities_to_invoices",
    "credenciales": f"{COMPANY}credenciales/",
    "avisos": f"{COMPANY}avisos/",
    "auditoria-empresa": f"{COMPANY}auditoria/",
    "llegada": f"{COMPANY}llegada/",
    "usuarios": "/usuarios/",
    "auditoria": "/auditoria/",
    "ajustes": "/ajustes/",
    "respaldo": "/ajustes/respaldo/",
    "asistente": "/empresas/nueva/",
    "ayuda": "/ayuda/",
    "motivo": "/ayuda/POSSIBLE_TWIN/",
    "mi-cuenta": "/mi-cuenta/",
    "doble-factor": "/mi-cuenta/doble-factor/",
    "no-existe": "/empresas/otra/",
    "simulador": "/simulador/",
}
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong in the page as it stands."""
    page.evaluate(tools.axe())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", _TAGS)
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_screen_fits_is_accessible_and_nothing_in_it_is_refused(
    name: str, dark: bool, opened: Callable[..., Watched], pictures: Path
) -> None:
    watched = opened(SCREENS[name], dark=dark)
    page = watched.page
    if name == "factura":
        page.locator("tbody th a").first.click()
        page.wait_for_url("**/facturas/*-*/")
    assert violations(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=pictures / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], f"{name} at {width}: {wide}"
    assert watched.violations() == []
    assert [one for one in watched.wrong if not (name == "no-existe" and "404" in one)] == []


@pytest.mark.parametrize("name", ["entrar"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_door_is_as_good_as_the_house(
    name: str, dark: bool, opened: Callable[..., Watched], pictures: Path
) -> None:
    watched = opened("/entrar/", dark=dark, anonymous=True)
    page = watched.page
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    page.screenshot(path=pictures / f"{name}-390-{'dark' if dark else 'light'}.png", full_page=True)
    assert watched.violations() == watched.wrong == []
