"""Venir de la app nativa: what Escala held already is linked by a person, one by one or a page at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from siigo_escala.store import models
from siigo_escala.web.queries import arrival
from tests.sync.world import FIELD, counts
from tests.web.screens import Screens, audited, words

ARRIVAL = "/empresas/acme/llegada/"


@pytest.fixture
def twins(screens: Screens) -> list[str]:
    """Three invoices that may be deals of the native app, one that a deal names: Siigo's ids of the three."""
    world = screens.world
    for number in range(3):
        contact = world.escala.create_contact(
            first_name=f"Ana {number}", custom={FIELD: str(900100200 + number)}
        )
        world.escala.create_deal(name=f"Venta {number}", contact_id=contact, value=1000 + number)
    made = [
        world.siigo.create_invoice(world.customer(number)["id"], total=1000 + number) for number in range(3)
    ]
    named = world.siigo.create_invoice(world.customer(7)["id"], total=5000)
    contact = world.escala.create_contact(first_name="Luis", custom={FIELD: "900100207"})
    world.escala.create_deal(name=f"{named['name']} Luis", contact_id=contact, value=5000)
    world.connect()
    assert counts(world.sync()) == {"read": 4, "unchanged": 1, "needs_attention": 3}
    return [one["id"] for one in made]


def test_an_empty_ledger_says_what_to_do_first(screens: Screens) -> None:
    screens.world.connect()
    assert "Todavía no hay facturas leídas. Sincronizar ahora" in words(screens.person("EMP").get(ARRIVAL))
    assert "Sincronizar ahora" not in words(screens.person("CONS").get(ARRIVAL))


def test_pairs_stand_side_by_side_and_a_page_of_them_is_linked_at_once(
    screens: Screens, twins: list[str]
) -> None:
    emp, world = screens.person("EMP"), screens.world
    told = words(emp.get(ARRIVAL))
    assert "Ya nombran su factura: enlazadas 1 $ 5.000,00" in told
    assert "¿Son la misma? 3 $ 3.003,00" in told
    assert "Venta 0 $ 1.000,00" in told
    assert "mismo contacto, mismo valor, mismos días" in told
    assert "Son las mismas las 3 de esta página" in told
    told = words(emp.post(f"{ARRIVAL}responder/", {"todas": "1"}, follow=True))
    assert "3 facturas se enlazan enseguida." in told
    assert "Ya respondidas: salen en la próxima sincronización 3" in told
    assert "Todo lo que existía quedó enlazado. Faltan 0 por crear." in told
    assert audited("Decisión: son la misma").after["cuántas"] == 3
    assert models.Request.objects.get().kind == "retry"
    world.sync()
    assert len(world.deals()) == 4, "nothing was made"
    assert not models.Invoice.objects.exclude(state="in_escala").exists()


def test_one_pair_is_answered_by_its_button(screens: Screens, twins: list[str]) -> None:
    emp, world = screens.person("EMP"), screens.world
    row = models.Invoice.objects.get(siigo_id=twins[0])
    deal = row.data["candidates"][0]
    told = words(emp.post(f"{ARRIVAL}responder/", {"factura": twins[0], "oportunidad": deal}, follow=True))
    assert "1 factura se enlaza enseguida." in told
    told = words(emp.post(f"{ARRIVAL}responder/", {"factura": twins[1]}, follow=True))
    assert "1 factura se crea enseguida." in told
    for fields in (
        {"factura": twins[0], "oportunidad": deal},
        {"factura": twins[2], "oportunidad": "otra"},
        {"todas": "1", "despues": "999999999"},
    ):
        told = words(emp.post(f"{ARRIVAL}responder/", fields, follow=True))
        assert "Esa pregunta ya tiene respuesta." in told
    world.sync()
    assert models.Invoice.objects.get(siigo_id=twins[0]).deal_id == deal
    assert len(world.deals()) == 5


def test_what_cannot_be_linked_any_more_changes_nothing(screens: Screens, twins: list[str]) -> None:
    emp = screens.person("EMP")
    deal = models.Invoice.objects.get(siigo_id=twins[0]).data["candidates"][0]
    other = models.Invoice.objects.get(siigo_id=twins[1])
    models.Invoice.objects.filter(pk=other.pk).update(deal_id=deal, state="in_escala")
    told = words(emp.post(f"{ARRIVAL}responder/", {"factura": twins[0], "oportunidad": deal}, follow=True))
    assert f"No se cambió nada. La oportunidad «{deal}» ya es de la factura" in told


def test_a_deal_that_two_may_be_is_left_out_of_the_bulk_and_long_lists_have_pages(
    screens: Screens, twins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    emp, acme = screens.person("EMP"), screens.company
    rows = list(models.Invoice.objects.filter(siigo_id__in=twins).order_by("pk"))
    first, second = rows[0], rows[1]
    second.data = {"candidates": first.data["candidates"]}
    second.save()
    assert [one.siigo_id for one, _ in arrival.bulk(arrival.pairs(acme))] == [rows[2].siigo_id]
    rows[2].data = {"candidates": ["se-borró"]}
    rows[2].save()
    assert "Ya no tenemos guardada su oportunidad." in words(emp.get(ARRIVAL))
    models.KnownDeal.objects.filter(deal_id=first.data["candidates"][0]).update(value=900)
    assert "mismo valor con sus notas" in words(emp.get(ARRIVAL))
    models.Invoice.objects.filter(pk=first.pk).update(value=Decimal("899.50"))
    assert "mismo valor en pesos enteros" in words(emp.get(ARRIVAL))
    monkeypatch.setattr(arrival, "PAGE", 2)
    assert "Siguientes" in words(emp.get(ARRIVAL))
    told = words(emp.get(f"{ARRIVAL}?despues={second.pk}"))
    assert rows[2].name in told
    assert first.name not in told


def test_a_warning_of_the_decision_is_told(screens: Screens, twins: list[str]) -> None:
    emp = screens.person("EMP")
    deal = models.Invoice.objects.get(siigo_id=twins[0]).data["candidates"][0]
    emp.get(ARRIVAL)
    models.Invoice.objects.filter(siigo_id=twins[0]).update(deal_id=deal)
    told = words(emp.post(f"{ARRIVAL}responder/", {"factura": twins[0], "oportunidad": deal}, follow=True))
    assert f"ya es de la oportunidad «{deal}»." in told


def test_a_reader_answers_nothing(screens: Screens, twins: list[str]) -> None:
    reader = screens.person("CONS")
    told = words(reader.get(ARRIVAL))
    assert "permiso de consulta" in told
    assert "Son la misma Venta" not in told
    assert reader.post(f"{ARRIVAL}responder/", {"factura": twins[0]}).status_code == 403


def test_the_check_list_is_linked_from_the_rules(screens: Screens, twins: list[str]) -> None:
    page: Client = screens.person("CONS")
    assert "Venir de la app nativa" in words(page.get("/empresas/acme/reglas/"))
