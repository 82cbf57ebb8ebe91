"""Writes without certain outcome: whatever happened meanwhile, one opportunity an invoice, the right one."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.accounting import InvoiceId
from siigo_escala.simulators import faults
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import look, opening, read, run, settle
from siigo_escala.sync.session import Listener, Options
from siigo_escala.sync.settle import Settlement
from siigo_escala.sync.view import Reading
from tests.sync import inside
from tests.sync.inside import CONTACTS, DEALS
from tests.sync.world import FIELD, World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what is settled does not depend on where the ledger lies."""
    return sqlite_url


def _value(world: World, name: str) -> Decimal:
    return Decimal(str(world.deal_of(name)["value"]))


def test_a_deal_found_after_siigo_changed_the_invoice_is_brought_up_to_date(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    assert world.row(invoice["name"]).state == State.SENDING
    world.siigo.edit_invoice(invoice["id"], items=[{"code": "X", "quantity": 1, "price": 700, "taxes": []}])
    with inside.session(world) as session:
        read.merge(session, [session.siigo.invoice(InvoiceId(invoice["id"]))])
        session.view = look.again(session, contacts=False)
        Settlement(session=session).examine()
        assert session.tally.column(invoice["id"]) == "created"
    row = world.row(invoice["name"])
    assert (row.state, row.due, row.applied["value"]) == (State.IN_ESCALA, True, "1000.00")
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert _value(world, invoice["name"]) == 700


@pytest.mark.parametrize("taken", [1, 2])
def test_what_a_person_ordered_is_made_once_whatever_other_deals_bear_its_name(
    world: World, taken: int
) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    an_hour_ago = world.now() - timedelta(hours=1)
    for _ in range(taken):
        world.escala.create_deal(name=f"{invoice['name']} a mano", value=1000, created=an_hour_ago)
    assert counts(world.sync()) in ({"read": 1, "unchanged": 1}, {"read": 1, "needs_attention": 1})
    models.Invoice.objects.update(decision="create", deal_id=None, state=State.NEEDS_ATTENTION, due=True)
    inside.lose(world, DEALS)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert len(world.deals()) == taken + 1
    ours = next(deal for deal in world.deals() if "a mano" not in deal["name"])
    assert world.row(invoice["name"]).deal_id == ours["id"]
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert len(world.deals()) == taken + 1


def test_two_deals_that_could_be_the_one_sent_are_left_to_a_person_and_not_sent_again(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    models.Invoice.objects.update(decision="create")
    world.escala.create_deal(name=world.deals()[0]["name"], value=1000)
    for _ in range(2):
        result = world.sync()
        assert codes(result) == ["DEAL_FOUND_TWICE"]
        assert len(world.deals()) == 2
    assert len(world.row(invoice["name"]).data["candidates"]) == 2


@pytest.mark.parametrize("renamed", [1, 2])
def test_a_deal_renamed_while_its_outcome_was_open_is_known_by_contact_value_and_moment(
    world: World, renamed: int
) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    (deal,) = world.deals()
    world.escala.rename_deal(deal["id"], "La grande")
    for _ in range(renamed - 1):
        world.escala.create_deal(name="Otra", contact_id=deal["contactId"], value=1000)
    result = world.sync()
    if renamed == 1:
        assert counts(result) == {"read": 1, "created": 1}
        assert world.row(invoice["name"]).deal_id == deal["id"]
    else:
        assert codes(result) == ["DEAL_FOUND_TWICE"]
        assert counts(world.sync()) == {"read": 1, "needs_attention": 1}
        for one in world.deals():
            world.escala.delete_deal(one["id"])
        world.pass_time(days=1)
        assert counts(world.sync()) == {"read": 1, "created": 1}, "neither of them is there any more"
        return
    assert len(world.deals()) == renamed


def test_with_a_mark_only_a_deal_that_bears_it_is_the_one_sent(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect('mark = "ACME"')
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    (sent,) = world.deals()
    world.escala.create_deal(name=f"{invoice['name']} OTRA", contact_id=sent["contactId"], value=1000)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.row(invoice["name"]).deal_id == sent["id"]


@pytest.mark.parametrize(("before", "after"), [("", "ACME"), ("ACME", "UNO")])
def test_what_was_sent_under_another_mark_is_found_after_the_mark_has_changed(
    world: World, before: str, after: str
) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect(f'mark = "{before}"\npossible_twins = "ignore"')
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    (sent,) = world.deals()
    world.connect(f'mark = "{after}"\npossible_twins = "ignore"')
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert [deal["id"] for deal in world.deals()] == [sent["id"]] == [world.row(invoice["name"]).deal_id]


def test_what_was_sent_without_a_mark_is_not_the_deal_of_a_connection_that_came_meanwhile(
    world: World,
) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    (sent,) = world.deals()
    connection = world.connect('mark = "ACME"')
    connection.file = {**connection.file, "opportunities": {"mark": "BETA"}}
    connection.pk, connection.name, connection.siigo = None, "beta", models.SiigoCompany.objects.create()
    connection.save()
    world.escala.create_deal(name=f"{invoice['name']} [BETA]", contact_id=sent["contactId"], value=1000)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert world.row(invoice["name"]).deal_id == sent["id"]


@pytest.mark.parametrize(
    ("sent_under", "now", "others", "customer"),
    [
        ("norte", "sur", "norte", "Tienda"),
        ("", "sur", "norte", "Conjunto Calle 100-15 Norte"),
        ("sur", "sur", "norte", "Bodega 12-4 Norte"),
    ],
    ids=["marks swapped", "sent without a mark", "the customer is called like the other mark"],
)
def test_what_was_sent_is_ours_whatever_another_connection_is_called_now(
    world: World, sent_under: str, now: str, others: str, customer: str
) -> None:
    buyer = world.customer(0, name=[customer])
    invoice = world.siigo.create_invoice(buyer["id"], total=1000)
    world.connect(f'mark = "{sent_under}"\npossible_twins = "ignore"')
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    (sent,) = world.deals()
    connection = world.connect(f'mark = "{now}"\npossible_twins = "ignore"')
    connection.file = {**connection.file, "opportunities": {"mark": others}}
    connection.pk, connection.name, connection.siigo = None, "beta", models.SiigoCompany.objects.create()
    connection.save()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    row = world.row(invoice["name"])
    assert ([deal["id"] for deal in world.deals()], row.adopted) == ([row.deal_id], False)
    assert row.deal_id == sent["id"]


def test_a_contact_made_in_the_run_counts_as_created_even_if_its_deal_was_looked_up(world: World) -> None:
    world.invoices(1)
    world.connect()
    inside.lose(world, DEALS)
    assert world.sync().document["contacts"] == {"created": 1, "matched": 0}


def test_a_contact_whose_making_was_looked_up_counts_as_created_once(world: World) -> None:
    world.invoices(2)
    world.connect()
    inside.lose(world, CONTACTS)
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}
    assert result.document["contacts"] == {"created": 1, "matched": 1}
    assert len(world.contacts()) == 1


def test_a_customer_deleted_in_siigo_does_not_keep_its_contact_open_for_ever(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    inside.lose(world, CONTACTS)
    inside.run_until_it_waits(world)
    models.KnownCustomer.objects.update(gone=True)
    world.siigo.delete_customer(invoice["customer"]["id"])
    assert codes(world.sync()) == ["CUSTOMER_MISSING"]
    assert not models.ContactBinding.objects.exists()
    said = len(world.said)
    world.sync()
    assert len(world.said) == said, "nothing is left to be waited for"


def test_a_contact_that_is_there_twice_by_now_is_left_to_a_person(world: World) -> None:
    world.invoices(1)
    world.connect()
    inside.lose(world, CONTACTS)
    inside.run_until_it_waits(world)
    world.escala.create_contact(first_name="Empresa 0 SAS", custom={FIELD: "900100200"})
    result = world.sync()
    assert codes(result) == ["CONTACT_AMBIGUOUS"]
    assert len(world.contacts()) == 2
    assert not world.deals()


@pytest.mark.parametrize(
    ("status", "body"), [(200, None), (400, {"message": "invalid id"}), (200, "<p>?</p>")]
)
def test_a_deal_refused_for_its_contact_asks_once_whether_the_contact_is_there(
    world: World, status: int, body: object
) -> None:
    first, _ = world.invoices(2)
    world.connect()
    inside.refuse(world, DEALS, status=400, body={"message": "contactId is unknown"}, times=1)
    if body is not None:
        inside.refuse(world, f"{CONTACTS}/(?!scroll)[^/]+", method="GET", status=status, body=body, times=1)
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 1, "needs_attention": 1}, result.document
    assert codes(result) == ["ESCALA_ERROR"]
    sent = inside.posts(world, DEALS)
    assert counts(world.sync())["needs_attention"] == 1
    assert sent() == 0, "what was refused is not sent again unchanged"
    assert counts(world.sync(kind="retry")) == {"read": 1, "created": 1}
    world.deal_of(first["name"])


def test_a_contact_deleted_in_escala_is_made_anew_for_the_next_invoice(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    world.escala.delete_contact(world.contacts()[0]["id"])
    second = world.siigo.create_invoice(invoice["customer"]["id"])
    result = world.sync()
    assert counts(result)["created"] == 1
    assert result.document["contacts"] == {"created": 1, "matched": 0}
    (contact,) = world.contacts()
    assert world.deal_of(second["name"])["contactId"] == contact["id"]


@pytest.mark.parametrize(
    ("options", "settles"),
    [
        ({}, True),
        ({"invoices": ("FV-2-1",)}, True),
        ({"invoices": ("FV-2-99",)}, False),
        ({"days": (0, 0)}, True),
        ({"days": (-9, -1)}, False),
        ({"days": (1, None)}, False),
    ],
)
def test_a_run_settles_what_lies_in_what_it_reads(
    world: World, options: dict[str, Any], *, settles: bool
) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    if days := options.pop("days", None):
        day = world.row(invoice["name"]).date
        assert day is not None
        options["date_from"] = day + timedelta(days=days[0])
        options["date_to"] = None if days[1] is None else day + timedelta(days=days[1])
    world.sync(**options)
    assert (world.row(invoice["name"]).state == State.IN_ESCALA) is settles


def test_a_dry_run_settles_nothing_and_says_so(world: World) -> None:
    world.invoices(1)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    result = world.sync(dry_run=True)
    assert (result.exit_code, codes(result)) == (1, ["OUTCOME_UNKNOWN"])
    assert world.row("FV-2-1").state == State.SENDING


def test_what_escala_calls_a_duplicate_and_does_not_show_is_made_without_what_others_have(
    world: World,
) -> None:
    world.escala.switches.change({"alternatives": "hidden", "duplicate_contact": "reject409"})
    world.escala.create_contact(first_name="Otra", alternative_emails=["compras0@empresa.example"])
    world.invoices(2)
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}
    ours = next(one for one in world.contacts() if one["custom"].get(FIELD) == "900100200")
    assert "email" not in ours["personal"]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (CONTACTS, {"kind": "refuse", "status": 409, "body": {"message": "email already exists"}}),
        (CONTACTS, {"kind": "html"}),
        (DEALS, {"kind": "html"}),
    ],
)
def test_nothing_is_made_again_while_the_reads_prove_nothing(
    world: World, path: str, fault: dict[str, Any]
) -> None:
    world.invoices(1)
    world.connect()

    def arm(plan: dict[str, Any]) -> bool:
        world.escala.faults.add(faults.parse({**fault, "method": "POST", "path": path, "times": 1}))
        world.escala.faults.add(
            faults.Fault(kind="refuse", path=f"{path}/scroll", status=200, body={"items": [], "total": 9})
        )
        return True

    sent = inside.posts(world, path)
    result = world.sync(plan=arm)
    assert counts(result) == {"read": 1, "failed": 1}
    assert sent() == 1
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert len(world.contacts()) == len(world.deals()) == 1


