"""Escala's client against the simulator: each switch of its doubts, each kind of outcome of a write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.crm import (
    Contact,
    ContactDraft,
    ContactId,
    Deal,
    DealChange,
    DealDraft,
    DealLine,
    ProductDraft,
    ProductId,
    StageId,
)
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.escala.client import Duplicate, EscalaClient, Made, UpdateImpossible
from siigo_escala.rest.errors import (
    AccessDenied,
    NotFound,
    OutcomeUnknown,
    Rejected,
    TryLater,
    UnexpectedAnswer,
)
from siigo_escala.simulators import serving
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.faults import Fault
from tests.rest.near import Reply, Script, escala_client, served

FIELD = "cf_contact_cedula_kwzt_text"
NUMBER = "cf_deal_numero_de_factura_hqpe_text"


@pytest.fixture
def simulator() -> EscalaSimulator:
    """A furnished Escala without records."""
    return EscalaSimulator()


@pytest.fixture
def url(simulator: EscalaSimulator) -> Iterator[str]:
    """Where it answers."""
    server = serving.start(simulator)
    yield f"{server.url}/v1"
    server.stop()


@pytest.fixture
def client(url: str) -> EscalaClient:
    """A client that knows nothing of the account yet."""
    return escala_client(url)[0]


def _draft(client: EscalaClient, contact_id: str, **changes: Any) -> DealDraft:
    pipeline = client.pipelines()[0]
    draft = DealDraft(
        name="FV-2-1 - Ana",
        contact_id=ContactId(contact_id),
        pipeline_id=pipeline.id,
        stage_id=pipeline.stages[0].id,
        owner="unassigned",
        value=Decimal("1842500.10"),
        description="Factura FV-2-1",
        custom={NUMBER: "FV-2-1"},
    )
    return replace(draft, **changes)


def _lines(simulator: EscalaSimulator, quantity: str = "2") -> tuple[DealLine, ...]:
    product = simulator.add_product(sku="MUG-01", name="Pocillo", price=Decimal(10))
    return (DealLine(product_id=ProductId(product), quantity=Decimal(quantity)),)


# Reading


@pytest.mark.parametrize(
    ("switches", "complete"),
    [
        ({}, True),
        ({"scroll_key": "nextScrollId"}, True),
        ({"scroll_key": "nested"}, True),
        ({"scroll_key": "header"}, True),
        ({"scroll_key": "none"}, True),
        ({"scroll_key": "none", "total": "missing", "page_cap": 20}, True),
        ({"scroll_end": "no_cursor"}, True),
        ({"scroll_end": "no_cursor", "total": "missing", "page_cap": 50}, True),
        ({"scroll_cap": 100}, True),
        ({"cursor_style": "same"}, True),
        ({"cursor_style": "stuck"}, False),
        ({"total": "missing"}, True),
        ({"envelope": "data"}, True),
        ({"envelope": "array"}, True),
        ({"page_cap": 30}, True),
        ({"order": "scrambled"}, True),
        ({"timestamps": "Z"}, True),
        ({"timestamps": "msZ"}, True),
        ({"custom_shape": "list"}, True),
        ({"custom_shape": "list_fieldId"}, True),
        ({"absent_values": "null"}, True),
        ({"absent_values": "empty"}, True),
        ({"unknown_keys": "yes"}, True),
        ({"unassigned": "absent"}, True),
    ],
)
def test_every_contact_and_deal_is_read_or_the_read_says_that_it_is_not_whole(
    simulator: EscalaSimulator, client: EscalaClient, switches: dict[str, Any], complete: bool
) -> None:
    simulator.switches.change(switches)
    contacts = [simulator.create_contact(first_name="Ana", custom={FIELD: str(n)}) for n in range(150)]
    deals = [simulator.create_deal(name=f"FV-2-{n}", contact_id=contacts[n], value=n) for n in range(150)]
    for listing, made in ((client.contacts(), contacts), (client.deals(), deals)):
        records = [record for page in listing for record in page]
        assert listing.ending is not None
        assert listing.ending.complete is complete
        if complete:
            assert {record.id for record in records} == set(made)
            assert records[0].created is not None
            assert {record.owner for record in records} == {"unassigned"}
        assert listing.server_date is not None


@pytest.mark.parametrize("expired", ["404", "400", "500"])
def test_a_cursor_that_runs_out_leaves_the_read_incomplete(
    simulator: EscalaSimulator, client: EscalaClient, expired: str
) -> None:
    simulator.switches.change({"cursor_expired": expired})
    for number in range(150):
        simulator.create_contact(first_name="Ana", email=f"a{number}@x.example")
    listing = client.contacts()
    pages = iter(listing)
    next(pages)
    simulator.clock.offset_s = 120
    assert list(pages) == []
    assert listing.ending is not None
    assert not listing.ending.complete


def test_a_cursor_that_runs_out_unsaid_is_noticed_by_the_total(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"cursor_expired": "empty"})
    for number in range(150):
        simulator.create_contact(first_name="Ana", email=f"a{number}@x.example")
    listing = client.contacts()
    pages = iter(listing)
    next(pages)
    simulator.clock.offset_s = 120
    # Then the list by page gives what the scroll no longer does.
    assert sum(len(page) for page in pages) == 50
    assert listing.ending is not None
    assert listing.ending.complete


def test_changes_are_asked_for_with_the_timestamp_as_received(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    old = simulator.create_deal(name="old")
    simulator.clock.offset_s = 60
    new = simulator.create_deal(name="new")
    since = client.deal(new).modified_text
    listing = client.deals(since=since)
    assert [deal.id for page in listing for deal in page] == [new]
    assert simulator.calls.entries()[-1]["query"]["since"] == since
    assert old != new


def test_changes_that_cannot_be_asked_for_fail_after_two_tries(simulator: EscalaSimulator, url: str) -> None:
    simulator.switches.change({"since_mode": "error500"})
    client, seen = escala_client(url)
    with pytest.raises(TryLater):
        list(client.deals(since="2026-08-27T10:00:00"))
    assert len(seen.calls) == 2
    assert list(client.deals()) == []


def test_what_a_read_of_changes_showed_is_learned_for_a_day(url: str) -> None:
    client, seen = escala_client(url)
    now = datetime(2026, 8, 27, tzinfo=UTC)
    client.learn_since("deals", "broken", now=now)
    client.learn_since("contacts", "works", now=now)
    client.learn_since("contacts", "works", now=now)
    assert client.capabilities == Capabilities(
        since_deals="broken", since_deals_until=now + timedelta(days=1), since_contacts="works"
    )
    assert len(seen.learned) == 2


def test_one_record_is_read_by_id(simulator: EscalaSimulator, client: EscalaClient) -> None:
    contact = simulator.create_contact(first_name="Ana", email="a@x.example", custom={FIELD: "900"})
    deal = simulator.create_deal(name="FV-2-1", contact_id=contact, value="10.50", description="texto")
    found = client.deal(deal)
    assert (found.name, found.contact_id, found.value, found.description) == (
        "FV-2-1", contact, Decimal("10.5"), "texto",
    )  # fmt: skip
    assert client.contact(contact).custom == {FIELD: "900"}


def test_a_deleted_record_is_not_found_and_no_refusal(simulator: EscalaSimulator, url: str) -> None:
    client, seen = escala_client(url)
    deal = simulator.create_deal(name="FV-2-1")
    simulator.delete_deal(deal)
    with pytest.raises(NotFound):
        client.deal(deal)
    assert not seen.calls[-1].refused


def test_pipelines_come_with_their_stages(client: EscalaClient) -> None:
    (pipeline,) = client.pipelines()
    assert [(stage.name, stage.kind) for stage in pipeline.stages][-2:] == [
        ("Ganada", "won"),
        ("Perdida", "lost"),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404, body=b'{"message": "Not Found"}'),
        Reply(status=403, body=b'{"message": "Missing Authentication Token"}'),
        Reply(body=b'{"items": [{"id": "p1"}], "total": 2}'),
    ],
)
def test_an_account_that_does_not_show_its_pipelines_is_told_apart_from_a_wrong_key(reply: Reply) -> None:
    with served(Script(reply)) as url, pytest.raises(UnexpectedAnswer, match="API de esta cuenta"):
        escala_client(url)[0].pipelines()


def test_an_account_without_scroll_is_read_by_page() -> None:
    missing = Reply(status=403, body=b'{"message": "Missing Authentication Token"}')
    script = Script(missing, Reply(body=b'{"items": [{"id": "d1"}]}'), Reply(body=b'{"items": []}'))
    with served(script) as url:
        listing = escala_client(url)[0].deals()
        assert [deal.id for page in listing for deal in page] == ["d1"]
    assert listing.ending is not None
    assert listing.ending.complete


def test_a_catalogue_that_fails_is_given_up_soon(simulator: EscalaSimulator, url: str) -> None:
    simulator.faults.add(Fault(kind="refuse", path=".*/pms/products", status=500))
    client, seen = escala_client(url, patience_s=300)
    with pytest.raises(TryLater):
        list(client.products())
    with pytest.raises(TryLater):
        client.products_with_sku("A")
    assert len(seen.calls) == 8


@pytest.mark.parametrize("sku_filter", ["exact", "prefix", "ignored"])
def test_products_are_found_by_their_very_sku(
    simulator: EscalaSimulator, client: EscalaClient, sku_filter: str
) -> None:
    simulator.switches.change({"sku_filter": sku_filter})
    one = simulator.add_product(sku="TAL-650", name="Taladro", price=Decimal(10))
    simulator.add_product(sku="TAL-6500", name="Otro", price=Decimal(10))
    assert [product.id for product in client.products_with_sku("TAL-650")] == [one]
    listing = client.products()
    assert len([product for page in listing for product in page]) == 2
    assert listing.ending is not None
    assert listing.ending.complete


@pytest.mark.parametrize(
    ("filters", "found", "learned"),
    [
        ("email_only", True, "works"),
        ("all", True, "works"),
        ("ignored", True, "ignored"),
        ("error400", False, "refused"),
    ],
)
def test_contacts_are_looked_up_by_mail_and_verified(
    simulator: EscalaSimulator, client: EscalaClient, filters: str, found: bool, learned: str
) -> None:
    simulator.switches.change({"contact_filters": filters})
    one = simulator.create_contact(first_name="Ana", email="Ana@x.example")
    simulator.create_contact(first_name="Otra", email="otra@x.example")
    assert [contact.id for contact in client.contacts_with_email("ana@X.example")] == ([one] if found else [])
    assert client.capabilities.email_filter == learned
    asked = len(simulator.calls.entries())
    again = client.contacts_with_email("ana@x.example")
    assert (len(simulator.calls.entries()) > asked) is (learned == "works")
    assert bool(again) is (learned == "works")


def test_a_look_up_that_finds_nobody_proves_nothing(simulator: EscalaSimulator, client: EscalaClient) -> None:
    assert client.contacts_with_email("ana@x.example") == ()
    assert client.capabilities.email_filter == "unknown"


@pytest.mark.parametrize("refused", ["401", "403"])
def test_a_wrong_key_is_told_in_the_users_words(simulator: EscalaSimulator, url: str, refused: str) -> None:
    simulator.switches.change({"key_refused": refused})
    client, seen = escala_client(url, api_key="otra-llave")
    with pytest.raises(AccessDenied, match="no acepta la clave de API"):
        client.pipelines()
    with pytest.raises(AccessDenied, match="no acepta la clave de API"):
        client.create_product(ProductDraft(sku="A", name="A", price=Decimal(1)))
    assert len(seen.calls) == 2


@pytest.mark.parametrize("body", [{"message": "hola"}, "x", 5])
def test_a_list_that_is_none_fits_nothing(body: object) -> None:
    with served(Script(Reply(body=json.dumps(body).encode()))) as url, pytest.raises(UnexpectedAnswer):
        list(escala_client(url)[0].deals())


def test_a_record_without_an_id_fits_nothing() -> None:
    with served(Script(Reply(body=b'{"name": "x"}'))) as url, pytest.raises(UnexpectedAnswer):
        escala_client(url)[0].deal("d1")


def test_a_wrapped_record_is_unwrapped() -> None:
    with served(Script(Reply(body=b'{"data": {"id": "d1", "name": "FV-2-1"}}'))) as url:
        assert escala_client(url)[0].deal("d1").name == "FV-2-1"


# Making


@pytest.mark.parametrize("shape", ["id", "data.id", "entity.id", "location"])
@pytest.mark.parametrize("status", ["200", "201"])
def test_what_is_made_is_known_by_its_id(
    simulator: EscalaSimulator, client: EscalaClient, shape: str, status: str
) -> None:
    simulator.switches.change({"id_shape": shape, "created_status": status})
    made = client.create_contact(ContactDraft(first_name="Ana", email="a@x.example", custom={FIELD: "900"}))
    deal = client.create_deal(_draft(client, made.id))
    product = client.create_product(ProductDraft(sku="A", name="A", price=Decimal(1)))
    assert client.contact(made.id).emails == ("a@x.example",)
    assert client.deal(deal.id).value == Decimal("1842500.1")
    assert [one.id for one in client.products_with_sku("A")] == [product.id]


def test_an_echoed_record_comes_with_it(client: EscalaClient) -> None:
    made = client.create_contact(ContactDraft(first_name="Ana", email="a@x.example"))
    assert isinstance(made.record, Contact)
    assert made.record.emails == ("a@x.example",)
    assert json.loads(made.raw)["id"] == made.id
    assert isinstance(client.create_deal(_draft(client, made.id)).record, Deal)


def test_an_answer_with_nothing_but_an_id_echoes_no_record() -> None:
    with served(Script(Reply(status=201, body=b'{"id": "c1"}'))) as url:
        made = escala_client(url)[0].create_contact(ContactDraft(first_name="Ana"))
    assert made == Made(id="c1", raw='{"id": "c1"}')


def test_a_success_without_an_id_has_no_certain_outcome(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"id_shape": "empty"})
    with pytest.raises(OutcomeUnknown):
        client.create_contact(ContactDraft(first_name="Ana"))
    assert len(simulator.state()["contacts"]) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="store_then_status", method="POST", status=500),
        Fault(kind="store_then_status", method="POST", status=504),
        Fault(kind="store_then_lost", method="POST"),
        Fault(kind="cut", method="POST"),
        Fault(kind="drop", method="POST"),
        Fault(kind="html", method="POST", stored=True, status=200),
        Fault(kind="html", method="POST", status=502),
        Fault(kind="html", method="POST", status=400),
        Fault(kind="empty", method="POST"),
        Fault(kind="refuse", method="POST", status=408, body={"message": "timeout"}),
        Fault(kind="oversized", method="POST", size=2 * 1024 * 1024),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_write_without_certain_outcome_is_sent_once(
    simulator: EscalaSimulator, client: EscalaClient, fault: Fault
) -> None:
    draft = _draft(client, simulator.create_contact(first_name="Ana"))
    simulator.faults.add(fault)
    simulator.calls.clear()
    with pytest.raises(OutcomeUnknown) as unknown:
        client.create_deal(draft)
    assert not isinstance(unknown.value, Duplicate)
    assert len(simulator.calls.entries()) == 1
    assert len(simulator.state()["deals"]) <= 1


def test_a_throttled_write_is_sent_again_when_its_time_has_come(simulator: EscalaSimulator, url: str) -> None:
    simulator.faults.add(Fault(kind="429_header", method="POST", times=2, retry_after=3))
    client, seen = escala_client(url)
    made = client.create_contact(ContactDraft(first_name="Ana"))
    assert [one["id"] for one in simulator.state()["contacts"]] == [made.id]
    assert seen.clock.passed >= 6


@pytest.mark.parametrize("duplicate", ["reject409", "reject400"])
@pytest.mark.parametrize("shape", ["message", "messages", "error", "errors", "detail"])
def test_a_contact_that_exists_is_a_duplicate(
    simulator: EscalaSimulator, client: EscalaClient, duplicate: str, shape: str
) -> None:
    simulator.switches.change({"duplicate_contact": duplicate, "error_shape": shape})
    simulator.create_contact(first_name="Ana", email="a@x.example")
    with pytest.raises(Duplicate):
        client.create_contact(ContactDraft(first_name="Ana", email="A@x.example"))


def test_a_contact_that_is_updated_instead_comes_with_its_old_id(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"duplicate_contact": "upsert"})
    known = simulator.create_contact(first_name="Ana", email="a@x.example")
    assert client.create_contact(ContactDraft(first_name="Ana", email="a@x.example")).id == known


def test_a_product_that_exists_is_a_duplicate(client: EscalaClient) -> None:
    draft = ProductDraft(sku="A", name="A", price=Decimal(1))
    client.create_product(draft)
    with pytest.raises(Duplicate):
        client.create_product(draft)


def test_a_missing_mail_is_named(simulator: EscalaSimulator, client: EscalaClient) -> None:
    simulator.switches.change({"email_required": "yes", "error_shape": "errors", "error_status": "422"})
    with pytest.raises(Rejected) as refused:
        client.create_contact(ContactDraft(first_name="Ana"))
    assert refused.value.problems[0].fields == ("personal.email",)


@pytest.mark.parametrize("shape", ["message", "errors"])
def test_a_priority_that_is_refused_is_dropped_and_remembered(
    simulator: EscalaSimulator, client: EscalaClient, shape: str
) -> None:
    simulator.switches.change({"priority": "reject", "error_shape": shape})
    contact = client.create_contact(ContactDraft(first_name="Ana"))
    assert client.capabilities.priority_refused
    asked = len(simulator.calls.entries())
    client.create_contact(ContactDraft(first_name="Eva"))
    assert len(simulator.calls.entries()) == asked + 1
    assert client.deal(client.create_deal(_draft(client, contact.id)).id).name == "FV-2-1 - Ana"


def test_a_deal_too_is_made_without_the_priority(simulator: EscalaSimulator, client: EscalaClient) -> None:
    simulator.switches.change({"priority": "reject"})
    draft = _draft(client, simulator.create_contact(first_name="Ana"))
    made = client.create_deal(draft)
    assert not made.without_products
    assert client.capabilities.priority_refused
    assert [call["status"] for call in simulator.calls.entries()][-2:] == [400, 201]


def test_decimal_quantities_that_are_refused_are_left_out_and_remembered(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"decimal_quantity": "reject"})
    contact = simulator.create_contact(first_name="Ana")
    draft = _draft(client, contact, lines=_lines(simulator, "1.5"))
    assert client.create_deal(draft).without_products
    assert client.capabilities.decimal_quantity_refused
    asked = len(simulator.calls.entries())
    assert client.create_deal(draft).without_products
    assert len(simulator.calls.entries()) == asked + 1
    whole = replace(draft, lines=(replace(draft.lines[0], quantity=Decimal("2.00")),))
    made = client.create_deal(whole)
    assert not made.without_products
    assert client.deal(made.id).lines == (
        DealLine(product_id=draft.lines[0].product_id, quantity=Decimal(2)),
    )


@pytest.mark.parametrize("shape", ["message", "errors"])
def test_a_product_that_is_gone_costs_the_products_and_not_the_deal(
    simulator: EscalaSimulator, client: EscalaClient, shape: str
) -> None:
    simulator.switches.change({"error_shape": shape})
    lines = (DealLine(product_id=ProductId("00000000-0000-1000-8000-000000000000"), quantity=Decimal("1.5")),)
    draft = _draft(client, simulator.create_contact(first_name="Ana"), lines=lines)
    assert client.create_deal(draft).without_products


def test_a_stage_that_is_gone_is_the_callers_business(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    draft = _draft(client, simulator.create_contact(first_name="Ana"), stage_id=StageId("s0"))
    with pytest.raises(Rejected):
        client.create_deal(draft)
    assert simulator.state()["deals"] == []


def test_an_owner_whose_name_sounds_like_a_field_costs_nothing_else(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"unknown_owner": "reject400"})
    contact = simulator.create_contact(first_name="Ana")
    draft = _draft(client, contact, owner="priority.products@x.example", lines=_lines(simulator))
    simulator.calls.clear()
    with pytest.raises(Rejected):
        client.create_deal(draft)
    assert [call["method"] for call in simulator.calls.entries()] == ["POST"]
    assert not client.capabilities.priority_refused


# Changing


def _deal(simulator: EscalaSimulator, client: EscalaClient) -> Deal:
    contact = simulator.create_contact(first_name="Ana", custom={FIELD: "900"})
    draft = _draft(client, contact, lines=_lines(simulator), owner="unassigned")
    deal_id = client.create_deal(draft).id
    simulator.rename_deal(deal_id, "FV-2-1 y algo que alguien escribió")
    simulator.move_deal(deal_id, "Negociación")
    return client.deal(deal_id)


@pytest.mark.parametrize(
    ("verb", "learned"), [("put_full", "put"), ("put_partial", "put"), ("patch", "patch")]
)
@pytest.mark.parametrize("refused_method", ["405", "404", "403"])
@pytest.mark.parametrize("absent", ["omit", "null"])
@pytest.mark.parametrize("shape", ["list", "object"])
def test_an_update_touches_what_is_ours_and_nothing_else(
    simulator: EscalaSimulator,
    client: EscalaClient,
    verb: str,
    learned: str,
    refused_method: str,
    absent: str,
    shape: str,
) -> None:
    simulator.switches.change(
        {
            "update_verb": verb,
            "refused_method": refused_method,
            "absent_values": absent,
            "deal_products_shape": shape,
        }
    )
    before = _deal(simulator, client)
    client.update_deal(before.id, lambda _: DealChange(value=Decimal("5.5"), description="nuevo"))
    after = client.deal(before.id)
    kept = replace(after, value=before.value, description=before.description, modified=before.modified)
    assert replace(kept, modified_text=before.modified_text) == before
    assert (after.value, after.description) == (Decimal("5.5"), "nuevo")
    assert client.capabilities.update_deals == learned
    lines = tuple(replace(line, quantity=Decimal(7)) for line in before.lines or ())
    won = client.pipelines()[0].stages[2].id
    client.update_deal(before.id, lambda _: DealChange(value=Decimal(6), lines=lines, stage_id=won))
    last = client.deal(before.id)
    assert (last.lines, last.stage_id, last.description) == (lines, won, "nuevo")


@pytest.mark.parametrize("verb", ["put_full", "put_partial", "patch"])
@pytest.mark.parametrize("shape", ["object", "list", "list_name"])
def test_options_that_a_person_chose_stay_when_a_record_is_written_back(
    simulator: EscalaSimulator, client: EscalaClient, verb: str, shape: str
) -> None:
    simulator.switches.change({"update_verb": verb, "custom_shape": shape})
    options = {"cf_deal_interes_abcd_multiselect": ["Taladro", "Sierra"]}
    before = _deal(simulator, client)
    simulator.edit_deal(before.id, {"custom": {NUMBER: "FV-2-1", **options}})
    client.update_deal(before.id, lambda _: DealChange(value=Decimal(5)))
    (deal,) = simulator.state()["deals"]
    assert (deal["value"], deal["custom"]) == (5, {NUMBER: "FV-2-1", **options})
    contact_id = simulator.create_contact(first_name="Ana")
    simulator.edit_contact(contact_id, {"custom": options})
    client.fill_contact(contact_id, {FIELD: "900"})
    (stored,) = [one for one in simulator.state()["contacts"] if one["id"] == contact_id]
    assert stored["custom"] == {FIELD: "900", **options}


def test_an_update_is_sent_again_without_products_that_are_refused(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    before = _deal(simulator, client)
    simulator.switches.change({"decimal_quantity": "reject"})
    change = DealChange(value=Decimal("5.5"), lines=_lines(simulator, "1.5"))
    client.update_deal(before.id, lambda _: change)
    after = client.deal(before.id)
    assert (after.value, after.lines) == (Decimal("5.5"), before.lines)
    assert client.capabilities.decimal_quantity_refused
    asked = len(simulator.calls.entries())
    client.update_deal(before.id, lambda _: replace(change, value=Decimal(6)))
    assert client.deal(before.id).value == 6
    assert [call["status"] for call in simulator.calls.entries()[asked:]] == [200, 200, 200]


def test_an_update_is_sent_again_without_a_priority_that_is_refused(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    before = _deal(simulator, client)
    simulator.switches.change({"priority": "reject"})
    client.update_deal(before.id, lambda _: DealChange(value=Decimal(5)))
    assert client.deal(before.id).value == 5
    assert client.capabilities.priority_refused


def test_an_update_whose_value_and_products_are_refused_is_refused() -> None:
    whole = {
        "id": "d1", "name": "FV-2-1", "contact": {"id": "c1"}, "pipeline": {"id": "p1", "stageId": "s1"},
        "description": "", "products": [], "priority": 3,
    }  # fmt: skip
    refusal = Reply(status=400, body=b'{"message": "products are not allowed"}')
    script = Script(Reply(body=json.dumps(whole).encode()), refusal, refusal)
    change = DealChange(value=Decimal(5), lines=(DealLine(product_id=ProductId("p"), quantity=Decimal(1)),))
    with served(script) as url, pytest.raises(Rejected):
        escala_client(url)[0].update_deal("d1", lambda _: change)
    assert [method for method, *_ in script.asked] == ["GET", "PUT", "PUT"]


def test_an_account_without_updates_says_so_and_is_remembered(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"update_verb": "none"})
    deal = _deal(simulator, client)
    with pytest.raises(UpdateImpossible):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert not client.capabilities.updates_possible
    asked = len(simulator.calls.entries())
    with pytest.raises(UpdateImpossible):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert len(simulator.calls.entries()) == asked


@pytest.mark.parametrize("known", ["unknown", "put", "patch"])
@pytest.mark.parametrize("refused_method", ["405", "404", "403"])
def test_a_deal_that_is_deleted_while_it_is_changed_is_not_found_and_proves_nothing(
    simulator: EscalaSimulator, client: EscalaClient, known: str, refused_method: str
) -> None:
    verb = "patch" if known == "patch" else "put_full"
    simulator.switches.change({"update_verb": verb, "refused_method": refused_method})
    client.learn(update_deals=known)
    before = client.capabilities
    deal = _deal(simulator, client)

    def change(_: Deal) -> DealChange:
        simulator.delete_deal(deal.id)
        return DealChange(value=Decimal(5))

    asked = len(simulator.calls.entries())
    with pytest.raises(NotFound):
        client.update_deal(deal.id, change)
    assert client.capabilities == before
    sent = [call["method"] for call in simulator.calls.entries()[asked:]]
    assert sent == ["GET", "PATCH" if known == "patch" else "PUT", "GET"], (
        "no other verb, which might make it"
    )


def test_a_contact_that_is_deleted_while_it_is_filled_is_not_found_and_proves_nothing(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    contact_id = simulator.create_contact(first_name="Ana")
    path = f".*/crm/contacts/{contact_id}"
    simulator.faults.add(Fault(kind="refuse", method="GET", path=path, after=1, status=404))
    simulator.faults.add(Fault(kind="refuse", method="PUT", path=path, status=404))
    with pytest.raises(NotFound):
        client.fill_contact(ContactId(contact_id), {FIELD: "900"})
    assert client.capabilities == Capabilities()


@pytest.mark.parametrize(
    ("status", "words"), [(404, "Not Found"), (405, "no such method"), (403, "Missing Authentication Token")]
)
def test_a_verb_that_worked_is_not_given_up_for_one_record_that_refuses_it(
    simulator: EscalaSimulator, client: EscalaClient, status: int, words: str
) -> None:
    first, second = _deal(simulator, client), _deal(simulator, client)
    change = DealChange(value=Decimal(5))
    client.update_deal(first.id, lambda _: change)
    path = f".*/crm/deals/{first.id}"
    refusing = Fault(kind="refuse", method="PUT", path=path, status=status, body={"message": words})
    simulator.faults.add(refusing)
    for _ in range(3):
        with pytest.raises(UpdateImpossible):
            client.update_deal(first.id, lambda _: change)
    assert client.capabilities.update_deals == "put", "however often it refuses"
    assert client.update_deal(second.id, lambda _: change).id == second.id
    with pytest.raises(UpdateImpossible):
        client.update_deal(first.id, lambda _: change)
    assert client.capabilities.updates_possible, "the other one has worked since"


def test_a_verb_that_worked_is_given_up_for_a_day_once_two_records_refuse_it(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    deals = [_deal(simulator, client) for _ in range(3)]
    client.learn(update_deals="put")
    simulator.switches.change({"update_verb": "none"})
    asked = len(simulator.calls.entries())
    for deal in deals:
        with pytest.raises(UpdateImpossible):
            client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert not client.capabilities.updates_possible
    writes = [call for call in simulator.calls.entries()[asked:] if call["method"] != "GET"]
    assert len(writes) == 4, "nothing is sent of the third"
    until = client.capabilities.update_deals_until
    assert until is not None
    assert client.capabilities.tried_anew(now=until).updates_possible


@pytest.mark.parametrize("status", [401, 403])
def test_a_change_that_is_forbidden_speaks_of_the_key_and_gives_no_update_up(
    simulator: EscalaSimulator, client: EscalaClient, status: int
) -> None:
    deal = _deal(simulator, client)
    simulator.faults.add(Fault(kind="refuse", method="PUT", status=status, body={"message": "Forbidden"}))
    with pytest.raises(AccessDenied):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert client.capabilities.updates_possible
    simulator.faults.clear()
    client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert client.deal(deal.id).value == Decimal(5)


def test_a_record_of_a_trial_is_removed_where_the_api_can(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    deal = _deal(simulator, client)
    assert not client.remove("deals", deal.id)
    simulator.faults.add(Fault(kind="refuse", method="DELETE", status=403, body={"message": "Forbidden"}))
    with pytest.raises(AccessDenied):
        client.remove("deals", deal.id)


def test_a_record_of_a_trial_that_was_removed_is_said_to_be_gone() -> None:
    script = Script(Reply(status=204))
    with served(script) as url:
        assert escala_client(url)[0].remove("contacts", "c-1")


def test_a_contact_of_an_account_without_updates_is_remembered_apart(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"update_verb": "none"})
    contact = client.contact(simulator.create_contact(first_name="Ana"))
    for _ in range(2):
        with pytest.raises(UpdateImpossible):
            client.fill_contact(contact.id, {FIELD: "900"})
    assert len([call for call in simulator.calls.entries() if call["method"] != "GET"]) == 2
    assert (client.capabilities.update_contacts, client.capabilities.update_deals) == ("none", "unknown")
    client.learn(update_contacts="unknown", update_contacts_until=None, update_contacts_refused_by="")
    assert client.capabilities == Capabilities()


@pytest.mark.parametrize(
    "switches",
    [{"deal_description": "never"}, {"quantity_read": "missing"}, {"deal_products_shape": "productId"}],
)
def test_a_deal_that_is_not_shown_whole_is_never_replaced(
    simulator: EscalaSimulator, client: EscalaClient, switches: dict[str, str]
) -> None:
    simulator.switches.change(switches)
    deal = _deal(simulator, client)
    with pytest.raises(UpdateImpossible):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert client.capabilities.updates_possible
    assert client.deal(deal.id).value == deal.value


def test_a_deal_that_is_not_shown_whole_can_still_be_patched(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    simulator.switches.change({"deal_description": "never", "update_verb": "patch"})
    deal = _deal(simulator, client)
    client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert client.deal(deal.id).value == 5


def test_where_patch_worked_it_goes_first_and_put_is_the_way_back(
    simulator: EscalaSimulator, url: str
) -> None:
    client, seen = escala_client(url, capabilities=Capabilities(update_deals="patch"))
    deal = _deal(simulator, client)
    client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))
    assert [call.method for call in seen.calls][-2:] == ["PATCH", "PUT"]
    assert client.capabilities.update_deals == "put"


def test_a_deal_without_a_contact_is_never_replaced(simulator: EscalaSimulator, client: EscalaClient) -> None:
    deal = client.deal(simulator.create_deal(name="FV-2-1", description="x"))
    with pytest.raises(UpdateImpossible):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))


def test_a_deal_that_vanished_meanwhile_is_not_found(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    deal = _deal(simulator, client)
    simulator.delete_deal(deal.id)
    with pytest.raises(NotFound):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(5)))


def test_an_update_refused_for_its_data_is_rejected(simulator: EscalaSimulator, client: EscalaClient) -> None:
    deal = _deal(simulator, client)
    with pytest.raises(Rejected):
        client.update_deal(deal.id, lambda _: DealChange(value=Decimal(-5)))
    assert client.capabilities.updates_possible


def test_a_key_refused_during_an_update_is_told_in_the_users_words() -> None:
    whole = {
        "id": "d1", "name": "FV-2-1", "contact": {"id": "c1"}, "pipeline": {"id": "p1", "stageId": "s1"},
        "description": "", "products": [], "custom": {"cf_a": "x"},
    }  # fmt: skip
    script = Script(Reply(body=json.dumps(whole).encode()), Reply(status=401, body=b'{"message": "no"}'))
    with served(script) as url, pytest.raises(AccessDenied, match="no acepta la clave de API"):
        escala_client(url)[0].update_deal("d1", lambda _: DealChange(value=Decimal(5)))
    assert json.loads(script.asked[1][3]) == {
        "name": "FV-2-1",
        "contactId": "c1",
        "pipelineId": "p1",
        "stageId": "s1",
        "assignedTo": "unassigned",
        "custom": {"cf_a": "x"},
        "value": 5.0,
        "triggerWorkflow": False,
    }


def test_a_deal_whose_answer_never_speaks_of_products_is_never_replaced() -> None:
    whole = {
        "id": "d1",
        "contact": {"id": "c1"},
        "pipeline": {"id": "p1", "stageId": "s1"},
        "description": "x",
    }
    script = Script(Reply(body=json.dumps(whole).encode()), Reply(status=405, body=b'{"message": "no"}'))
    with served(script) as url, pytest.raises(UpdateImpossible):
        escala_client(url)[0].update_deal("d1", lambda _: DealChange(value=Decimal(5)))
    assert [method for method, *_ in script.asked] == ["GET", "PATCH"]


@pytest.mark.parametrize("verb", ["put_full", "put_partial", "patch"])
@pytest.mark.parametrize("shape", ["object", "list"])
def test_filling_a_contact_leaves_the_rest_of_it_alone(
    simulator: EscalaSimulator, client: EscalaClient, verb: str, shape: str
) -> None:
    simulator.switches.change({"update_verb": verb, "custom_shape": shape})
    simulator.add_custom_field("cf_contact_otro_abcd_text")
    contact_id = simulator.create_contact(
        first_name="Ana",
        last_name="Ruiz",
        email="a@x.example",
        phone="573001112233",
        company="Casa",
        custom={"cf_contact_otro_abcd_text": "x"},
    )
    before = client.contact(contact_id)
    assert client.fill_contact(contact_id, {FIELD: "900"}) == replace(before, place=None)
    after = client.contact(contact_id)
    assert after.custom == {"cf_contact_otro_abcd_text": "x", FIELD: "900"}
    assert replace(after, custom=before.custom, modified=None, modified_text="") == replace(
        before, modified=None, modified_text=""
    )
    assert client.fill_contact(contact_id, {FIELD: "901"}).custom[FIELD] == "900"
    assert client.contact(contact_id) == after, "what holds something by now is not written over"


def test_a_field_of_numbers_is_filled_with_a_number(simulator: EscalaSimulator, client: EscalaClient) -> None:
    field = "cf_contact_nit_abcd_number"
    simulator.add_custom_field(field)
    contact_id = simulator.create_contact(first_name="Ana")
    client.fill_contact(contact_id, {field: "900123456"})
    assert client.contact(contact_id).custom == {field: 900123456}


def test_a_contact_keeps_its_plain_fields_when_it_is_filled(
    simulator: EscalaSimulator, client: EscalaClient
) -> None:
    contact_id = simulator.create_contact(first_name="Ana")
    simulator.edit_contact(contact_id, {"notes": "llamar", "marketable": True, "priority": 2})
    client.fill_contact(contact_id, {FIELD: "900"})
    (stored,) = simulator.state()["contacts"]
    assert (stored["notes"], stored["marketable"], stored["priority"]) == ("llamar", True, 2)


def test_records_with_hardly_a_field_are_written_back_as_they_are() -> None:
    contact = Reply(
        body=b'{"id": "c1", "assignedTo": "", "marketable": null, "personal": {"firstName": "Ana"}}'
    )
    script = Script(contact, Reply(status=200))
    with served(script) as url:
        escala_client(url)[0].fill_contact("c1", {FIELD: "9"})
    assert json.loads(script.asked[1][3]) == {
        "personal": {"firstName": "Ana"},
        "custom": {FIELD: "9"},
        "triggerWorkflow": False,
    }
    whole = {"id": "d1", "contactId": "c1", "pipelineId": "p1", "stageId": "s1", "description": None}
    script = Script(Reply(body=json.dumps({**whole, "priority": 3}).encode()), Reply(status=204, body=b""))
    with served(script) as url:
        escala_client(url)[0].update_deal("d1", lambda _: DealChange(value=Decimal(5)))
    assert json.loads(script.asked[1][3]) == {
        "name": "",
        "contactId": "c1",
        "pipelineId": "p1",
        "stageId": "s1",
        "assignedTo": "unassigned",
        "priority": 3,
        "value": 5.0,
        "triggerWorkflow": False,
    }


def test_updates_can_be_forbidden(client: EscalaClient) -> None:
    client.learn(update_deals="none")
    assert not client.capabilities.updates_possible


def test_no_message_holds_the_key() -> None:
    with served(Script(Reply(status=400, body=b'{"message": "key LLAVE is odd"}'))) as url:
        client, _ = escala_client(url, api_key="LLAVE")
        with pytest.raises(Rejected) as refused:
            client.pipelines()
    assert "LLAVE" not in refused.value.message + refused.value.raw
