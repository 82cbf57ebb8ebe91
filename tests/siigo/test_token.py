"""The token: cached, renewed early and once, never in a loop."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.rest.errors import AccessDenied, Rejected, TryLater, UnexpectedAnswer
from siigo_escala.rest.limiter import NoLimit
from siigo_escala.siigo.token import NoStore, SignIn, Token, TokenSource
from tests.rest.near import Clock, Reply, Script, served, surroundings


class Issuer:
    """Gives tokens t1, t2, … of the given life."""

    def __init__(self, life_s: float = 86_400) -> None:
        self.life_s = life_s
        self.issued = 0

    def __call__(self) -> Token:
        self.issued += 1
        return Token(text=f"t{self.issued}", life_s=self.life_s)


def _source(issuer: Issuer, clock: Clock, store: NoStore | None = None) -> TokenSource:
    return TokenSource(sign_in=issuer, store=store or NoStore(), now=clock.now)


def test_a_token_is_used_until_ten_minutes_before_its_end() -> None:
    issuer, clock = Issuer(), Clock()
    source = _source(issuer, clock)
    assert source.current() == "t1"
    clock.wait(86_400 - 601)
    assert source.current() == "t1"
    clock.wait(2)
    assert source.current() == "t2"


def test_a_short_token_is_used_for_most_of_its_life() -> None:
    issuer, clock = Issuer(100), Clock()
    source = _source(issuer, clock)
    source.current()
    clock.wait(89)
    assert source.current() == "t1"
    clock.wait(2)
    assert source.current() == "t2"


def test_a_kept_token_costs_no_sign_in() -> None:
    issuer, clock, store = Issuer(), Clock(), NoStore()
    store.save("kept", clock.now() + timedelta(hours=1))
    source = _source(issuer, clock, store)
    assert source.current() == "kept"
    assert issuer.issued == 0


def test_an_expired_kept_token_is_replaced_for_everybody() -> None:
    issuer, clock, store = Issuer(), Clock(), NoStore()
    store.save("kept", clock.now())
    assert _source(issuer, clock, store).current() == "t1"
    assert _source(issuer, clock, store).current() == "t1"
    assert issuer.issued == 1


def test_a_refused_token_is_renewed_unless_somebody_did_already() -> None:
    issuer, clock, store = Issuer(), Clock(), NoStore()
    source = _source(issuer, clock, store)
    refused = source.current()
    store.save("from elsewhere", clock.now() + timedelta(hours=1))
    assert source.renewed(refused) == "from elsewhere"
    assert source.renewed("from elsewhere") == "t2"


def test_many_threads_sign_in_once() -> None:
    issuer, clock = Issuer(), Clock()
    source = _source(issuer, clock)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(source.current())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["t1"] * 16
    assert issuer.issued == 1


def _signed_in(reply: Reply, *, patience_s: float = 1) -> tuple[Token, Script]:
    script = Script(reply)
    with served(script) as url:
        seen = surroundings(url, system="siigo", patience_s=patience_s)
        sign_in = SignIn(
            transport=seen.transport, username="api@x.example", access_key="CLAVE==", partner_id="SiigoEscala"
        )
        return sign_in(), script


@pytest.mark.parametrize("status", [200, 201])
def test_signing_in_sends_the_key_as_issued(status: int) -> None:
    body = json.dumps({"access_token": "abc", "expires_in": 3600, "token_type": "Bearer"}).encode()
    token, script = _signed_in(Reply(status=status, body=body))
    assert (token.text, token.life_s) == ("abc", 3600)
    method, path, headers, sent = script.asked[0]
    assert (method, path) == ("POST", "/auth")
    assert json.loads(sent) == {"username": "api@x.example", "access_key": "CLAVE=="}
    assert headers["partner-id"] == "SiigoEscala"
    assert "authorization" not in headers
    assert "abc" not in repr(token)


@pytest.mark.parametrize(
    ("expires_in", "life_s"),
    [
        (86_400_000, 86_400),
        (604_800, 86_400),
        (0, 86_400),
        (-5, 86_400),
        ("3600", 3600),
        (None, 86_400),
        ("x", 86_400),
    ],
)
def test_an_absurd_life_is_a_day(expires_in: Any, life_s: float) -> None:
    body = json.dumps({"Access_Token": "abc", "expires_in": expires_in}).encode()
    assert _signed_in(Reply(body=body))[0].life_s == life_s


@pytest.mark.parametrize(
    ("status", "cause"), [(400, "credentials"), (401, "credentials"), (403, "permission")]
)
def test_a_refused_sign_in_says_why_and_is_not_repeated(status: int, cause: str) -> None:
    with served(Script(Reply(status=status, body=b'{"message": "no CLAVE=="}'))) as url:
        seen = surroundings(url, system="siigo")
        sign_in = SignIn(transport=seen.transport, username="u", access_key="CLAVE==", partner_id="X")
        with pytest.raises(AccessDenied) as denied:
            sign_in()
    assert (denied.value.status, denied.value.cause) == (status, cause)
    assert "CLAVE" not in denied.value.raw + denied.value.message
    assert len(seen.calls) == 1


class _Held(NoLimit):
    """A limiter that allows no call: too many were refused."""

    def acquire(self) -> None:
        raise AccessDenied("en pausa", system="siigo", cause="blocked")


def test_a_sign_in_that_is_not_allowed_out_is_no_matter_of_credentials() -> None:
    seen = surroundings("http://127.0.0.1:9", system="siigo", limiter=_Held())
    sign_in = SignIn(transport=seen.transport, username="u", access_key="CLAVE==", partner_id="X")
    with pytest.raises(AccessDenied, match="en pausa") as denied:
        sign_in()
    assert (denied.value.status, denied.value.cause, seen.calls) == (None, "blocked", [])


def test_another_refusal_is_no_matter_of_credentials() -> None:
    with pytest.raises(Rejected):
        _signed_in(Reply(status=415, body=b'{"message": "type"}'))


@pytest.mark.parametrize("body", [b"{}", b'{"access_token": ""}', b"[]"])
def test_an_answer_without_a_token_fits_nothing(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        _signed_in(Reply(body=body))


def test_an_answer_that_is_no_json_is_asked_for_again_and_then_tried_later() -> None:
    with pytest.raises(TryLater):
        _signed_in(Reply(body=b"<html>"))


def test_a_siigo_that_is_down_is_tried_later() -> None:
    with pytest.raises(TryLater):
        _signed_in(Reply(status=503))
