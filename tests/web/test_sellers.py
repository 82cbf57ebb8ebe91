"""Vendedores: who each seller is in Escala, suggested, chosen, and saved from the page of its effect."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from siigo_escala.store import models
from tests.sync.world import counts
from tests.web.screens import Screens, audited, words
from tests.web.test_rules import filled

SELLERS, EFFECT = "/empresas/acme/vendedores/", "/empresas/acme/reglas/vista-previa/"


@pytest.fixture
def emp(screens: Screens) -> Client:
    """An administrator of a company whose first seller has sold, and whose rules want sellers linked."""
    world = screens.world
    world.escala.add_owner("ventas@laceiba.example")
    world.escala.create_contact(first_name="Ana", owner="ventas@laceiba.example")
    customer = world.customer()["id"]
    world.siigo.create_invoice(customer, seller=629)
    world.siigo.create_invoice(customer, seller=630)
    world.connect("create_for_unlinked_sellers = false")
    assert counts(world.sync()) == {"read": 2, "excluded": 2}
    account = screens.company.escala
    account.seen_owners = ["ventas@laceiba.example"]
    account.save()
    made = screens.person("EMP")
    made.get(SELLERS)  # asks for the lists that no run has read
    return made


def keep(client: Client, screens: Screens, **changes: str) -> Any:
    """Sends the table with some fields changed; keys as the form names them."""
    page = client.get(SELLERS).content.decode()
    vistas = re.search(r'name="vistas" value="(\w+)"', page)
    assert vistas is not None
    shown = dict.fromkeys(re.findall(r'<select name="([^"]+)"', page), "")
    return client.post(f"{SELLERS}cambio/", {**shown, "vistas": vistas[1], **changes})


def test_sellers_are_shown_with_what_they_sold_and_who_they_may_be(emp: Client) -> None:
    told = words(emp.get(SELLERS))
    assert "0 de 2 vendedores enlazados." in told
    assert "Sin enlazar: $" in told
    assert "Mismo correo" in told
    assert "Nuevo" in told
    assert "(el mismo de Siigo)" in told
    assert "Aceptar la sugerencia" in told
    assert "Sin sugerencia" in told


def test_a_suggestion_is_taken_and_the_next_run_makes_what_the_page_said(
    emp: Client, screens: Screens
) -> None:
    answer = emp.post(f"{SELLERS}cambio/", {"aceptar": "1"})
    assert answer.headers["Location"] == EFFECT
    told = words(emp.get(EFFECT))
    assert "«sin enlazar» → «ventas@laceiba.example»" in told
    assert "1 factura excluida se creará" in told
    emp.post("/empresas/acme/reglas/guardar/")
    assert screens.company.file["sellers"] == {"ventas@laceiba.example": "ventas@laceiba.example"}
    assert "sin enlazar" in str(audited("Reglas cambiadas").before)
    assert counts(screens.world.sync())["created"] == 1
    assert screens.world.deals()[0]["assignedTo"] == "ventas@laceiba.example"


def test_a_ticked_suggestion_another_email_and_a_removed_link(emp: Client, screens: Screens) -> None:
    first = "ventas@laceiba.example"
    second = next(one["email"].casefold() for one in screens.company.siigo.sellers if one["id"] == 630)
    keep(emp, screens, **{f"take_{first}": "on", f"other_{second}": "Nuevo@Acme.example"})
    changes = {tuple(path): after for path, _, after in models.RuleDraft.objects.get().changes}
    assert changes == {("sellers", first): first, ("sellers", second): "nuevo@acme.example"}
    emp.post("/empresas/acme/reglas/guardar/")
    assert "2 de 2 vendedores enlazados." in words(emp.get(SELLERS))
    keep(emp, screens, **{f"user_{first}": "", f"user_{second}": first})
    told = words(emp.get(EFFECT))
    assert f"«{first}» → «sin enlazar»" in told
    assert "1 distinta" in told or "1 fuera" in told
    emp.post("/empresas/acme/reglas/guardar/")
    assert screens.company.file["sellers"] == {second: first}


def test_two_sellers_of_one_user_and_one_who_is_gone_are_said(emp: Client, screens: Screens) -> None:
    company = screens.company
    known = [one["email"].casefold() for one in company.siigo.sellers]
    company.file = {
        **company.file,
        "sellers": {
            known[0]: "laura@acme.example",
            str(company.siigo.sellers[1]["id"]): "laura@acme.example",
            "viejo@acme.example": "unassigned",
        },
    }
    company.save()
    told = words(emp.get(SELLERS))
    assert f"También de {company.siigo.sellers[0]['name']}." in told
    assert "Ya no aparece en Siigo" in told
    # What is gone and stays as it was holds nothing else.
    answer = keep(
        emp,
        screens,
        **{
            f"user_{known[0]}": "",
            f"user_{company.siigo.sellers[1]['id']}": "laura@acme.example",
            "user_viejo@acme.example": "unassigned",
        },
    )
    assert answer.headers["Location"] == EFFECT
    emp.post("/empresas/acme/reglas/guardar/")
    assert known[0] not in screens.company.file["sellers"]


def test_a_seller_who_came_after_the_page_was_drawn_is_left_alone(emp: Client, screens: Screens) -> None:
    company = screens.company
    company.file = {**company.file, "sellers": {"ventas@laceiba.example": "laura@acme.example"}}
    company.save()
    page = emp.get(SELLERS).content.decode()
    vistas = re.search(r'name="vistas" value="(\w+)"', page)
    assert vistas is not None
    answer = emp.post(f"{SELLERS}cambio/", {"vistas": vistas[1]}, follow=True)
    assert "No hay nada por guardar" in words(answer)
    assert not models.RuleDraft.objects.exists()


def test_what_is_wrong_is_told_in_its_row(emp: Client, screens: Screens) -> None:
    answer = keep(emp, screens, **{"other_ventas@laceiba.example": "nadie"})
    assert answer.status_code == 422
    assert "Escriba un correo válido" in words(answer)
    answer = emp.post(f"{SELLERS}cambio/", {"vistas": "otras"})
    assert answer.status_code == 422
    assert "Otra persona cambió esto. Revise y guarde de nuevo." in words(answer)


def test_rules_and_sellers_share_the_draft(emp: Client, screens: Screens) -> None:
    given = filled(emp.get("/empresas/acme/reglas/")) | {"on_edited": "report"}
    emp.post("/empresas/acme/reglas/cambio/", given)
    keep(emp, screens, **{"take_ventas@laceiba.example": "on"})
    told = words(emp.get(EFFECT))
    assert "Si la factura cambia" in told
    assert "«sin enlazar» →" in told
    # A draft that no longer fits is told where the next change is made.
    draft = models.RuleDraft.objects.get()
    draft.changes = [[["opportunities", "document_types"], [], [999]]]
    draft.save()
    answer = keep(emp, screens, **{"take_ventas@laceiba.example": "on"})
    assert answer.status_code == 422
    assert "Siigo no tiene el tipo de factura 999" in words(answer)


def test_many_sellers_are_searched_and_paged(emp: Client, screens: Screens) -> None:
    company = screens.company.siigo
    company.sellers = [
        {"id": n, "name": f"Vendedor {n:02}", "email": f"v{n:02}@acme.example", "active": True}
        for n in range(1, 71)
    ] + [
        {"id": 99, "name": "", "email": "", "active": True},
        {"id": 98, "name": "Inactivo", "email": "", "active": False},
    ]
    company.save()
    page = emp.get(SELLERS)
    assert "Siguientes" in words(page)
    assert "Anteriores" not in words(page)
    assert "Anteriores" in words(emp.get(f"{SELLERS}?pagina=2"))
    assert "Siguientes" not in words(emp.get(f"{SELLERS}?pagina=3"))
    found = words(emp.get(f"{SELLERS}?q=vendedor 42"))
    assert "Vendedor 42" in found
    assert "Vendedor 41" not in found
    assert "Nadie coincide con «zzz»." in words(emp.get(f"{SELLERS}?q=zzz"))
    answer = keep(emp, screens, q="vendedor 42", **{"user_v42@acme.example": "ventas@laceiba.example"})
    assert answer.headers["Location"] == EFFECT
    changes = models.RuleDraft.objects.get().changes
    assert [one[0][1] for one in changes] == ["v42@acme.example"]


def test_a_siigo_without_sellers_says_so_and_a_reader_only_looks(emp: Client, screens: Screens) -> None:
    reader = screens.person("CONS")
    told = words(reader.get(SELLERS))
    assert "permiso de consulta" in told
    assert "Ver el efecto" not in told
    assert reader.post(f"{SELLERS}cambio/").status_code == 403
    company = screens.company.siigo
    company.sellers = []
    company.save()
    assert "Siigo no devolvió vendedores; revise los permisos del usuario API." in words(reader.get(SELLERS))
