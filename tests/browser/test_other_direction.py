"""The screens of a company whose opportunities become invoices, and the way to the other direction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from siigo_escala.domain.directions import BACK, FORWARD
from tests.browser import demonstration, tools
from tests.browser.conftest import Watched
from tests.browser.demonstration import Demonstration

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
COMPANY = "/empresas/demo/"
SCREENS = {
    "inicio": COMPANY,
    "pendientes": f"{COMPANY}pendientes/",
    "pendientes-motivo": f"{COMPANY}pendientes/CUSTOMER_DATA_MISSING/",
    "oportunidades": f"{COMPANY}oportunidades/",
    "oportunidad": f"{COMPANY}oportunidades/",  # its first row, opened
    "historial": f"{COMPANY}historial/",
    "reglas": f"{COMPANY}reglas/",
    "vendedores": f"{COMPANY}vendedores/",
    "direccion": f"{COMPANY}direccion/",
    "direccion-otra": f"{COMPANY}direccion/?hacia={FORWARD}",
    "simulador": "/simulador/",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """A demonstration of that direction."""
    with demonstration.started(tmp_path_factory.mktemp("back"), invoices=60, direction=BACK) as made:
        yield made


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_is_accessible_and_nothing_in_it_is_refused(
    name: str, opened: Callable[..., Watched], pictures: Path | None
) -> None:
    watched = opened(SCREENS[name])
    page = watched.page
    if name == "oportunidad":
        page.locator("tbody th a").first.click()
        page.wait_for_url(re.compile("/oportunidades/.+/"))
    tools.look(page, f"vuelta-{name}", pictures)
    assert watched.violations() == watched.wrong == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_effect_of_a_rule_is_seen_and_calculated_before_it_is_saved(
    opened: Callable[..., Watched], script: bool
) -> None:
    watched = opened(f"{COMPANY}reglas/", script=script)
    page = watched.page
    page.get_by_label("También las que ya están en la etapa").check()
    page.get_by_role("button", name="Ver el efecto").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("todavía no se ha guardado")
    expect(page.locator("main")).to_contain_text("También las que ya están en la etapa")
    page.get_by_role("button", name=re.compile("Calcular")).click()
    for _ in range(40):
        if page.get_by_text("Lo que haría ahora, según las dos cuentas").count():
            break
        page.wait_for_timeout(500)
        if not script:
            page.reload()
    expect(page.locator("main")).to_contain_text("Se crearán 3 facturas")
    if script:
        assert tools.violations(page) == []
        page.set_viewport_size({"width": 320, "height": 900})
        assert tools.overflow(page) <= 0
        assert watched.violations() == watched.wrong == []
    page.get_by_role("button", name="Descartar").click()
    expect(page.get_by_role("status")).to_contain_text("Cambio descartado")
