"""Oportunidades as a list: search, pages, exports, and one decision on all of a filter."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client

from siigo_escala.store import models
from tests.web import attacks
from tests.web.screens import audited, signed_in, words

LIST, PENDING = "/empresas/acme/oportunidades/", "/empresas/acme/pendientes/"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def acme(company: Callable[..., Any]) -> models.Connection:
    """A company whose opportunities become invoices; it holds none yet."""
    made: models.Connection = company(
        direction="opportunities_to_invoices",
        file={"name": "acme", "invoices": {"trigger_stage": "Ganada"}, "alerts": {"email": [], "urls": []}},
    )
    return made


@pytest.fixture
def emp(acme: models.Connection) -> Client:
    """Its administrator."""
    user = models.User.objects.make("ana@acme.example", None)
    models.Membership.objects.create(user=user, connection=acme, role="EMP")
    return signed_in(user)


def held(acme: models.Connection, count: int, *, first: int = 1, **more: Any) -> None:
    """Opportunities that wait for a person."""
    fields = {"state": "needs_attention", "code": "CUSTOMER_DATA_MISSING", "value": Decimal(1000), **more}
    models.Opportunity.objects.bulk_create(
        models.Opportunity(
            connection=acme,
            escala=acme.escala,
            company=acme.siigo,
            deal_id=f"deal-{number}",
            **{"name": f"Obra {number}", "modified": NOW + timedelta(minutes=number), **fields},
        )
        for number in range(first, first + count)
    )


def known(acme: models.Connection) -> None:
    """Three that a search can tell apart, and their contact."""
    models.KnownContact.objects.create(
        escala=acme.escala,
        contact_id="c-1",
        record={"id": "c-1", "first_name": "Ángela", "last_name": "Peñalosa", "custom": {}},
        seen_at=NOW,
    )
    held(acme, 1, name="Remodelación Café Bogotá", contact_id="c-1", customer="900482137")
    held(
        acme, 1, first=2, name="Bodega", state="invoiced", code="", invoice="FV-2-1045", siigo_id="s-1",
        value=Decimal("1110054.50"), total=Decimal("1320964.86"),
    )  # fmt: skip
    held(acme, 1, first=3, name="", state="invoiced", code="", invoice="FV-2-7", undone="annulled")


TYPED: dict[str, list[int]] = {
    "remodelacion cafe": [1],
    "BOGOTÁ": [1],
    "angela penalosa": [1],
    "900.482.137-2": [1],
    "1045": [2],
    "fv2 1045": [2],
    "$ 1.110.054": [2],
    "1.320.964,86": [2],
    "deal-3": [3],
    "nadie": [],
    "***": [],
}


def test_what_is_typed_finds_it(acme: models.Connection, emp: Client) -> None:
    known(acme)
    for typed, found in TYPED.items():
        page = emp.get(LIST, {"q": typed})
        assert re.findall(r'value="deal-(\d+)" form="marcadas"', page.content.decode()) == [
            str(number) for number in found
        ], typed
        assert (f"Nada coincide con «{typed}»" in words(page)) == (not found)


@on_sqlite
def test_filters_are_told_and_what_there_is_none_of_is_left_out(acme: models.Connection, emp: Client) -> None:
    known(acme)
    told = words(emp.get(LIST, {"estado": "anulada", "vendedor": "1", "orden": "cliente"}))
    assert "1 oportunidad · $ 1.000,00" in told
    assert "Anulada Quitar" in told
    assert "Quitamos el filtro «vendedor=1»" in told
    assert "Quitamos el filtro «orden=cliente»" in told
    of_day = words(emp.get(LIST, {"desde": "2026-03-02", "hasta": "2026-03-02"}))
    assert "3 oportunidades" in of_day
    none = words(emp.get(LIST, {"desde": "2026-03-03"}))
    assert "Ninguna oportunidad cumple estos filtros." in none
    by_reason = words(emp.get(LIST, {"motivo": "CUSTOMER_DATA_MISSING"}))
    assert "1 oportunidad" in by_reason
    assert "Ángela Peñalosa NIT 900.482.137-2" in by_reason
    home = emp.get("/empresas/acme/").content.decode()
    assert f'{LIST}?estado=anulada">1</a>' in home
    fragment = emp.get(LIST, headers={"hx-request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="list">')
    token = r'name="csrfmiddlewaretoken" value="\w+"'
    assert re.sub(token, "", fragment).strip() in re.sub(token, "", emp.get(LIST).content.decode())


def test_pages_show_each_once_in_either_direction(acme: models.Connection, emp: Client) -> None:
    held(acme, 60)
    models.Opportunity.objects.filter(deal_id="deal-60").update(modified=None)
    for order in ("", "oportunidad", "-valor", "factura", "fecha"):
        page = emp.get(LIST, {"orden": order, "filas": "25"}).content.decode()
        seen = on_page(page)
        while after := re.search(r'rel="next" href="([^"]+)"', page):
            page = emp.get(LIST + after[1].replace("&amp;", "&")).content.decode()
            seen += on_page(page)
        assert len(seen) == len(set(seen)) == 60, order
        before = re.search(r'rel="prev" href="([^"]+)"', page)
        assert before is not None
        back = emp.get(LIST + before[1].replace("&amp;", "&")).content.decode()
        assert on_page(back) == seen[25:50], order
        made_up = base64.urlsafe_b64encode(json.dumps(["modified", "2026-03-02T10:00", 1]).encode()).decode()
        assert (
            on_page(emp.get(LIST, {"orden": order, "filas": "25", "despues": made_up}).content.decode())
            == seen[:25]
        )


def on_page(page: str) -> list[str]:
    """The ids of a page's rows."""
    return re.findall(r'value="(deal-\d+)" form="marcadas"', page)


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the page that asks."""
    main = page.partition("<main")[2]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', main.replace("&amp;", "&")))


@on_sqlite
def test_all_of_a_reason_are_left_out_after_a_question(acme: models.Connection, emp: Client) -> None:
    held(acme, 12)
    held(acme, 1, first=50, code="VALUE_DIFFERS")
    page = emp.get(PENDING).content.decode()
    assert "Marcar las 12" in page
    assert f"{LIST}exportar/csv/?estado=atencion&amp;estado=error" in page
    assert "Una sola causa explica 12 de 13: Faltan datos para facturar." in page
    filtro = next(one for one in re.findall(r'name="filtro" value="([^"]+)"', page) if "CUSTOMER" in one)
    given = {"todas": "1", "filtro": filtro.replace("&amp;", "&"), "volver": PENDING, "decision": "ignore"}
    question = emp.post(f"{LIST}decidir/", given)
    told = words(question)
    assert "¿Excluir 12 oportunidades por $ 12.000?" in told
    assert "No se facturarán, ni ahora ni después." in told
    given = form_of(question.content.decode()) | {"decision": "ignore", "motivo": "Son de prueba"}
    answer = emp.post(f"{LIST}decidir/", given, follow=True)
    assert "12 oportunidades quedan excluidas." in words(answer)
    assert models.Opportunity.objects.filter(decision="ignore").count() == 12
    entry = audited("Excluidas")
    assert (entry.after["cuántas"], entry.after["oportunidades"][0]) == (12, "Obra 1")


@on_sqlite
def test_a_filter_is_retried_and_what_cannot_be_obeyed_stays(acme: models.Connection, emp: Client) -> None:
    held(acme, 60)
    assert "Marcar las 60 del filtro" in emp.get(LIST).content.decode()
    question = emp.post(f"{LIST}decidir/", {"decision": "retry", "todas": "1", "filtro": "?q=Obra"})
    given = form_of(question.content.decode()) | {"decision": "retry"}
    assert "60 oportunidades se leen y se intentan" in words(emp.post(f"{LIST}decidir/", given, follow=True))
    assert len(models.Request.objects.get().asked["opportunities"]) == 60
    held(acme, 2, first=70, state="pending", code="")
    question = emp.post(
        f"{LIST}decidir/", {"decision": "ignore", "todas": "1", "filtro": "?estado=por-enviar"}
    )
    models.Opportunity.objects.filter(deal_id="deal-71").update(siigo_id="s-9", invoice="FV-2-9")
    given = form_of(question.content.decode()) | {"decision": "ignore"}
    told = words(emp.post(f"{LIST}decidir/", given, follow=True))
    assert "1 de 2 salió; 1 sigue aquí. La oportunidad «Obra 71» ya tiene su factura" in told
    nothing = emp.post(
        f"{LIST}decidir/", {"decision": "again", "todas": "1", "filtro": "?q=nada"}, follow=True
    )
    assert "Ninguna oportunidad del filtro admite esa decisión." in words(nothing)


@on_sqlite
def test_an_export_holds_the_filtered_rows_and_no_formula(acme: models.Connection, emp: Client) -> None:
    known(acme)
    held(acme, 1, first=9, name="=HYPERLINK(1)", value=Decimal(-5))
    csv = attacks.body(emp.get(f"{LIST}exportar/csv/", {"estado": "atencion"})).decode()
    lines = csv.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("Oportunidad;Modificada;Identificación;Cliente;Valor;Estado")
    assert len(lines) == 3
    assert lines[1].startswith("Remodelación Café Bogotá;2026-03-02;900482137;Ángela Peñalosa;1000,00;")
    assert lines[2].startswith("'=HYPERLINK(1);2026-03-02;;;-5,00;Requiere atención;CUSTOMER_DATA_MISSING")
    answer = emp.get(f"{LIST}exportar/xlsx/")
    assert 'filename="oportunidades-acme.xlsx"' in answer.headers["Content-Disposition"]
    with ZipFile(io.BytesIO(attacks.body(answer))) as book:
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
    assert "<f>" not in sheets[0]
    assert "FV-2-1045" in sheets[0]
    assert "Facturada" in sheets[1]
    assert audited("Exportación de oportunidades (XLSX)").after["filas"] == 4
    assert emp.get(f"{LIST}exportar/pdf/").status_code == 404
