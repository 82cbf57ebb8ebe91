"""What people do all day, in a real browser: look, decide, ask for a run, stop it, take the figures along."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
COMPANY = "/empresas/demo/"
_TRIES = 120


def _until(page: Page, path: str, text: str) -> None:
    """Opens the page until a row of a table says so: the engine works in a process of its own."""
    for _ in range(_TRIES):
        page.goto(path)
        if any(text in row for row in page.locator("tbody tr").all_inner_texts()):
            return
        page.wait_for_timeout(300)
    raise AssertionError(page.locator("main").inner_text())


def _list(page: Page) -> str:
    """The list as it stands, without what every answer makes anew."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.locator("#list").inner_html())


def _invoiced(page: Page) -> str:
    """Invoices something in the simulated Siigo; the number."""
    page.goto("/simulador/")
    page.get_by_label("Cliente").select_option(index=3)
    page.get_by_label("Cantidad").fill("3")
    page.get_by_role("button", name="Crear la factura").click()
    told = page.get_by_role("status").inner_text()
    found = re.search(r"FV-\d-\d+", told)
    assert found, told
    return found[0]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_invoice_of_the_simulator_becomes_an_opportunity_by_one_button(
    opened: Callable[..., Watched], script: bool
) -> None:
    page = opened("/simulador/", script=script).page
    name = _invoiced(page)
    page.get_by_role("button", name="Sincronizar ahora").click()
    _until(page, f"{COMPANY}facturas/?q={name}", "En Escala")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_role("row", name="Valor")).to_contain_text("igual")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_waits_for_a_person_is_solved_by_its_button(
    opened: Callable[..., Watched], script: bool
) -> None:
    page = opened("/simulador/", script=script).page
    name = _invoiced(page)
    page.get_by_role("button", name="Sincronizar ahora").click()
    _until(page, f"{COMPANY}facturas/?q={name}", "En Escala")
    page.goto("/simulador/")
    page.get_by_label(f"Qué le pasa a {name}", exact=True).select_option("anular")
    page.get_by_role("button", name=f"Hacer con {name}", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("anulada")
    page.goto(f"{COMPANY}sincronizar/")
    page.get_by_label("O una factura").fill(name)
    page.get_by_role("button", name="Sincronizar a demanda").click()
    _until(page, f"{COMPANY}pendientes/", name)
    page.get_by_role("button", name=f"Ya lo resolví {name}").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(f"{COMPANY}facturas/?q={name}")
    expect(page.get_by_role("row", name=name)).to_contain_text("Anulada")


def test_a_run_is_watched_and_stopped_and_the_rest_waits_for_the_next_one(
    opened: Callable[..., Watched],
) -> None:
    page = opened("/simulador/").page
    names = [_invoiced(page) for _ in range(6)]
    page.get_by_label("Todo va lento").check()
    page.get_by_role("button", name="Dejarla así").click()
    page.get_by_role("button", name="Sincronizar ahora").click()
    _until(page, f"{COMPANY}historial/", "En curso")
    page.get_by_role("row", name="En curso").get_by_role("link").first.click()
    page.get_by_role("link", name="Detener…").click()
    page.get_by_role("button", name=re.compile("Sí, detener")).click()
    _until(page, f"{COMPANY}historial/", "Detenida")
    page.goto("/simulador/")
    page.get_by_label("Todo funciona").check()
    page.get_by_role("button", name="Dejarla así").click()
    page.get_by_role("button", name="Sincronizar ahora").click()
    for name in names:
        _until(page, f"{COMPANY}facturas/?q={name}", "En Escala")


def test_the_exported_list_adds_up_to_what_the_page_says(
    opened: Callable[..., Watched], tmp_path: Path
) -> None:
    page = opened(f"{COMPANY}facturas/?estado=excluida").page
    told = page.locator("#list").inner_text()
    found = re.search(r"(\d+)\sfacturas?\s·\s\$\s*([\d.,]+)", told)
    assert found, told
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV").click()
    path = tmp_path / "facturas.csv"
    started.value.save_as(path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    summed = sum((Decimal(row["Valor"].replace(",", ".")) for row in rows), Decimal(0))
    assert len(rows) == int(found[1])
    assert summed == Decimal(found[2].replace(".", "").replace(",", "."))


def test_a_search_finds_while_one_types_and_stands_in_the_address(opened: Callable[..., Watched]) -> None:
    watched = opened(f"{COMPANY}facturas/")
    page = watched.page
    name = page.locator("tbody th a").first.inner_text()
    page.get_by_label("Factura, cliente, NIT o valor").press_sequentially(name)
    page.wait_for_url(f"**q={name}**")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    found = _list(page)
    page.reload()
    assert _list(page) == found
    assert watched.violations() == watched.wrong == []
