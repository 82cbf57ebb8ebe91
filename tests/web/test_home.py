"""Inicio: what is to be done besides the status sentence, each row with the page where it is done."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from siigo_escala.config import env
from siigo_escala.store import models
from siigo_escala.store.models import audit
from siigo_escala.web.queries import facts, ledger
from siigo_escala.web.told import Amount
from tests.web.screens import Screens, audited, words

HOME = "/empresas/acme/"


@pytest.fixture
def screens(screens: Screens) -> Screens:
    """A company that is connected and has read nothing."""
    screens.world.connect()
    return screens


def _facts(screens: Screens) -> Any:
    return facts.of(screens.company, now=screens.world.now())


def _invoice(screens: Screens, number: int, **more: Any) -> models.Invoice:
    company = screens.company
    fields: dict[str, Any] = {"date": screens.world.today(), "value": Decimal(1000), **more}
    return models.Invoice.objects.create(
        connection=company, escala=company.escala, siigo_id=f"id-{number}", name=f"FV-2-{number}", **fields
    )


def test_the_account_and_its_total_are_of_one_moment(screens: Screens) -> None:
    for number, state in enumerate(["in_escala", "in_escala", "excluded", "needs_attention"]):
        _invoice(screens, number, state=state)
    company = screens.company
    with CaptureQueriesContext(connection) as asked:
        parts, total = ledger.checked(ledger.in_span(company, None, None))
    assert len(asked) == 1, "a run that writes between two questions would make them differ"
    assert parts == ledger.account(ledger.in_span(screens.company, None, None))
    assert total == Amount(count=4, value=Decimal(4000))
    assert ledger.checked(ledger.in_span(screens.company, None, date(2000, 1, 1)))[1] == Amount()


def test_new_sellers_lead_to_the_page_that_links_them(screens: Screens) -> None:
    emp, reader = screens.person("EMP"), screens.person("CONS")
    first, second = [one["id"] for one in screens.company.siigo.sellers[:2]]
    assert "Nada por hacer." in words(emp.get(HOME))
    _invoice(screens, 1, seller=first)
    name = screens.company.siigo.sellers[0]["name"]
    page = emp.get(HOME)
    assert f"Vendedor nuevo: {name}" in words(page)
    assert 'href="/empresas/acme/vendedores/"' in page.content.decode()
    assert "Vendedor nuevo" not in words(reader.get(HOME))
    _invoice(screens, 2, seller=second)
    assert "2 vendedores nuevos sin enlazar" in words(emp.get(HOME))
    # Whoever has sold for long is no news, and whoever is linked is nobody's trouble.
    _invoice(screens, 3, seller=second, date=date(2020, 1, 1))
    assert "Vendedor nuevo" in words(emp.get(HOME))
    email = screens.company.siigo.sellers[0]["email"].casefold()
    models.Connection.objects.update(
        file={**screens.company.file, "sellers": {email or str(first): "laura@acme.example"}}
    )
    assert "endedor" not in words(emp.get(HOME)).partition("¿Qué hago ahora?")[2]


def test_an_old_backup_and_a_missing_one_are_the_installers_business(screens: Screens) -> None:
    inst, emp = screens.person("INST"), screens.person("EMP")
    assert "respaldo" not in words(inst.get(HOME))
    models.Connection.objects.update(created_at=screens.world.now() - timedelta(days=10))
    told = words(inst.get(HOME))
    assert "Todavía no hay ningún respaldo" in told
    assert "Su cuenta no tiene doble factor" in told
    assert "respaldo" not in words(emp.get(HOME))
    inst.post("/ajustes/respaldo/crear/")
    assert "respaldo" not in words(inst.get(HOME))
    (made,) = (env.read(os.environ).home / "backups").glob("*.zip")
    old = (datetime.now() - timedelta(days=9, hours=1)).timestamp()  # noqa: DTZ005 - of a file
    os.utime(made, (old, old))
    told = words(inst.get(HOME))
    assert "El último respaldo tiene 9 días" in told
    assert "/ajustes/respaldo/" in inst.get(HOME).content.decode()


def test_what_the_sentence_does_not_say_is_a_row_and_groups_follow(screens: Screens) -> None:
    emp = screens.person("EMP")
    _invoice(screens, 1, state="needs_attention", code="CONTACT_AMBIGUOUS")
    models.Connection.objects.update(
        paused="USER_BLOCKED",
        paused_at=screens.world.now(),
        others={"seen": [{"deal": "d", "invoice": "FV-2-9"}]},
    )
    page = emp.get(HOME)
    told = words(page).partition("¿Qué hago ahora?")[2].partition("Últimas sincronizaciones")[0]
    # No worker lives here: that is the sentence, and what is blocked comes next.
    assert "Siigo bloqueó el usuario API" in told
    assert "Otro programa también crea oportunidades" in told
    assert told.index("Siigo bloqueó") < told.index("Dos contactos posibles")
    for address in ("ayuda/USER_BLOCKED/", "otro-programa/", "pendientes/CONTACT_AMBIGUOUS/"):
        assert address in page.content.decode()
    reader = words(screens.person("CONS").get(HOME)).partition("¿Qué hago ahora?")[2]
    assert "Dos contactos posibles" in reader
    assert "Siigo bloqueó" not in reader


def test_pausing_asks_why_and_inicio_tells_it(screens: Screens) -> None:
    emp = screens.person("EMP")
    assert "¿Pausar la sincronización de acme?" in words(emp.get(f"{HOME}sincronizar/pausar/"))
    empty = emp.post(f"{HOME}sincronizar/pausar/", {"why": "  "})
    assert empty.status_code == 422
    assert "Escriba por qué la pausa." in words(empty)
    assert screens.company.enabled
    answer = emp.post(f"{HOME}sincronizar/pausar/", {"why": "Cierre  de mes"}, follow=True)
    assert "Está en pausa desde hoy" in words(answer)
    assert "(emp@acme.example: Cierre de mes)" in words(answer)
    assert models.Connection.objects.filter(enabled=False).exists()
    assert audited("Sincronización automática apagada").after == {
        "encendida": False,
        "motivo": "Cierre de mes",
    }
    found = _facts(screens)
    assert (found.resting.who, found.resting.why) == ("emp@acme.example", "Cierre de mes")
    emp.post(f"{HOME}sincronizar/reanudar/")
    assert _facts(screens).resting is None
    # Switched off elsewhere since: what was said before is of another pause.
    models.Connection.objects.update(enabled=False)
    assert _facts(screens).resting is None


def test_values_that_differ_are_facts_of_the_month(screens: Screens) -> None:
    world = screens.world
    world.invoices(2)
    world.sync()
    assert _facts(screens).differing.count == 0
    deal = models.KnownDeal.objects.order_by("pk").first()
    assert deal is not None
    models.KnownDeal.objects.filter(pk=deal.pk).update(
        value=deal.value + 5000, seen_at=world.now() + timedelta(hours=1)
    )
    found = _facts(screens).differing
    assert (found.count, found.value) == (1, Decimal(5000))


def test_a_pause_that_siigo_asked_for_and_a_direction_that_changed_under_a_run(screens: Screens) -> None:
    from siigo_escala.store import lease

    company, now = screens.company, screens.world.now()
    models.Run.objects.create(
        connection=company, kind="sync", started=now, document={"direction": "opportunities_to_invoices"}
    )
    held = lease.take(company)
    try:
        found = _facts(screens)
        assert found.going.turning
        assert found.held_off is None
        until = now + timedelta(minutes=4)
        models.Limit.objects.create(account=f"siigo:{company.siigo_id}", not_before=until.timestamp())
        told = _facts(screens).held_off
        assert (told.system, abs(told.until - until) < timedelta(seconds=1)) == ("Siigo", True)
    finally:
        held.release()
    assert _facts(screens).going is None


def test_without_the_key_nothing_can_be_stored_and_it_is_said(
    screens: Screens, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inst = screens.person("INST")
    assert _facts(screens).storage == ""
    monkeypatch.setenv("SIIGO_ESCALA_SECRET_KEY", "otra-clave-que-no-abre-nada")
    assert _facts(screens).storage == "falta la llave con que se cifran las claves"
    assert "No podemos guardar datos (falta la llave" in words(inst.get(HOME))
    monkeypatch.setenv("SIIGO_ESCALA_HOME", str(tmp_path / "nada"))
    expected = (
        "la carpeta no se puede mirar: no existe"
        if "sqlite" in os.environ["SIIGO_ESCALA_DATABASE_URL"]
        else "falta"
    )
    assert expected in _facts(screens).storage


def test_what_the_command_line_switches_is_told_too(screens: Screens) -> None:
    audit.record(
        "Sincronización automática apagada",
        who="línea de comandos",
        now=screens.world.now(),
        connection=screens.company,
        after={"encendida": False},
    )
    models.Connection.objects.update(enabled=False)
    assert _facts(screens).resting.who == "línea de comandos"