@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_what_two_reads_prove_absent_is_made_by_the_same_run(world: World, path: str) -> None:
    world.invoices(2)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="html", method="POST", path=path, times=1))
    sent = inside.posts(world, path)
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}
    assert result.document["contacts"] == {"created": 1, "matched": 1}
    assert sent() == (2 if path == CONTACTS else 3)
    assert (len(world.contacts()), len(world.deals())) == (1, 2)


MOMENT = datetime(2026, 8, 27, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ({}, True),
        ({"started": MOMENT}, False),
        ({"started": MOMENT - SECOND}, False),
        ({"counts": False}, False),
        ({"since": MOMENT}, True),
        ({"since": MOMENT + SECOND}, False),
    ],
)
def test_a_read_tells_of_a_write_that_it_began_after_and_reaches_back_to(
    reading: dict[str, Any], *, told: bool
) -> None:
    whole: dict[str, Any] = {"resource": "deals", "counts": True, "started": MOMENT + SECOND}
    assert settle.proves(Reading(**whole | reading), MOMENT) is told


def test_without_a_read_or_an_intent_nothing_is_told() -> None:
    assert not settle.proves(None, MOMENT)
    assert not settle.proves(Reading(resource="deals", counts=True, started=MOMENT), None)


def _ended_before_it_was_settled(world: World) -> None:
    """A run whose one POST was stored and never answered, and that a person ended while it waited."""
    fault = faults.Fault(kind="store_then_lost", method="POST", path=".*/crm/deals", times=1)
    world.escala.faults.add(fault)
    stop = threading.Event()
    listener = Listener(say=lambda _: stop.set(), stop=stop)
    opened = opening.open_connection(world.environment, "acme")
    assert run.run(opened, Options(), listener, now=world.now).exit_code == 130


