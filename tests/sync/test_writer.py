"""Writing to Escala: what each answer comes to, several writes side by side, and what ends it."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators import faults
from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store import lease, models
from siigo_escala.store.models import State
from siigo_escala.sync import opening, read, run, writer
from siigo_escala.sync.session import Listener, Options, Progress
from tests.sync import inside
from tests.sync.hurry import TakenOver
from tests.sync.inside import CONTACTS, DEALS
from tests.sync.world import FIELD, World, codes, counts

ONE_DEAL = f"{DEALS}/[0-9a-f-]{{36}}"
ONE_CONTACT = f"{CONTACTS}/[0-9a-f-]{{36}}"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what an answer comes to does not depend on where the ledger lies."""
    return sqlite_url


class _Door:
    """Counts who stands before a lock: how many calls are under way at once.

    Once `expected` is set, those who come wait until so many stand there together: that those which may run
    side by side do so does not depend on who is fast.
    """

    expected = 0

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._counting = threading.Condition()
        self._here = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._counting:
            self._here += 1
            self.most = max(self.most, self._here)
            self._counting.notify_all()
            self._counting.wait_for(lambda: self.most >= self.expected, timeout=_GIVE_UP_S)
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        with self._counting:
            self._here -= 1


_GIVE_UP_S = 5.0


def test_the_next_batch_is_written_while_the_last_opportunities_of_the_one_before_are_under_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "FIRST_PAGES", 1)
    world.configured(escala_connections=4)
    world.invoices(130, customers=40)
    world.connect()
    handled, lock = world.escala.handle, world.escala.lock
    next_batch, came, deals = threading.Event(), [], 0

    def handle(request: Request) -> Response:
        nonlocal deals
        if (request.method, request.path) == ("POST", DEALS):
            deals += 1
            if deals == 98:
                lock.release()
                came.append(next_batch.wait(_GIVE_UP_S))
                lock.acquire()
            elif deals > 100:
                next_batch.set()
        return handled(request)

    world.escala.handle = handle  # type: ignore[method-assign]
    assert counts(world.sync()) == {"read": 130, "created": 130}
    assert came == [True]


def test_progress_is_measured_by_the_whole_plan_while_more_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "FIRST_PAGES", 1)
    world.invoices(230, customers=1)
    world.connect()
    told: list[Progress] = []
    opened = opening.open_connection(world.environment, "acme")
    run.run(opened, Options(), Listener(progress=told.append), now=world.now)
    writing = [one for one in told if one.phase == "opportunities"]
    assert [one.done for one in writing] == sorted(one.done for one in writing)
    assert {one.total for one in writing} == {230}
    assert writing[-1].done == 230


def _watched(world: World) -> _Door:
    door = _Door(world.escala.lock)
    world.escala.lock = door  # type: ignore[assignment]  # one that counts
    return door


@pytest.mark.parametrize(("connections", "customers"), [(1, 3), (4, 8), (4, 16), (2, 1)])
def test_writes_run_side_by_side_as_allowed_and_one_after_another_for_one_customer(
    world: World, connections: int, customers: int
) -> None:
    world.configured(escala_connections=connections)
    world.invoices(16, customers=customers)
    world.connect()
    door = _watched(world)
    wanted = min(connections, customers)

    def begin(_plan: dict[str, Any]) -> bool:
        door.expected = wanted  # reads are over: what comes now are writes
        return True

    assert counts(world.sync(plan=begin)) == {"read": 16, "created": 16}
    assert len(world.deals()) == 16
    assert len(world.contacts()) == customers
    assert door.most == wanted


def test_a_429_sends_one_write_at_a_time_from_then_on(world: World) -> None:
    world.configured(escala_connections=4)
    world.invoices(12, customers=12)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="429_header", method="GET", path=".*", times=1, retry_after=1))
    door = _watched(world)
    assert counts(world.sync()) == {"read": 12, "created": 12}
    assert door.most == 1


