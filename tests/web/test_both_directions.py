"""The reading screens of a connection whose opportunities become invoices: they tell of that ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

CALLS = {"calls": {"siigo": 1, "escala": 1}, "plan": {"calls": {"siigo": 1, "escala": 1}, "seconds": 1}}
pytestmark = [
    pytest.mark.usefixtures("installed"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.mark.parametrize(
    "page",
    [
        "",
        "pendientes/",
        "facturas/",
        "conciliacion/",
        "historial/",
        "sincronizar/",
        "oportunidades/",
        "historial/{run}/",
    ],
)
def test_a_page_answers(visitor: Client, company: Callable[..., Any], page: str) -> None:
    from siigo_escala.store import models

    acme = company(direction="opportunities_to_invoices", file={"name": "acme", "invoices": {}})
    run = models.Run.objects.create(
        connection=acme, kind="sync", started=datetime.now(UTC), finished=datetime.now(UTC), exit_code=0,
        document={"opportunities": {"read": 1, "created": 1}, "value": {"created": "5.00"}, **CALLS},
    )  # fmt: skip
    models.User.objects.make("ana@acme.example", "una-clave-larga-de-ejemplo", is_installer=True)
    entered = visitor.post(
        "/entrar/", {"email": "ana@acme.example", "password": "una-clave-larga-de-ejemplo"}
    )
    assert entered.status_code == 302
    answer = visitor.get(f"/empresas/acme/{page.format(run=run.pk)}")
    assert answer.status_code == 200, answer.content[-2000:]


def test_an_outage_names_the_system_that_does_not_answer(company: Callable[..., Any]) -> None:
    from siigo_escala.store import models
    from siigo_escala.web.queries import facts

    acme = company(direction="opportunities_to_invoices", file={"name": "acme", "invoices": {}})
    run = models.Run.objects.create(
        connection=acme, kind="sync", started=datetime.now(UTC), finished=datetime.now(UTC), exit_code=4,
        document={"opportunities": {"read": 1}, "unreachable": "siigo", **CALLS},
    )  # fmt: skip
    models.Turn.objects.create(connection=acme, failures=2, since=datetime.now(UTC))
    found = facts.of(acme, now=datetime.now(UTC)).outage
    assert found is not None
    assert (found.system, found.tries) == ("Siigo", 2)
    models.Run.objects.filter(pk=run.pk).update(document={"opportunities": {"read": 1}, **CALLS})
    found = facts.of(acme, now=datetime.now(UTC)).outage
    assert found is not None
    assert found.system == "Escala", "all that an earlier version lets us guess"


def test_inicio_and_the_list_tell_of_the_opportunities(company: Callable[..., Any]) -> None:
    from siigo_escala.store import models
    from siigo_escala.web.queries import facts
    from tests.web.screens import signed_in, words

    acme = company(
        direction="opportunities_to_invoices",
        file={"name": "acme", "invoices": {"trigger_stage": "Ganada"}, "alerts": {"email": [], "urls": []}},
    )
    models.Run.objects.create(
        connection=acme, kind="sync", started=datetime.now(UTC), finished=datetime.now(UTC), exit_code=0,
        document={"opportunities": {"read": 1, "created": 1}, "value": {"created": "5.00"}, **CALLS},
    )  # fmt: skip
    both = {"connection": acme, "escala": acme.escala, "company": acme.siigo, "modified": datetime.now(UTC)}
    models.Opportunity.objects.create(
        deal_id="d1", name="Obra", value=1000, state="invoiced", siigo_id="i1", invoice="FV-2-9", **both
    )
    person = signed_in(models.User.objects.make("ana@acme.example", None, is_installer=True))
    home = words(person.get("/empresas/acme/"))
    assert "Facturadas 1 $ 1.000,00" in home
    assert facts.of(acme, now=datetime.now(UTC)).drafts == 0
    models.Opportunity.objects.update(stamp="Draft")
    assert facts.of(acme, now=datetime.now(UTC)).drafts == 1
    made = models.Opportunity.objects.filter(deal_id="d1")
    assert facts.of(acme, now=datetime.now(UTC)).ever_sent
    made.update(siigo_id=None)
    assert not facts.of(acme, now=datetime.now(UTC)).ever_sent, "read, and no invoice of it yet"
    made.update(siigo_id="i1")
    made.update(state="needs_attention", code="OPPORTUNITY_EDITED")
    assert facts.of(acme, now=datetime.now(UTC)).drafts == 1, "it is a draft in Siigo all the same"
    made.update(state="invoiced", code="", undone="deleted")
    assert facts.of(acme, now=datetime.now(UTC)).drafts == 0
    settled = words(person.get("/empresas/acme/oportunidades/d1/"))
    assert "Su factura FV-2-9 ya no está en pie en Siigo." in settled
    assert "en borrador" not in settled
    made.update(undone="")
    models.Opportunity.objects.create(
        deal_id="d2",
        name="Bodega",
        value=500,
        state="needs_attention",
        code="CUSTOMER_DATA_MISSING",
        data={"field": "la ciudad"},
        **both,
    )
    models.Opportunity.objects.create(deal_id="d3", name="Otra", value=7, state="pending", **both)
    listed = words(person.get("/empresas/acme/oportunidades/"))
    assert "3 oportunidades" in listed
    assert "FV-2-9" in listed
    waiting = words(person.get("/empresas/acme/oportunidades/?estado=atencion"))
    assert "Bodega" in waiting
    assert "Faltan datos para facturar" in waiting
    assert "la ciudad" in words(person.get("/empresas/acme/oportunidades/d2/"))
    assert "Obra" not in waiting
    assert "Otra" in words(person.get("/empresas/acme/oportunidades/?estado=por-enviar"))
    models.Invoice.objects.create(
        connection=acme, escala=acme.escala, siigo_id="i8", state="needs_attention", code="FIELD_GONE"
    )
    assert facts.of(acme, now=datetime.now(UTC)).gone == "", "of the other direction"
    models.Opportunity.objects.filter(deal_id="d2").update(code="STAGE_GONE", data={"stage": "Ganada"})
    assert facts.of(acme, now=datetime.now(UTC)).gone == "Ganada"
    acme.direction = "invoices_to_opportunities"
    acme.save()
    assert person.get("/empresas/acme/oportunidades/").headers["Location"] == "/empresas/acme/facturas/"
