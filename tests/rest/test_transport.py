"""One call: its size, its time, where it goes and that it is always reported."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from datetime import UTC, datetime

import httpcore2
import pytest

from siigo_escala.rest import retry, transport
from siigo_escala.rest.limiter import NoLimit
from siigo_escala.rest.patience import Patience
from siigo_escala.rest.transport import WRITE_LIMIT, Answer, Ask, Silence, Transport, header_value, http_date
from tests.rest.near import Clock, Reply, Script, served, surroundings

ASK = Ask(method="GET", path="/v1/things", query={"a": "b c"}, headers={"x-api-key": b"k"})


@pytest.mark.parametrize("url", ["http://api.siigo.com", "ftp://localhost", "localhost:80"])
def test_plain_http_goes_to_this_machine_alone(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        surroundings(url)


def test_https_goes_anywhere() -> None:
    surroundings("https://api.siigo.com/").transport.close()


def test_a_call_is_reported_without_its_query() -> None:
    script = Script(Reply(headers=(("Date", "Thu, 27 Aug 2026 15:04:11 GMT"),)))
    with served(script) as url:
        seen = surroundings(url)
        answer = seen.transport.exchange(ASK)
    assert isinstance(answer, Answer)
    assert answer.server_date == datetime(2026, 8, 27, 15, 4, 11, tzinfo=UTC)
    assert answer.text == "{}"
    method, path, headers, _ = script.asked[0]
    assert (method, path) == ("GET", "/v1/things?a=b+c")
    assert headers["x-api-key"] == "k"
    assert headers["accept"] == "application/json"
    (call,) = seen.calls
    assert (call.system, call.method, call.path, call.status) == ("escala", "GET", "/v1/things", 200)
    assert not call.refused
    assert call.at == seen.clock.now()


def test_a_404_of_one_record_is_no_refusal_and_one_of_a_list_is() -> None:
    with served(Script(Reply(status=404))) as url:
        seen = surroundings(url)
        seen.transport.exchange(Ask(method="GET", path="/x", by_id=True))
        seen.transport.exchange(Ask(method="GET", path="/x"))
    assert [call.refused for call in seen.calls] == [False, True]


def test_a_body_is_sent_as_json() -> None:
    script = Script(Reply(status=201))
    with served(script) as url:
        surroundings(url).transport.exchange(Ask(method="POST", path="/x", body=b'{"a":1}'))
    _, _, headers, body = script.asked[0]
    assert headers["content-type"] == "application/json"
    assert body == b'{"a":1}'


def test_what_may_forbid_a_write_is_asked_when_every_wait_is_over_and_by_each_try_anew() -> None:
    asked: list[float] = []

    def before_write() -> None:
        asked.append(seen.clock.passed)
        if len(asked) == 2:
            raise LookupError

    script = Script(Reply(status=429, headers=(("Retry-After", "7"),)))
    with served(script) as url:
        seen = surroundings(url, before_write=before_write)
        seen.transport.limiter.pause(3)
        with pytest.raises(LookupError):
            retry.create(seen.transport, Ask(method="POST", path="/x", body=b"{}"))
    assert asked == [3, pytest.approx(10, abs=0.5)]
    assert len(script.asked) == 1


def test_a_read_asks_nobody() -> None:
    with served(Script(Reply())) as url:
        surroundings(url, before_write=lambda: pytest.fail("asked")).transport.exchange(ASK)


def test_a_compressed_answer_is_opened() -> None:
    reply = Reply(body=gzip.compress(b"[1]"), headers=(("Content-Encoding", "gzip"),))
    with served(Script(reply)) as url:
        answer = surroundings(url).transport.exchange(ASK)
    assert isinstance(answer, Answer)
    assert answer.content == b"[1]"


def test_a_compressed_answer_that_cannot_be_opened_is_none() -> None:
    with served(Script(Reply(body=b"no gzip", headers=(("Content-Encoding", "gzip"),)))) as url:
        answer = surroundings(url).transport.exchange(ASK)
    assert answer == Silence(why="respuesta con otra codificación", sent=True, status=200)


def test_an_answer_beyond_its_bound_is_left_unread() -> None:
    with served(Script(Reply(body=b"x" * (WRITE_LIMIT + 1)))) as url:
        answer = surroundings(url).transport.exchange(Ask(method="PUT", path="/x", body=b"{}"))
    assert answer == Silence(why="respuesta demasiado grande", sent=True, status=200)


def test_an_answer_that_breaks_off_keeps_its_status_for_the_count() -> None:
    with served(Script(Reply(body=b"[", cut=10))) as url:
        seen = surroundings(url)
        answer = seen.transport.exchange(ASK)
    assert answer == Silence(why="la conexión se cortó", sent=True, status=200)
    assert not seen.calls[0].refused


_ZIPPED = ("Content-Encoding", "gzip")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429, body=b"", headers=(_ZIPPED, ("Retry-After", "7"))),
        Reply(status=429, body=b"no gzip", headers=(_ZIPPED, ("Retry-After", "7"))),
        Reply(status=429, body=gzip.compress(b"{}")[:-3], headers=(_ZIPPED, ("Retry-After", "7"))),
        Reply(status=429, body=b'{"mes', headers=(("Retry-After", "7"),), cut=5),
        Reply(status=429, body=b"x" * (WRITE_LIMIT + 1), headers=(("Retry-After", "7"),)),
    ],
)
def test_a_refusal_is_heard_however_its_body_comes(reply: Reply) -> None:
    with served(Script(reply)) as url:
        seen = surroundings(url)
        answer = seen.transport.exchange(Ask(method="PUT", path="/x", body=b"{}"))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["retry-after"], answer.content) == (429, "7", b"")
    assert seen.calls[0].refused


def test_an_empty_answer_is_whole_whatever_it_says_of_its_packing() -> None:
    with served(Script(Reply(status=204, body=b"", headers=(_ZIPPED,)))) as url:
        answer = surroundings(url).transport.exchange(ASK)
    assert isinstance(answer, Answer)
    assert answer.content == b""


def test_a_refusal_that_dribbles_is_heard_in_time() -> None:
    head = b"HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 1000\r\n\r\n"
    url, over = _mute([head, *[b"x"] * 100], 0.03)
    answer = surroundings(url, timeout_read_s=0.15).transport.exchange(ASK)
    over.set()
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


def test_a_dead_line_counts_as_refused() -> None:
    with served(Script(Reply(status=None))) as url:
        seen = surroundings(url)
        answer = seen.transport.exchange(ASK)
    assert answer == Silence(why="la conexión se cortó", sent=True)
    assert seen.calls[0].refused
    assert seen.calls[0].status is None


def test_nobody_listening_means_that_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        answer = surroundings(url).transport.exchange(ASK)
    assert answer == Silence(why="no se pudo establecer la conexión", sent=False)


def _mute(parts: list[bytes], gap_s: float) -> tuple[str, threading.Event]:
    """A server that answers one call with these parts, each after a gap; then it holds the line."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer() -> None:
        with listener:
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                for part in parts:
                    line.sendall(part)
                    if over.wait(gap_s):
                        return
                over.wait(5)

    threading.Thread(target=answer, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", over


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    url, over = _mute([], 0)
    answer = surroundings(url, timeout_read_s=0.1).transport.exchange(ASK)
    over.set()
    assert answer == Silence(why="no respondió a tiempo", sent=True)


def test_a_server_that_dribbles_is_left_in_time_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    url, over = _mute([head, *[b"x"] * 100], 0.03)
    answer = surroundings(url, timeout_read_s=0.15).transport.exchange(ASK)
    over.set()
    assert answer == Silence(why="no respondió a tiempo", sent=True)


def test_a_write_has_a_time_of_its_own() -> None:
    url, over = _mute([], 0)
    seen = surroundings(url, timeout_read_s=30, timeout_write_s=0.1)
    answer = seen.transport.exchange(Ask(method="POST", path="/x", body=b"{}"))
    over.set()
    assert answer == Silence(why="no respondió a tiempo", sent=True)


def test_waiting_for_a_free_connection_costs_a_call_none_of_its_time() -> None:
    gate = threading.Event()
    script = Script(Reply(body=b"[]"))
    with served(script) as url:
        transport = surroundings(url, max_connections=1, timeout_read_s=5).transport
        outcomes: list[Answer | Silence] = []

        def call() -> None:
            gate.wait(5)
            outcomes.append(transport.exchange(ASK))

        threads = [threading.Thread(target=call) for _ in range(6)]
        for thread in threads:
            thread.start()
        gate.set()
        for thread in threads:
            thread.join()
    assert len([one for one in outcomes if isinstance(one, Answer)]) == 6


def test_a_header_never_breaks_a_request() -> None:
    assert header_value(" clave\r\nX-Other: ñ \ud800") == "claveX-Other: ñ".encode()
    script = Script(Reply())
    with served(script) as url:
        ask = Ask(method="GET", path="/x", headers={"x-api-key": header_value("clavé\n")})
        assert isinstance(surroundings(url).transport.exchange(ask), Answer)


def test_secrets_are_hidden_once() -> None:
    transport = surroundings("https://api.siigo.com").transport
    for secret in ("a", "a", ""):
        transport.hide(secret)
    assert transport.secrets == ("a",)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Thu, 27 Aug 2026 15:04:11 GMT", datetime(2026, 8, 27, 15, 4, 11, tzinfo=UTC)),
        ("Thu, 27 Aug 2026 15:04:11 -0000", datetime(2026, 8, 27, 15, 4, 11, tzinfo=UTC)),
        ("Thu, 27 Aug 2026 10:04:11 -0500", datetime(2026, 8, 27, 15, 4, 11, tzinfo=UTC)),
        ("soon", None),
        ("Fri, 31 Dec 9999 23:59:59 -0500", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999999999999", None),
        ("", None),
        (None, None),
    ],
)
def test_http_dates_are_utc(value: str | None, moment: datetime | None) -> None:
    assert http_date(value) == moment


