"""Oportunidades: each with its page, its history and its buttons; Pendientes gathers what waits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from siigo_escala.store import models
from siigo_escala.sync import requests
from siigo_escala.web import deal_decisions, errands
from siigo_escala.web.queries.opportunity import masked
from tests.sync.two.scene import Scene, counts
from tests.web.screens import Screens, audited, words

LIST, PENDING = "/empresas/acme/oportunidades/", "/empresas/acme/pendientes/"
SYNC = "/empresas/acme/sincronizar/"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def scene(screens: Screens) -> Scene:
    """One opportunity that stood there, one that became an invoice, two without contact."""
    scene = Scene(world=screens.world)
    scene.world.siigo.create_customer()
    scene.deal(None, name="Vieja")
    scene.connect()
    scene.deal(scene.contact(), name="Buena")
    for number in range(2):
        scene.deal(None, name=f"Sola {number}")
    assert counts(scene.sync()) == {"read": 4, "created": 1, "excluded": 1, "needs_attention": 2}
    return scene


@pytest.fixture
def emp(scene: Scene, screens: Screens) -> Client:
    """An administrator of that company."""
    return screens.person("EMP")


def row(name: str) -> models.Opportunity:
    """The row of this opportunity."""
    return models.Opportunity.objects.get(name=name)


def decide(client: Client, kind: str, *names: str, **more: str) -> Any:
    """Presses a button."""
    ids = [row(name).deal_id for name in names]
    return client.post(f"{LIST}decidir/", {"decision": kind, "oportunidad": ids, "volver": PENDING, **more})


def run_asked(scene: Scene) -> dict[str, int]:
    """The run that the engine would make of what was asked for."""
    asked = models.Request.objects.get(waiting=True)
    options = requests.options_of(asked)
    asked.delete()
    return counts(scene.sync(kind=options.kind, opportunities=options.opportunities))


def test_the_page_shows_deal_and_invoice_side_by_side_with_what_was_sent(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    made = row("Buena")
    listed = emp.get(LIST)
    assert f"{LIST}{made.deal_id}/" in listed.content.decode()
    page = emp.get(f"{LIST}{made.deal_id}/")
    told = words(page)
    assert f"Tiene la factura {made.invoice} en Siigo, en borrador." in told
    assert "Valor al facturar $ 170.000,00 $ 170.000,00 igual" in told
    assert "Total de la factura – $ 202.300,00 con impuestos" in told
    assert f"Factura hecha : {made.invoice}" in told
    assert "Lo que se envió" in told
    assert '"identification": "•••"' in told
    assert "900482137" not in page.content.decode().partition('id="historia"')[2]
    assert masked("the customer 900482137 is inactive") == "the customer ••• is inactive"
    reader = screens.person("CONS")
    told = words(reader.get(f"{LIST}{made.deal_id}/"))
    assert "Lo que se envió" not in told
    assert "Facturar otra vez" not in told
    assert reader.get(f"{LIST}nadie/").status_code == 404


def test_what_waits_is_gathered_by_reason_with_its_buttons(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    told = words(emp.get(PENDING))
    assert "2 oportunidades por $ 340.000 necesitan su decisión, en 1 motivo." in told
    assert "Faltan datos para facturar" in told
    assert "Sola 0" in told
    assert "Excluir… (las marcadas)" in told
    one = words(emp.get(f"{PENDING}CUSTOMER_DATA_MISSING/"))
    assert "póngaselo en Escala" in one
    assert "default_city" not in one, "no setting can stand in for a contact"
    assert "Nada espera por este motivo." in words(emp.get(f"{PENDING}VALUE_DIFFERS/"))
    home = words(emp.get("/empresas/acme/"))
    assert "Faltan datos para facturar 2 oportunidades · $ 340.000,00" in home
    page = words(emp.get(f"{LIST}{row('Sola 0').deal_id}/"))
    assert "Reintentar" in page
    assert "Ver la regla" in page
    assert "Reintentar Sola" not in words(screens.person("CONS").get(PENDING))


def test_a_retry_is_asked_of_the_engine_and_told_in_the_audit(emp: Client, scene: Scene) -> None:
    deal = row("Sola 0").deal_id
    scene.world.escala.edit_deal(deal, {"contactId": scene.contact(first_name="Otra")})
    assert decide(emp, "retry", "Sola 0").headers["Location"] == PENDING
    assert "1 oportunidad se lee y se intenta de nuevo enseguida." in words(emp.get(PENDING))
    assert audited("Reintento").after == {"oportunidades": ["Sola 0"], "cuántas": 1}
    assert run_asked(scene) == {"read": 1, "created": 1}


def test_leaving_out_asks_first_and_is_undone_from_its_page(emp: Client, scene: Scene) -> None:
    page = decide(emp, "ignore", "Sola 0", "Sola 1")
    told = words(page)
    assert "¿Excluir 2 oportunidades por $ 340.000?" in told
    assert "No se facturarán, ni ahora ni después." in told
    assert row("Sola 0").decision == ""
    decide(emp, "ignore", "Sola 0", "Sola 1", confirmado="1", motivo="Son pruebas")
    assert audited("Excluidas").after["why"] == "Son pruebas"
    assert counts(scene.sync()) == {"read": 2, "excluded": 2}
    assert "Nada espera su decisión." in words(emp.get(PENDING))
    assert "Facturar…" in words(emp.get(f"{LIST}{row('Sola 0').deal_id}/"))
    decide(emp, "create", "Sola 0", confirmado="1")
    assert run_asked(scene) == {"read": 1, "needs_attention": 1}


def test_what_stood_there_is_invoiced_where_a_person_asks(emp: Client, scene: Scene) -> None:
    assert "Facturar" in words(emp.get(f"{LIST}{row('Vieja').deal_id}/"))
    scene.world.escala.edit_deal(row("Vieja").deal_id, {"contactId": scene.contact(first_name="Otra")})
    assert "aunque ya estuviera en la etapa" in words(decide(emp, "create", "Vieja"))
    decide(emp, "create", "Vieja", confirmado="1")
    assert run_asked(scene) == {"read": 1, "created": 1}


def test_again_needs_the_earlier_invoice_undone(emp: Client, scene: Scene) -> None:
    made = row("Buena")
    assert "si sigue en pie, se le avisa" in words(decide(emp, "again", "Buena"))
    decide(emp, "again", "Buena", confirmado="1")
    assert run_asked(scene) == {"read": 1, "needs_attention": 1}
    assert "La factura anterior sigue en pie" in words(emp.get(PENDING))
    assert [one.word for one in deal_decisions.choices_for(made.connection, row("Buena"))] == [
        "Reintentar",
        "Ya lo resolví",
    ]
    scene.world.siigo.annul_invoice(str(made.siigo_id))
    decide(emp, "retry", "Buena")
    assert run_asked(scene) == {"read": 1, "created": 1}
    assert f"Facturas anteriores, deshechas en Siigo {made.invoice}" in words(
        emp.get(f"{LIST}{made.deal_id}/")
    )


def test_what_cannot_be_pressed_does_nothing(emp: Client, scene: Scene) -> None:
    assert decide(emp, "volar", "Buena").status_code == 404
    assert decide(emp, "ignore", "Buena").headers["Location"] == PENDING
    assert "Eso ya no espera su decisión" in words(emp.get(PENDING))
    assert decide(emp, "retry").headers["Location"] == PENDING
    assert "Marque al menos una oportunidad." in words(emp.get(PENDING))
    answer = emp.post(
        f"{LIST}decidir/",
        {"decision": "retry", "oportunidad": row("Sola 0").deal_id, "volver": "https://otra.example/"},
    )
    assert answer.headers["Location"] == PENDING
    models.Opportunity.objects.filter(name="Sola 1").update(state="sending", code="")
    refused = decide(emp, "ignore", "Sola 0", "Sola 1", confirmado="1")
    assert refused.status_code == 302
    assert "No se cambió nada." in words(emp.get(PENDING))
    page = words(emp.get(f"{LIST}{row('Sola 1').deal_id}/"))
    assert "Buscar ahora" in page
    models.Opportunity.objects.filter(name="Sola 1").update(state="pending")
    assert "Reintentar" in words(emp.get(f"{LIST}{row('Sola 1').deal_id}/"))


def test_the_first_draft_is_confirmed_from_its_page(emp: Client, scene: Scene, screens: Screens) -> None:
    company = screens.company
    models.Connection.objects.update(
        file={**company.file, "invoices": {**company.file["invoices"], "stamp": True}}
    )
    assert "Desde ahora cada factura nueva se envía a la DIAN" in words(decide(emp, "done", "Buena"))
    decide(emp, "done", "Buena", confirmado="1")
    assert screens.company.confirmed_at is not None
    assert "Se ve bien" not in words(emp.get(f"{LIST}{row('Buena').deal_id}/"))


def test_what_waits_for_the_first_draft_leads_to_its_page(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    company, made = screens.company, row("Buena")
    models.Connection.objects.update(
        file={**company.file, "invoices": {**company.file["invoices"], "stamp": True}}
    )
    waits = {"draft": made.invoice, "confirm": made.deal_id}
    models.Opportunity.objects.filter(name="Sola 0").update(code="DRAFT_UNCONFIRMED", data=waits)
    address = f'href="{LIST}{made.deal_id}/"'
    for page in ("/empresas/acme/", PENDING, f"{LIST}{row('Sola 0').deal_id}/"):
        assert address in emp.get(page).content.decode(), page
    assert f"Ver el borrador {made.invoice}" in words(emp.get(PENDING))
    assert "Se ve bien" in words(emp.get(f"{LIST}{made.deal_id}/"))
    models.Opportunity.objects.filter(name="Sola 0").update(data={})
    assert f"{PENDING}DRAFT_UNCONFIRMED/" in emp.get("/empresas/acme/").content.decode()


def test_the_value_that_was_invoiced_stays_after_a_person_saw_to_another(emp: Client, scene: Scene) -> None:
    made = row("Buena")
    scene.world.escala.edit_deal(made.deal_id, {"value": 200000})
    scene.sync()
    decide(emp, "done", "Buena", confirmado="1")
    told = words(emp.get(f"{LIST}{made.deal_id}/"))
    assert "Valor al facturar $ 200.000,00 $ 170.000,00 distinto" in told


def test_a_long_history_is_cut_and_shown_whole(emp: Client, scene: Scene) -> None:
    made = row("Buena")
    for _ in range(60):
        models.OpportunityEvent.objects.create(opportunity=made, at=scene.world.now(), kind="resolved")
    page = emp.get(f"{LIST}{made.deal_id}/")
    assert words(page).count("Decisión de una persona") == 50
    assert words(emp.get(f"{LIST}{made.deal_id}/?todo=1")).count("Decisión de una persona") == 60


def test_sellers_are_linked_in_this_direction_too(emp: Client, scene: Scene, screens: Screens) -> None:
    page = emp.get("/empresas/acme/vendedores/")
    assert page.status_code == 200
    mark = re.search(r'name="vistas" value="(\w+)"', page.content.decode())
    assert mark is not None
    seller = screens.company.siigo.sellers[0]["email"]
    given = {"vistas": mark[1], f"user_{seller}": seller, f"other_{seller}": "", "pagina": "1"}
    answer = emp.post("/empresas/acme/vendedores/cambio/", given)
    assert answer.headers["Location"] == "/empresas/acme/direccion/vista-previa/", words(answer)
    assert emp.post("/empresas/acme/direccion/guardar/").status_code == 302
    assert screens.company.file["sellers"] == {seller: seller}


def test_the_preview_says_what_the_run_then_makes(emp: Client, scene: Scene) -> None:
    scene.deal(scene.contact(), name="Nueva")
    scene.deal(None, name="Sola 2")
    made = len(scene.invoices())
    answer = emp.post(f"{SYNC}vista-previa/")
    assert answer.status_code == 302
    errands.wait()
    told = words(emp.get(f"{SYNC}vista-previa/"))
    assert "Se hará 1 factura en Siigo, de oportunidades por $ 170.000,00 y 0 clientes nuevos" in told
    assert "3 requerirán su atención" in told
    assert "Las facturas quedan en borrador" in told
    assert len(scene.invoices()) == made, "nothing was written"
    assert counts(scene.sync()) == {"read": 4, "created": 1, "needs_attention": 3}
    number = models.Run.objects.latest("pk").pk
    page = words(emp.get(f"/empresas/acme/historial/{number}/"))
    assert "Facturado en Siigo, por el valor de las oportunidades: $ 170.000,00" in page
    assert "Oportunidades que cambió" in page
    assert "Nueva" in page
    assert row("Nueva").invoice in page


def test_a_preview_names_buttons_and_no_orders_of_a_terminal(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    company = screens.company
    models.Connection.objects.update(
        file={**company.file, "invoices": {**company.file["invoices"], "stamp": True}}
    )
    scene.deal(scene.contact(), name="Nueva")
    emp.post(f"{SYNC}vista-previa/")
    errands.wait()
    told = words(emp.get(f"{SYNC}vista-previa/"))
    assert "confírmelo con «Se ve bien»." in told
    assert "resolve" not in told


def test_nothing_to_do_and_a_single_one_are_previewed_too(emp: Client, scene: Scene) -> None:
    emp.post(f"{SYNC}vista-previa/", {"invoice": "Buena"})
    errands.wait()
    told = words(emp.get(f"{SYNC}vista-previa/"))
    assert "No hay facturas nuevas por hacer" in told
    assert "1 oportunidad sin nada por hacer" in told
    refused = words(emp.post(SYNC, {"invoice": "Nadie"}))
    assert "No conocemos esa oportunidad" in refused
    assert emp.post(SYNC, {"invoice": row("Sola 0").deal_id}).status_code == 302
    assert run_asked(scene) == {"read": 1, "needs_attention": 1}
    models.Opportunity.objects.update(name="Igual")
    assert "Hay varias con ese nombre" in words(emp.post(SYNC, {"invoice": "Igual"}))
