"""The self-check of a connection whose opportunities become invoices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from siigo_escala.store.models import Connection, EscalaAccount, Invoicing, Opportunity
from siigo_escala.sync import opening
from siigo_escala.sync.checking import examination
from siigo_escala.sync.checking.examination import Examination
from siigo_escala.sync.checking.findings import Finding
from tests.sync.two.scene import Scene

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NUMBER = 'number_field = "cf_deal_numero_hqpe_text"'


def _examined(scene: Scene) -> Examination:
    opened = opening.open_connection(scene.world.environment, "acme")
    return examination.examine(opened, now=scene.world.now)


def _of(found: Examination, code: Finding) -> tuple[str, str]:
    (check,) = [one for one in found.checks if one.code == code]
    return check.result, f"{check.message} {check.remedy}"


def test_a_sound_connection_is_told_so(scene: Scene) -> None:
    scene.ready()
    scene.sync()
    found = _examined(scene)
    assert found.exit_code == 0
    for code in (Finding.INVOICING_RULES, Finding.PIPELINE, Finding.STAGE, Finding.IDENTIFICATION_FIELD):
        assert _of(found, code)[0] == "ok", code
    assert "en borrador" in _of(found, Finding.INVOICING_RULES)[1]
    assert "no se escribe" in _of(found, Finding.DEAL_FIELDS)[1]
    assert len(found.checks) == len({one.code for one in found.checks})
    assert found.calls.siigo + found.calls.escala <= 10


def _no_payment(scene: Scene) -> None:
    scene.world.siigo.company.entry("payment_types", 5636)["active"] = False  # type: ignore[index]  # it is there


def _no_pipeline(scene: Scene) -> None:
    scene.world.escala.add_pipeline("Posventa", [("Nueva", "open")])
    scene.world.escala.delete_pipeline("Ventas")


def _waits(scene: Scene) -> None:
    scene.deal(None)
    scene.sync()


def _many_wait(scene: Scene) -> None:
    scene.deal(None, name="Una")
    scene.deal(None, name="Otra")
    scene.sync()


def _under_way(scene: Scene) -> None:
    connection = Connection.objects.get()
    Opportunity.objects.create(
        connection=connection, escala=connection.escala, company=connection.siigo, deal_id="d",
        state=Invoicing.SENDING,
    )  # fmt: skip


Break = Callable[[Scene], Any]


@pytest.mark.parametrize(
    ("breaks", "code", "result", "said"),
    [
        (_no_payment, Finding.INVOICING_RULES, "failed", "5637 (Efectivo)"),
        (_no_pipeline, Finding.PIPELINE, "failed", "invoices.trigger_pipeline"),
        (
            lambda scene: scene.world.escala.delete_stage("Ganada"),
            Finding.STAGE, "failed", "invoices.trigger_stage",
        ),
        (_waits, Finding.WAITING, "warning", "1 oportunidad espera"),
        (_many_wait, Finding.WAITING, "warning", "2 oportunidades esperan"),
        (_under_way, Finding.UNKNOWN_OUTCOMES, "warning", "se enviaron a Siigo"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(scene: Scene, breaks: Break, code: Finding, result: str, said: str) -> None:
    scene.ready()
    breaks(scene)
    told = _of(_examined(scene), code)
    assert told[0] == result
    assert said in told[1]


def test_a_stage_of_lost_sales_is_a_warning(scene: Scene) -> None:
    scene.world.escala.add_stage("Ventas", "Ganada de verdad", "won")
    scene.ready()
    connection = Connection.objects.get()
    lost = next(
        stage["id"]
        for one in connection.escala.pipelines
        for stage in one["stages"]
        if stage["kind"] == "lost"
    )
    Connection.objects.update(stage_id=lost)
    assert _of(_examined(scene), Finding.STAGE)[0] == "warning"


def test_fields_that_were_never_seen_or_cannot_be_written_are_warnings(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    scene.connect(NUMBER)
    found = _examined(scene)
    assert _of(found, Finding.IDENTIFICATION_FIELD)[0] == "warning"
    assert _of(found, Finding.DEAL_FIELDS)[0] == "warning"
    scene.world.escala.add_custom_field("cf_deal_numero_hqpe_text")
    scene.deal(scene.contact(), custom={"cf_deal_numero_hqpe_text": "x"})
    found = _examined(scene)
    assert _of(found, Finding.IDENTIFICATION_FIELD)[0] == "ok"
    assert _of(found, Finding.DEAL_FIELDS)[0] == "ok"
    account = EscalaAccount.objects.get()
    account.capabilities = {**account.capabilities, "update_deals": "none"}
    account.save()
    file = Connection.objects.get().file
    file["invoices"]["identification_field"] = "cf_contact_cedula_kwzt_number"
    Connection.objects.update(file=file)
    found = _examined(scene)
    assert _of(found, Finding.IDENTIFICATION_FIELD)[0] == "warning"
    assert "tipo número" in _of(found, Finding.IDENTIFICATION_FIELD)[1]
    assert "no deja modificar" in _of(_examined(scene), Finding.DEAL_FIELDS)[1]


def test_no_trial_opportunity_is_made_where_it_would_be_invoiced(scene: Scene) -> None:
    from siigo_escala.store import lease

    scene.ready()
    found = _examined(scene)
    opened = opening.open_connection(scene.world.environment, "acme")
    held = lease.take(opened.connection)
    try:
        examination.probe(found, opened, held, now=scene.world.now)
    finally:
        held.release()
    assert _of(found, Finding.WRITE_PROBE)[0] == "warning"
    assert scene.world.deals() == []


def test_a_neighbour_that_makes_invoices_needs_no_mark(scene: Scene) -> None:
    scene.world.siigo.add_company(username="otra@empresa.example", access_key="otra-clave")
    scene.ready()
    text = (
        scene.world.file().replace('"acme"', '"otra"').replace("api@empresa.example", "otra@empresa.example")
    )
    from siigo_escala.sync import connect

    environment = scene.world.environment
    connect.connect(
        environment,
        opening.vault_of(environment),
        text.replace("clave-de-ejemplo", "otra-clave"),
        environ={},
        now=scene.world.now,
    )
    opened = opening.open_connection(environment, "otra")
    for found in (_examined(scene), examination.examine(opened, now=scene.world.now)):
        assert _of(found, Finding.NEIGHBOURS)[0] == "ok"
