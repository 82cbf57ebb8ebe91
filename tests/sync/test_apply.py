"""Carrying out a batch: in which order, up to which limit, and what must be known before anything is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.simulators import faults
from siigo_escala.store import models
from tests.sync import inside
from tests.sync.inside import CONTACTS, DEALS
from tests.sync.world import FIELD, World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: order and limits are ours."""
    return sqlite_url


def test_the_newest_invoices_go_first_up_to_the_limit(world: World) -> None:
    customer = world.customer()["id"]
    today = world.today()
    days = [(today - timedelta(days=days_ago)).isoformat() for days_ago in (5, 1, 9, 0)]
    names = [world.siigo.create_invoice(customer, date=day)["name"] for day in days]
    world.connect()
    result = world.sync(limit=2)
    assert counts(result) == {"read": 4, "created": 2, "failed": 2}
    assert codes(result) == ["NOT_REACHED"] * 2
    assert result.exit_code == 1
    for name in (names[1], names[3]):
        world.deal_of(name)
    assert counts(world.sync(limit=0))["failed"] == 2
    assert models.Connection.objects.get().last_success is None, "what was left is no success"
    assert counts(world.sync(limit=5)) == {"read": 4, "created": 2, "unchanged": 2}
    assert models.Connection.objects.get().last_success is not None


def test_a_limit_counts_new_opportunities_alone(world: World) -> None:
    changed, _ = world.invoices(2, total=1000)
    world.connect()
    world.sync()
    world.siigo.edit_invoice(changed["id"], items=[{"code": "X", "quantity": 1, "price": 700, "taxes": []}])
    assert counts(world.sync(limit=0))["updated"] == 1


def test_nothing_is_made_while_the_contact_of_its_customer_is_open(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    inside.lose(world, CONTACTS)
    inside.run_until_it_waits(world)
    world.siigo.create_invoice(invoice["customer"]["id"])
    result = world.sync(dry_run=True)
    assert codes(result) == ["OUTCOME_UNKNOWN"] * 2
    assert counts(world.sync()) == {"read": 2, "created": 2}
    assert len(world.contacts()) == 1


@pytest.mark.parametrize("path", [DEALS, CONTACTS])
def test_nothing_is_made_after_a_read_that_proves_nothing_and_the_reason_is_told(
    world: World, path: str
) -> None:
    world.invoices(2)
    world.connect()
    world.escala.faults.add(
        faults.Fault(kind="refuse", path=f"{path}/scroll", status=200, body={"items": [], "total": 5})
    )
    for dry_run in (True, False):
        result = world.sync(dry_run=dry_run)
        assert counts(result) == {"read": 2, "failed": 2}
        assert codes(result) == ["ESCALA_LIST_INCOMPLETE", "NOT_REACHED", "NOT_REACHED"]
        assert result.exit_code == 1
    assert not world.deals()
    assert not world.contacts()
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 2, "created": 2}


def test_refused_data_is_sent_again_after_it_changed_or_when_a_person_asks(world: World) -> None:
    invoice, other = world.invoices(2, customers=2, total=1000)
    world.connect()
    inside.refuse(world, DEALS, status=400, body={"message": "assignedTo is nobody"})
    assert codes(world.sync()) == ["OWNER_REFUSED"] * 2
    sent = inside.posts(world, DEALS)
    assert codes(world.sync()) == ["OWNER_REFUSED"] * 2
    assert sent() == 0
    world.siigo.edit_invoice(invoice["id"], items=[{"code": "X", "quantity": 1, "price": 700, "taxes": []}])
    world.sync()
    assert sent() == 1
    world.escala.faults.clear()
    assert counts(world.sync(kind="retry", invoices=(other["name"],))) == {"read": 1, "created": 1}
    world.connect('default_owner = "laura@empresa.example"')
    assert counts(world.sync())["created"] == 1, "another owner is other data"


def test_a_dry_run_counts_contacts_and_updates_as_the_run_after_it(world: World) -> None:
    world.escala.create_contact(custom={FIELD: "900100201"})
    changed = world.invoices(4, customers=2, total=1000)[0]
    world.connect()
    foretold = world.sync(dry_run=True)
    assert counts(foretold) == {"read": 4, "created": 4}
    assert foretold.document["contacts"] == {"created": 1, "matched": 3}
    assert not world.deals()
    assert not models.Invoice.objects.exists()
    result = world.sync()
    assert result.document["contacts"] == foretold.document["contacts"]
    world.siigo.edit_invoice(changed["id"], items=[{"code": "X", "quantity": 1, "price": 700, "taxes": []}])
    assert counts(world.sync(dry_run=True)) == counts(world.sync()) == {
        "read": 4, "updated": 1, "unchanged": 3
    }  # fmt: skip


def test_what_was_refused_and_does_not_say_why_is_sent_once_more(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    inside.refuse(world, DEALS, status=400, body={"message": "assignedTo is nobody"})
    world.sync()
    row = world.row(invoice["name"])
    row.data = {key: value for key, value in row.data.items() if key != "refused_as"}
    row.save()
    sent = inside.posts(world, DEALS)
    for _ in range(2):
        assert codes(world.sync()) == ["OWNER_REFUSED"]
    assert sent() == 1


def test_what_was_refused_keeps_its_reason_when_a_run_does_not_get_to_it(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    inside.refuse(world, DEALS, status=400, body={"message": "assignedTo is nobody"})
    assert codes(world.sync()) == ["OWNER_REFUSED"]
    part = faults.Fault(kind="refuse", path=f"{DEALS}/scroll", status=200, body={"items": [], "total": 5})
    world.escala.faults.add(part)
    world.pass_time(days=1)
    assert codes(world.sync()) == ["ESCALA_LIST_INCOMPLETE", "NOT_REACHED"]
    world.escala.faults.clear()
    assert codes(world.sync()) == ["OWNER_REFUSED"]
    world.escala.faults.add(faults.Fault(kind="drop", method="POST", path=DEALS, times=1))
    inside.run_until_it_waits(world, kind="retry", invoices=(invoice["name"],))
    world.pass_time(minutes=30)
    sent = inside.posts(world, DEALS)
    assert codes(world.sync()) == ["OWNER_REFUSED"], "what was sent again never arrived"
    assert sent() == 0