def test_a_write_that_waited_long_for_a_connection_is_recorded_and_proven_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_PROVEN_S", 0.25)
    world.configured(escala_connections=2)
    world.invoices(6, customers=6)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="slow", method="POST", path=CONTACTS, seconds=0.5))
    assert counts(world.sync()) == {"read": 6, "created": 6}
    assert (len(world.contacts()), len(world.deals())) == (6, 6)
    assert models.InvoiceEvent.objects.filter(kind="contact_intent").count() > 6


@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_who_lost_the_lease_while_a_429_was_waited_out_sends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(lease, "_FRESH_S", 0.5)
    world.invoices(1)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="429_header", method="POST", path=path, times=1, retry_after=1))
    assert world.sync(stop=TakenOver()).exit_code == 5
    assert world.escala.calls.count(method="POST", path=path) == 1
    assert not world.deals()
    world.pass_time(hours=1)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert (len(world.contacts()), len(world.deals())) == (1, 1)


def test_writes_that_wait_behind_lost_ones_are_not_sent_and_leave_no_intent(world: World) -> None:
    world.configured(escala_connections=4)
    world.invoices(30, customers=30)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="store_then_lost", method="POST", path=CONTACTS))
    result = world.sync()
    assert (result.exit_code, counts(result)) == (4, {"read": 30, "failed": 30})
    open_intents = models.ContactBinding.objects.filter(contact_id=None, intent_at__isnull=False).count()
    assert open_intents == len(world.contacts()) < 20
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 30, "created": 30}
    assert len(world.contacts()) == 30


def test_two_customers_with_one_email_made_side_by_side_become_two_contacts(world: World) -> None:
    world.configured(escala_connections=4)
    shared = [{"first_name": "Ana", "last_name": "Paz", "email": "contadora@empresa.example"}]
    for number in range(3):
        world.siigo.create_invoice(world.customer(number, contacts=shared)["id"])
    world.connect()
    world.escala.faults.add(faults.Fault(kind="slow", method="POST", path=CONTACTS, seconds=0.2))
    assert counts(world.sync()) == {"read": 3, "created": 3}
    assert world.escala.calls.count(method="POST", path=CONTACTS) == 3, "one after the other"
    assert len(world.contacts()) == 3
    assert sum("email" in contact["personal"] for contact in world.contacts()) == 1


def test_a_contact_that_was_refused_holds_all_invoices_of_its_customer_and_is_sent_once(
    world: World,
) -> None:
    world.escala.switches.change({"email_required": "yes"})
    customer = world.customer(contacts=[])
    for _ in range(3):
        world.siigo.create_invoice(customer["id"])
    world.connect()
    sent = inside.posts(world, CONTACTS)
    result = world.sync()
    assert codes(result) == ["CONTACT_DATA_MISSING"] * 3
    assert sent() == 1
    for _ in range(2):
        assert codes(world.sync()) == ["CONTACT_DATA_MISSING"] * 3
    assert sent() == 1, "refused data is not sent again by way of another invoice"
    world.siigo.edit_customer(
        customer["id"], contacts=[{"first_name": "Ana", "last_name": "Paz", "email": "ana@empresa.example"}]
    )
    assert counts(world.sync()) == {"read": 3, "created": 3}


def test_a_contact_without_outcome_keeps_the_other_invoices_of_its_customer_waiting(world: World) -> None:
    world.invoices(3)
    world.connect()
    inside.lose(world, CONTACTS)
    inside.run_until_it_waits(world)
    assert {row.code for row in world.rows().values()} == {"OUTCOME_UNKNOWN"}
    assert not world.deals()
    assert counts(world.sync()) == {"read": 3, "created": 3}
    assert len(world.contacts()) == 1


# A "made" contact that was there before.


