"""What people do in Siigo's screens, by method and over the control address."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator

ALL_EVENTS = ["edit", "annul", "stamp", "payment", "credit_note"]


def _shown(client: httpx2.Client, identity: str) -> dict[str, Any]:
    answer = client.get(f"/v1/invoices/{identity}")
    assert answer.status_code == 200
    return dict(answer.json())


def test_an_invoice_has_totals_terms_and_the_example_customer(siigo: SiigoSimulator) -> None:
    line = {"code": "CAF-500", "quantity": 10, "price": 85000, "discount": 5}
    lines = [
        {**line, "taxes": [{"id": 13156}, {"id": 13170}]},
        {"code": "INST-01", "quantity": 1, "price": 180000, "taxes": [{"id": 13156}, {"id": 13171}]},
    ]
    invoice = siigo.create_invoice(items=lines, retentions=[{"id": 34072}, {"id": 34080}], seller=630)
    assert (invoice["total"], invoice["balance"]) == (Decimal("1110054.50"), Decimal("1110054.50"))
    assert invoice["payments"][0]["value"] == Decimal("1110054.50")
    assert invoice["customer"]["identification"] == "900482137"
    assert (invoice["seller"], invoice["stamp"]["status"]) == (630, "Accepted")
    cash = siigo.create_invoice(total=50, cash=True, document=24450)
    assert (cash["balance"], cash["stamp"], "due_date" in cash["payments"][0]) == (0, None, True)
    assert cash["payments"][0]["due_date"] is None


def test_an_edited_invoice_is_totalled_anew_and_moves_last_updated(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    invoice = siigo.create_invoice(total=1000)
    siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 1500}])
    shown = _shown(client, invoice["id"])
    assert (shown["total"], shown["balance"], shown["payments"][0]["value"]) == (1500, 1500, 1500)
    assert "last_updated" in shown["metadata"]


@pytest.mark.parametrize(("discount_type", "discount"), [("Percentage", 10), ("Value", 8500)])
def test_an_invoice_edited_with_its_own_lines_keeps_its_discount_and_its_total(
    siigo: SiigoSimulator, discount_type: str, discount: int
) -> None:
    siigo.company.document_types[0]["discount_type"] = discount_type
    line = {"code": "CAF-500", "quantity": 1, "price": 85000, "discount": discount}
    invoice = siigo.create_invoice(items=[line])
    assert invoice["total"] == 76500
    assert siigo.edit_invoice(invoice["name"], items=invoice["items"])["total"] == 76500


@pytest.mark.parametrize("moves", [["edit"], ALL_EVENTS])
@pytest.mark.parametrize("event", ["annul", "stamp", "payment", "credit_note"])
def test_last_updated_moves_on_the_events_of_the_switch(
    client: httpx2.Client, siigo: SiigoSimulator, moves: list[str], event: str
) -> None:
    invoice = siigo.create_invoice(total=1000, stamp=None)
    siigo.switches["last_updated_moves_on"] = moves
    {
        "annul": lambda: siigo.annul_invoice(invoice["id"]),
        "stamp": lambda: siigo.stamp(invoice["id"]),
        "payment": lambda: siigo.pay(invoice["id"], 10),
        "credit_note": lambda: siigo.credit_note(invoice["id"], total=10),
    }[event]()
    assert ("last_updated" in _shown(client, invoice["id"])["metadata"]) is (event in moves)


def test_a_whole_credit_note_brings_the_balance_to_zero_without_annulling(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    invoice = siigo.create_invoice(total=1000)
    note = siigo.credit_note(invoice["id"])
    shown = _shown(client, invoice["id"])
    assert (note["total"], shown["balance"], shown["total"]) == (1000, 0, 1000)
    assert "annulled" not in shown
    unlinked = siigo.credit_note(invoice["id"], total="1.50", link=False)
    assert "invoice" not in client.get(f"/v1/credit-notes/{unlinked['id']}").json()


def test_an_annulled_invoice_looks_as_the_switches_say(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.switches.update({"annulled_balance": "unchanged", "annulled_total": "zero"})
    invoice = siigo.create_invoice(total=1000)
    siigo.annul_invoice(invoice["id"])
    shown = _shown(client, invoice["id"])
    assert (shown["annulled"], shown["balance"], shown["total"]) == (True, 1000, 0)


def test_a_rejected_invoice_tells_why_and_is_mended(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    invoice = siigo.create_invoice(stamp="Draft")
    siigo.stamp(invoice["id"], "Rejected", errors=["FAK24: responsabilidad"])
    errors = client.get(f"/v1/invoices/{invoice['id']}/stamp/errors").json()["errors"]
    assert errors == [{"message": "FAK24: responsabilidad"}]
    siigo.stamp(invoice["id"])
    assert client.get(f"/v1/invoices/{invoice['id']}/stamp/errors").json()["errors"] == []


def test_a_deleted_customer_stays_on_its_invoices(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    invoice = siigo.create_invoice()
    siigo.delete_customer("900482137")
    assert client.get(f"/v1/customers/{invoice['customer']['id']}").status_code == 404
    assert _shown(client, invoice["id"])["customer"]["identification"] == "900482137"


def test_a_record_is_damaged_on_the_wire_only(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    invoice = siigo.create_invoice(total=1000)
    siigo.distort(invoice["id"], remove=["id", "customer"], total="mucho", date="ayer")
    row = client.get("/v1/invoices").json()["results"][0]
    assert "id" not in row
    assert "customer" not in row
    assert (row["total"], row["date"]) == ("mucho", "ayer")
    assert siigo.company.invoices[invoice["id"]]["total"] == 1000


def test_loaded_records_are_found_changed_and_deleted_like_others(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    model = siigo.create_invoice(total=1000)
    rows = ({**model, "id": f"i{n}", "number": n, "name": f"FV-2-{n}"} for n in range(100, 110))
    siigo.load(invoices=rows)
    assert client.get("/v1/invoices").json()["pagination"]["total_results"] == 11
    assert client.get("/v1/invoices?name=FV-2-105").json()["results"][0]["id"] == "i105"
    siigo.edit_invoice("FV-2-105", observations="corregida")
    assert _shown(client, "i105")["observations"] == "corregida"
    siigo.delete_invoice("FV-2-106")
    assert client.get("/v1/invoices/i106").status_code == 404
    assert siigo.create_invoice()["number"] == 110, "the consecutive goes on after the loaded ones"


def test_an_unknown_kind_of_record_is_refused_by_name(siigo: SiigoSimulator) -> None:
    with pytest.raises(ValueError, match="invoces"):
        siigo.load(invoces=[])
    with pytest.raises(ValueError, match="FV-9-9"):
        siigo.pay("FV-9-9")
    with pytest.raises(ValueError, match="phone_number"):
        siigo.create_customer(phone_number="1")


def test_the_control_address_does_the_same_operations(client: httpx2.Client) -> None:
    def act(**order: Any) -> httpx2.Response:
        return client.post("/_control/act", json=order)

    made = act(do="create_invoice", total=1000, document=24450).json()["result"]
    assert act(do="edit_invoice", invoice=made["name"], observations="x").status_code == 200
    assert act(do="pay", invoice=made["name"], value=1.5).status_code == 200
    assert _shown(client, made["id"])["balance"] == 998.5
    assert act(do="delete_invoice", invoice=made["name"]).status_code == 200
    assert client.get(f"/v1/invoices/{made['id']}").status_code == 404
    for wrong in (
        {"do": "nonsense"},
        {"do": "pay", "invoice": "no"},
        {"do": "pay", "nonsense": 1},
        {"do": "load"},
    ):
        answer = act(**wrong)
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_a_second_company_is_reached_by_its_user(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    client.post("/_control/act", json={"do": "add_company", "username": "api@b.example", "access_key": "k"})
    client.post("/_control/act", json={"do": "create_invoice", "total": 5, "company": "api@b.example"})
    assert [len(company.invoices) for company in siigo.companies] == [0, 1]
    unknown = client.post("/_control/act", json={"do": "create_invoice", "company": "api@c.example"})
    assert unknown.status_code == 400


def test_switches_are_read_and_moved_and_wrong_ones_refused(client: httpx2.Client) -> None:
    moved = client.put("/_control/switches", json={"links": "none", "list_lag_s": 5}).json()
    assert (moved["links"], moved["list_lag_s"]) == ("none", 5)
    for wrong in (
        {"links": "nonsense"},
        {"nonsense": 1},
        {"list_lag_s": -1},
        {"last_updated_moves_on": ["x"]},
    ):
        assert client.put("/_control/switches", json={"users_shape": "array", **wrong}).status_code == 400
    kept = client.get("/_control/switches").json()
    assert (kept["links"], kept["users_shape"]) == ("none", "envelope")


def test_reset_takes_a_scenario_and_begins_anew(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.create_invoice()
    scenario = {
        "switches": {"rate_limit_per_minute": 0},
        "faults": [{"kind": "refuse", "path": "/v1/taxes", "status": 503}],
        "state": {
            "customers": [{"identification": "800111222"}],
            "users": [{"id": 7, "username": "a@b.example", "active": True}],
            "invoices": [{"customer": "800111222", "total": 5, "name": "FV-2-900"}],
            "companies": [{"username": "b", "access_key": "k", "state": {"invoices": [{"total": 1}]}}],
        },
    }
    state = client.post("/_control/reset", json=scenario).json()
    assert [company["invoices"] for company in state["companies"]] == [1, 1]
    assert client.get("/v1/invoices").status_code == 401, "tokens are gone"
    records = client.get("/_control/state?records=invoices,users").json()
    assert records["invoices"][0]["name"] == "FV-2-900"
    assert records["users"][0]["id"] == 7
    assert client.post("/_control/reset", json={"invoces": 3}).status_code == 400
    assert client.get("/_control/state?records=nonsense").status_code == 400


def test_a_scenario_with_invoices_loads_the_invented_company(client: httpx2.Client) -> None:
    assert client.post("/_control/reset", json={"invoices": 60, "latency_s": 0.001}).status_code == 200
    token = client.post("/auth", json={"username": "api@empresa.example", "access_key": "clave-de-ejemplo"})
    headers = {"Authorization": token.json()["access_token"]}
    page = client.get("/v1/invoices?page_size=100", headers=headers).json()
    assert page["pagination"]["total_results"] == 60
    assert len({row["name"] for row in page["results"]}) == 60


@pytest.mark.parametrize(
    ("position", "status", "code"),
    [("document_query_service", 503, "document_query_service"), ("500", 500, "unhandled_error")],
)
def test_the_service_fails_as_switched(
    client: httpx2.Client, siigo: SiigoSimulator, position: str, status: int, code: str
) -> None:
    siigo.switches["failures"] = position
    answer = client.get("/v1/invoices")
    assert (answer.status_code, answer.json()["Errors"][0]["Code"]) == (status, code)
    assert client.get("/v1/taxes").status_code == (200 if status == 503 else 500)
