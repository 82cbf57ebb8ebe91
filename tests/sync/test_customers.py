"""Siigo's customers: in bulk or one by one, whichever costs fewer calls; how long the cache is believed."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _company(world: World, customers: int) -> list[dict[str, Any]]:
    return [world.customer(number) for number in range(customers)]


def _asked(world: World) -> tuple[int, int]:
    """Pages of customers and single customers asked for since the last question."""
    asked = (
        world.siigo.calls.count("GET", "/v1/customers"),
        world.siigo.calls.count("GET", "/v1/customers/.+"),
    )
    world.siigo.calls.clear()
    return asked


@pytest.mark.parametrize(
    ("customers", "wanted", "asked"),
    [
        (5, 1, (0, 1)),
        (5, 3, (1, 0)),
        (150, 2, (2, 0)),
        (250, 2, (3, 0)),
        (350, 2, (1, 2)),
    ],
)
def test_the_way_that_costs_fewer_calls_is_taken(
    world: World, customers: int, wanted: int, asked: tuple[int, int]
) -> None:
    made = _company(world, customers)
    for number in range(wanted):
        world.siigo.create_invoice(made[number * (customers - 1) // max(wanted - 1, 1)]["id"])
    world.connect()
    world.siigo.calls.clear()
    assert counts(world.sync()) == {"read": wanted, "created": wanted}
    pages, single = _asked(world)
    assert pages + single <= min(-(-customers // 100), wanted) + 1
    assert (pages, single) == asked or (pages == asked[0] and single < asked[1])


def test_how_many_there_are_is_remembered_for_the_next_choice(world: World) -> None:
    made = _company(world, 350)
    world.siigo.create_invoice(made[100]["id"])
    world.siigo.create_invoice(made[200]["id"])
    world.connect()
    world.sync()
    assert models.SiigoCompany.objects.get().customers_total == 350
    _asked(world)
    known = set(models.KnownCustomer.objects.values_list("siigo_id", flat=True))
    new = [customer for customer in made if customer["id"] not in known][:2]
    for customer in new:
        world.siigo.create_invoice(customer["id"])
    assert counts(world.sync())["created"] == 2
    assert _asked(world) == (0, 2)


def test_a_list_that_does_not_say_how_many_there_are_is_read_to_its_end(world: World) -> None:
    made = _company(world, 2)
    for customer in made:
        world.siigo.create_invoice(customer["id"])
    world.connect()
    world.siigo.faults.add(
        Fault(kind="refuse", method="GET", path="/v1/customers", status=200, body={"results": []}, times=1)
    )
    world.siigo.calls.clear()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    assert _asked(world) == (1, 2), "and what it did not hold is asked for one by one"
    assert models.SiigoCompany.objects.get().customers_total is None


def test_a_customer_that_siigo_deleted_is_asked_for_once(world: World) -> None:
    customer = world.customer()
    invoice = world.siigo.create_invoice(customer["id"])
    world.siigo.delete_customer(customer["id"])
    world.connect()
    assert codes(world.sync()) == ["CUSTOMER_MISSING"]
    _asked(world)
    assert codes(world.sync()) == ["CUSTOMER_MISSING"]
    assert _asked(world)[1] == 0
    assert models.KnownCustomer.objects.get(siigo_id=customer["id"]).gone
    assert world.row(invoice["name"]).state == "needs_attention"


def test_what_changed_in_a_customer_is_asked_for_while_an_invoice_waits_for_it(world: World) -> None:
    world.escala.switches.change({"email_required": "yes"})
    customer = world.customer(contacts=[])
    world.siigo.create_invoice(customer["id"])
    world.connect()
    assert codes(world.sync()) == ["CONTACT_DATA_MISSING"]
    world.pass_time(minutes=30)
    world.siigo.edit_customer(
        customer["id"], contacts=[{"first_name": "Ana", "last_name": "Paz", "email": "ana@empresa.example"}]
    )
    assert counts(world.sync()) == {"read": 1, "created": 1}
    _asked(world)
    world.sync()
    assert _asked(world) == (0, 0), "nothing waits any more"


def test_the_sweep_of_a_day_brings_the_customers_that_changed_since_the_last(world: World) -> None:
    first, second = _company(world, 2)
    third = world.customer(3)
    world.siigo.create_invoice(first["id"])
    world.siigo.create_invoice(second["id"])
    world.connect()
    world.sync()
    assert models.KnownCustomer.objects.filter(siigo_id=third["id"]).exists(), "read in bulk, no contact yet"
    world.siigo.edit_customer(
        third["id"], contacts=[{"first_name": "Eva", "last_name": "Rey", "email": "eva@empresa.example"}]
    )
    world.pass_time(days=1)
    world.sync(date_from=world.today())
    world.siigo.create_invoice(third["id"])
    assert counts(world.sync())["created"] == 1
    assert "eva@empresa.example" in {contact["personal"].get("email") for contact in world.contacts()}


def test_an_endless_name_is_searched_by_its_first_three_hundred_letters(world: World) -> None:
    customer = world.customer(1)
    world.siigo.edit_customer(customer["id"], name=["L" * 400])
    world.siigo.create_invoice(customer["id"])
    world.connect()
    world.sync()
    known = models.KnownCustomer.objects.get(siigo_id=customer["id"])
    assert known.words == "l" * 300


@pytest.mark.parametrize("kind", ["sync", "retry"])
def test_a_customer_that_siigo_answers_with_500_for_ever_keeps_no_other_waiting(
    world: World, kind: str
) -> None:
    known, odd = world.customer(0), world.customer(1)
    world.siigo.create_invoice(known["id"])
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    theirs = world.siigo.create_invoice(odd["id"])
    world.siigo.create_invoice(known["id"])
    world.siigo.faults.add(Fault(kind="refuse", status=500, path=f"/v1/customers/{odd['id']}", body={}))
    world.configured(patience_seconds=1)
    result = world.sync()
    assert (result.exit_code, counts(result)["created"], counts(result)["failed"]) == (1, 1, 1)
    assert codes(result) == ["UNEXPECTED_ANSWER"]
    world.siigo.calls.clear()
    assert world.sync(kind=kind).exit_code == 1
    assert world.siigo.calls.count("GET", f"/v1/customers/{odd['id']}") == 1, "each refusal counts"
    world.siigo.faults.clear()
    assert counts(world.sync())["created"] == 1
    assert len(world.deals()) == 3
    assert any(theirs["name"] in deal["name"] for deal in world.deals())


def test_a_hiccup_about_customers_of_invoices_that_an_outage_left_waiting_costs_nothing(world: World) -> None:
    made = [world.customer(number) for number in range(7)]
    for one in made:
        world.siigo.create_invoice(one["id"])
    world.connect()
    world.configured(patience_seconds=1)
    world.siigo.faults.add(Fault(kind="refuse", status=503, path="/v1/customers.*", body={}))
    world.siigo.faults.add(Fault(kind="refuse", status=503, path="/v1/users", body={}))
    assert world.sync().exit_code == 4
    world.siigo.faults.clear()
    for one in made:
        world.siigo.faults.add(Fault(kind="refuse", status=503, path=f"/v1/customers/{one['id']}", times=1))
    models.SiigoCompany.objects.update(customers_total=100_000)
    assert counts(world.sync()) == {"read": 7, "created": 7}


def test_a_siigo_that_answers_with_500_about_every_customer_is_out_of_reach(world: World) -> None:
    world.siigo.create_invoice(world.customer(0)["id"])
    world.connect()
    world.siigo.faults.add(Fault(kind="refuse", status=500, path="/v1/(customers|users).*", body={}))
    world.configured(patience_seconds=1)
    result = world.sync()
    assert (result.exit_code, codes(result)) == (4, ["NOT_REACHED", "SIIGO_UNREACHABLE"])
