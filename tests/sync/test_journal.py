"""The run's pen: nothing is sent twice, nothing is written without the lease, and history is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.crm import ContactId, DealDraft, PipelineId, StageId
from siigo_escala.domain.planning import Create, NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.errors import LeaseLost
from siigo_escala.store.models import State
from siigo_escala.sync import drafts, read
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step
from tests.sync import inside
from tests.sync.world import FIELD, World, counts

DRAFT = DealDraft(
    name="FV-2-1 - Empresa",
    contact_id=ContactId("k-1"),
    pipeline_id=PipelineId("p"),
    stage_id=StageId("s"),
    owner="unassigned",
    value=Decimal(1000),
)


def _step(session: Session, world: World, invoice: dict[str, Any]) -> Step:
    (item,) = read.merge(session, [session.siigo.invoice(invoice["id"])])
    return Step(item=item, decision=Create())


@pytest.mark.parametrize(
    "meanwhile", [{"state": State.SENDING}, {"deal_id": "d-1", "state": State.IN_ESCALA}]
)
def test_the_database_refuses_the_intent_of_what_was_sent_already(
    world: World, meanwhile: dict[str, Any]
) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    with inside.session(world) as session:
        step = _step(session, world, invoice)
        models.Invoice.objects.update(**meanwhile)
        journal = Journal(session)
        journal.deal_intent(step, DRAFT)
        with pytest.raises(RuntimeError, match="sent twice"):
            journal.flush()
    row = world.row(invoice["name"])
    assert (row.state, row.intent) == (meanwhile["state"], {}), "nothing of the transaction stays"


def test_what_a_person_wants_made_anew_may_be_sent_though_its_deal_was_deleted(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
    world.pass_time(days=1)
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    models.Invoice.objects.update(decision="create", due=True)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    row = world.row(invoice["name"])
    assert (row.decision, row.code, row.deal_id) == ("", "", world.deal_of(invoice["name"])["id"])
    assert counts(world.sync()) == {}, "nothing is left to be done"


def test_a_holder_whose_epoch_is_over_writes_nothing(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    with inside.session(world) as session:
        step = _step(session, world, invoice)
        models.EscalaAccount.objects.update(epoch=99)
        journal = Journal(session)
        journal.decided(step, NeedsAttention(code=Code.CUSTOMER_MISSING))
        with pytest.raises(LeaseLost):
            journal.flush()
    assert world.row(invoice["name"]).state == State.PENDING


def test_a_dry_run_writes_nothing_whatever_is_noted_and_proves_no_lease(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    with inside.session(world, dry_run=True) as session:
        step = _step(session, world, invoice)
        journal = Journal(session)
        journal.decided(step, NeedsAttention(code=Code.CUSTOMER_MISSING))
        journal.flush()
        with pytest.raises(RuntimeError, match="dry run"):
            session.prove()
        with pytest.raises(RuntimeError, match="dry run"), session.ledger():
            pass
    assert not world.rows()


def test_the_history_of_an_invoice_tells_what_was_decided_sent_and_answered(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    world.siigo.edit_invoice(invoice["id"], items=[{"code": "X", "quantity": 1, "price": 700, "taxes": []}])
    world.sync()
    world.siigo.annul_invoice(invoice["name"])
    for _ in range(2):
        world.sync()
    events = list(models.InvoiceEvent.objects.order_by("pk"))
    assert [event.kind for event in events] == [
        "contact_intent", "contact_created", "intent", "created", "updated", "decided",
    ]  # fmt: skip
    assert events[2].data["value"] == "1000.00"
    assert world.deal_of(invoice["name"])["id"] in events[3].raw
    assert events[4].data == {"value": "700.00"}
    assert events[5].code == "INVOICE_ANNULLED_LATER"
    assert all(event.run for event in events)


def test_a_long_answer_with_a_nul_is_cut_and_kept(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    body = {"id": "d-77", "note": "x" * 5000 + "\0"}
    inside.refuse(world, inside.DEALS, status=201, body={"note": "a\0b", **body}, times=1)
    world.sync()
    event = models.InvoiceEvent.objects.get(kind="created")
    assert len(event.raw) <= 4000
    assert "\0" not in event.raw
    assert world.row(invoice["name"]).deal_id == "d-77"


def test_what_a_person_has_seen_to_keeps_its_code_and_counts_as_unchanged(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    world.siigo.annul_invoice(invoice["name"])
    world.sync()
    models.Invoice.objects.update(done={"code": "INVOICE_ANNULLED_LATER"})
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    row = world.row(invoice["name"])
    assert (row.state, row.code, row.due) == (State.IN_ESCALA, "INVOICE_ANNULLED_LATER", False)


def test_a_draft_is_asked_for_only_where_it_was_made(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    with inside.session(world) as session:
        step = _step(session, world, invoice)
        with pytest.raises(ValueError, match="without a contact"):
            drafts.contact(session, step)
        with pytest.raises(ValueError, match="drafted when it is decided"):
            drafts.deal(step, ContactId("k-1"))
        assert drafts.left_out(step) == ()
        assert drafts.customer_name(step) == step.row.customer
        assert step.row.date == date.fromisoformat(invoice["date"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_owner_and_fields_of_what_a_run_makes_are_known_from_then_on(world: World) -> None:
    world.invoices(1)
    world.connect()
    models.EscalaAccount.objects.update(seen_fields=[], seen_owners=[])
    world.sync()
    assert models.EscalaAccount.objects.get().seen_fields == [FIELD]
