"""Every screen in a real browser: it fits, it is accessible in both themes, and nothing in it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import tools
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
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
    "pausar": f"{COMPANY}sincronizar/pausar/",
    "decision-en-curso": f"{COMPANY}pendientes/en-curso/",
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


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_is_accessible_and_nothing_in_it_is_refused(
    name: str, opened: Callable[..., Watched], pictures: Path | None
) -> None:
    """Opened once: the theme and the width change while it stands."""
    watched = opened(SCREENS[name])
    page = watched.page
    if name == "factura":
        page.locator("tbody th a").first.click()
        page.wait_for_url("**/facturas/*-*/")
    tools.look(page, name, pictures)
    assert watched.violations() == []
    assert [one for one in watched.wrong if not (name == "no-existe" and "404" in one)] == []


@pytest.mark.parametrize("name", ["entrar", "clave"])
def test_the_door_is_as_good_as_the_house(
    name: str, opened: Callable[..., Watched], pictures: Path | None
) -> None:
    watched = opened(f"/{name}/", anonymous=True)
    tools.look(watched.page, name, pictures)
    assert watched.violations() == watched.wrong == []