@pytest.mark.parametrize("ours", [True, False])
def test_a_contact_that_escala_gave_back_instead_of_making_it_is_ours_by_its_identification_alone(
    world: World, *, ours: bool
) -> None:
    (invoice,) = world.invoices(1)
    other = world.escala.create_contact(first_name="Otra")
    world.connect()

    def hear(plan: dict[str, Any]) -> bool:
        held = {FIELD: "900100200" if ours else "900999999"}
        world.escala.edit_contact(other, {"custom": held})
        world.escala.faults.add(
            faults.Fault(kind="refuse", method="POST", path=CONTACTS, status=201, body={"id": other}, times=1)
        )
        return True

    result = world.sync(plan=hear)
    if ours:
        assert counts(result) == {"read": 1, "created": 1}
        assert result.document["contacts"] == {"created": 0, "matched": 1}
        assert world.deal_of(invoice["name"])["contactId"] == other
    else:
        assert codes(result) == ["CONTACT_REFUSED"]
        assert not world.deals()
        assert not models.ContactBinding.objects.exists()


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [("refuse", 404, {"needs_attention": 1}), ("refuse", 503, {"failed": 1})],
)
def test_where_the_given_back_contact_cannot_be_looked_at_it_stays_whose_it_was(
    world: World, kind: str, status: int, outcome: dict[str, int]
) -> None:
    world.invoices(1)
    other = world.escala.create_contact(first_name="Otra", custom={FIELD: "900999999"})
    world.connect()
    world.escala.faults.add(
        faults.Fault(kind="refuse", method="POST", path=CONTACTS, status=201, body={"id": other})
    )
    world.escala.faults.add(faults.Fault(kind=kind, method="GET", path=f"{CONTACTS}/{other}", status=status))
    assert counts(world.sync()) == {"read": 1, **outcome}
    binding = models.ContactBinding.objects.get()
    assert (binding.identity, binding.contact_id) == ("900999999", other)
    assert not world.deals()


# Contacts found by their e-mail.


@pytest.mark.parametrize("verb", ["put_full", "none"])
def test_a_contact_found_by_its_email_gets_the_identification_where_the_account_allows_it(
    world: World, verb: str
) -> None:
    world.escala.switches.change({"update_verb": verb})
    found = world.escala.create_contact(email="compras0@empresa.example")
    world.invoices(2)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    (contact,) = world.contacts()
    assert contact["id"] == found
    assert contact["custom"].get(FIELD) == ("900100200" if verb == "put_full" else None)


@pytest.mark.parametrize("typed", ["800555444", "NIT 900.100.200-0"])
def test_an_identification_that_a_person_typed_before_it_could_be_filled_in_stays_and_tells_whose_it_is(
    world: World, typed: str
) -> None:
    found = world.escala.create_contact(first_name="Empresa 0 SAS", email="compras0@empresa.example")
    made = world.invoices(2)
    world.connect()

    def type_it(_plan: dict[str, Any]) -> bool:
        world.escala.edit_contact(found, {"custom": {FIELD: typed}})
        return True

    result = world.sync(plan=type_it)
    assert (result.exit_code, counts(result)) == (0, {"read": 2, "created": 2})
    held = {contact["id"]: contact["custom"].get(FIELD) for contact in world.contacts()}
    assert held.pop(found) == typed
    his = {world.deal_of(invoice["name"])["contactId"] for invoice in made}
    if typed == "800555444":
        assert held == dict.fromkeys(his, "900100200"), "a contact of his own, and one for both"
    else:
        assert (held, his) == ({}, {found})
    assert counts(world.sync()) == {"read": 2, "unchanged": 2}


def test_a_key_refused_while_the_identification_is_filled_in_ends_the_run(world: World) -> None:
    world.escala.create_contact(email="compras0@empresa.example")
    world.invoices(2)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", method="GET", path=ONE_CONTACT, status=401))
    result = world.sync()
    assert (result.exit_code, counts(result)) == (3, {"read": 2, "failed": 2})
    assert not world.deals()
    assert {row.state for row in world.rows().values()} == {State.PENDING}


# Updates.


