"""The gateway before the API: keys, unknown addresses, methods, throttling, the shapes of a refusal."""

import pytest

from siigo_escala.simulators.escala import EscalaSimulator
from siigo_escala.simulators.messages import Request
from tests.simulators.escala.conftest import Caller


@pytest.mark.parametrize("status", [403, 401])
def test_a_wrong_key_is_refused_as_the_gateway_does(call: Caller, status: int) -> None:
    call.switch(key_refused=status)
    call.key = "otra"
    answer = call("GET", "/crm/pipelines")
    assert (answer.status, answer.body) == (status, {"message": "Forbidden"})


def test_a_missing_key_is_refused(call: Caller) -> None:
    assert call.simulator.handle(Request("GET", "/v1/crm/pipelines")).status == 403


def test_an_unknown_address_asks_for_a_token_that_is_not_the_point(call: Caller) -> None:
    assert call("GET", "/crm/users").body == {"message": "Missing Authentication Token"}
    call.switch(unknown_path="404")
    assert call("GET", "/crm/users").status == 404


@pytest.mark.parametrize("status", [405, 404, 403])
def test_a_method_that_an_address_lacks_is_refused(call: Caller, status: int) -> None:
    call.switch(refused_method=status)
    assert call("DELETE", "/crm/deals").status == status


def test_addresses_work_without_the_version_too(call: Caller) -> None:
    request = Request("GET", "/crm/pipelines", headers={"x-api-key": call.key})
    assert call.simulator.handle(request).status == 200


def test_more_calls_a_second_than_allowed_are_throttled(call: Caller) -> None:
    call.switch(calls_per_second=2)
    assert [call("GET", "/crm/tags").status for _ in range(3)] == [200, 200, 429]
    assert call("GET", "/crm/tags").headers == {}
    call.switch(rate_retry_after=2)
    assert call("GET", "/crm/tags").headers == {"Retry-After": "2"}
    call.simulator._recent[0] -= 1
    assert call("GET", "/crm/tags").status == 200


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("message", {"message": "name should not be empty"}),
        ("messages", {"message": ["name should not be empty"]}),
        ("error", {"error": "name should not be empty"}),
        ("errors", {"errors": [{"field": "name", "message": "name should not be empty"}]}),
        ("detail", {"detail": "name should not be empty"}),
        ("text", "name should not be empty"),
    ],
)
def test_a_refusal_has_the_body_the_switch_asks_for(call: Caller, shape: str, body: object) -> None:
    call.switch(error_shape=shape, error_status=422)
    answer = call("POST", "/crm/tags", {})
    assert (answer.status, answer.body) == (422, body)


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff\xfe", b'"text"'])
def test_a_body_that_is_no_object_is_refused(call: Caller, body: bytes) -> None:
    assert call.raw("POST", "/crm/deals", body).status == 400


def test_two_accounts_share_nothing_but_the_switches(call: Caller) -> None:
    other = call.simulator.add_account("otra-llave")
    other.create_contact(first_name="Otra", email="ana@example.com")
    second = Caller(call.simulator, "otra-llave")
    call.contact(email="ana@example.com")
    assert second("GET", "/crm/contacts").body["total"] == 1
    pipelines = [one("GET", "/crm/pipelines").body["items"][0]["id"] for one in (call, second)]
    assert len(set(pipelines)) == 2
    assert call.simulator.on("otra-llave").account is other.account


def test_an_account_keeps_its_pipeline_ids_over_a_restart() -> None:
    first, second, other = EscalaSimulator(), EscalaSimulator(), EscalaSimulator(seed=2)
    ids = [one.account.pipelines.all[0]["id"] for one in (first, second, other)]
    assert ids[0] == ids[1] != ids[2]


def test_a_rotated_key_opens_the_same_account(call: Caller) -> None:
    call.contact(email="ana@example.com")
    call.simulator.rotate_key("nueva")
    assert call("GET", "/crm/contacts").status == 403
    call.key = "nueva"
    assert call("GET", "/crm/contacts").body["total"] == 1
    assert call.simulator.api_key == "nueva"
