"""What one does rarely and must be able to rely on: second factor, another rule, a role, a broken network."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Watched
from tests.browser.demonstration import Demonstration
from tests.web.screens import code_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
COMPANY = "/empresas/demo/"
PASSWORD = "una-clave-larga-7"
_TRIES = 120


@dataclass(slots=True, kw_only=True)
class Somebody:
    """A person of the demonstration with a browser of their own, inside."""

    email: str
    page: Page


@pytest.fixture
def invited(
    demo: Demonstration, browser: Browser, opened: Callable[..., Watched], request: pytest.FixtureRequest
) -> Somebody:
    """Somebody who may only look, come in by the link that the administrator handed over."""
    email = f"lectura{abs(hash(request.node.name)) % 10**6}@acme.example"
    page = opened("/usuarios/").page
    page.get_by_label("Correo").fill(email)
    page.get_by_label("Permiso").select_option("CONS")
    page.get_by_label("demo", exact=True).check()
    page.get_by_role("button", name="Invitar").click()
    link = page.get_by_label("Enlace").input_value()
    theirs = opened(link, anonymous=True).page
    theirs.get_by_label("Clave", exact=True).fill(PASSWORD)
    theirs.get_by_label("Repita la clave").fill(PASSWORD)
    theirs.get_by_role("button", name="Guardar la clave").click()
    theirs.wait_for_url(f"**{COMPANY}")
    return Somebody(email=email, page=theirs)


def _sign_in(page: Page, email: str) -> None:
    page.goto("/entrar/")
    page.get_by_label("Correo").fill(email)
    page.get_by_label("Clave", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()


def test_the_second_factor_is_activated_asked_for_and_replaced_by_a_recovery_code(invited: Somebody) -> None:
    page = invited.page
    page.goto("/mi-cuenta/")
    page.get_by_role("link", name="Activar el doble factor").click()
    secret = page.locator("main code").inner_text()
    page.get_by_label("Código").fill("12")
    page.get_by_role("button", name="Activar").click()
    expect(page.get_by_text("Ese código no es correcto").first).to_be_visible()
    assert page.locator("main code").inner_text() == secret, "a slip does not begin anew"
    page.get_by_label("Código").fill(code_of(secret))
    page.get_by_role("button", name="Activar").click()
    codes = page.locator("ul.codes li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Ya los guardé").click()
    assert secret not in page.content()
    assert not any(code in page.content() for code in codes)
    page.get_by_role("button", name="Salir").click()
    # The code that activated it has been used: the next one lets in.
    _sign_in(page, invited.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Escriba su código")
    page.get_by_label("Código").fill("000000")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_text("no es correcto o ya se usó").first).to_be_visible()
    page.get_by_label("Código").fill(code_of(secret, later=30))
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url(f"**{COMPANY}")
    page.goto("/mi-cuenta/")
    page.get_by_role("button", name="Salir").click()
    _sign_in(page, invited.email)
    page.get_by_label("Código").fill(codes[3])
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url(f"**{COMPANY}")
    page.goto("/mi-cuenta/")
    expect(page.get_by_text("Le quedan 9 códigos de recuperación")).to_be_visible()


def test_who_may_only_look_sees_no_button_and_is_refused(invited: Somebody) -> None:
    page = invited.page
    for path in (
        "",
        "pendientes/",
        "facturas/",
        "historial/",
        "conciliacion/",
        "reglas/",
        "vendedores/",
        "llegada/",
    ):
        page.goto(f"{COMPANY}{path}")
        forms = page.locator("main form[method=post]").all()
        pressed = [one.inner_text() for form in forms for one in form.locator("button:enabled").all()]
        assert pressed == [], path
    page.goto(f"{COMPANY}facturas/")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/facturas/*-*/")
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    for name in ("Credenciales", "Avisos", "Usuarios", "Ajustes"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    for path in (f"{COMPANY}sincronizar/", f"{COMPANY}credenciales/", "/usuarios/"):
        assert page.goto(path).status == 403  # type: ignore[union-attr]  # a page answers
        expect(page.get_by_role("heading", level=1)).to_have_text("Sin permiso")
    assert _posted(page, f"{COMPANY}sincronizar/pausar/") == 403
    page.goto(COMPANY)
    assert "En pausa" not in page.get_by_label("Estado").inner_text()


def _posted(page: Page, path: str) -> int:
    """The answer to a form made up by hand, with the mark that this person's pages carry."""
    context: BrowserContext = page.context
    mark = next(one["value"] for one in context.cookies() if one["name"] == "siigo_escala_csrf")
    answer = context.request.post(path, form={"csrfmiddlewaretoken": mark})
    assert "Sin permiso" in answer.text(), "the mark is right: it is the role that is refused"
    return answer.status


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_rule_is_changed_after_its_effect_was_seen(opened: Callable[..., Watched], script: bool) -> None:
    watched = opened(f"{COMPANY}reglas/", script=script)
    page = watched.page
    field = page.get_by_label("Descripción corta")
    before = field.input_value()
    field.fill("Venta {factura} para {cliente}")
    page.get_by_role("button", name="Ver el efecto").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("todavía no se ha guardado")
    page.get_by_role("main").get_by_role("link", name="Seguir editando").click()
    page.goto(f"{COMPANY}reglas/vista-previa/")
    shown = page.get_by_role("main").inner_text()
    told = re.search(r"(\d+) igual · (\d+)\sdistintas?", shown)
    assert told, shown
    assert int(told[2]) > 0, "the new text is another one"
    expect(page.get_by_role("table").first).to_contain_text("Venta FV-")
    page.get_by_role("button", name="Guardar", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(f"{COMPANY}reglas/")
    assert page.get_by_label("Descripción corta").input_value() == "Venta {factura} para {cliente}"
    page.goto(f"{COMPANY}auditoria/")
    expect(page.get_by_role("main")).to_contain_text("Venta {factura} para {cliente}")
    page.goto(f"{COMPANY}reglas/")
    page.get_by_label("Descripción corta").fill(before)
    page.get_by_role("button", name="Ver el efecto").click()
    page.get_by_role("button", name="Guardar", exact=True).click()
    if script:
        assert watched.violations() == watched.wrong == []


def test_a_broken_network_is_told_and_nothing_is_lost_when_it_is_back(
    opened: Callable[..., Watched],
) -> None:
    page = opened("/simulador/").page
    page.get_by_label("Cliente").select_option(index=4)
    page.get_by_role("button", name="Crear la factura").click()
    found = re.search(r"FV-\d-\d+", page.get_by_role("status").inner_text())
    assert found
    _network(page, "Escala no responde")
    page.get_by_role("button", name="Sincronizar ahora").click()
    _until(page, COMPANY, "no responde")
    sentence = page.get_by_label("Estado").inner_text()
    assert "Escala" in sentence
    assert "Todo en orden" not in sentence
    page.goto("/simulador/")
    _network(page, "Todo funciona")
    page.get_by_role("button", name="Sincronizar ahora").click()
    _until(page, f"{COMPANY}facturas/?q={found[0]}", "En Escala")
    # The invoice arrives before the run that took it has ended.
    _until(page, f"{COMPANY}historial/", "Completa")
    _until(page, COMPANY, "Siigo leído hasta", never="no responde")


def _network(page: Page, word: str) -> None:
    page.get_by_label(word).check()
    page.get_by_role("button", name="Dejarla así").click()
    expect(page.get_by_role("status")).to_be_visible()


def _until(page: Page, path: str, text: str, *, never: str = "\0") -> None:
    """Opens the page until it says so: the engine works in a process of its own."""
    for _ in range(_TRIES):
        page.goto(path)
        told = page.get_by_role("main").inner_text()
        if text in told and never not in told:
            return
        page.wait_for_timeout(300)
    raise AssertionError(page.get_by_role("main").inner_text())
