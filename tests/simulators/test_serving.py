"""The server every simulator runs on: JSON on the wire, faults, the call log, the control address."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
import pytest

from siigo_escala.simulators import clock, faults, messages, scenario, serving


class Counter:
    """The smallest simulator: counts what reaches it."""

    def __init__(self) -> None:
        self.clock = clock.Clock()
        self.faults = faults.Faults()
        self.calls = serving.CallLog()
        self.lock = threading.RLock()
        self.handled = 0

    def handle(self, request: serving.Request) -> serving.Response:
        self.handled += 1
        if request.path == "/broken":
            raise RuntimeError("planted")
        return serving.Response(200, {"número": self.handled, "query": request.query, "got": request.json()})

    def control(self, request: serving.Request) -> serving.Response | None:
        return serving.Response(200, {"handled": self.handled}) if request.path.endswith("state") else None


@pytest.fixture
def app() -> Counter:
    return Counter()


@pytest.fixture
def client(app: Counter) -> Iterator[httpx2.Client]:
    server = serving.start(app)
    with httpx2.Client(base_url=server.url, trust_env=False) as opened:
        yield opened
    server.stop()


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1110054.50", "1110054.5"),
        ("49900.00", "49900"),
        ("1E+3", "1000"),
        ("0.000001", "0.000001"),
        ("-0.5", "-0.5"),
        ("99999999999.99", "99999999999.99"),
        ("12345678901234.123456", "12345678901234.123456"),
    ],
)
def test_an_amount_is_written_as_a_plain_number_without_exponent(amount: str, text: str) -> None:
    assert messages.encode({"total": Decimal(amount)}) == f'{{"total": {text}}}'.encode()


def test_the_last_value_of_a_query_name_wins_and_bodies_are_read_as_decimals(client: httpx2.Client) -> None:
    answer = client.post("/x?a=1&a=2&empty=", content=b'{"v": 1.10}').json()
    assert answer["query"] == {"a": "2", "empty": ""}
    assert answer["got"] == {"v": 1.1}
    assert serving.Request("POST", "/x", body=b'{"v": 1.10}').json() == {"v": Decimal("1.10")}


def test_the_date_header_follows_the_simulators_own_clock(app: Counter, client: httpx2.Client) -> None:
    assert client.put("/_control/clock", json={"offset_s": 86400}).status_code == 200
    told = parsedate_to_datetime(client.get("/x").headers["Date"])
    assert abs((told - app.clock.now()).total_seconds()) < 5
    assert (told - clock.real_time()).total_seconds() > 86000


def test_the_call_log_holds_every_call_but_those_to_the_control_address(client: httpx2.Client) -> None:
    client.get("/one?page=2")
    client.post("/two")
    client.get("/_control/state")
    calls = client.get("/_control/calls").json()
    assert [(one["method"], one["path"], one["query"], one["status"]) for one in calls] == [
        ("GET", "/one", {"page": "2"}, 200),
        ("POST", "/two", {}, 200),
    ]
    assert abs(calls[0]["at"] - time.time()) < 60
    client.delete("/_control/calls")
    assert client.get("/_control/calls").json() == []


@pytest.mark.parametrize(
    ("kind", "status", "is_stored"),
    [
        ("refuse", 500, False),
        ("429_header", 429, False),
        ("429_message", 429, False),
        ("429_bare", 429, False),
        ("slow", 200, True),
        ("slow_before", 200, True),
        ("slow_after", 200, True),
        ("store_then_status", 500, True),
        ("html", 502, False),
        ("wrong_content_type", 200, True),
        ("oversized", 200, True),
        ("latin1", 200, True),
        ("bad_encoding", 200, True),
        ("empty", 200, True),
    ],
)
def test_a_fault_answers_in_its_way_and_stores_or_does_not(
    app: Counter, client: httpx2.Client, kind: str, status: int, is_stored: bool
) -> None:
    app.faults.add(faults.Fault(kind=kind, times=1, seconds=0.01, size=1000))
    assert client.post("/x").status_code == status
    assert app.handled == int(is_stored)
    assert app.calls.entries()[0]["status"] == status
    assert client.post("/x").status_code == 200


@pytest.mark.parametrize(("kind", "is_stored"), [("drop", False), ("store_then_lost", True), ("cut", True)])
def test_a_broken_connection_is_no_answer_and_the_next_call_works(
    app: Counter, client: httpx2.Client, kind: str, is_stored: bool
) -> None:
    app.faults.add(faults.Fault(kind=kind, times=1))
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post("/x")
    assert app.handled == int(is_stored)
    assert client.get("/x").status_code == 200


def test_the_three_forms_of_429_differ_in_header_and_message(app: Counter, client: httpx2.Client) -> None:
    for kind in ("429_header", "429_message", "429_bare"):
        app.faults.add(faults.Fault(kind=kind, times=1, retry_after=17))
    first, second, third = (client.get("/x") for _ in range(3))
    assert first.headers["Retry-After"] == "17"
    assert "Retry-After" not in second.headers
    assert "17 seconds" in second.text
    assert third.content == b""


def test_a_fault_of_bodies_is_what_its_name_says(app: Counter, client: httpx2.Client) -> None:
    for kind in ("oversized", "latin1", "bad_encoding", "wrong_content_type", "html"):
        app.faults.add(faults.Fault(kind=kind, times=1, size=5000, stored=True))
    big, latin, bad, typed, page = (client.get("/x") for _ in range(5))
    assert len(big.content) == 5000
    assert json.loads(big.content)
    for wrong in (latin, bad):
        with pytest.raises(UnicodeDecodeError):
            wrong.content.decode("utf-8")
    assert typed.headers["Content-Type"] == "text/plain"
    assert page.headers["Content-Type"].startswith("text/html")
    assert app.handled == 5


def test_a_fault_is_chosen_by_method_path_query_and_count(app: Counter, client: httpx2.Client) -> None:
    chosen = {"method": "GET", "path": "/v1/invoices", "query": {"page": "2"}, "after": 1, "times": 1}
    client.post("/_control/faults", json={"kind": "refuse", "status": 503, **chosen})
    for other in ("/v1/invoices", "/v1/invoices/batch?page=2", "/v1/invoices?page=3"):
        assert client.get(other).status_code == 200
    assert client.post("/v1/invoices?page=2").status_code == 200
    statuses = [client.get("/v1/invoices?page=2").status_code for _ in range(3)]
    assert statuses == [200, 503, 200]
    assert client.get("/_control/faults").json()[0]["fired"] == 1


def test_a_seeded_share_fails_the_same_calls_each_time(app: Counter, client: httpx2.Client) -> None:
    def statuses() -> list[int]:
        app.faults.clear()
        app.faults.add(faults.Fault(kind="refuse", share=0.5, seed=7))
        return [client.get("/x").status_code for _ in range(20)]

    first = statuses()
    assert first == statuses()
    assert 3 < first.count(500) < 17


def test_a_wrong_fault_is_refused_by_name_and_arms_nothing(app: Counter, client: httpx2.Client) -> None:
    for wrong in ([{"kind": "drop"}, {"kind": "nonsense"}], {"kind": "drop", "often": 1}, {"path": "/x"},
                  {"kind": "slow", "seconds": -1}, {"kind": "slow", "seconds": "1"},
                  {"kind": "drop", "times": "2"}, {"kind": "drop", "after": None}):  # fmt: skip
        assert client.post("/_control/faults", json=wrong).status_code == 400
    assert app.faults.fired() == []
    assert "often" in client.post("/_control/faults", json={"kind": "drop", "often": 1}).json()["error"]
    unreadable = client.post("/_control/faults", json={"kind": "drop", "path": "("})
    assert (unreadable.status_code, "unterminated" in unreadable.json()["error"]) == (400, True)


def test_a_slow_call_does_not_hold_up_others(app: Counter, client: httpx2.Client) -> None:
    app.faults.add(faults.Fault(kind="slow", path="/slow", seconds=1.0))
    with httpx2.Client(base_url=client.base_url, trust_env=False) as second:
        waiting = threading.Thread(target=second.get, args=("/slow",))
        waiting.start()
        began = time.monotonic()
        assert client.get("/x").status_code == 200
        assert time.monotonic() - began < 0.9
        waiting.join()


def test_a_control_call_with_a_number_beyond_all_bounds_is_refused(client: httpx2.Client) -> None:
    for number in (10**400, -1, 3601):
        assert client.put("/_control/latency", json={"seconds": number}).status_code == 400


def test_an_unknown_control_address_is_404(client: httpx2.Client) -> None:
    assert client.get("/_control/nothing").status_code == 404


def test_a_simulator_that_fails_answers_500_instead_of_hanging(
    client: httpx2.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.get("/broken").status_code == 500
    assert "planted" in capsys.readouterr().err


def test_stopping_closes_open_connections_and_the_port(app: Counter) -> None:
    server = serving.start(app)
    with httpx2.Client(base_url=server.url, trust_env=False) as opened:
        opened.get("/x")
        server.stop()
        with pytest.raises(httpx2.TransportError):
            opened.get("/x")


def test_every_call_is_delayed_by_the_latency_in_force(client: httpx2.Client) -> None:
    client.put("/_control/latency", json={"seconds": 0.2})
    began = time.monotonic()
    client.get("/x")
    assert time.monotonic() - began >= 0.2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_simulator_alone_tells_its_address_and_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    program = (
        "from siigo_escala.simulators import serving\n"
        "from siigo_escala.simulators.siigo.simulator import SiigoSimulator\n"
        "serving.serve_forever(SiigoSimulator(), port=0, name='Siigo simulado')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"Siigo simulado en (http://127\.0\.0\.1:\d+) ", process.stdout.readline())
        assert address is not None
        assert httpx2.get(f"{address[1]}/v1/taxes", trust_env=False).status_code == 401
        process.send_signal(number)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"invoices": 1, "invoces": 2}, "invoces"),
        ({"seed": "1"}, "seed"),
        ({"switches": []}, "switches"),
        ({"latency_s": -1}, "latency_s"),
        ({"latency_s": 10**400}, "latency_s"),
        ([], "object"),
    ],
)
def test_a_wrong_scenario_names_what_is_wrong(document: object, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        scenario.parse(document)


def test_a_scenario_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "escenario.json"
    path.write_text(
        '{"invoices": 120, "latency_s": 0.05, "faults": {"kind": "slow", "seconds": 0.01}}', encoding="utf-8"
    )
    read = scenario.read(path)
    assert (read.seed, read.invoices, read.latency_s, len(read.faults)) == (1, 120, 0.05, 1)
    assert type(faults.parse(read.faults[0]).seconds) is float, "what sleeping understands"
    assert scenario.parse(None) == scenario.Scenario()
