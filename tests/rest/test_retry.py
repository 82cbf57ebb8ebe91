"""What is repeated and what is not, over real local HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

from siigo_escala.rest import retry
from siigo_escala.rest.errors import (
    AccessDenied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    TryLater,
    UnexpectedAnswer,
)
from siigo_escala.rest.transport import Answer, Ask, Transport
from tests.rest.near import Reply, Script, Surroundings, served, surroundings

GOOD = Reply(body=b'{"id": "1"}')
READ = Ask(method="GET", path="/x")
WRITE = Ask(method="PUT", path="/x", body=b"{}")
POST = Ask(method="POST", path="/x", body=b"{}")
BROKEN = [
    Reply(status=500),
    Reply(status=502, body=b"<html>"),
    Reply(status=503, body=b""),
    Reply(status=504),
    Reply(status=408),
    Reply(status=None),
    Reply(body=b"<html>"),
    Reply(body=b""),
    Reply(body=b'{"id":', cut=5),
    Reply(body="ñ".encode("latin-1")),
]


def _run(
    call: Callable[[Transport, Ask], Answer], ask: Ask, *replies: Reply, patience_s: float = 60
) -> tuple[Answer | RemoteError, Surroundings, Script]:
    script = Script(*replies)
    with served(script) as url:
        seen = surroundings(url, patience_s=patience_s)
        seen.transport.hide("SECRETO")
        try:
            outcome: Answer | RemoteError = call(seen.transport, ask)
        except RemoteError as problem:
            outcome = problem
    return outcome, seen, script


@pytest.mark.parametrize("broken", BROKEN)
def test_a_read_is_repeated_until_it_is_usable(broken: Reply) -> None:
    outcome, seen, _ = _run(retry.read, READ, broken, broken, GOOD)
    assert isinstance(outcome, Answer)
    assert outcome.data == {"id": "1"}
    assert outcome.tries == 3
    assert len(seen.calls) == 3
    assert 0.25 <= seen.clock.waits[0] <= 0.5 <= seen.clock.waits[1] <= 1


@pytest.mark.parametrize("broken", BROKEN[:6])
def test_a_safe_write_is_repeated_too(broken: Reply) -> None:
    outcome, _, script = _run(retry.rewrite, WRITE, broken, GOOD)
    assert isinstance(outcome, Answer)
    assert len(script.asked) == 2


def test_a_safe_write_needs_no_body_in_its_answer() -> None:
    outcome, _, _ = _run(retry.rewrite, WRITE, Reply(status=204, body=b""))
    assert isinstance(outcome, Answer)
    assert outcome.data is None


def test_when_patience_is_over_a_read_is_tried_later() -> None:
    outcome, seen, _ = _run(retry.read, READ, Reply(status=503), patience_s=3)
    assert isinstance(outcome, TryLater)
    assert outcome.status == 503
    assert "HTTP 503" in outcome.message
    assert 3 <= seen.clock.passed <= 3.1


def test_the_least_patience_still_allows_a_second_try() -> None:
    outcome, seen, _ = _run(retry.read, READ, Reply(status=503), GOOD, patience_s=0)
    assert isinstance(outcome, Answer)
    assert seen.clock.waits == [0.05]


def test_a_caller_may_ask_for_few_tries() -> None:
    outcome, seen, _ = _run(
        lambda transport, ask: retry.read(transport, ask, tries=2), READ, Reply(status=500)
    )
    assert isinstance(outcome, TryLater)
    assert len(seen.calls) == 2


@pytest.mark.parametrize("broken", [*BROKEN[:6], Reply(body=b'{"id":', cut=5)])
def test_a_post_without_certain_outcome_is_never_repeated(broken: Reply) -> None:
    outcome, seen, _ = _run(retry.create, POST, broken, GOOD)
    assert type(outcome) is OutcomeUnknown
    assert len(seen.calls) == 1


def test_a_post_is_repeated_where_the_connection_never_stood() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        seen = surroundings(f"http://127.0.0.1:{free.getsockname()[1]}", patience_s=2)
        with pytest.raises(TryLater, match="no se pudo establecer la conexión"):
            retry.create(seen.transport, POST)
    assert len(seen.calls) > 2


@pytest.mark.parametrize("call", [retry.read, retry.create, retry.rewrite])
def test_a_429_is_waited_out_whatever_the_method(call: Callable[[Transport, Ask], Answer]) -> None:
    ask = {retry.read: READ, retry.create: POST, retry.rewrite: WRITE}[call]  # type: ignore[index]
    outcome, seen, _ = _run(call, ask, Reply(status=429, headers=(("Retry-After", "7"),)), GOOD, patience_s=1)
    assert isinstance(outcome, Answer)
    assert 7 <= seen.clock.passed <= 7.36
    assert [entry.refused for entry in seen.calls] == [True, False]


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply(status=429, body=b'{"message": "Rate limit is exceeded. Try again in 17 seconds."}'), 17),
        (Reply(status=429, body=b"Intente en 3 segundos"), 3),
        (Reply(status=429, body=b"Try again in 1.5 seconds"), 1.5),
        (Reply(status=429, body=b"Try again in 0.500 seconds"), 1),
        (Reply(status=429, body=b"Try again in 600 seconds"), 600),
        (Reply(status=429, body=b'{"message": "Try again in 2 minutes"}'), 120),
        (Reply(status=429, body=b"100 llamadas en 1 minuto; intente en 9 segundos"), 9),
        (Reply(status=429, body=b"5 per second, try again in 12 seconds"), 12),
        (Reply(status=429, body=b""), 60),
        (Reply(status=429, headers=(("Retry-After", "Thu, 27 Aug 2026 15:00:30 GMT"),)), 30),
        (
            Reply(
                status=429,
                headers=(
                    ("Retry-After", "Thu, 27 Aug 2026 16:00:30 GMT"),
                    ("Date", "Thu, 27 Aug 2026 16:00:10 GMT"),
                ),
            ),
            20,
        ),
        (Reply(status=429, headers=(("Retry-After", "0"),)), 1),
        (Reply(status=429, headers=(("Retry-After", "Thu, 27 Aug 2020 16:00:30 GMT"),)), 1),
    ],
)
def test_how_long_a_429_asks_for(reply: Reply, seconds: float) -> None:
    _, seen, _ = _run(retry.read, READ, reply, GOOD)
    assert seconds <= seen.clock.passed <= seconds + min(1, seconds * 0.05)


def test_a_wait_beyond_a_quarter_of_an_hour_is_not_waited() -> None:
    outcome, seen, _ = _run(retry.create, POST, Reply(status=429, headers=(("Retry-After", "901"),)))
    assert isinstance(outcome, TryLater)
    assert outcome.retry_after_s == 901
    assert seen.clock.waits == []


@pytest.mark.parametrize("asked", ["9" * 400, "Thu, 30 Dec 9999 23:59:59 GMT"])
def test_a_wait_that_no_calendar_holds_is_told_as_a_day(asked: str) -> None:
    outcome, _, _ = _run(retry.read, READ, Reply(status=429, headers=(("Retry-After", asked),)))
    assert isinstance(outcome, TryLater)
    assert outcome.retry_after_s == 86400
    assert "86400 segundos" in outcome.message


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Rate limit exceeded (1000 calls per 60 minutes). Try again in 30 seconds", 30),
        ("10000 calls in 1440 minutes. Retry after 2.125 seconds", 2.125),
        ("Intente de nuevo en 1,5 segundos", 1.5),
        ("espere 2 minutos", 120),
        ("Try again in 1,200 seconds", 900),
        ("Intente en 1.200 segundos", 900),
        ("20 minutes", 900),
        ("in 1.2.3 seconds", 60),
        ("no time at all", 60),
    ],
)
def test_the_time_that_words_ask_for_is_a_quarter_of_an_hour_at_most(said: str, seconds: float) -> None:
    seen = surroundings("http://127.0.0.1:1")
    answer = Answer(status=429, headers={}, content=said.encode())
    assert retry._asked_wait(seen.transport, answer) == seconds


def test_waits_that_add_up_beyond_it_end_too() -> None:
    outcome, seen, _ = _run(retry.read, READ, Reply(status=429, headers=(("Retry-After", "400"),)))
    assert isinstance(outcome, TryLater)
    assert len(seen.calls) == 3


@pytest.mark.parametrize("asked", ["901", "3600"])
def test_a_wait_that_nobody_waits_holds_back_whoever_comes_next(asked: str) -> None:
    script = Script(Reply(status=429, headers=(("Retry-After", asked),)), GOOD)
    with served(script) as url:
        seen = surroundings(url)
        for _ in range(3):
            with pytest.raises(TryLater) as told:
                retry.create(seen.transport, POST)
            assert told.value.retry_after_s == pytest.approx(float(asked), abs=1)
            assert f"{told.value.retry_after_s:.0f} segundos" in told.value.message
        assert len(seen.calls) == 1
        seen.clock.wait(float(asked) - 100)
        assert retry.create(seen.transport, POST).data == {"id": "1"}


@pytest.mark.parametrize("call", [retry.read, retry.create, retry.rewrite])
@pytest.mark.parametrize(("status", "cause"), [(401, "credentials"), (403, "permission")])
def test_a_refused_key_is_certain(call: Callable[[Transport, Ask], Answer], status: int, cause: str) -> None:
    outcome, seen, _ = _run(call, READ, Reply(status=status, body=b"<html>"))
    assert isinstance(outcome, AccessDenied)
    assert (outcome.status, outcome.cause) == (status, cause)
    assert len(seen.calls) == 1


@pytest.mark.parametrize("status", [400, 404, 413, 422, 500])
def test_a_post_whose_refusal_breaks_off_has_no_certain_outcome(status: int) -> None:
    broken = Reply(status=status, body=b'{"message": "no"}', cut=5)
    outcome, seen, _ = _run(retry.create, POST, broken, GOOD)
    assert type(outcome) is OutcomeUnknown
    assert len(seen.calls) == 1


@pytest.mark.parametrize("call", [retry.read, retry.create, retry.rewrite])
def test_a_refused_key_is_certain_where_the_words_break_off(
    call: Callable[[Transport, Ask], Answer],
) -> None:
    outcome, seen, _ = _run(call, READ, Reply(status=401, body=b'{"mes', cut=5), GOOD)
    assert isinstance(outcome, AccessDenied)
    assert len(seen.calls) == 1


def test_a_refusal_carries_what_was_refused() -> None:
    body = {"errors": [{"field": "name", "message": "empty SECRETO"}]}
    outcome, _, _ = _run(retry.create, POST, Reply(status=422, body=json.dumps(body).encode()))
    assert type(outcome) is Rejected
    assert outcome.problems[0].fields == ("name",)
    assert outcome.body == body
    assert "SECRETO" not in outcome.message + outcome.raw


def test_a_read_that_is_refused_without_words_is_still_refused() -> None:
    outcome, _, _ = _run(retry.read, READ, Reply(status=400, body=b"<html>"))
    assert type(outcome) is Rejected
    assert "HTTP 400" in outcome.message


def test_a_read_of_nothing_is_not_found() -> None:
    outcome, _, _ = _run(retry.read, READ, Reply(status=404, body=b""))
    assert isinstance(outcome, NotFound)


def test_a_post_to_nowhere_in_the_systems_words_is_not_found() -> None:
    outcome, _, _ = _run(retry.create, POST, Reply(status=404, body=b'{"message": "contact not found"}'))
    assert isinstance(outcome, NotFound)


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"{}"])
@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_post_refused_by_nobody_known_has_no_certain_outcome(status: int, body: bytes) -> None:
    outcome, _, _ = _run(retry.create, POST, Reply(status=status, body=body))
    assert type(outcome) is OutcomeUnknown


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=409, body=b""),
        Reply(status=409, body=b'{"message": "conflict"}'),
        Reply(status=400, body=b'{"message": "A contact with this email already exists"}'),
        Reply(status=422, body=b'{"Errors": [{"Code": "duplicated_document", "Message": "no"}]}'),
    ],
)
def test_a_post_that_smells_of_a_duplicate_is_to_be_looked_up(reply: Reply) -> None:
    outcome, _, _ = _run(retry.create, POST, reply)
    assert isinstance(outcome, Duplicate)


def test_a_redirect_is_not_followed() -> None:
    away = Reply(status=302, headers=(("Location", "https://elsewhere.example/"),))
    outcome, seen, script = _run(retry.read, READ, away)
    assert isinstance(outcome, UnexpectedAnswer)
    assert len(script.asked) == len(seen.calls) == 1
    outcome, _, _ = _run(retry.create, POST, away)
    assert type(outcome) is OutcomeUnknown


def test_a_refusal_renews_patience_as_any_answer_does() -> None:
    script = Script(Reply(status=503), Reply(status=400), Reply(status=503))
    with served(script) as url:
        seen = surroundings(url, patience_s=5)
        with pytest.raises(Rejected):
            retry.read(seen.transport, READ)
        assert seen.transport.patience.left == 5
