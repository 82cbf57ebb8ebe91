"""The simulator behind its port: faults, the control address, scenarios, many callers."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators import serving
from siigo_escala.simulators.escala import DEFAULT_KEY, EscalaSimulator


class Port:
    """Calls over HTTP."""

    def __init__(self, simulator: EscalaSimulator, server: serving.Server) -> None:
        self.simulator = simulator
        self.server = server

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request(method, path, serving.encode(body), {"x-api-key": DEFAULT_KEY})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text, parse_float=Decimal) if text else None
        finally:
            connection.close()


@pytest.fixture
def port() -> Iterator[Port]:
    simulator = EscalaSimulator()
    server = serving.start(simulator)
    yield Port(simulator, server)
    server.stop()


def test_a_write_whose_answer_is_lost_was_made(port: Port) -> None:
    fault = {"kind": "store_then_lost", "method": "POST", "path": ".*/crm/contacts", "times": 1}
    assert port("POST", "/_control/faults", fault)[0] == 200
    with pytest.raises(http.client.RemoteDisconnected):
        port("POST", "/v1/crm/contacts", {"personal": {"firstName": "Ana"}})
    assert port("GET", "/v1/crm/contacts")[1]["total"] == 1


def test_calls_are_counted_and_control_calls_are_not(port: Port) -> None:
    port("GET", "/v1/crm/pipelines?page=0&size=1")
    [entry] = port("GET", "/_control/calls")[1]
    assert (entry["path"], entry["query"], entry["status"]) == (
        "/v1/crm/pipelines",
        {"page": "0", "size": "1"},
        200,
    )


def test_switches_change_at_run_time(port: Port) -> None:
    status, switches = port("PUT", "/_control/switches", {"since_mode": "error500", "cursor_life_s": 5})
    assert (status, switches["since_mode"], switches["cursor_life_s"]) == (200, "error500", 5)
    assert port("GET", "/_control/switches")[1] == switches


@pytest.mark.parametrize(
    "change", [{"nothing": 1}, {"since_mode": "maybe"}, {"cursor_life_s": -1}, {"cursor_life_s": "x"}]
)
def test_a_wrong_switch_is_named_and_nothing_changes(port: Port, change: dict[str, object]) -> None:
    before = port("GET", "/_control/switches")[1]
    status, answer = port("PUT", "/_control/switches", {"total": "missing", **change})
    assert status == 400
    assert next(iter(change)) in answer["error"]
    assert port("GET", "/_control/switches")[1] == before


def test_people_act_over_the_control_address(port: Port) -> None:
    made = port("POST", "/_control/act", {"do": "create_contact", "first_name": "Ana"})[1]["result"]
    deal = port("POST", "/_control/act", {"do": "create_deal", "contact_id": made, "value": 10})[1]["result"]
    assert port("POST", "/_control/act", {"do": "rename_deal", "deal_id": deal, "name": "nuevo"})[0] == 200
    assert port("GET", f"/v1/crm/deals/{deal}")[1]["name"] == "nuevo"
    assert port("POST", "/_control/act", {"do": "delete_deal", "deal_id": "none"})[0] == 400
    assert "unknown operation" in port("POST", "/_control/act", {"do": "_place"})[1]["error"]
    assert port("POST", "/_control/nothing")[0] == 404


def test_another_account_is_reached_by_its_key(port: Port) -> None:
    port("POST", "/_control/act", {"do": "add_account", "api_key": "dos"})
    port("POST", "/_control/act", {"do": "create_contact", "account": "dos", "first_name": "Ana"})
    assert len(port.simulator.on("dos").account.contacts.table) == 1
    assert port("GET", "/v1/crm/contacts")[1]["total"] == 0
    port("POST", "/_control/act", {"do": "rotate_key", "new_key": "tres"})
    assert port("GET", "/v1/crm/contacts")[0] == 403


def test_a_state_that_is_put_back_is_the_same(port: Port) -> None:
    contact = port.simulator.create_contact(first_name="Ana", email="ana@example.com", company="Roble")
    product = port.simulator.add_product("A", "A", price="10.5")
    lines = [{"productId": product, "quantity": 2}]
    port.simulator.create_deal(name="FV-1", contact_id=contact, value="10.25", products=lines)
    port.simulator.remove_owner("gerencia@empresa.example")
    port("POST", "/v1/crm/tags", {"name": "siigo"})
    before = port("GET", "/_control/state")[1]
    switches = {"total": "missing"}
    fault = {"kind": "refuse", "path": ".*/tags"}
    scenario = {"state": before, "switches": switches, "faults": [fault], "seed": 3}
    assert port("POST", "/_control/reset", scenario)[0] == 200
    assert port("GET", "/_control/state")[1] == before
    assert "total" not in port("GET", "/v1/crm/deals")[1]
    assert port("GET", "/v1/crm/tags")[0] == 500


@pytest.mark.parametrize(
    ("scenario", "named"),
    [
        ({"nothing": 1}, "nothing"),
        ({"switches": {"nothing": 1}}, "nothing"),
        ({"faults": [{"kind": "nothing"}]}, "nothing"),
        ({"faults": [{"kind": "drop", "path": "("}]}, "unterminated"),
        ({"invoices": 1, "days": 1_000_000_000}, "days"),
        ({"state": {"nothing": []}}, "nothing"),
    ],
)
def test_a_scenario_names_what_it_does_not_know(port: Port, scenario: object, named: str) -> None:
    status, answer = port("POST", "/_control/reset", scenario)
    assert status == 400
    assert named in answer["error"]


def test_a_scenario_brings_the_invented_company(port: Port) -> None:
    assert port("POST", "/_control/reset", {"seed": 4, "invoices": 60, "today": "2026-03-02"})[0] == 200
    assert port("GET", "/v1/pms/products")[1]["total"] > 0
    contacts = port("GET", "/v1/crm/contacts?size=200")[1]
    assert contacts["total"] > 0
    assert all(one["personal"] for one in contacts["items"])
    assert port("GET", "/v1/crm/deals")[1]["total"] == 0


def test_records_are_loaded_in_read_shape_too(port: Port) -> None:
    contact = {"id": "c1", "created": "2026-03-02T15:04:05", "personal": {"firstName": "Ana"}}
    [pipeline] = port("GET", "/v1/crm/pipelines")[1]["items"]
    place = {"id": pipeline["id"], "stageId": pipeline["stages"][2]["id"]}
    deal = {"name": "FV-1", "contact": {"id": "c1"}, "pipeline": place, "products": {"items": []}, "value": 5}
    port.simulator.load(contacts=[contact], deals=[deal])
    [read] = port("GET", "/v1/crm/deals")[1]["items"]
    assert (read["contact"]["id"], read["pipeline"]["stageType"], read["value"]) == ("c1", "won", 5)


def test_many_callers_at_once_lose_nothing(port: Port) -> None:
    def make(number: int) -> int:
        email = f"c{number % 40}@example.com"
        return port("POST", "/v1/crm/contacts", {"personal": {"firstName": "Ana", "email": email}})[0]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(make, range(80)))
    assert (statuses.count(201), statuses.count(409)) == (40, 40)
