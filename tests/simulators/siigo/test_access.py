"""Tokens, Partner-Id, blocked users, plans, the limit per minute (siigo-api.md 1, 11)."""

import httpx2
import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator

CREDENTIALS = {"username": "api@empresa.example", "access_key": "clave-de-ejemplo"}


def test_signing_in_gives_a_token_of_a_day(anonymous: httpx2.Client, siigo: SiigoSimulator) -> None:
    answer = anonymous.post("/auth", json=CREDENTIALS)
    assert (answer.status_code, answer.json()["expires_in"], answer.json()["token_type"]) == (
        200,
        86400,
        "Bearer",
    )
    siigo.switches["auth_status"] = 201
    assert anonymous.post("/auth", json=CREDENTIALS).status_code == 201


@pytest.mark.parametrize("status", [401, 400])
def test_wrong_credentials_are_refused(anonymous: httpx2.Client, siigo: SiigoSimulator, status: int) -> None:
    siigo.switches["wrong_credentials_status"] = status
    assert anonymous.post("/auth", json={**CREDENTIALS, "access_key": "otra"}).status_code == status
    assert anonymous.post("/auth", json={"username": "x"}).json()["Errors"][0]["Code"] == "parameter_required"


def test_the_token_is_taken_with_and_without_bearer(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    bare = client.headers["Authorization"].removeprefix("Bearer ")
    assert client.get("/v1/taxes", headers={"Authorization": bare}).status_code == 200
    siigo.switches["authorization"] = "bearer_only"
    assert client.get("/v1/taxes", headers={"Authorization": bare}).status_code == 401
    assert client.get("/v1/taxes").status_code == 200


def test_a_token_ends_with_its_life_or_when_it_is_revoked(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    assert client.get("/v1/taxes").status_code == 200
    siigo.clock.advance(86401)
    assert client.get("/v1/taxes").status_code == 401
    siigo.clock.offset_s = 0
    siigo.revoke_tokens()
    answer = client.get("/v1/taxes")
    assert answer.json()["Errors"][0]["Code"] == "unauthorized"
    assert "Authorization" in answer.json()["Errors"][0]["Message"]


@pytest.mark.parametrize(
    ("value", "code"),
    [(None, "header_required"), ("siigo-escala", "invalid_partner_id"), ("ab", "invalid_partner_id")],
)
def test_a_call_needs_a_partner_id_of_letters_and_digits(
    client: httpx2.Client, siigo: SiigoSimulator, value: str | None, code: str
) -> None:
    del client.headers["Partner-Id"]
    headers = {} if value is None else {"Partner-Id": value}
    answer = client.get("/v1/taxes", headers=headers)
    assert (answer.status_code, answer.json()["Errors"][0]["Code"]) == (400, code)
    siigo.switches["partner_id_check"] = False
    assert client.get("/v1/taxes", headers=headers).status_code == 200


def test_a_blocked_user_gets_401_on_everything(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.block_user()
    assert client.get("/v1/taxes").status_code == 401
    assert client.post("/auth", json=CREDENTIALS).status_code == 401
    siigo.block_user(False)
    assert client.get("/v1/taxes").status_code == 200


def test_a_user_whose_calls_are_mostly_errors_is_blocked_where_switched(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    siigo.switches["blocks_on_errors"] = True
    for _ in range(19):
        assert client.get("/v1/invoices/unknown").status_code == 404
    assert client.get("/v1/taxes").status_code == 200, "the twentieth is still answered"
    assert client.get("/v1/taxes").status_code == 401
    assert siigo.company.is_blocked


def test_a_plan_without_the_api_is_refused(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.set_plan(False)
    answer = client.get("/v1/taxes")
    assert (answer.status_code, answer.json()["Errors"][0]["Code"]) == (403, "invalid_plan_type")


def test_a_new_access_key_voids_the_old_one_and_its_tokens(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    siigo.change_access_key("nueva")
    assert client.get("/v1/taxes").status_code == 401
    assert client.post("/auth", json=CREDENTIALS).status_code == 401
    assert client.post("/auth", json={**CREDENTIALS, "access_key": "nueva"}).status_code == 200


def test_two_companies_see_their_own_records_only(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    other = siigo.add_company(username="api@otra.example", access_key="k")
    siigo.create_invoice()
    siigo.create_invoice(company=other)
    siigo.create_invoice(company=other)
    token = client.post("/auth", json={"username": "api@otra.example", "access_key": "k"}).json()[
        "access_token"
    ]
    theirs = client.get("/v1/invoices", headers={"Authorization": token}).json()
    ours = client.get("/v1/invoices").json()
    assert (ours["pagination"]["total_results"], theirs["pagination"]["total_results"]) == (1, 2)
    ids = {kind["id"] for kind in client.get("/v1/document-types?type=FV").json()}
    assert ids.isdisjoint(kind["id"] for kind in other.document_types)


@pytest.mark.parametrize(
    ("position", "has_header"), [("header", True), ("no_header", False), ("gateway", False)]
)
def test_over_the_limit_of_a_minute_the_answer_is_429_until_it_has_passed(
    client: httpx2.Client, siigo: SiigoSimulator, position: str, has_header: bool
) -> None:
    siigo.switches.update({"rate_limit_per_minute": 3, "rate_limit_answer": position})
    statuses = [client.get("/v1/taxes").status_code for _ in range(3)]
    assert statuses == [200, 200, 429], "the sign-in counts"
    answer = client.get("/v1/taxes")
    assert ("Retry-After" in answer.headers) is has_header
    assert "Rate limit is exceeded. Try again in" in answer.text
    siigo.clock.advance(61)
    assert client.get("/v1/taxes").status_code == 200


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        ("pascal", {"Status", "Errors"}),
        ("lower", {"status", "errors"}),
        ("mixed", {"Status", "errors"}),
        ("flat", {"Status", "Message"}),
        ("gateway", {"statusCode", "message"}),
    ],
)
def test_errors_come_in_each_body_shape(
    client: httpx2.Client, siigo: SiigoSimulator, shape: str, keys: set[str]
) -> None:
    siigo.switches["error_shape"] = shape
    answer = client.get("/v1/invoices/unknown")
    assert answer.status_code == 404
    assert set(answer.json()) == keys


def test_errors_may_also_be_empty_or_html(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.switches["error_shape"] = "empty"
    assert client.get("/v1/invoices/unknown").content == b""
    siigo.switches["error_shape"] = "html"
    assert client.get("/v1/invoices/unknown").headers["Content-Type"].startswith("text/html")
