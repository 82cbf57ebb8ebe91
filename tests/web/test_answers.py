"""What holds for every answer, whoever asks for what."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from structlog.testing import capture_logs

from siigo_escala.config import env
from siigo_escala.config import settings as product_settings
from siigo_escala.web import guards
from siigo_escala.web.guards import Guards
from tests import databases
from tests.web import assistant

ADDRESSES = ["/healthz", "/readyz", "/metrics"]
pytestmark = pytest.mark.usefixtures("installed")


@pytest.mark.parametrize("address", [*ADDRESSES, "/nada", "/nada?x=<b>"])
def test_every_answer_has_the_strict_headers_and_leaves_no_cookie(visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    for name, value in guards.HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not answer.cookies
    assert int(answer.headers["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_takes_anything_but_a_question(visitor: Client, address: str) -> None:
    refused = visitor.post(address, {"name": "acme"})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert visitor.delete(address).status_code == 405
    assert visitor.head(address).status_code == visitor.get(address).status_code


@pytest.mark.parametrize("address", ["/entrar/", "/mi-cuenta/", "/empresas/"])
def test_until_somebody_has_claimed_the_installation_only_the_first_start_answers(
    visitor: Client, address: str
) -> None:
    assert visitor.get(address).headers["Location"] == "/primer-arranque/"


def test_an_address_that_does_not_exist_is_told_in_spanish_and_not_repeated(visitor: Client) -> None:
    answer = visitor.get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "No existe" in answer.content.decode()
    assert "alert(1)" not in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "", "a b", "localhost.evil.example"])
def test_a_page_asked_for_by_a_foreign_name_is_refused_without_a_log(visitor: Client, host: str) -> None:
    with capture_logs() as logged:
        answer = visitor.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "SIIGO_ESCALA_PUBLIC_URL" in answer.content.decode()
    assert not logged


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_may_always_ask(visitor: Client, host: str) -> None:
    assert visitor.get("/primer-arranque/", headers={"host": host}).status_code == 200


def test_probes_ask_by_whatever_address_they_know(visitor: Client) -> None:
    assert visitor.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.parametrize(
    ("bind", "public", "more"),
    [
        ("127.0.0.1:8000", "", ["127.0.0.1"]),
        ("0.0.0.0:8000", "", []),
        ("[::]:8000", "https://siigo.ejemplo.co:8443/ruta", ["siigo.ejemplo.co"]),
        ("10.1.2.3:80", "http://[fd00::1]", ["10.1.2.3", "[fd00::1]"]),
        ("[fd00::2]:80", "", ["[fd00::2]"]),
        ("servidor:8000", "", ["servidor"]),
    ],
)
def test_the_names_it_answers_to_follow_from_where_it_listens_and_what_people_type(
    bind: str, public: str, more: list[str]
) -> None:
    environment = env.read({"SIIGO_ESCALA_BIND": bind, "SIIGO_ESCALA_PUBLIC_URL": public})
    assert product_settings._hosts(environment) == ["localhost", "127.0.0.1", "[::1]", *more]


def _failing(problem: Exception) -> HttpResponse | None:
    return Guards(lambda _: HttpResponse()).process_exception(RequestFactory().get("/factura/17"), problem)


def test_a_view_that_fails_shows_a_sentence_and_leaves_its_cause_in_the_log() -> None:
    with capture_logs() as logged:
        answer = _failing(KeyError("secreto"))
    assert answer is not None
    assert answer.status_code == 500
    assert "secreto" not in answer.content.decode()
    assert [(one["event"], one["path"]) for one in logged] == [("request failed", "/factura/17")]


def test_a_database_out_of_reach_is_told_as_something_that_passes() -> None:
    with capture_logs() as logged:
        answer = _failing(OperationalError("connection refused: password=secreto"))
    assert answer is not None
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "secreto" not in answer.content.decode() + str(logged)
    assert [one["event"] for one in logged] == ["store out of reach"]


@pytest.mark.parametrize(
    ("address", "signed_in"),
    [("/usuarios/", True), ("/usuarios/", False), ("/nada/", True), ("/entrar/", True)],
)
def test_whoever_asks_while_the_database_is_down_is_told_that_it_passes(
    visitor: Client, address: str, *, signed_in: bool
) -> None:
    asking = assistant.somebody() if signed_in else visitor
    with databases.opened("postgresql://nadie:secreto@127.0.0.1:1/nada"), capture_logs() as logged:
        answer = asking.get(address)
    assert answer.status_code == 503
    assert "secreto" not in answer.content.decode() + str(logged)
    assert [(one["event"], one["path"]) for one in logged] == [("store out of reach", address)]


def test_what_fails_outside_of_a_view_is_in_the_log_under_the_code_that_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "CSRF_FAILURE_VIEW", "no.hay")
    asking = Client(SERVER_NAME="localhost", raise_request_exception=False, enforce_csrf_checks=True)
    with capture_logs() as logged:
        answer = asking.post("/entrar/")
    (line,) = logged
    assert answer.status_code == 500
    assert line["shown_as"] in answer.content.decode()
    assert isinstance(line["exc_info"], ImportError)


def test_what_is_forbidden_or_fails_outside_of_a_view_is_told_in_spanish() -> None:
    from siigo_escala.web.views import errors

    request = RequestFactory().get("/factura/17")
    assert errors.forbidden(request).status_code == 403
    assert errors.expired(request).status_code == 403
    assert errors.failed(request).status_code == 500
