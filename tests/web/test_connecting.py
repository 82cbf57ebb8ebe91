"""The assistant: from an empty installation to a connection, nothing typed that can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from siigo_escala.domain import rules
from siigo_escala.simulators.faults import Fault
from siigo_escala.web import errands
from tests.sync.world import FIELD, World
from tests.web import assistant
from tests.web.assistant import E, page, text

if TYPE_CHECKING:
    from siigo_escala.store import models

pytestmark = pytest.mark.usefixtures("served")


@pytest.fixture
def ana(world: World) -> Client:
    """Who installed it, at an Escala that is in use."""
    assistant.in_use(world)
    return assistant.somebody()


def draft() -> models.ConnectionDraft:
    from siigo_escala.store import models

    return models.ConnectionDraft.objects.get()


def test_four_steps_make_the_connection_that_the_command_line_would_make(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    assert assistant.siigo(ana).headers["Location"] == f"{E}escala/"
    assert "Siigo respondió: 2 vendedores y 2 tipos de factura." in page(ana, f"{E}escala/")
    assert assistant.escala(ana).headers["Location"] == f"{E}oportunidades/"
    shown = page(ana, f"{E}oportunidades/")
    assert "3 contactos y 1 oportunidad." in shown
    assert "Cedula (texto) · hallado en 3 contactos" in shown
    assert "Así queda: «Factura FV-2-1045 del 02/11/2026»" in shown
    assert assistant.opportunities(ana).headers["Location"] == f"{E}vendedores/"
    assert "Mismo correo" in page(ana, f"{E}vendedores/")
    assert assistant.sellers(ana).headers["Location"] == f"{E}vista-previa/"
    assert "Todavía no se ha visto" not in page(ana, f"{E}vista-previa/"), "the assistant has seen both"
    made = models.Connection.objects.get()
    assert (made.name, made.enabled, made.direction) == ("empresa", False, "invoices_to_opportunities")
    assert made.file["sellers"] == {"ventas@laceiba.example": "ventas@laceiba.example"}
    chosen = made.file["opportunities"]
    assert (chosen["pipeline"], chosen["stage"]) == ("Ventas", "Prospecto")
    assert (chosen["identification_field"], chosen["document_types"]) == (FIELD, [])
    assert chosen["default_owner"] == "laura@empresa.example"
    assert rules.from_json(made.file).name == "empresa"
    assert assistant.writes(world) == 0


def test_after_the_first_start_the_administrator_stands_at_step_1(world: World, visitor: Client) -> None:
    from datetime import UTC, datetime

    from siigo_escala.web import first_start

    code = first_start.new_code(now=datetime.now(UTC))
    fields = {"email": "ana@acme.example", "password": assistant.PASSWORD, "again": assistant.PASSWORD}
    answer = visitor.post("/primer-arranque/", {**fields, "code": code})
    assert answer.headers["Location"] == "/empresas/nueva/"
    assert "Paso 1 de 5. Conecte Siigo" in page(visitor, "/empresas/nueva/")


def test_who_leaves_goes_on_where_they_were(world: World, ana: Client) -> None:
    assert "Conectar una empresa" in page(ana, "/empresas/")
    assistant.siigo(ana)
    assert "Continúe en el paso 2 de 5" in page(ana, "/empresas/")
    assert ana.get(E).headers["Location"] == f"{E}escala/"
    for later in ("oportunidades/", "vendedores/", "vista-previa/"):
        assert ana.get(f"{E}{later}", follow=True).redirect_chain[-1][0] == f"{E}escala/", later
    assert ana.post(f"{E}oportunidades/buscar/").headers["Location"] == f"{E}escala/"
    assistant.escala(ana)
    assistant.opportunities(ana)
    assert "Continúe en el paso 4 de 5" in page(ana, "/empresas/")
    shown = page(ana, f"{E}siigo/")
    assert 'value="api@empresa.example"' in shown
    assert "Déjela vacía para conservar" in shown
    # Going back loses nothing.
    assert ana.post(f"{E}siigo/", {"username": "api@empresa.example", "key": ""}).status_code == 302
    assert ana.post(f"{E}escala/", {"key": ""}).status_code == 302
    errands.wait()
    assert ana.get(E).headers["Location"] == f"{E}vendedores/"


def test_what_was_typed_is_sealed_and_never_shown_nor_taken_for_a_place_to_read_from(
    world: World, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from siigo_escala.store.models import AuditEntry

    monkeypatch.setenv("CLAVE", "clave-de-ejemplo")
    assert "no aceptó el usuario" in text(assistant.siigo(ana, key="env:CLAVE"))
    assistant.siigo(ana)
    assistant.escala(ana)
    kept = draft()
    assert "clave-de-ejemplo" not in kept.siigo_key_sealed
    assert "llave-de-ejemplo" not in kept.escala_key_sealed
    for address in ("siigo/", "escala/", "oportunidades/"):
        shown = page(ana, f"{E}{address}")
        assert "clave-de-ejemplo" not in shown
        assert "llave-de-ejemplo" not in shown
    entries = AuditEntry.objects.filter(action__startswith="Asistente").order_by("pk")
    told = [(one.action, one.after) for one in entries]
    assert told[0] == (
        "Asistente: Siigo comprobado",
        {"empresa": "empresa", "usuario": "api@empresa.example", "clave": "•••"},
    )
    assert "ejemplo-" not in str(told)


def test_a_change_of_key_reaches_an_unfinished_connection(world: World, ana: Client) -> None:
    from siigo_escala.store import rotation
    from siigo_escala.store.vault import Vault
    from tests.conftest import TEST_KEY

    assistant.siigo(ana)
    assistant.escala(ana)
    rotation.rotate(("nueva", TEST_KEY), home=world.environment.home)
    sealed = (draft().siigo_key_sealed, draft().escala_key_sealed)
    assert [Vault(["nueva"]).open(one) for one in sealed] == ["clave-de-ejemplo", "llave-de-ejemplo"]


def test_empty_fields_are_told_and_a_key_belongs_to_its_user(world: World, ana: Client) -> None:
    answer = ana.post("/empresas/nueva/", {"username": "api con espacio@x.co", "key": ""})
    assert answer.status_code == 422
    assert "no lleva espacios" in text(answer)
    assert "Escriba el Access Key." in text(answer)
    assistant.siigo(ana)
    other = ana.post(f"{E}siigo/", {"username": "otro@empresa.example", "key": ""})
    assert "es de cada usuario" in text(other)
    assert "Escriba la clave de API." in text(ana.post(f"{E}escala/", {"key": " "}))


def _refused(world: World, client: Client, kind: str) -> Any:
    match kind:
        case "wrong":
            return assistant.siigo(client, key="otra")
        case "blocked":
            world.siigo.block_user()
        case "plan":
            world.siigo.set_plan(False)
        case "partner":
            world.siigo.faults.add(
                Fault(
                    kind="refuse",
                    method="GET",
                    path="/v1/users",
                    status=400,
                    body={"Message": "invalid_partner_id"},
                )
            )
        case "limit":
            world.siigo.faults.add(Fault(kind="429_header", method="GET", path="/v1/users", retry_after=1200))
        case _:
            world.siigo.faults.add(Fault(kind="refuse", path="/.*", status=503))
    return assistant.siigo(client)


@pytest.mark.parametrize(
    ("kind", "said", "step"),
    [
        ("wrong", "Siigo no aceptó el usuario o la clave de acceso.", "la anterior ya no sirve"),
        ("blocked", "Siigo bloqueó el usuario por demasiados errores.", "no insista"),
        ("plan", "no incluye la API", "Pídalo al administrador de Siigo."),
        ("partner", "no aceptó el nombre de la aplicación", "SIIGO_ESCALA_PARTNER_ID"),
        ("limit", "Siigo pide esperar 1.200 segundos", "Pulse de nuevo después de"),
        ("down", "Siigo no dio una respuesta utilizable", "Espere unos minutos"),
    ],
)
def test_siigos_refusal_is_told_with_its_step_and_nothing_is_kept(
    world: World, ana: Client, kind: str, said: str, step: str
) -> None:
    from siigo_escala.store import models

    answer = _refused(world, ana, kind)
    assert answer.status_code == 422
    assert said in text(answer)
    assert step in text(answer)
    assert "clave-de-ejemplo" not in text(answer)
    assert not models.ConnectionDraft.objects.exists()


def test_escalas_refusal_is_told_with_its_step(world: World, ana: Client) -> None:
    assistant.siigo(ana)
    answer = assistant.escala(ana, "otra-llave")
    assert answer.status_code == 422
    assert "Escala no aceptó la clave de API, o la API no está habilitada." in text(answer)
    assert draft().step == 1


@pytest.mark.parametrize("system", ["siigo", "escala"])
def test_an_account_out_of_reach_is_named(
    world: World, ana: Client, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setenv(f"SIIGO_ESCALA_{system.upper()}_URL", "http://127.0.0.1:9")
    if system == "siigo":
        answer = assistant.siigo(ana)
    else:
        assistant.siigo(ana)
        answer = assistant.escala(ana)
    assert "No pudimos conectar con 127.0.0.1." in text(answer)
    assert "Revise la red o el proxy de este equipo." in text(answer)


def test_without_a_field_of_the_cedula_the_way_to_make_one_is_told_and_it_is_looked_for_again(
    world: World,
) -> None:
    ana = assistant.somebody()
    assistant.siigo(ana)
    assistant.escala(ana)
    shown = page(ana, f"{E}oportunidades/")
    assert "No vimos un campo de cédula." in shown
    answer = assistant.opportunities(ana)
    assert answer.status_code == 422
    assert "Elija el campo de la cédula." in text(answer)
    world.escala.create_contact(custom={FIELD: "52418963"})
    assert ana.post(f"{E}oportunidades/buscar/").headers["Location"] == f"{E}oportunidades/"
    errands.wait()
    assert "hallado en 1 contacto" in page(ana, f"{E}oportunidades/")


def test_what_cannot_be_is_told_beside_its_field_and_what_was_chosen_stays(world: World, ana: Client) -> None:
    assistant.siigo(ana)
    assistant.escala(ana)
    answer = assistant.opportunities(
        ana, description="{nit_cliente} {factura}", mark="<b>", start="ayer", document_types=[]
    )
    assert answer.status_code == 422
    for said in (
        "usa {nit_cliente}, que no existe",
        "La marca debe ser",
        "Escriba la fecha como",
        "Marque al menos un tipo",
    ):
        assert said in text(answer), said
    assert "<details open>" in text(answer)
    assert draft().step == 2
    assert (
        assistant.opportunities(
            ana,
            default_owner="unassigned",
            walk_in="one_contact",
            start="2026-01-01",
            document_types=["24446"],
            automatic=[],
        ).status_code
        == 302
    )
    shown = page(ana, f"{E}oportunidades/")
    assert '<option value="one_contact" selected>' in shown
    assert 'value="2026-01-01"' in shown
    kept = draft().chosen
    assert kept["opportunities"]["document_types"] == [24446]
    assert kept["automatic"] is False
    # Without a default owner nobody can be left for later.
    assert "Dejar para después" not in page(ana, f"{E}vendedores/")


def test_while_the_account_is_read_its_progress_stands_there_and_a_part_of_it_is_told(
    world: World, ana: Client
) -> None:
    from siigo_escala.store import models

    assistant.siigo(ana)
    assistant.escala(ana)
    models.Errand.objects.update(ended_at=None, progress={"contacts": 200, "deals": 0})
    shown = page(ana, f"{E}oportunidades/")
    assert "Leyendo lo que ya existe en Escala para no duplicarlo…" in shown
    assert "200 contactos y 0 oportunidades hasta ahora" in shown
    fragment = page(ana, f"{E}oportunidades/", headers={"HX-Request": "true"})
    assert "<html" not in fragment
    assert fragment.strip() in shown
    models.Errand.objects.update(beat_at="2026-01-01T00:00:00Z")
    assert "No terminamos de leer lo que hay en Escala." in page(ana, f"{E}oportunidades/")


def test_an_account_that_is_refused_while_it_is_read_is_told_and_read_again(
    world: World, ana: Client
) -> None:
    assistant.siigo(ana)
    world.escala.faults.add(Fault(kind="refuse", path=".*/crm/contacts.*", status=403, times=1))
    assistant.escala(ana)
    shown = page(ana, f"{E}oportunidades/")
    assert "No terminamos de leer lo que hay en Escala. Escala no aceptó la clave de API" in shown
    ana.post(f"{E}oportunidades/buscar/")
    errands.wait()
    assert "Escala respondió: " in page(ana, f"{E}oportunidades/")


def test_a_draft_that_is_gone_when_its_account_was_read_leaves_nothing(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    assistant.siigo(ana)
    assistant.escala(ana)
    with world.escala.lock:
        ana.post(f"{E}oportunidades/buscar/")
        models.ConnectionDraft.objects.all().delete()
    errands.wait()
    assert not models.Errand.objects.exists()


def test_a_key_of_this_program_that_does_not_fit_is_told(
    world: World, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.siigo(ana)
    assistant.escala(ana)
    monkeypatch.setenv("SIIGO_ESCALA_SECRET_KEY", "otra-clave-de-esta-instalacion")
    ana.post(f"{E}oportunidades/buscar/")
    assert "Falta la llave con que se cifran las claves." in page(ana, f"{E}oportunidades/")
    assert "Restaure «secret.key» del respaldo." in text(ana.post(f"{E}escala/", {"key": ""}))


def test_sellers_may_be_chosen_left_or_linked_to_a_similar_name(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    world.escala.create_deal(name="Otra", owner="natalia.osorio@otra.example")
    assistant.siigo(ana)
    assistant.escala(ana)
    assistant.opportunities(ana)
    shown = page(ana, f"{E}vendedores/")
    assert "Nombre parecido: natalia.osorio@otra.example" in shown
    assert assistant.sent_of(shown).get("like-630") is None
    wrong = assistant.sellers(ana, **{"owner-629": "nadie@x.example"})
    assert wrong.status_code == 422
    assert "ya no está en la lista" in text(wrong)
    assistant.sellers(ana, **{"owner-629": "laura@empresa.example", "like-630": "on"})
    made = models.Connection.objects.get()
    assert made.file["sellers"] == {
        "ventas@laceiba.example": "laura@empresa.example",
        "cartera@laceiba.example": "natalia.osorio@otra.example",
    }
    assert assistant.sellers(ana, **{"other-629": "no es un correo"}).status_code == 422
    assistant.sellers(ana, **{"other-629": "Nueva@Empresa.example"})
    assert (
        models.Connection.objects.get().file["sellers"]["ventas@laceiba.example"] == "nueva@empresa.example"
    )
    assert "Todavía no se ha visto al usuario «nueva@empresa.example»" in page(ana, f"{E}vista-previa/")
    assistant.sellers(ana, **{"other-629": "", "owner-629": "laura@empresa.example", "like-630": "on"})
    # What was chosen is what stands there when one returns.
    again = assistant.sent_of(page(ana, f"{E}vendedores/"))
    assert again["owner-629"] == "laura@empresa.example"
    assistant.sellers(ana, despues="1")
    assert models.Connection.objects.get().file["sellers"] == {}


def test_a_company_without_sellers_is_told(world: World, ana: Client) -> None:
    for user in (629, 630):
        world.siigo.deactivate_user(user)
    assistant.siigo(ana)
    assistant.escala(ana)
    assistant.opportunities(ana)
    assert "Siigo no devolvió vendedores" in page(ana, f"{E}vendedores/")


def test_what_connecting_refuses_is_told_at_step_4_with_the_way_back(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    assistant.siigo(ana)
    assistant.escala(ana)
    assistant.opportunities(ana)
    world.siigo.change_access_key("otra")
    assert "Corregir la clave de Siigo" in text(assistant.sellers(ana))
    world.siigo.change_access_key("clave-de-ejemplo")
    world.escala.rotate_key("otra-llave")
    assert "Corregir la clave de Escala" in text(assistant.sellers(ana))
    world.escala.rotate_key("llave-de-ejemplo", old_key="otra-llave")
    world.escala.delete_stage("Prospecto", pipeline="Ventas")
    assert "no tiene la etapa «Prospecto»" in text(assistant.sellers(ana))
    assert not models.Connection.objects.exists()


def test_accounts_that_are_connected_already_are_told_as_soon_as_they_are_known(
    world: World, ana: Client
) -> None:
    world.connect()
    assistant.siigo(ana)
    answer = assistant.escala(ana)
    assert answer.status_code == 422
    assert "ya están unidas en la conexión «acme»" in text(answer)


def test_a_second_company_on_one_escala_account_gets_a_mark_proposed(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    world.connect('mark = "A"')
    world.siigo.add_company(username="otra@roble.example", access_key="clave-de-otra")
    assistant.siigo(ana, username="otra@roble.example", key="clave-de-otra")
    e = "/empresas/roble/conectar/"
    assistant.escala(ana, e=e)
    assert 'name="mark" value="roble"' in page(ana, f"{e}oportunidades/")
    assistant.opportunities(ana, e=e)
    assistant.sellers(ana, e=e)
    made = models.Connection.objects.get(name="roble")
    assert made.file["opportunities"]["mark"] == "roble"
    assert made.escala == models.Connection.objects.get(name="acme").escala
    # Its own connection is no neighbour, and nobody else's name is free.
    assert ana.post(f"{e}escala/", {"key": ""}).status_code == 302


def test_a_company_may_be_called_otherwise_until_it_is_connected(world: World, ana: Client) -> None:
    assistant.siigo(ana)
    assistant.siigo(ana)
    assistant.escala(ana)
    assert "El nombre debe tener solo letras" in text(assistant.opportunities(ana, name="El Roble"))
    assert "Otra empresa ya se llama así." in text(assistant.opportunities(ana, name="EMPRESA-2"))
    assert "Otra empresa ya se llama así." in text(assistant.opportunities(ana, name="nueva"))
    e = "/empresas/el-roble/conectar/"
    assert assistant.opportunities(ana, name="el-roble").headers["Location"] == f"{e}vendedores/"
    assistant.sellers(ana, e=e)
    assert ' value="el-roble" ' in page(ana, f"{e}oportunidades/")
    assert assistant.opportunities(ana, e=e, name="otro").headers["Location"] == f"{e}vendedores/"


def test_what_is_called_the_same_is_kept_by_its_id(world: World, ana: Client) -> None:
    world.escala.add_stage("Ventas", "prospecto")
    assistant.siigo(ana)
    assistant.escala(ana)
    assistant.opportunities(ana)
    chosen = draft().chosen["opportunities"]
    stages = {one["id"] for one in draft().escala["pipelines"][0]["stages"]}
    assert chosen["stage"] in stages
    assert " selected>Ventas › Prospecto" in page(ana, f"{E}oportunidades/")


def test_an_administrator_of_one_company_may_connect_another_and_nobody_else_sees_it(
    world: World, ana: Client
) -> None:
    from siigo_escala.store import models

    other = models.Connection.objects.create(
        name="otra",
        direction="invoices_to_opportunities",
        file={"name": "otra"},
        siigo=models.SiigoCompany.objects.create(),
        escala=models.EscalaAccount.objects.create(),
        created_at="2026-01-01T00:00:00Z",
        start="2026-01-01",
    )
    people = {
        name: assistant.somebody(f"{name}@acme.example", installer=False) for name in ("emp", "luis", "cons")
    }
    for name, role in (("emp", "EMP"), ("luis", "EMP"), ("cons", "CONS")):
        user = models.User.objects.get(email=f"{name}@acme.example")
        models.Membership.objects.create(user=user, connection=other, role=role)
    assert people["cons"].get("/empresas/nueva/").status_code == 403
    made = assistant.until_preview(people["emp"])
    assert models.Membership.objects.get(connection=made).user.email == "emp@acme.example"
    assert people["luis"].get(f"{E}vista-previa/").status_code == 404
    assert "Continúe" not in page(people["luis"], "/empresas/otra/")
    assert page(ana, f"{E}vista-previa/")
    # Whoever administers it now goes on with what another one began.
    models.Membership.objects.create(
        user=models.User.objects.get(email="luis@acme.example"), connection=made, role="EMP"
    )
    assert page(people["luis"], f"{E}vendedores/")


def test_what_was_begun_by_mistake_is_discarded_with_its_keys(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    assistant.siigo(ana)
    assert "Descartar" in page(ana, "/empresas/")
    assert "Se borran las claves" in page(ana, f"{E}descartar/")
    assert ana.post(f"{E}descartar/").headers["Location"] == "/empresas/"
    assert not models.ConnectionDraft.objects.exists()
    assert ana.get(f"{E}descartar/").status_code == 404
    assistant.until_preview(ana)
    assert ana.post(f"{E}descartar/").headers["Location"] == f"{E}vista-previa/"
    assert models.ConnectionDraft.objects.exists()


def test_a_draft_of_somebody_else_does_not_exist(world: World, ana: Client) -> None:
    assistant.siigo(ana)
    assert assistant.somebody("otro@acme.example", installer=False).get(E).status_code == 404
    assert page(ana, f"{E}escala/")


def test_a_second_company_gets_a_name_of_its_own_and_a_finished_one_has_no_steps(
    world: World, ana: Client
) -> None:
    assistant.until_preview(ana)
    assistant.siigo(ana)
    from siigo_escala.store import models

    assert set(models.ConnectionDraft.objects.values_list("name", flat=True)) == {"empresa", "empresa-2"}
    ana.post(f"{E}vista-previa/", {"hacer": "guardar"})
    for address in ("", "siigo/", "escala/", "oportunidades/", "vendedores/", "vista-previa/"):
        assert ana.get(f"{E}{address}").headers["Location"] == "/empresas/empresa/", address
    assert ana.post(f"{E}oportunidades/buscar/").headers["Location"] == "/empresas/empresa/"


def test_an_unfinished_company_says_which_step_is_left(world: World, ana: Client) -> None:
    from siigo_escala.store import locks

    assistant.until_preview(ana)
    assert "El motor no responde" in page(ana, "/empresas/empresa/")
    place = locks.attempt("worker", 1)
    assert place is not None
    shown = page(ana, "/empresas/empresa/")
    place.release()
    assert "Falta el paso 5 de 5 para traer la primera factura." in shown
    assert f'href="{E}"' in shown


def test_a_first_run_that_read_nothing_brought_nothing(world: World, ana: Client) -> None:
    from siigo_escala.store import locks

    world.invoices(2)
    made = assistant.until_preview(ana)
    place = locks.attempt("worker", 1)
    assert place is not None
    world.siigo.faults.add(Fault(kind="refuse", path=".*", status=503))
    assert world.sync(name=made.name).exit_code == 4
    shown = page(ana, "/empresas/empresa/")
    assert "Falta el paso 5 de 5 para traer la primera factura." in shown
    assert "Siigo no se ha leído todavía." in shown
    world.siigo.faults.clear()
    world.sync(name=made.name, limit=1)
    shown = page(ana, "/empresas/empresa/")
    place.release()
    assert "Falta el paso 5 de 5 para traer las demás facturas." in shown
    assert "Siigo no se ha leído todavía." not in shown
