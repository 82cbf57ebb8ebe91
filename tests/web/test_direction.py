"""Dirección: the other flow is chosen from lists, its effect looked at first, saved as `connect` would."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from siigo_escala.domain.directions import BACK, FORWARD
from siigo_escala.domain.rules import FileProblem
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import lease as leases
from siigo_escala.store import models
from siigo_escala.sync import opening, rule_changes, run
from siigo_escala.sync.session import Options
from siigo_escala.web import errands
from tests.sync.two.scene import Scene
from tests.sync.two.scene import counts as counts_back
from tests.sync.world import FIELD, counts
from tests.web.screens import Screens, audited, words
from tests.web.test_rules import filled

PAGE, EFFECT = "/empresas/acme/direccion/", "/empresas/acme/direccion/vista-previa/"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def turn(client: Client, to: str = BACK, **changes: Any) -> Any:
    """Fills the form of the other direction and asks for the effect."""
    given = filled(client.get(f"{PAGE}?hacia={to}")) | changes
    return client.post(f"{PAGE}cambio/", {k: v for k, v in given.items() if v is not None})


def save(client: Client, **fields: Any) -> Any:
    """Saves what waits."""
    return client.post(f"{PAGE}guardar/", fields)


def shown(client: Client) -> str:
    """The effect as it reads."""
    return words(client.get(EFFECT))


def place(page: Any, name: str) -> str:
    """The value of the stage of this name."""
    found = re.search(rf'<option value="([^"]+)"[^>]*>Ventas › {name}</option>', page.content.decode())
    assert found is not None
    return found[1]


@pytest.fixture
def scene(screens: Screens) -> Scene:
    """Invoices became opportunities; three won opportunities of the team stand in «Ganada» besides."""
    world = screens.world
    scene = Scene(world=world)
    world.invoices(1)
    contact = scene.contact("900482137-2")
    for number in range(2):
        scene.deal(contact, name=f"Venta {number}")
    scene.deal(None, name="Sin contacto")
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    return scene


@pytest.fixture
def emp(scene: Scene, screens: Screens) -> Client:
    """An administrator of that company."""
    return screens.person("EMP")


def required(client: Client) -> dict[str, Any]:
    """What nobody can propose: chosen from the lists."""
    page = client.get(f"{PAGE}?hacia={BACK}")
    return {
        "place": place(page, "Ganada"),
        "document_type": "24446",
        "payment_type": "5636",
        "seller": "ventas@laceiba.example",
        "identification_field": FIELD,
    }


def test_the_page_tells_which_one_is_active_and_the_lists_come_from_siigo(emp: Client, scene: Scene) -> None:
    here = words(emp.get(PAGE))
    assert "Crear oportunidades en Escala a través de facturas en Siigo (activa)" in here
    assert "Esta es la dirección activa" in here
    page = emp.get(f"{PAGE}?hacia={BACK}")
    told = words(page)
    assert "Las facturas nuevas de Siigo dejan de crear oportunidades en Escala." in told
    for listed in ("Crédito", "IVA 19", "Tienda", "Bodega principal"):
        assert listed.casefold() in told.casefold(), listed
    given = filled(page)
    assert (given["hacia"], given["existing"]) == (BACK, "skip")
    calls = len(scene.world.siigo.calls)
    emp.get(f"{PAGE}?hacia={BACK}")
    assert len(scene.world.siigo.calls) == calls, "the lists are asked for once"
    assert "Esta es la dirección activa" in words(emp.get(f"{PAGE}?hacia=otra"))


def test_a_field_that_the_other_direction_knows_is_proposed_and_none_is_blank(
    emp: Client, screens: Screens
) -> None:
    company = screens.company
    never = {**company.file["opportunities"], "identification_field": "", "default_owner": ""}
    known = {"trigger_pipeline": "Ventas", "trigger_stage": "Ganada", "identification_field": FIELD}
    models.Connection.objects.update(
        direction=BACK, file={**company.file, "direction": BACK, "opportunities": never, "invoices": known}
    )
    page = emp.get(f"{PAGE}?hacia={FORWARD}")
    assert filled(page)["identification_field"] == FIELD
    selects = re.findall(r'<select name="(\w+)".*?</select>', page.content.decode(), re.DOTALL)
    assert "default_owner" in selects
    assert '<option value="" selected>Elija uno</option>' in page.content.decode()
    assert "></option>" not in page.content.decode()


def test_what_is_missing_is_told_beside_its_field_and_what_was_typed_stays(emp: Client) -> None:
    wrong = required(emp) | {"payment_type": "", "due_days": "x", "lines": "single", "taxes_of": "these"}
    answer = turn(emp, **wrong)
    assert answer.status_code == 422
    told = words(answer)
    for text in (
        "Elija una opción.",
        "Escriba un número entero de días.",
        "Escriba el código del producto de la línea única.",
        "Marque al menos un impuesto",
    ):
        assert text in told, text
    assert filled(answer)["lines"] == "single"
    assert not models.RuleDraft.objects.exists()
    assert emp.post(f"{PAGE}cambio/", {"hacia": FORWARD}).headers["Location"] == PAGE


def test_a_rule_that_siigo_cannot_obey_is_refused_as_connect_refuses_it(emp: Client, scene: Scene) -> None:
    asked = required(emp)
    company = models.SiigoCompany.objects.get()
    kinds = [{**one, "cost_center_mandatory": True} for one in company.selling["document_types"]]
    company.selling = {**company.selling, "document_types": kinds}
    company.save()
    answer = turn(emp, **asked)
    assert answer.status_code == 422
    assert "exige un centro de costo" in words(answer)
    assert turn(emp, **asked, cost_center="235").headers["Location"] == EFFECT


def test_the_switch_is_foretold_rehearsed_saved_audited_and_leaves_alone_what_stood_there(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    world = scene.world
    assert turn(emp, **required(emp)).headers["Location"] == EFFECT
    calls = len(world.siigo.calls), len(world.escala.calls)
    told = shown(emp)
    assert "Dirección: Crear facturas en Siigo a través de oportunidades en Escala." in told
    assert "Hoy hay 3 oportunidades en «Ganada»; 3 nunca tuvieron factura." in told
    assert "3 quedan fuera porque ya estaban en la etapa" in told
    assert "0 oportunidades se facturan o esperan su decisión" in told
    assert "Nada espera en la dirección de hoy." in told
    assert (len(world.siigo.calls), len(world.escala.calls)) == calls, "no call was made"
    assert screens.company.direction == FORWARD
    assert emp.post(f"{PAGE}ensayar/").status_code == 302
    errands.wait()
    told = shown(emp)
    assert (
        "Lo que haría ahora, según las dos cuentas Se creará 0 facturas" in told
        or "Se crearán 0 facturas" in told
    )
    assert "3 quedan fuera: Ya estaba en la etapa" in told
    assert scene.invoices()[1:] == []
    assert screens.company.direction == FORWARD, "a rehearsal saves nothing"
    assert screens.company.activated_at is None
    assert screens.company.rehearsed_at is None
    answer = save(emp)
    assert answer.headers["Location"] == "/empresas/acme/"
    assert "Desde ahora, Escala crea facturas en Siigo." in words(emp.get("/empresas/acme/"))
    company = screens.company
    assert (company.direction, company.file["direction"], company.activated_for) == (
        BACK,
        BACK,
        company.stage_id,
    )
    entry = audited("Dirección cambiada")
    assert entry.after["Dirección"] == "Crear facturas en Siigo a través de oportunidades en Escala"
    assert not models.RuleDraft.objects.exists()
    made = len(scene.invoices())
    assert counts_back(scene.sync()) == {"read": 3, "excluded": 3}
    world.pass_time(minutes=5)
    world.siigo.create_customer()
    scene.deal(scene.contact("900482137"), name="Nueva")
    assert counts_back(scene.sync()) == {"read": 1, "created": 1}
    assert len(scene.invoices()) == made + 1


def test_what_stands_there_is_invoiced_where_that_was_chosen_as_the_rehearsal_said(
    emp: Client, scene: Scene
) -> None:
    scene.world.siigo.create_customer()
    turn(emp, **required(emp), existing="invoice")
    told = shown(emp)
    assert "3 oportunidades se facturan o esperan su decisión" in told
    emp.post(f"{PAGE}ensayar/")
    errands.wait()
    told = shown(emp)
    assert "Se crearán 2 facturas" in told
    assert "1 requerirá su atención 1 · Faltan datos para facturar" in told
    assert save(emp, despues="sincronizar").headers["Location"] == "/empresas/acme/historial/"
    result = scene.sync()
    assert counts_back(result) == {"read": 3, "created": 2, "needs_attention": 1}


def test_a_rehearsal_names_buttons_and_no_orders_of_a_terminal(emp: Client, scene: Scene) -> None:
    scene.world.siigo.create_customer()
    turn(emp, **required(emp), existing="invoice", stamp="on")
    emp.post(f"{PAGE}ensayar/")
    errands.wait()
    told = shown(emp)
    assert "confírmelo con «Se ve bien»." in told
    assert "resolve" not in told


def test_sending_to_the_dian_asks_with_a_box_of_its_own(emp: Client, screens: Screens) -> None:
    turn(emp, **required(emp), stamp="on")
    page = save(emp)
    assert page.status_code == 200
    assert "documento legal y solo se corrige con nota crédito" in words(page)
    assert screens.company.direction == FORWARD
    assert save(emp, confirmado="1").status_code == 422
    assert save(emp, confirmado="1", entiendo="dian").status_code == 302
    assert screens.company.file["invoices"]["stamp"] is True


def test_more_than_two_hundred_at_once_ask_with_their_pesos(emp: Client, screens: Screens) -> None:
    asked = required(emp)
    stage = asked["place"].partition("|")[2]
    models.KnownDeal.objects.bulk_create(
        models.KnownDeal(
            escala=screens.company.escala,
            deal_id=f"d{at}",
            stage_id=stage,
            value=1000,
            seen_at=screens.world.now(),
        )
        for at in range(201)
    )
    turn(emp, **asked, existing="invoice")
    told = words(save(emp))
    assert "204 oportunidades por $ 711.000,00" in told
    assert screens.company.direction == FORWARD
    assert save(emp, confirmado="1", entiendo="muchas").status_code == 302
    assert screens.company.direction == BACK


def test_a_switch_takes_effect_when_the_run_under_way_has_ended(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    opened = opening.open_connection(scene.world.environment, "acme")
    turn(emp, **required(emp))
    lease = leases.take(screens.company, wait_s=0.0)
    row = models.Run.objects.create(
        connection=screens.company,
        kind="sync",
        started=scene.world.now(),
        document={"invoices": {}, "calls": {"siigo": 1, "escala": 1}},
    )
    assert f"la {row.pk} ): el cambio empieza cuando ella termine." in shown(emp)
    save(emp)
    home = words(emp.get("/empresas/acme/"))
    assert f"El cambio empieza cuando termine la sincronización {row.pk}." in home
    lease.release()
    # Whoever had opened the connection before the switch, and waited, goes in the direction that stands now.
    result = run.run(opened, Options(), scene.world.listener(), now=scene.world.now)
    assert result.document["direction"] == BACK


def test_back_again_neither_takes_up_what_the_other_made(emp: Client, scene: Scene, screens: Screens) -> None:
    scene.world.siigo.create_customer()
    turn(emp, **required(emp), existing="invoice")
    save(emp)
    scene.sync()
    made = len(scene.invoices())
    assert "Esta es la dirección activa" in words(emp.get(PAGE))
    page = emp.get(f"{PAGE}?hacia={FORWARD}")
    assert "1 oportunidad por $ 170.000 espera hoy y queda como está" in words(page)
    assert turn(emp, FORWARD).headers["Location"] == EFFECT
    told = shown(emp)
    assert "cada una crea su oportunidad en «Prospecto»" in told
    emp.post(f"{PAGE}ensayar/")
    errands.wait()
    assert "0 oportunidades" in shown(emp)
    save(emp)
    assert screens.company.direction == FORWARD
    assert screens.company.file["invoices"]["document_type"] == 24446, "its rules are kept for another time"
    deals = len(scene.world.deals())
    document = scene.sync().document["invoices"]
    assert document["created"] == 0
    assert len(scene.world.deals()) == deals
    assert len(scene.invoices()) == made


def test_a_reader_may_not_turn_it(scene: Scene, screens: Screens) -> None:
    reader = screens.person("CONS")
    assert reader.get(PAGE).status_code == 403
    assert reader.post(f"{PAGE}guardar/").status_code == 403
    assert reader.post(f"{PAGE}ensayar/").status_code == 403


def test_the_rules_of_the_active_direction_are_changed_on_their_own_screen(
    emp: Client, scene: Scene, screens: Screens
) -> None:
    turn(emp, **required(emp))
    save(emp)
    scene.sync()
    rules = "/empresas/acme/reglas/"
    page = emp.get(rules)
    assert "Hoy 3 oportunidades quedan fuera por esta regla." in words(page)
    given = filled(page)
    assert (given["document_type"], given["payment_type"]) == ("24446", "5636")
    given |= {"existing": "invoice", "due_days": "45"}
    assert emp.post(f"{rules}cambio/", given).headers["Location"] == EFFECT
    assert emp.get(f"{rules}vista-previa/").headers["Location"] == EFFECT
    assert emp.post(f"{rules}guardar/").headers["Location"] == EFFECT
    told = shown(emp)
    assert (
        "Lo que ya está en la etapa «Solo las que lleguen desde ahora» → «También las que ya están en la "
        "etapa»" in told
    )
    assert "Días de plazo «30 días» → «45 días»" in told
    assert "3 oportunidades se facturan o esperan su decisión" in told
    assert save(emp).headers["Location"] == rules
    assert audited("Reglas cambiadas").after["Días de plazo"] == "45 días"
    assert screens.company.file["invoices"]["due_days"] == 45
    scene.world.siigo.create_customer()
    assert counts_back(scene.sync()) == {"read": 3, "created": 2, "needs_attention": 1}


def test_somebody_who_was_faster_is_told(emp: Client, screens: Screens) -> None:
    given = filled(emp.get(f"{PAGE}?hacia={BACK}")) | required(emp)
    file = screens.company.file
    models.Connection.objects.update(file={**file, "time_zone": "America/Lima"})
    answer = emp.post(f"{PAGE}cambio/", given)
    assert answer.status_code == 422
    assert "Otra persona cambió esto" in words(answer)
    turn(emp, **required(emp))
    models.Connection.objects.update(direction=BACK, file={**file, "direction": BACK})
    assert rule_changes.overtaken(screens.company, rule_changes.changes_in(models.RuleDraft.objects.get()))
    emp.post("/empresas/acme/reglas/descartar/")
    assert save(emp).headers["Location"] == "/empresas/acme/reglas/"
    assert emp.get(EFFECT).status_code == 302


def test_a_list_that_cannot_be_read_is_told_and_the_rest_is_kept(emp: Client, scene: Scene) -> None:
    fault = Fault(kind="refuse", method="GET", path="/v1/warehouses", status=500, body={})
    scene.world.siigo.faults.add(fault)
    told = words(emp.get(f"{PAGE}?hacia={BACK}"))
    assert "No pudimos leer las bodegas; el resto se conserva." in told
    assert "Crédito" in told
    scene.world.siigo.faults.clear()
    answer = emp.post("/empresas/acme/reglas/leer/", {"volver": "direccion"})
    assert answer.headers["Location"] == PAGE
    assert "Bodega principal" in words(emp.get(f"{PAGE}?hacia={BACK}"))


def test_what_has_gone_since_holds_no_change_of_anything_else(emp: Client, screens: Screens) -> None:
    turn(emp, **required(emp))
    save(emp)
    company = models.SiigoCompany.objects.get()
    company.selling = {**company.selling, "payment_types": []}
    company.save()
    changes = [rule_changes.Change(path=("invoices", "due_days"), before=30, after=15)]
    assert rule_changes.checked(screens.company, changes).invoices.due_days == 15
    wrong = [rule_changes.Change(path=("invoices", "payment_type"), before=5636, after=1)]
    with pytest.raises(FileProblem, match="no existe en Siigo"):
        rule_changes.checked(screens.company, wrong)
