"""Vista previa: what is said is what the run then makes, and until then nothing is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from siigo_escala.simulators.faults import Fault
from siigo_escala.web import errands
from tests.sync.world import FIELD, World
from tests.web import assistant
from tests.web.assistant import E, page

if TYPE_CHECKING:
    from siigo_escala.store import models

pytestmark = pytest.mark.usefixtures("served")
PREVIEW = f"{E}vista-previa/"
DEMAND = "/empresas/acme/sincronizar/vista-previa/"


@pytest.fixture
def ana(world: World) -> Client:
    """Who installed it, at an Escala that is in use."""
    assistant.in_use(world)
    return assistant.somebody()


def do(client: Client, what: str, **more: str) -> Any:
    answer = client.post(PREVIEW, {"hacer": what, **more})
    errands.wait()
    return answer


def ledger(made: models.Connection) -> int:
    return int(made.invoices.count())


def _busy(world: World) -> None:
    """Seven invoices: four to be made, one there already, one of nobody, one whose contact is not certain."""
    world.invoices(4, customers=2)
    there = world.invoices(1)[0]
    contact = world.escala.create_contact(
        first_name="Ana", email="compras0@empresa.example", custom={FIELD: "900100200"}
    )
    world.escala.create_deal(name=f"{there['name']} algo", contact_id=contact, value=there["total"])
    nobody = world.siigo.create_customer(
        identification="222222222222", person_type="Person", name=["Consumidor", "Final"], contacts=[]
    )
    world.siigo.create_invoice(nobody["id"])
    for _ in range(2):
        world.escala.create_contact(first_name="Doble", custom={FIELD: "900100777"})
    doubtful = world.customer(7, identification="900100777")
    world.siigo.create_invoice(doubtful["id"])


def test_what_the_preview_says_the_run_makes_and_nothing_is_written_before(world: World, ana: Client) -> None:
    _busy(world)
    made = assistant.until_preview(ana)
    shown = page(ana, PREVIEW)
    assert "todavía no se ha escrito nada" in shown
    assert re.search(
        r"\d vendedor(es no están enlazados| no está enlazado): sus ventas quedan a nombre de [a-z]+@", shown
    )
    assert 'Se crearán 4 oportunidades por <span class="name">$ ' in shown
    assert "1 oportunidad que ya existe se enlaza, sin crearla otra vez" in shown
    assert "1 queda fuera por sus reglas" in shown
    assert "Consumidor final" in shown
    assert "1 requerirá su atención" in shown
    assert "Dos contactos posibles" in shown
    assert "Automatizaciones de Escala: no se activan" in shown
    assert "Así quedarán (4 de 4)" in shown
    assert "contacto nuevo" in shown
    assert "contacto que ya existe" in shown
    assert "Crear solo tres para probar" in shown
    assert (assistant.writes(world), ledger(made)) == (0, 0)
    before = len(world.deals())
    assert do(ana, "crear").headers["Location"] == "/empresas/empresa/historial/"
    assistant.engine(world, made)
    made.refresh_from_db()
    assert len(world.deals()) == before + 4
    document = made.runs.get().document
    promised = errands.newest("preview", of=made)
    assert promised is not None
    assert document["invoices"] == promised.result["invoices"]
    assert document["value"] == promised.result["value"]
    assert made.enabled
    assert not hasattr(made, "draft") or made.draft is None


def test_three_are_made_to_be_looked_at_and_then_the_rest(world: World, ana: Client) -> None:
    world.invoices(5, customers=2)
    made = assistant.until_preview(ana)
    assert do(ana, "tres").headers["Location"] == PREVIEW
    shown = page(ana, PREVIEW)
    assert "Creando tres oportunidades en Escala…" in shown
    assert "hx-get" in shown
    assert "Se ven bien" not in shown
    assistant.engine(world, made)
    shown = page(ana, PREVIEW)
    assert "Véalas en Escala con estos nombres." in shown
    named = [deal["name"] for deal in world.deals() if deal["name"] != "Vieja"]
    assert len(named) == 3
    assert all(name in shown for name in named)
    assert "Quedan 2 oportunidades por crear." in shown
    assert "Ventas › Prospecto" in shown
    assert "Se ven bien, crear las demás" in shown
    do(ana, "crear")
    assistant.engine(world, made)
    assert len(world.deals()) == 6


def test_where_three_could_not_be_made_it_says_where_to_see_why(world: World, ana: Client) -> None:
    world.invoices(4)
    made = assistant.until_preview(ana)
    do(ana, "tres")
    world.escala.faults.add(Fault(kind="refuse", method="POST", status=403))
    assistant.engine(world, made)
    shown = page(ana, PREVIEW)
    assert "No se creó ninguna." in shown
    assert f"/historial/{made.runs.get().pk}/" in shown


def test_saved_without_synchronising_it_stays_off_until_somebody_switches_it_on(
    world: World, ana: Client
) -> None:
    from siigo_escala.store import models

    made = assistant.until_preview(ana)
    assert do(ana, "guardar").headers["Location"] == "/empresas/empresa/"
    made.refresh_from_db()
    assert not made.enabled
    assert not models.ConnectionDraft.objects.exists()
    assert not models.Request.objects.exists()
    actions = set(models.AuditEntry.objects.filter(connection=made).values_list("action", flat=True))
    assert actions == {"Empresa conectada", "Guardada sin sincronizar"}


def test_without_a_daily_run_creating_does_not_switch_it_on(world: World, ana: Client) -> None:
    world.invoices(1)
    made = assistant.until_preview(ana, automatic=[])
    shown = page(ana, PREVIEW)
    assert "Crear 1 oportunidad" in shown
    assert "Crear solo tres" not in shown
    errand = errands.newest("preview", of=made)
    assert errand is not None
    errand.result["invoices"]["read"] = 12_000
    errand.save()
    assert "Son unas 12.000 facturas y " in page(ana, PREVIEW)
    do(ana, "crear")
    made.refresh_from_db()
    assert not made.enabled


@pytest.mark.parametrize("span", ["30", "90", "mes", "mes-anterior", "x"])
def test_another_range_is_another_preview(world: World, ana: Client, span: str) -> None:
    made = assistant.until_preview(ana)
    assert "No hay facturas en estas fechas. Elija un rango mayor." in page(ana, PREVIEW)
    assert do(ana, "ver", rango=span).status_code == 302
    found = errands.newest("preview", of=made)
    assert found is not None
    assert found.asked["from"] < found.asked["to"] or span == "mes"


def test_a_button_without_a_preview_does_nothing(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    made = assistant.until_preview(ana)
    models.Errand.objects.all().delete()
    shown = page(ana, PREVIEW)
    assert "Elija un rango" in shown
    for what in ("crear", "tres", ""):
        assert do(ana, what).headers["Location"] == PREVIEW
    assert "Primero calcule la vista previa." in page(ana, PREVIEW)
    assert not models.Request.objects.filter(connection=made).exists()


def test_while_it_is_calculated_the_page_says_how_far_and_its_part_is_the_pages(
    world: World, ana: Client
) -> None:
    from siigo_escala.store import models

    assistant.until_preview(ana)
    models.Errand.objects.update(ended_at=None, result={}, progress={"done": 400, "total": 1200})
    shown = page(ana, PREVIEW)
    assert "Calculando la vista previa: 400 de 1.200…" in shown
    assert page(ana, PREVIEW, headers={"HX-Request": "true"}).strip() in shown
    models.Errand.objects.update(progress={})
    assert "Calculando la vista previa…" in page(ana, PREVIEW)
    models.Errand.objects.update(beat_at=datetime.now(UTC) - timedelta(minutes=5))
    assert "El cálculo se interrumpió" in page(ana, PREVIEW)


def test_what_keeps_it_from_being_calculated_is_told_in_place(world: World, ana: Client) -> None:
    world.invoices(1)
    made = assistant.until_preview(ana)
    type(made).objects.update(paused="CREDENTIALS_REFUSED", paused_text="Siigo no acepta la clave.")
    do(ana, "ver", rango="90")
    assert "Siigo no acepta la clave." in page(ana, PREVIEW)
    type(made).objects.update(paused="")
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/invoices", status=403))
    do(ana, "ver", rango="30")
    assert "El cálculo no llegó al final" in page(ana, PREVIEW)


def test_on_demand_the_dates_are_previewed_then_asked_for(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    world.invoices(2)
    acme = world.connect()
    assert "Ver la vista previa" in page(ana, "/empresas/acme/sincronizar/")
    assert "Todavía no hay una vista previa." in page(ana, DEMAND)
    wrong = ana.post(DEMAND, {"date_from": "2999-01-01"})
    assert wrong.status_code == 422
    assert "Elija una fecha hasta hoy." in assistant.text(wrong)
    for fields, head in (
        ({"date_from": "2026-01-01"}, "Facturas desde el 1 ene 2026"),
        ({"date_to": "2026-01-01"}, "Facturas hasta el 1 ene 2026"),
        ({"date_from": "2026-01-01", "date_to": "2026-01-02"}, "Facturas del 1 ene 2026 al 2 ene 2026"),
        ({"invoice": "FV-2-1"}, "Factura FV-2-1"),
        ({}, "Todo lo nuevo y lo que falta"),
    ):
        assert ana.post(DEMAND, fields).headers["Location"] == DEMAND
        errands.wait()
        assert head in page(ana, DEMAND)
    shown = page(ana, DEMAND)
    assert "Se crearán 2 oportunidades" in shown
    assert (assistant.writes(world), ledger(acme)) == (0, 0)
    sent = assistant.sent_of(shown)
    assert ana.post("/empresas/acme/sincronizar/", sent).status_code == 302
    assistant.engine(world, acme)
    assert acme.runs.get().document["invoices"]["created"] == 2
    assert models.Request.objects.get().run_id == acme.runs.get().pk


def test_a_preview_shows_what_an_update_would_change(world: World, ana: Client) -> None:
    invoice = world.invoices(1)[0]
    world.connect()
    assert world.sync().document["invoices"]["created"] == 1
    lines = [{**line, "price": line["price"] * 2} for line in invoice["items"]]
    world.siigo.edit_invoice(invoice["id"], items=lines)
    ana.post(DEMAND, {"date_from": "2020-01-01"})
    errands.wait()
    shown = page(ana, DEMAND)
    assert "1 oportunidad cambia de valor o de contenido" in shown
    assert " → $ " in shown
    assert "la oportunidad ya existe" in shown


def test_who_is_erased_is_in_no_preview_any_more(world: World, ana: Client) -> None:
    from siigo_escala.store import models, personal
    from siigo_escala.sync import opening

    world.invoices(1)
    made = assistant.until_preview(ana)
    assert "Empresa 0 SAS" in page(ana, PREVIEW)
    personal.erase(made, "900100200", vault=opening.vault_of(world.environment), now=world.now())
    assert not models.Errand.objects.filter(connection=made).exists()


def test_of_many_rows_and_problems_some_are_drawn_and_all_are_counted(world: World, ana: Client) -> None:
    world.invoices(11)
    for _ in range(2):
        world.escala.create_contact(first_name="Doble", custom={FIELD: "900100777"})
    doubtful = world.customer(7, identification="900100777")
    for _ in range(21):
        world.siigo.create_invoice(doubtful["id"])
    made = assistant.until_preview(ana)
    assert "Así quedarán (10 de 11)" in page(ana, PREVIEW)
    errand = errands.newest("preview", of=made)
    assert errand is not None
    (group,) = errand.result["problems"]
    assert (group["code"], group["count"], len(group["messages"])) == ("CONTACT_AMBIGUOUS", 21, 20)