def _edited(world: World, count: int = 1) -> list[dict[str, Any]]:
    """Invoices with their opportunities, then edited in Siigo."""
    made = world.invoices(count, total=1000)
    world.connect()
    world.sync()
    for invoice in made:
        world.siigo.edit_invoice(
            invoice["id"], items=[{"code": "X", "quantity": 1, "price": 700, "taxes": []}]
        )
    return made


def test_an_update_that_escala_refuses_is_not_sent_again_until_the_invoice_changes(world: World) -> None:
    (invoice,) = _edited(world)
    inside.refuse(world, ONE_DEAL, method="PUT", status=400, body={"message": "value is too odd"})
    result = world.sync()
    assert codes(result) == ["ESCALA_ERROR"]
    calls = world.sync().document["calls"]["escala"]
    world.escala.faults.clear()
    assert codes(world.sync()) == ["ESCALA_ERROR"], "the same data would be refused again"
    assert calls <= 4
    world.siigo.edit_invoice(invoice["id"], items=[{"code": "X", "quantity": 1, "price": 800, "taxes": []}])
    assert counts(world.sync()) == {"read": 1, "updated": 1}
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == 800


def test_an_update_that_escala_refused_is_tried_again_when_a_person_asks(world: World) -> None:
    _edited(world)
    inside.refuse(world, ONE_DEAL, method="PUT", status=400, body={"message": "value is too odd"})
    world.sync()
    world.escala.faults.clear()
    assert counts(world.sync(kind="retry")) == {"read": 1, "updated": 1}


def test_where_updates_are_not_possible_each_invoice_says_what_to_change_by_hand(world: World) -> None:
    world.escala.switches.change({"update_verb": "none"})
    made = _edited(world, 2)
    result = world.sync()
    assert codes(result) == ["UPDATE_NOT_POSSIBLE"] * 2
    for invoice in made:
        row = world.row(invoice["name"])
        assert row.data["value"] == "700.00"
        assert row.data["before"] == "1000.00"
        assert row.data["deal"] == row.deal_id
    world.siigo.annul_invoice(made[0]["name"])
    world.connect('on_annulled = "lost_stage"')
    world.sync()
    assert world.row(made[0]["name"]).data["stage"] == "perdida"


def test_an_update_that_changes_what_is_not_ours_is_the_last_one(world: World) -> None:
    made = _edited(world, 2)
    handle = world.escala.handle

    def clumsy(request: Any) -> Any:
        answer = handle(request)
        if request.method == "PUT":
            world.escala.edit_deal(request.path.rsplit("/", 1)[-1], {"assignedTo": "otra@empresa.example"})
        return answer

    world.escala.handle = clumsy  # type: ignore[method-assign]  # an Escala that loses a field on updates
    result = world.sync()
    assert counts(result) == {"read": 2, "updated": 1, "needs_attention": 1}
    assert codes(result) == ["UPDATE_NOT_POSSIBLE"]
    assert {Decimal(str(world.deal_of(invoice["name"])["value"])) for invoice in made} == {1000, 700}


def test_an_update_whose_deal_is_gone_notices_the_deletion(world: World) -> None:
    (invoice,) = _edited(world)
    world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    assert world.row(invoice["name"]).code == "DEAL_DELETED"


def test_an_update_without_outcome_is_made_again(world: World) -> None:
    (invoice,) = _edited(world)
    world.escala.faults.add(faults.Fault(kind="store_then_status", status=302, method="PUT", path=ONE_DEAL))
    result = world.sync()
    assert (codes(result), result.exit_code) == (["OUTCOME_UNKNOWN"], 1)
    world.escala.faults.clear()
    assert world.sync().exit_code == 0
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == 700
    assert world.row(invoice["name"]).applied["value"] == "700.00"


