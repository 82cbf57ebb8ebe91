"""Auditoría: filters, pages, export, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from siigo_escala.store import models
from siigo_escala.store.models import audit
from tests.web.conftest import NOW
from tests.web.screens import signed_in, words

pytestmark = pytest.mark.usefixtures("installed")
OWN, ALL = "/empresas/acme/auditoria/", "/auditoria/"


@pytest.fixture
def people(company: Callable[..., models.Connection]) -> dict[str, Client]:
    """An administrator of the company and one of the installation; entries of both companies and of none."""
    acme, other = company("acme"), company("otra")
    emp = models.User.objects.make("emp@acme.example", None)
    models.Membership.objects.create(user=emp, connection=acme, role="EMP")
    inst = models.User.objects.make("inst@acme.example", None, is_installer=True)
    audit.record(
        "Reglas cambiadas",
        who=emp.email,
        now=NOW,
        connection=acme,
        before={"Valor": "Total"},
        after={"Valor": "Bruto"},
    )
    audit.record(
        "Encendida",
        who=inst.email,
        now=NOW + timedelta(days=2),
        connection=acme,
        before={"encendida": False},
        after={"encendida": True},
    )
    audit.record(
        "Ajena", who=inst.email, now=NOW, connection=other, after={"facturas": [f"FV-{n}" for n in range(12)]}
    )
    audit.record("Persona invitada", who=inst.email, now=NOW, after={"correo": "=HYPERLINK(1)"})
    return {"EMP": signed_in(emp), "INST": signed_in(inst)}


def test_a_company_shows_its_own_changes_and_the_installation_all(people: dict[str, Client]) -> None:
    told = words(people["EMP"].get(OWN))
    assert "La cadena está íntegra: 2 registros." in told
    assert "Valor: Total → Bruto" in told
    assert "encendida: no → sí" in told
    assert "Ajena" not in told
    assert people["EMP"].get(ALL).status_code == 403
    told = words(people["INST"].get(ALL))
    assert "La cadena está íntegra: 4 registros." in told
    assert "la instalación" in told
    assert "FV-9…" in told


def test_filters_narrow_the_list_and_unknown_ones_are_said(people: dict[str, Client]) -> None:
    def rows(query: str) -> str:
        return words(people["EMP"].get(OWN + query)).partition("Antes → después")[2]

    assert "Encendida" not in rows("?quien=emp@acme.example")
    assert "Reglas cambiadas" not in rows("?accion=Encendida")
    assert "Encendida" not in rows("?hasta=2026-03-02")
    assert "Reglas cambiadas" not in rows("?desde=2026-03-03")
    assert "Sin cambios en estas fechas." in words(people["EMP"].get(f"{OWN}?desde=2026-04-01"))
    told = words(people["EMP"].get(f"{OWN}?quien=nadie&desde=ayer&hasta=2026-99-01&accion=Nada"))
    for one in ("quien=nadie", "desde=ayer", "hasta=2026-99-01", "accion=Nada"):
        assert f"Quitamos el filtro «{one}»: no existe." in told


def test_pages_go_by_key(people: dict[str, Client]) -> None:
    acme = models.Connection.objects.get(name="acme")
    for number in range(60):
        audit.record("Prueba", who="x", now=NOW, connection=acme, after={"n": number})
    page = people["EMP"].get(OWN)
    assert "n: 59" in words(page)
    assert "n: 9 " not in words(page)
    import re

    following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
    assert following is not None
    later = words(people["EMP"].get(OWN + following[1].replace("&amp;", "&")))
    assert "n: 9 " in later
    assert "Los más nuevos" in later


def test_an_export_holds_the_filtered_rows_is_safe_and_is_told(people: dict[str, Client]) -> None:
    answer = people["INST"].get(f"{ALL}?exportar=csv&accion=Persona invitada")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it streams
    head, row, end = text.split("\r\n")
    assert head.startswith("Cuándo (UTC);Quién;Empresa;Qué")
    assert "correo: =HYPERLINK(1)" in row
    assert not row.startswith("=")
    assert end == ""
    assert "accion=Persona" in str(models.AuditEntry.objects.get(action="Exportación de auditoría").after)
    answer = people["EMP"].get(f"{OWN}?exportar=csv")
    assert 'filename="auditoria-acme.csv"' in answer.headers["Content-Disposition"]
    assert b"Ajena" not in b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it streams


def test_a_changed_entry_is_told(people: dict[str, Client]) -> None:
    from django.db import connection

    entry = models.AuditEntry.objects.get(action="Reglas cambiadas")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET who = 'otro' WHERE id = %s", [entry.pk])
    for client, address in ((people["EMP"], OWN), (people["INST"], ALL)):
        assert f"Falta o cambió el registro {entry.pk}." in words(client.get(address))
