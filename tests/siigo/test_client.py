"""Siigo's client against the simulator: every switch that changes an answer, and scripted odd bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.accounting import CustomerId, Invoice, InvoiceId
from siigo_escala.rest.errors import (
    AccessDenied,
    NotFound,
    OutcomeUnknown,
    Rejected,
    TryLater,
    UnexpectedAnswer,
)
from siigo_escala.simulators import serving
from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.rest.near import Reply, Script, served, siigo_client

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def simulator() -> SiigoSimulator:
    """A Siigo with 25 invoices of one customer."""
    made = SiigoSimulator()
    customer = made.create_customer()
    for _ in range(25):
        made.create_invoice(customer=customer["id"])
    return made


@pytest.fixture
def url(simulator: SiigoSimulator) -> Iterator[str]:
    """Where it answers."""
    server = serving.start(simulator)
    yield server.url
    server.stop()


def _all(url: str, **filters: Any) -> list[Invoice]:
    client, _ = siigo_client(url)
    pages = list(client.invoices(**(filters or {"created_start": LONG_AGO})))
    assert pages[-1].complete
    records = [record for page in pages for record in page.records]
    assert all(isinstance(record, Invoice) for record in records)
    return records  # type: ignore[return-value]


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"auth_status": 201},
        {"authorization": "bearer_only"},
        {"links": "null_next"},
        {"links": "none"},
        {"links": "__links"},
        {"links_host": "https://elsewhere.example"},
        {"page_size": "honour"},
        {"invoice_order": "oldest"},
        {"invoice_order": "shuffled"},
        {"empty_keys": "null"},
        {"empty_keys": "list"},
        {"empty_keys": "object"},
        {"empty_keys": "text"},
        {"timestamps": "ms"},
        {"timestamps": "ticks"},
        {"timestamps": "naive"},
        {"timestamps": "year_one_in_list"},
        {"timestamps": "empty_in_list"},
        {"insert_between_pages": 3},
        {"repeated_rows": 2},
    ],
)
def test_every_invoice_is_read_whatever_the_list_looks_like(
    simulator: SiigoSimulator, url: str, switches: dict[str, Any]
) -> None:
    simulator.switches.update(switches)
    ids = {invoice["id"] for invoice in simulator.company.invoices.values()}
    found = _all(url)
    assert ids <= {invoice.id for invoice in found}
    assert len({invoice.id for invoice in found}) == len(found)
    assert {invoice.total for invoice in found} == {Decimal("69999.99")}


def test_the_next_page_is_asked_for_at_siigos_own_address(simulator: SiigoSimulator, url: str) -> None:
    for _ in range(100):
        simulator.create_invoice(customer="900482137")
    simulator.switches.update({"links_host": "https://elsewhere.example"})
    assert len(_all(url)) == 125
    assert simulator.calls.count("GET", "/v1/invoices") == 2


def test_a_day_is_asked_for_exactly_as_given(simulator: SiigoSimulator, url: str) -> None:
    day = date.fromisoformat(simulator.company.today())
    assert len(_all(url, date_start=day, date_end=day)) == 25
    assert _all(url, date_start=day + timedelta(days=1)) == []
    query = simulator.calls.entries()[-1]["query"]
    assert query["date_start"] == (day + timedelta(days=1)).isoformat()


def test_instants_are_asked_for_in_explicit_utc(simulator: SiigoSimulator, url: str) -> None:
    client, _ = siigo_client(url)
    bogota = datetime.fromisoformat("2026-08-27T19:20:58.9-05:00")
    list(client.invoices(created_start=bogota, created_end=bogota, updated_start=bogota))
    query = simulator.calls.entries()[-1]["query"]
    assert {query["created_start"], query["created_end"], query["updated_start"]} == {"2026-08-28T00:20:58Z"}


def test_an_invoice_is_found_by_its_name(simulator: SiigoSimulator, url: str) -> None:
    name = next(simulator.company.invoices.values())["name"]
    assert [invoice.name for invoice in _all(url, name=name)] == [name]


def test_one_invoice_and_its_customer_are_read_by_id(simulator: SiigoSimulator, url: str) -> None:
    client, _ = siigo_client(url)
    row = next(simulator.company.invoices.values())
    invoice = client.invoice(InvoiceId(row["id"]))
    assert invoice.customer_id is not None
    assert client.customer(invoice.customer_id).names == ("Tostadora La Ceiba S.A.S.",)


@pytest.mark.parametrize("shape", ["pascal", "lower", "mixed", "flat", "gateway", "empty", "html"])
def test_a_deleted_invoice_is_not_found_whatever_the_error_looks_like(
    simulator: SiigoSimulator, url: str, shape: str
) -> None:
    simulator.switches["error_shape"] = shape
    client, seen = siigo_client(url)
    with pytest.raises(NotFound):
        client.invoice(InvoiceId("00000000-0000-4000-8000-000000000000"))
    assert not any(call.refused for call in seen.calls)


def test_an_id_never_leaves_its_path(simulator: SiigoSimulator, url: str) -> None:
    client, seen = siigo_client(url)
    with pytest.raises(NotFound):
        client.customer(CustomerId("../users?x=1"))
    assert seen.calls[-1].path == "/v1/customers/..%2Fusers%3Fx%3D1"


@pytest.mark.parametrize("shape", ["envelope", "array"])
def test_users_come_enveloped_or_bare(simulator: SiigoSimulator, url: str, shape: str) -> None:
    simulator.switches["users_shape"] = shape
    client, _ = siigo_client(url)
    assert [user.id for user in client.users()] == [629, 630]


def test_document_types_are_those_of_sales(url: str) -> None:
    client, _ = siigo_client(url)
    assert [(kind.id, kind.code) for kind in client.document_types()] == [(24446, "2"), (24450, "1")]


def test_customers_come_page_by_page(simulator: SiigoSimulator, url: str) -> None:
    for number in range(120):
        simulator.create_customer(identification=str(800_000_000 + number))
    client, _ = siigo_client(url)
    first, second = client.customers(page=1), client.customers(page=2)
    assert (len(first.records), first.total, first.is_last) == (100, 121, False)
    assert (len(second.records), second.is_last, second.complete) == (21, True, True)
    assert client.customers(page=3).is_last


def test_changed_customers_are_read_by_their_change(simulator: SiigoSimulator, url: str) -> None:
    client, _ = siigo_client(url)
    customer = next(simulator.company.customers.values())
    simulator.edit_customer(customer["id"], commercial_name="Otra")
    pages = list(client.customers_changed(updated_start=datetime.now(UTC) - timedelta(hours=1)))
    assert [record.id for page in pages for record in page.records] == [customer["id"]]  # type: ignore[union-attr]


def test_credit_notes_name_their_invoice(simulator: SiigoSimulator, url: str) -> None:
    invoice = next(simulator.company.invoices.values())
    simulator.credit_note(invoice["id"])
    client, _ = siigo_client(url)
    (page,) = client.credit_notes(created_start=LONG_AGO)
    (note,) = page.records
    assert note.invoice_id == invoice["id"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "kind", ["429_header", "429_message", "cut", "latin1", "empty", "html", "drop", "refuse"]
)
def test_a_list_survives_a_bad_answer(simulator: SiigoSimulator, url: str, kind: str) -> None:
    simulator.faults.add(
        Fault(kind=kind, path="/v1/invoices", times=1, status=503 if kind == "refuse" else None)
    )
    assert len(_all(url)) == 25


def test_an_answer_of_another_type_is_read_all_the_same(simulator: SiigoSimulator, url: str) -> None:
    simulator.faults.add(Fault(kind="wrong_content_type", path="/v1/invoices"))
    assert len(_all(url)) == 25


@pytest.mark.parametrize("failure", ["document_query_service", "500", "504"])
def test_a_list_that_fails_for_long_is_tried_later(simulator: SiigoSimulator, url: str, failure: str) -> None:
    simulator.switches["failures"] = failure
    client, _ = siigo_client(url, patience_s=2)
    with pytest.raises(TryLater):
        list(client.invoices(created_start=LONG_AGO))


def test_a_revoked_token_is_renewed_once_and_nobody_notices(simulator: SiigoSimulator, url: str) -> None:
    client, seen = siigo_client(url)
    client.users()
    revoked = set(simulator.company.tokens)
    simulator.revoke_tokens()
    assert client.users()
    assert [call.path for call in seen.calls if call.status == 401] == ["/v1/users"]
    assert simulator.company.tokens.keys().isdisjoint(revoked)


@pytest.mark.parametrize("wrong_status", [401, 400])
def test_wrong_credentials_are_told_after_one_call(
    simulator: SiigoSimulator, url: str, wrong_status: int
) -> None:
    simulator.switches["wrong_credentials_status"] = wrong_status
    client, seen = siigo_client(url, access_key="otra")
    with pytest.raises(AccessDenied, match="no acepta el usuario API") as denied:
        client.users()
    assert denied.value.cause == "credentials"
    assert len(seen.calls) == 1


def test_credentials_changed_while_a_token_lives_are_told_as_wrong(
    simulator: SiigoSimulator, url: str
) -> None:
    client, seen = siigo_client(url)
    client.users()
    simulator.change_access_key("nueva")
    simulator.revoke_tokens()
    with pytest.raises(AccessDenied) as denied:
        client.users()
    assert denied.value.cause == "credentials"
    assert len(seen.calls) == 4


def _token(text: str) -> Reply:
    return Reply(body=json.dumps({"access_token": text, "expires_in": 86_400}).encode())


def test_a_fresh_token_that_is_refused_means_a_blocked_user() -> None:
    refused = Reply(
        status=401, body=b'{"Status": 401, "Errors": [{"Code": "unauthorized", "Message": "no"}]}'
    )
    script = Script(_token("t1"), refused, _token("t2"), refused)
    with served(script) as url:
        client, seen = siigo_client(url)
        with pytest.raises(AccessDenied, match="bloqueado") as denied:
            client.users()
    assert denied.value.cause == "blocked"
    assert [call.path for call in seen.calls] == ["/auth", "/v1/users", "/auth", "/v1/users"]
    assert script.asked[1][2]["authorization"] == "Bearer t1"
    assert script.asked[3][2]["authorization"] == "Bearer t2"


def test_a_forbidden_resource_is_a_matter_of_permission() -> None:
    refused = Reply(status=403, body=b'{"Errors": [{"Code": "disabled_functionality", "Message": "no"}]}')
    with served(Script(_token("t1"), refused)) as url:
        client, seen = siigo_client(url)
        with pytest.raises(AccessDenied) as denied:
            list(client.credit_notes(created_start=LONG_AGO))
    assert (denied.value.cause, denied.value.status) == ("permission", 403)
    assert len(seen.calls) == 2


def test_a_resource_forbidden_after_renewal_is_a_matter_of_permission_too() -> None:
    script = Script(_token("t1"), Reply(status=401), _token("t2"), Reply(status=403))
    with served(script) as url:
        client, _ = siigo_client(url)
        with pytest.raises(AccessDenied) as denied:
            client.users()
    assert denied.value.cause == "permission"


def _answered(body: object) -> Any:
    return served(Script(_token("t1"), Reply(body=json.dumps(body).encode())))


@pytest.mark.parametrize(
    "body", [{}, {"foo": 1}, {"results": 5}, 7, "text", {"results": {"a": 1}, "pagination": {}}]
)
def test_a_list_without_rows_fits_nothing(body: object) -> None:
    with _answered(body) as url:
        client, _ = siigo_client(url)
        with pytest.raises(UnexpectedAnswer):
            client.users()


@pytest.mark.parametrize("results", [None, "", {}])
def test_rows_may_be_written_as_nothing(results: object) -> None:
    with _answered({"results": results, "pagination": {"total_results": 0}}) as url:
        client, _ = siigo_client(url)
        assert client.users() == ()


def test_one_record_without_an_id_fits_nothing() -> None:
    with _answered({"name": "FV-2-1"}) as url:
        client, _ = siigo_client(url)
        with pytest.raises(UnexpectedAnswer):
            client.invoice(InvoiceId("i1"))


def test_rows_that_are_no_users_are_left_out() -> None:
    with _answered([{"id": 1}, {"id": "x"}, None]) as url:
        client, _ = siigo_client(url)
        assert [user.id for user in client.users()] == [1]


@pytest.mark.parametrize("partner_id", ["siigo-escala", "x"])
def test_a_partner_id_that_siigo_refuses_is_rejected(
    simulator: SiigoSimulator, url: str, partner_id: str
) -> None:
    client, _ = siigo_client(url, partner_id=partner_id)
    with pytest.raises(Rejected) as refused:
        client.users()
    assert refused.value.problems[0].code == "invalid_partner_id"


def test_a_post_takes_its_own_headers_and_is_never_repeated(simulator: SiigoSimulator, url: str) -> None:
    simulator.faults.add(Fault(kind="store_then_lost", method="POST", path="/v1/invoices"))
    client, seen = siigo_client(url)
    with pytest.raises(OutcomeUnknown):
        client.create_invoice(b'{"document": {"id": 24446}}', key="SE1")
    assert [call.method for call in seen.calls] == ["POST", "POST"]


def test_no_message_holds_a_token_or_a_key() -> None:
    refused = Reply(status=400, body=b'{"message": "token TOKEN1 of clave-de-ejemplo is odd"}')
    with served(Script(_token("TOKEN1"), refused)) as url:
        client, _ = siigo_client(url)
        with pytest.raises(Rejected) as problem:
            client.users()
    assert "TOKEN1" not in problem.value.message + problem.value.raw
    assert "clave-de-ejemplo" not in problem.value.message + problem.value.raw
