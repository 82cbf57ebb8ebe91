"""A decision on all of a filter: asked with number and pesos, counted anew, stored in slices."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from siigo_escala.store import models
from siigo_escala.web import bulk, deal_decisions, decisions, errands
from siigo_escala.web.books import INVOICES
from siigo_escala.web.decisions import Choice
from siigo_escala.web.queries import facts
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.views import pending
from tests.web.screens import Screens, audited, words

PENDING = "/empresas/acme/pendientes/"
DECIDE = f"{PENDING}decidir/"


@pytest.fixture
def emp(screens: Screens) -> Client:
    """An administrator of a company that is connected and holds nothing yet."""
    screens.world.connect()
    return screens.person("EMP")


def _held(screens: Screens, count: int, *, first: int = 1, **more: Any) -> None:
    """Invoices that wait for a person."""
    fields = {"state": "needs_attention", "code": "STAGE_GONE", "value": Decimal(1000), **more}
    company = screens.company
    models.Invoice.objects.bulk_create(
        models.Invoice(
            connection=company,
            escala=company.escala,
            siigo_id=f"id-{number}",
            name=f"FV-2-{number}",
            date=date(2026, 3, 2),
            **fields,
        )
        for number in range(first, first + count)
    )


def _form_of(page: str) -> dict[str, str]:
    """The hidden fields of the page that asks."""
    main = page.partition("<main")[2]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', main.replace("&amp;", "&")))


def _asked(client: Client, kind: str, filtro: str, **more: str) -> Any:
    return client.post(DECIDE, {"decision": kind, "todas": "1", "filtro": filtro, "volver": PENDING, **more})


def test_all_of_a_reason_are_left_out_after_a_question(emp: Client, screens: Screens) -> None:
    _held(screens, 12)
    _held(screens, 2, first=50, code="CONTACT_AMBIGUOUS")
    page = emp.get(PENDING).content.decode()
    assert "Marcar las 12" in page
    filtro = next(one for one in re.findall(r'name="filtro" value="([^"]+)"', page) if "STAGE" in one)
    question = _asked(emp, "ignore", filtro.replace("&amp;", "&"))
    told = words(question)
    assert "¿Excluir 12 facturas por $ 12.000?" in told
    assert "No se crearán sus oportunidades, ni ahora ni después." in told
    assert "La etapa ya no existe" in told
    assert not models.AuditEntry.objects.exists()
    given = _form_of(question.content.decode()) | {"decision": "ignore", "motivo": "Son de prueba"}
    answer = emp.post(DECIDE, given, follow=True)
    assert "12 facturas quedan excluidas." in words(answer)
    assert screens.world.row("FV-2-12").decision == "ignore"
    assert screens.world.row("FV-2-50").decision == ""
    entry = audited("Excluidas")
    assert (entry.after["cuántas"], entry.after["motivo"]) == (12, "Son de prueba")


def test_one_is_told_of_as_one(emp: Client, screens: Screens) -> None:
    _held(screens, 1)
    given = {"decision": "ignore", "factura": "id-1", "volver": PENDING, "confirmado": "1"}
    assert "1 factura queda excluida." in words(emp.post(DECIDE, given, follow=True))


def test_no_sentence_of_one_has_a_word_of_many() -> None:
    choices = [
        one for module in (decisions, deal_decisions) for one in vars(module).values() if type(one) is Choice
    ]
    assert len(choices) > 12
    for choice in choices:
        one, many = (choice.told(count, "cosa,cosas") for count in (1, 2))
        wrong = r"\b(quedan|facturan|crean|leen|intentan|buscan|excluidas|resueltas)\b"
        assert not re.search(wrong, one), choice.word
        assert one.startswith("1\u00a0cosa ") == many.startswith("2\u00a0cosas ")


def test_what_does_not_go_on_by_itself_is_the_same_everywhere(emp: Client, screens: Screens) -> None:
    _held(screens, 1)
    _held(screens, 1, first=2, state="pending", code="INTERNAL_ERROR")
    _held(screens, 1, first=3, state="pending", code="UNEXPECTED_ANSWER", annulled=True)
    _held(screens, 1, first=4, state="pending", code="")
    _held(screens, 1, first=5, state="failed", code="NOT_REACHED")
    _held(screens, 1, first=6, state="sending", code="INTERNAL_ERROR")
    told = words(emp.get(PENDING))
    assert "2 facturas por $ 2.000 necesitan su decisión, en 2 motivos." in told
    assert "Reintentar" in words(emp.get(f"{PENDING}INTERNAL_ERROR/"))
    listed = words(emp.get("/empresas/acme/facturas/?estado=atencion&estado=error"))
    assert "2 facturas · $ 2.000,00" in listed
    home = emp.get("/empresas/acme/?mes=2026-03")
    assert "Requieren atención 1 $ 1.000,00 + Con error 1 $ 1.000,00" in words(home)
    assert '<span>Pendientes</span><span class="count">2</span>' in home.content.decode()
    found = facts.of(screens.company, month=date(2026, 3, 1), now=datetime.now(UTC))
    assert found.attention.count == found.parts["atencion"].count + found.parts["error"].count == 2
    assert [one.name for one in bulk.many(INVOICES, screens.company, Filters(), "retry").chosen] == [
        "FV-2-1", "FV-2-2", "FV-2-3", "FV-2-5",
    ]  # fmt: skip


def test_all_of_a_reason_are_marked_though_all_stand_on_its_page(emp: Client, screens: Screens) -> None:
    _held(screens, 6)
    for path in (PENDING, f"{PENDING}STAGE_GONE/"):
        assert "Marcar las 6" in words(emp.get(path))
    assert "Ver las 6" not in words(emp.get(f"{PENDING}STAGE_GONE/"))
    _held(screens, pending.ALL, first=100)
    page = emp.get(f"{PENDING}STAGE_GONE/").content.decode()
    assert "Marcar las 506" in page
    assert 'href="/empresas/acme/facturas/?estado=atencion&amp;estado=error&amp;motivo=STAGE_GONE"' in page


def test_what_has_changed_since_the_question_is_asked_again(emp: Client, screens: Screens) -> None:
    _held(screens, 3)
    given = _form_of(_asked(emp, "retry", "?motivo=STAGE_GONE").content.decode()) | {"decision": "retry"}
    _held(screens, 1, first=9)
    again = emp.post(DECIDE, given)
    assert "Ahora son 4. ¿Seguir?" in words(again)
    assert not models.Request.objects.exists()
    answer = emp.post(DECIDE, _form_of(again.content.decode()) | {"decision": "retry"}, follow=True)
    assert "4 facturas se leen y se intentan de nuevo enseguida." in words(answer)
    (request,) = models.Request.objects.all()
    assert request.asked["invoices"] == ["FV-2-1", "FV-2-2", "FV-2-3", "FV-2-9"]


def test_what_does_not_admit_it_is_left_alone_and_none_is_said(emp: Client, screens: Screens) -> None:
    _held(screens, 2, state="in_escala", code="")
    assert "Ninguna factura del filtro admite esa decisión." in words(
        emp.post(DECIDE, {"decision": "ignore", "todas": "1", "filtro": "?nada=1"}, follow=True)
    )
    _held(screens, 1, first=5)
    told = words(_asked(emp, "ignore", "?motivo=NADA"))
    assert "¿Excluir 1 factura por $ 1.000?" in told
    assert "Quitamos el filtro «motivo=NADA»" in told
    assert "sin ningún filtro" in told
    assert emp.post(DECIDE, {"decision": "volar", "todas": "1"}).status_code == 404


def test_more_than_a_page_waits_for_is_an_errand(emp: Client, screens: Screens) -> None:
    _held(screens, bulk.AT_ONCE + 1)
    assert "No hay ninguna decisión en curso." in words(emp.get(f"{PENDING}en-curso/"))
    listed = emp.get("/empresas/acme/facturas/?estado=atencion").content.decode()
    assert "Marcar las 1.001 del filtro" in listed
    given = _form_of(_asked(emp, "ignore", "?estado=atencion").content.decode()) | {"decision": "ignore"}
    answer = emp.post(DECIDE, given)
    assert answer.headers["Location"] == f"{PENDING}en-curso/"
    errands.wait()
    assert "1.001 facturas quedan excluidas." in words(emp.get(f"{PENDING}en-curso/"))
    assert models.Invoice.objects.filter(decision="ignore").count() == bulk.AT_ONCE + 1
    models.Errand.objects.update(ended_at=None, result={}, progress={"done": 500, "total": 1001})
    page = emp.get(f"{PENDING}en-curso/").content.decode()
    assert 'value="500" max="1001"' in page
    fragment = emp.get(f"{PENDING}en-curso/", headers={"hx-request": "true"}).content.decode()
    assert "Van 500 de 1.001." in fragment
    assert "<html" not in fragment
    _held(screens, 1, first=5000)
    other = _form_of(_asked(emp, "retry", "?q=FV-2-5000").content.decode()) | {"decision": "retry"}
    assert "Hay otra decisión en curso" in words(emp.post(DECIDE, other, follow=True))


def test_what_cannot_be_obeyed_keeps_nothing_else_back(screens: Screens, emp: Client) -> None:
    _held(screens, 3)
    found = bulk.many(INVOICES, screens.company, Filters(), "create")
    assert found.choice is None
    _held(screens, 3, first=10, code="INVOICE_NAME_TWICE")
    found = bulk.many(INVOICES, screens.company, Filters(), "create")
    assert found.value == Decimal(3000)
    models.Invoice.objects.filter(name="FV-2-11").update(annulled=True)
    assert found.choice is not None
    now = screens.world.now
    result = bulk.carry_out(INVOICES, screens.company, "create", found.chosen, now=now)
    assert bulk.told(INVOICES, found.choice, result) == (
        "2 de 3 salieron; 1 sigue aquí. La factura «FV-2-11» está anulada o borrada en Siigo."
    )
    assert models.Request.objects.get().asked["invoices"] == ["FV-2-10", "FV-2-12"]


def test_readers_decide_nothing(screens: Screens, emp: Client) -> None:
    _held(screens, 60)
    reader = screens.person("CONS")
    assert _asked(reader, "ignore", "").status_code == 403
    assert reader.get(f"{PENDING}en-curso/").status_code == 403
    assert "Marcar las" not in reader.get("/empresas/acme/facturas/").content.decode()


def test_what_was_annulled_and_waits_for_a_person_is_neither_in_order_nor_out_of_reach(
    emp: Client, screens: Screens
) -> None:
    _held(screens, 12, code="INVOICE_ANNULLED_LATER", annulled=True)
    found = facts.of(screens.company, month=date(2026, 3, 1), now=datetime.now(UTC))
    assert (found.attention.count, found.parts["atencion"].count, found.parts["anulada"].count) == (12, 12, 0)
    page = emp.get(PENDING).content.decode()
    assert "Marcar las 12" in page
    (filtro,) = set(re.findall(r'name="filtro" value="([^"]+)"', page))
    answer = emp.post(
        DECIDE,
        {"decision": "done", "todas": "1", "filtro": filtro.replace("&amp;", "&"), "volver": PENDING},
        follow=True,
    )
    assert "admite esa decisión" not in words(answer)
