"""Reglas: chosen from lists, its effect looked at first, saved as `connect` would save it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from siigo_escala.store import locks, models
from siigo_escala.sync import rule_changes
from tests.sync.world import FIELD, counts
from tests.web.screens import Screens, audited, words

RULES, EFFECT = "/empresas/acme/reglas/", "/empresas/acme/reglas/vista-previa/"
WALK_IN: dict[str, Any] = {
    "person_type": "Person",
    "id_type": {"code": "13"},
    "contacts": [],
    "name": ["Consumidor", "Final"],
    "identification": "222222222222",
}


def filled(page: Any) -> dict[str, Any]:
    """The form of a page as a browser would send it."""
    text = page.content.decode()
    form = re.search(r'<form class="stack" method="post".*?</form>', text, re.DOTALL)
    assert form is not None
    given: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]+>", form[0]):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if told.get("type") == "checkbox":
            if re.search(r"\bchecked\b", tag):
                given.setdefault(told["name"], []).append(told.get("value", "on"))
        elif told.get("type") == "radio":
            if re.search(r"\bchecked\b", tag):
                given[told["name"]] = told["value"]
        elif "name" in told:
            given[told["name"]] = html.unescape(told.get("value", ""))
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        given[name] = html.unescape(chosen[1]) if chosen else ""
    for name, text in re.findall(r'<textarea name="(\w+)".*?>(.*?)</textarea>', form[0], re.DOTALL):
        given[name] = html.unescape(text).lstrip("\n")
    given.pop("csrfmiddlewaretoken", None)
    return given


def keep(client: Client, **changes: Any) -> Any:
    """Changes some fields of the form as it stands and asks for the effect."""
    given = filled(client.get(RULES)) | changes
    return client.post("/empresas/acme/reglas/cambio/", {k: v for k, v in given.items() if v is not None})


def save(client: Client, **fields: str) -> Any:
    """Saves what waits."""
    return client.post("/empresas/acme/reglas/guardar/", fields)


@pytest.fixture
def emp(screens: Screens) -> Client:
    """An administrator of a company that has synchronised: one sale to a person, two over the counter."""
    world = screens.world
    world.escala.add_owner("gerencia@acme.example")
    world.invoices(1)
    someone = world.customer(9, **WALK_IN)["id"]
    world.siigo.create_invoice(someone)
    world.siigo.create_invoice(someone)
    world.connect()
    assert counts(world.sync()) == {"read": 3, "created": 1, "excluded": 2}
    return screens.person("EMP")


def test_the_form_shows_what_is_stored_and_the_lists_of_both_accounts(emp: Client, screens: Screens) -> None:
    page = emp.get(RULES)
    given = filled(page)
    assert given["walk_in"] == "skip"
    assert given["identification_field"] == FIELD
    assert given["daily_at"] == "02:00"
    assert len(given["document_types"]) == len(screens.company.siigo.document_types)
    told = words(page)
    assert "Prospecto" in told
    assert "Hoy 2 facturas quedan fuera por esta regla." in told
    assert "Cuesta unas 4 llamadas al día." in told
    invoice = models.Invoice.objects.order_by("-date", "-pk")[0]
    assert f"Así queda: «Factura {invoice.name} del" in told


def test_nothing_changed_is_nothing_to_save(emp: Client) -> None:
    answer = keep(emp)
    assert answer.headers["Location"] == RULES
    assert "así están hoy las reglas" in words(emp.get(RULES))
    assert not models.RuleDraft.objects.exists()
    assert emp.get(EFFECT).headers["Location"] == RULES
    assert save(emp).headers["Location"] == RULES


def test_the_effect_is_what_the_next_run_then_does(emp: Client, screens: Screens) -> None:
    world = screens.world
    assert keep(emp, walk_in="one_contact").headers["Location"] == EFFECT
    calls = len(world.siigo.calls), len(world.escala.calls)
    told = words(emp.get(EFFECT))
    assert "Consumidor final (222222222222) «No crear» → «Un solo contacto»" in told
    value = sum(row.value for row in models.Invoice.objects.filter(code="WALK_IN_BUYER"))
    from siigo_escala.web.templatetags.words import pesos_in_words

    amount = pesos_in_words(value).replace("\u00a0", " ")
    assert f"2 facturas excluidas se crearán , por {amount}" in told
    assert "0 oportunidades cambian" in told
    assert "La que ya existe conserva su etapa y su dueño. Unas 3 llamadas a Escala" in told
    assert "Comparación con los últimos 90 días (3 facturas)" in told
    assert "1 igual · 2 distintas · 0 fuera" in told
    assert "No: Consumidor final" in told
    assert (len(world.siigo.calls), len(world.escala.calls)) == calls, "no call was made"
    assert screens.company.file["opportunities"]["walk_in"] == "skip", "nothing is saved yet"
    answer = save(emp)
    assert answer.headers["Location"] == RULES
    assert "2 facturas excluidas entran en la próxima." in words(emp.get(RULES))
    assert screens.company.file["opportunities"]["walk_in"] == "one_contact"
    assert not models.RuleDraft.objects.exists()
    entry = audited("Reglas cambiadas")
    assert entry.who == "emp@acme.example"
    assert entry.before == {"Consumidor final (222222222222)": "No crear"}
    assert entry.after == {"Consumidor final (222222222222)": "Un solo contacto"}
    assert models.Request.objects.get().why == "rules"
    assert counts(world.sync())["created"] == 2


def test_saving_and_synchronising_asks_the_engine_even_where_the_schedule_rests(
    emp: Client, screens: Screens
) -> None:
    models.Connection.objects.update(enabled=False, file={**screens.company.file, "enabled": False})
    keep(emp, value="gross")
    assert save(emp, despues="sincronizar").headers["Location"] == "/empresas/acme/historial/"
    assert models.Request.objects.get().why == "person"


def test_a_draft_waits_seven_days_and_is_seen_gone_on_with_and_dropped(emp: Client, screens: Screens) -> None:
    keep(emp, walk_in="one_contact")
    page = emp.get(RULES)
    assert "Hay un cambio sin guardar de emp@acme.example" in words(page)
    assert filled(page)["walk_in"] == "one_contact"
    keep(emp, on_edited="report")
    assert len(models.RuleDraft.objects.get().changes) == 2
    keep(emp, on_edited="update", walk_in="skip")
    assert not models.RuleDraft.objects.exists(), "as it was"
    keep(emp, walk_in="one_contact")
    emp.post("/empresas/acme/reglas/descartar/")
    assert not models.RuleDraft.objects.exists()
    keep(emp, walk_in="one_contact")
    models.RuleDraft.objects.update(at=screens.world.now() - timedelta(days=8))
    assert "sin guardar" not in words(emp.get(RULES))


def test_a_reader_sees_the_rules_and_changes_none(emp: Client, screens: Screens) -> None:
    keep(emp, walk_in="one_contact")
    reader = screens.person("CONS")
    told = words(reader.get(RULES))
    assert "Usted tiene permiso de consulta: puede ver y exportar." in told
    assert "Ver el efecto" not in told
    told = words(reader.get(EFFECT))
    assert "Un solo contacto" in told
    assert "Guardar y sincronizar" not in told
    for path in ("cambio/", "descartar/", "leer/", "guardar/"):
        assert reader.post(RULES + path).status_code == 403


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("description", "Para {nit_cliente}", "«{nit_cliente}» no existe. Puede usar: {factura}, {fecha},"),
        ("document_types", None, "Marque al menos un tipo de factura."),
        ("place", "nada|nada", "Esa opción ya no está en la lista"),
        ("start", "ayer", "Escriba la fecha como 2026-11-24."),
        ("daily_at", "25:00", "Escriba la hora como 02:00."),
        ("mark", "<x>", "debe ser un texto de hasta 40 letras"),
        ("default_owner", "nadie@x.example", "Esa opción ya no está en la lista"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(
    emp: Client, field: str, value: str | None, said: str
) -> None:
    answer = keep(emp, **{field: value})
    assert answer.status_code == 422
    told = words(answer)
    assert said in told
    assert "por corregir" in told
    if field == "mark":
        assert filled(answer)["mark"] == value
    assert not models.RuleDraft.objects.exists()


def test_somebody_elses_change_is_told_before_it_would_be_written_over(emp: Client, screens: Screens) -> None:
    first = filled(emp.get(RULES))
    other = screens.person("EMP", email="otra@acme.example")
    keep(other, walk_in="one_contact")
    save(other)
    answer = emp.post("/empresas/acme/reglas/cambio/", first | {"stamp": "accepted"})
    assert answer.status_code == 422
    assert "Otra persona cambió esto hace 0 min. Revise y guarde de nuevo." in words(answer)
    # A draft that somebody overtakes shows both values and must be saved once more.
    keep(emp, stamp="accepted")
    screens.world.connect('walk_in = "one_contact"\nstamp = "accepted"')
    assert "Otra persona cambió" not in words(emp.get(EFFECT)), "they want the same"
    emp.post("/empresas/acme/reglas/descartar/")
    keep(emp, value="gross")
    screens.world.connect('walk_in = "one_contact"\nvalue = "subtotal"')
    told = words(emp.get(EFFECT))
    assert "hoy dice «Subtotal»; usted quiere «Bruto»" in told
    assert save(emp).headers["Location"] == EFFECT
    assert screens.company.file["opportunities"]["value"] == "subtotal"
    assert "Otra persona cambió esto" in words(emp.get(EFFECT))
    save(emp)
    assert screens.company.file["opportunities"]["value"] == "gross"


def test_a_stage_goes_by_its_name_and_its_ids_follow(emp: Client, screens: Screens) -> None:
    pipeline = screens.company.escala.pipelines[0]
    stage = pipeline["stages"][1]
    keep(emp, place=f"{pipeline['id']}|{stage['id']}")
    assert f"«Prospecto» → «{stage['name']}»" in words(emp.get(EFFECT))
    save(emp)
    company = screens.company
    assert company.file["opportunities"]["stage"] == stage["name"]
    assert (company.pipeline_id, company.stage_id) == (pipeline["id"], stage["id"])
    (invoice,) = screens.world.invoices(1)
    screens.world.sync()
    assert screens.world.deal_of(invoice["name"])["stageId"] == stage["id"]


def test_what_has_gone_in_escala_does_not_hold_other_changes(emp: Client, screens: Screens) -> None:
    account = screens.company.escala
    account.pipelines = [{**account.pipelines[0], "stages": account.pipelines[0]["stages"][1:]}]
    account.save()
    page = emp.get(RULES)
    assert "Ventas › Prospecto (ya no existe)" in words(page)
    keep(emp, on_edited="report")
    save(emp)
    assert screens.company.file["opportunities"]["on_edited"] == "report"
    assert screens.company.file["opportunities"]["stage"] == "Prospecto"


def test_lists_that_were_never_told_are_asked_for_once_by_an_administrator(screens: Screens) -> None:
    world = screens.world
    world.connect()
    contact = world.escala.create_contact(
        first_name="Ana", custom={FIELD: "52418963"}, owner="ana@acme.example"
    )
    world.escala.create_deal(name="Venta", contact_id=contact, custom={"cf_deal_numero_abcd_text": "FV-2-1"})
    reader, emp = screens.person("CONS"), screens.person("EMP")
    before = len(world.escala.calls)
    assert reader.get(RULES).status_code == 200
    assert len(world.escala.calls) == before
    page = emp.get(RULES).content.decode()
    assert page.count(FIELD) == 2, "a field of contacts is no field of deals"
    assert page.count('value="cf_deal_numero_abcd_text"') == 3
    assert 'value="ana@acme.example"' in page
    asked = len(world.escala.calls)
    assert asked > before
    emp.get(RULES)
    assert len(world.escala.calls) == asked
    assert "Listas leídas de nuevo." in words(emp.post(f"{RULES}leer/", follow=True))


@pytest.mark.parametrize("fields", [{"paused": "CREDENTIALS_REFUSED"}, {"forgotten": True}])
def test_nobody_knocks_for_lists_where_he_is_kept_out(screens: Screens, fields: dict[str, Any]) -> None:
    screens.world.connect()
    models.Connection.objects.update(**fields)
    before = len(screens.world.siigo.calls), len(screens.world.escala.calls)
    assert "No pudimos leer las listas de Siigo" in words(screens.person("EMP").get(RULES))
    assert (len(screens.world.siigo.calls), len(screens.world.escala.calls)) == before


def test_an_account_out_of_reach_leaves_the_rest(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    screens.world.connect()
    emp = screens.person("EMP")
    monkeypatch.setenv("SIIGO_ESCALA_ESCALA_URL", "http://127.0.0.1:9")
    told = words(emp.get(RULES))
    assert "No pudimos leer las listas de Escala; el resto se conserva." in told
    assert "Prospecto" in told
    told = words(emp.post(f"{RULES}leer/", {"volver": "vendedores"}, follow=True))
    assert "No pudimos leer las listas de Escala" in told
    monkeypatch.setenv("SIIGO_ESCALA_SECRET_KEY", "otra-clave-que-no-abre-nada-de-lo-guardado")
    told = words(emp.post(f"{RULES}leer/", follow=True))
    assert "las listas de Siigo; el resto se conserva." in told


def test_the_example_follows_what_is_typed(emp: Client) -> None:
    answer = emp.get(
        RULES, {"description": "Venta <b> {factura} a {cliente}"}, headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert "<html" not in text
    assert "Así queda: «Venta &lt;b&gt; FV-" in text
    page = emp.get(RULES, {"description": "Venta <b> {factura} a {cliente}"})
    assert text.strip() in page.content.decode(), "the fragment is what the page shows at that address"
    assert filled(page)["description"] == "Venta <b> {factura} a {cliente}"


def test_without_invoices_there_is_nothing_to_foretell(screens: Screens) -> None:
    screens.world.connect()
    emp = screens.person("EMP")
    emp.get(RULES)
    given = filled(emp.get(RULES)) | {"walk_in": "one_contact", "identification_field": FIELD}
    assert emp.post(f"{RULES}cambio/", given).headers["Location"] == EFFECT
    assert "No hay datos suficientes: sincronice primero." in words(emp.get(EFFECT))


def test_a_change_of_the_timetable_alters_no_invoice(emp: Client, screens: Screens) -> None:
    before = models.Turn.objects.get().since
    keep(emp, daily_at="03:30", every_minutes="30", time_zone="America/Mexico_City")
    told = words(emp.get(EFFECT))
    assert "Este cambio no altera ninguna factura leída." in told
    assert "Sincronizar cada día a las «02:00» → «03:30»" in told
    assert "y además cada «No» → «30 min»" in told
    save(emp)
    assert models.Turn.objects.get().since > before
    assert screens.company.file["schedule"] == {"daily_at": "03:30", "every_minutes": 30}


def test_a_mark_that_another_company_needs_is_asked_for(emp: Client, screens: Screens) -> None:
    company = screens.company
    models.Connection.objects.create(
        name="otra",
        direction=company.direction,
        file={**company.file, "name": "otra"},
        siigo=models.SiigoCompany.objects.create(),
        escala=company.escala,
        created_at=company.created_at,
        start=company.start,
    )
    answer = keep(emp, mark="A")
    assert answer.status_code == 422
    assert "La conexión «otra» usa la misma cuenta de Escala" in words(answer)
    rule_changes.keep_draft(
        company,
        [rule_changes.Change(path=("opportunities", "mark"), before="", after="A")],
        who="x",
        now=screens.world.now(),
    )
    assert "La conexión «otra»" in words(emp.get(EFFECT))
    told = words(emp.post(f"{RULES}guardar/", follow=True))
    assert "No se guardó nada." in told


def test_document_types_and_start_say_what_they_leave_out(emp: Client, screens: Screens) -> None:
    types = [str(one["id"]) for one in screens.company.siigo.document_types]
    keep(emp, document_types=types[1:], start="2020-01-01")
    told = words(emp.get(EFFECT))
    assert "Tipos de factura «todos» →" in told
    assert "pídalas por sus fechas" in told
    assert "«treinta días antes de conectar» → «2020-01-01»" in told
    save(emp)
    assert screens.company.file["opportunities"]["document_types"] == [int(one) for one in types[1:]]
    assert screens.company.start.isoformat() == "2020-01-01"
    assert "1 factura" not in words(emp.get(EFFECT, follow=True))


@pytest.mark.parametrize(
    ("code", "word", "where"),
    [
        ("STAGE_GONE", "Elegir etapa", "reglas/#oportunidades"),
        ("OWNER_REFUSED", "Cambiar el enlace", "vendedores/"),
        ("POSSIBLE_TWIN", "Responder varias", "llegada/"),
    ],
)
def test_a_reason_that_a_setting_mends_leads_to_it(
    emp: Client, screens: Screens, code: str, word: str, where: str
) -> None:
    row = models.Invoice.objects.filter(code="WALK_IN_BUYER")[0]
    models.Invoice.objects.filter(pk=row.pk).update(state="needs_attention", code=code)
    link = f'href="/empresas/acme/{where}">{word}</a>'
    reader = screens.person("CONS")
    for address in ("pendientes/", f"pendientes/{code}/", f"facturas/{row.siigo_id}/"):
        assert link in emp.get(f"/empresas/acme/{address}").content.decode()
        assert word not in reader.get(f"/empresas/acme/{address}").content.decode()


def test_an_excluded_invoice_leads_to_its_rule_and_a_stage_that_is_gone_to_the_choice_of_another(
    emp: Client, screens: Screens
) -> None:
    row = models.Invoice.objects.filter(code="WALK_IN_BUYER")[0]
    page = emp.get(f"/empresas/acme/facturas/{row.siigo_id}/").content.decode()
    assert 'href="/empresas/acme/reglas/#entran">Ver la regla</a>' in page
    models.Invoice.objects.filter(pk=row.pk).update(state="needs_attention", code="STAGE_GONE")
    worker = locks.attempt("worker", 1)
    assert worker is not None
    try:
        home = emp.get("/empresas/acme/")
        reader = screens.person("CONS").get("/empresas/acme/")
    finally:
        worker.release()
    assert "«Prospecto» ya no existe en Escala" in words(home)
    assert 'href="/empresas/acme/reglas/">Elegir otra</a>' in home.content.decode()
    assert "Elegir otra" not in words(reader)