def test_without_a_limit_a_pause_is_obeyed_all_the_same() -> None:
    clock = Clock()
    limiter = NoLimit(wait=clock.wait, monotonic=clock.monotonic)
    limiter.acquire()
    limiter.pause(7)
    limiter.pause(3)
    limiter.acquire()
    assert clock.waits == [7]


def test_patience_runs_from_the_first_failure_and_is_renewed_by_an_answer() -> None:
    clock = Clock()
    patience = Patience(10, monotonic=clock.monotonic)
    assert patience.left == 10
    patience.failed()
    clock.wait(4)
    patience.failed()
    assert patience.left == 6
    patience.answered()
    assert patience.left == 10


def test_patience_does_not_count_what_a_429_asked_for() -> None:
    clock = Clock()
    patience = Patience(10, monotonic=clock.monotonic)
    patience.excuse(5)
    patience.failed()
    patience.excuse(60)
    patience.excuse(60)
    patience.excuse(30)
    clock.wait(60)
    assert patience.left == pytest.approx(5)


def test_a_transport_without_a_limiter_of_its_own_keeps_none() -> None:
    transport = Transport(
        system="siigo", base_url="https://api.siigo.com", patience=Patience(1), now=Clock().now
    )
    assert isinstance(transport.limiter, NoLimit)
    transport.close()


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (socket.gaierror(-2, "Name or service not known"), transport.NOT_FOUND),
        (ssl.SSLCertVerificationError("self-signed"), transport.NOT_SECURE),
        (ConnectionRefusedError(), transport.NO_CONNECTION),
    ],
)
def test_a_connection_that_never_stood_tells_why(cause: OSError, why: str) -> None:
    problem = httpcore2.ConnectError("no")
    problem.__cause__ = cause
    assert transport.why_never_stood(problem) == why


def test_a_server_without_tls_is_told_from_one_that_is_not_there() -> None:
    with served(Script(Reply())) as url:
        answer = surroundings(url.replace("http://", "https://")).transport.exchange(ASK)
    assert answer == Silence(why=transport.NOT_SECURE, sent=False)
