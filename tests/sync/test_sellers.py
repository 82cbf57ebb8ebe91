"""Siigo's sellers: linked by e-mail or id, and read again when an invoice names one that is new."""

from __future__ import annotations

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync.world import World, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LINK = '[sellers]\n"{seller}" = "laura@empresa.example"\n'


def test_a_link_by_id_counts_before_one_by_email(world: World) -> None:
    first = world.siigo.company.users[0]
    tables = LINK.format(seller=first["id"]) + f'"{first["email"]}" = "otra@empresa.example"\n'
    world.invoices(1, seller=first["id"])
    world.connect(tables=tables)
    world.sync()
    assert world.deals()[0]["assignedTo"] == "laura@empresa.example"


def test_a_seller_who_is_new_in_siigo_is_asked_for_once_and_linked_by_his_email(world: World) -> None:
    email = world.siigo.company.users[0]["email"].upper()
    world.connect('description = "De {vendedor}"', tables=LINK.format(seller=email))
    new = world.siigo.add_user(email=email.lower(), first_name="Nueva", last_name="Persona")
    world.invoices(2, seller=new["id"])
    world.siigo.calls.clear()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    assert {deal["assignedTo"] for deal in world.deals()} == {"laura@empresa.example"}
    assert world.siigo.calls.count("GET", "/v1/users") == 1
    assert new["id"] in [seller["id"] for seller in models.SiigoCompany.objects.get().sellers]
    world.invoices(1, seller=new["id"])
    world.siigo.calls.clear()
    world.sync()
    assert world.siigo.calls.count("GET", "/v1/users") == 0, "he is known now"


def test_a_seller_whom_siigo_does_not_list_is_asked_for_once_a_run(world: World) -> None:
    world.connect('default_owner = "gerencia@empresa.example"')
    world.invoices(3, seller=999999)
    world.siigo.calls.clear()
    assert counts(world.sync()) == {"read": 3, "created": 3}
    assert world.siigo.calls.count("GET", "/v1/users") == 1
    assert {deal["assignedTo"] for deal in world.deals()} == {"gerencia@empresa.example"}


@pytest.mark.parametrize(("status", "exit_code", "deals"), [(400, 0, 1), (403, 3, 0)])
def test_a_list_of_users_that_does_not_come_holds_nothing_up_unless_access_is_refused(
    world: World, status: int, exit_code: int, deals: int
) -> None:
    world.connect()
    world.invoices(1, seller=999999)
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/users", status=status, body={}))
    assert world.sync().exit_code == exit_code
    assert len(world.deals()) == deals