def test_as_many_as_wait_for_a_connection_are_noted_as_sent_and_no_more(world: World) -> None:
    """Whatever dies then leaves so many to look up."""
    world.configured(escala_connections=2)
    world.invoices(20, customers=20)
    world.connect()
    world.sync()
    for invoice in list(world.siigo.company.invoices):
        customer = world.siigo.company.invoices[invoice]["customer"]["id"]
        world.siigo.create_invoice(customer, total=1000)
    handle, sending = world.escala.handle, []
    half, came = threading.Event(), []

    def looking(request: Request) -> Response:
        if request.method == "POST" and request.path == DEALS:
            sending.append(models.Invoice.objects.filter(state=State.SENDING).count())
            if len(sending) == 10:
                half.set()
            elif len(sending) == 1:
                world.escala.lock.release()  # the others go on beside the first
                came.append(half.wait(_GIVE_UP_S))
                world.escala.lock.acquire()
        return handle(request)

    world.escala.handle = looking  # type: ignore[method-assign]
    assert counts(world.sync())["created"] == 20
    assert came == [True]
    assert 2 <= max(sending) <= 4


# What ends it.


def test_a_stop_lets_what_is_under_way_be_recorded_and_counts_the_rest(world: World) -> None:
    world.invoices(6, customers=6)
    world.connect()
    stop = threading.Event()

    def heard(progress: Progress) -> None:
        if progress.phase == "opportunities" and len(world.deals()) == 2:
            stop.set()

    opened = opening.open_connection(world.environment, "acme")
    result = run.run(opened, Options(), Listener(progress=heard, stop=stop), now=world.now)
    assert result.exit_code == 130
    assert counts(result) == {"read": 6, "created": 2, "failed": 4}
    assert set(codes(result)) == {"NOT_REACHED"}
    assert not models.Invoice.objects.filter(state=State.SENDING).exists()
    assert counts(world.sync()) == {"read": 6, "created": 4, "unchanged": 2}


@pytest.mark.parametrize(("status", "exit_code"), [(404, 4), (503, 4), (401, 3)])
def test_after_writes_without_outcome_an_escala_that_answers_no_read_is_not_written_to(
    world: World, status: int, exit_code: int
) -> None:
    world.invoices(6, customers=6)
    world.connect()

    def down(plan: dict[str, Any]) -> bool:
        world.escala.faults.add(faults.Fault(kind="store_then_lost", method="POST"))
        world.escala.faults.add(faults.Fault(kind="refuse", method="GET", status=status))
        return True

    result = world.sync(plan=down)
    assert result.exit_code == exit_code
    assert counts(result) == {"read": 6, "failed": 6}
    assert len(world.contacts()) <= 2
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 6, "created": 6}
    assert len(world.contacts()) == 6


def test_a_refusal_in_the_middle_takes_the_intent_back(world: World) -> None:
    world.invoices(2, customers=2)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", method="POST", path=DEALS, status=401))
    result = world.sync()
    assert (result.exit_code, counts(result)) == (3, {"read": 2, "failed": 2})
    assert {(row.state, row.intent_at) for row in world.rows().values()} == {(State.PENDING, None)}


def test_an_escala_that_answers_reads_and_confirms_no_write_is_given_up(world: World) -> None:
    world.invoices(12, customers=12)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="store_then_lost", method="POST", path=CONTACTS))
    result = world.sync()
    assert (result.exit_code, counts(result)) == (4, {"read": 12, "failed": 12})
    assert len(world.contacts()) == 10
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 12, "created": 12}
    assert len(world.contacts()) == 12


def test_a_contact_that_exists_whatever_is_left_out_of_it_is_refused(world: World) -> None:
    world.invoices(2)
    world.connect()
    inside.refuse(world, CONTACTS, status=409, body={"message": "contact already exists"})
    sent = inside.posts(world, CONTACTS)
    result = world.sync()
    assert codes(result) == ["CONTACT_REFUSED"] * 2
    assert sent() == 2, "as it is, and without what others may have"
    assert codes(world.sync()) == ["CONTACT_REFUSED"] * 2
    assert sent() == 2