def test_one_read_right_after_a_run_that_ended_proves_nothing(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.configured(settle_seconds=120)
    world.escala.switches.change({"list_lag_s": 90})
    _ended_before_it_was_settled(world)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert len(world.deals()) == 1


def test_an_intent_that_a_wrong_clock_put_into_the_future_holds_no_run_up(world: World) -> None:
    invoice = world.invoices(1)[0]
    world.connect()
    _ended_before_it_was_settled(world)
    models.Invoice.objects.update(intent_at=world.now() + timedelta(days=5))
    models.ContactBinding.objects.update(intent_at=None)
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert world.deal_of(invoice["name"])


def test_our_clock_set_back_makes_no_old_read_fresh(world: World) -> None:
    world.escala.switches.change({"since_mode": "ignored"})
    world.invoices(1)
    world.connect()
    assert world.sync().exit_code == 0
    models.EscalaAccount.objects.update(deals_read_at=world.now() + timedelta(days=5))
    world.siigo.create_invoice(total=700, name="FV-2-900")
    world.escala.create_deal(name="FV-2-900 a mano", value=700)
    assert counts(world.sync())["unchanged"] == 2
    assert len(world.deals()) == 2


def test_a_merged_contact_whose_email_and_phone_are_taken_costs_no_second_run(world: World) -> None:
    invoices = [
        world.siigo.create_invoice(world.customer(number, phones=[{"number": f"601410000{number}"}])["id"])
        for number in (1, 2)
    ]
    world.connect()
    assert world.sync().exit_code == 0
    winner, loser = (world.deal_of(invoice["name"])["contactId"] for invoice in invoices)
    world.escala.merge_contacts(winner, loser)
    later = world.siigo.create_invoice(invoices[1]["customer"]["id"])
    result = world.sync()
    assert (result.exit_code, counts(result).get("created")) == (0, 1)
    assert world.deal_of(later["name"])["contactId"] not in (winner, loser)


def test_what_is_found_a_day_later_was_made_then_and_no_list_of_changes_has_to_show_it(world: World) -> None:
    world.connect()
    for number in range(4):
        # Until it has learnt that this account's list of changes holds what changed and nothing older.
        world.siigo.create_invoice(world.customer(number)["id"], total=1000 + number)
        assert world.sync().exit_code == 0
        world.pass_time(hours=2)
    assert models.EscalaAccount.objects.get().capabilities["since_deals"] == "works"
    sent = world.now()
    world.siigo.create_invoice(world.customer(5)["id"], total=5000)
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    world.pass_time(hours=28)
    world.siigo.create_invoice(world.customer(6)["id"], total=6000)
    result = world.sync(sweep=False)
    assert (counts(result), codes(result)) == ({"read": 3, "created": 2, "unchanged": 1}, [])
    (row,) = [row for row in world.rows().values() if row.value == 5000]
    assert row.sent_at is not None
    assert row.sent_at - sent < timedelta(minutes=5)


@pytest.mark.parametrize("settle", [120, 900])
def test_a_write_that_waited_long_before_it_went_out_is_ours_though_renamed(
    world: World, settle: int
) -> None:
    """Escala may take so many seconds to show it."""
    world.configured(settle_seconds=settle)
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    inside.lose(world, DEALS)
    inside.run_until_it_waits(world)
    (deal,) = world.deals()
    late = world.now() + timedelta(minutes=12)
    # Its run waited out a 429 after the intent was noted, sent it, and was killed.
    world.escala.edit_deal(deal["id"], {"name": "La grande", "created": late})
    world.pass_time(minutes=20)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert [one["id"] for one in world.deals()] == [deal["id"]] == [world.row(invoice["name"]).deal_id]
