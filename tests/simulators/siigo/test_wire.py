"""How records look on the wire in each position of the switches (siigo-api.md 2, 3.3, 3.4, 8)."""

import re
from typing import Any

import httpx2
import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator


@pytest.fixture
def invoice(siigo: SiigoSimulator) -> dict[str, Any]:
    return siigo.create_invoice(
        items=[{"code": "INST-01", "quantity": 1, "price": 1000, "taxes": [{"id": 13171}]}]
    )


def test_keys_without_value_are_omitted_by_default(client: httpx2.Client, invoice: dict[str, Any]) -> None:
    shown = client.get(f"/v1/invoices/{invoice['id']}").json()
    absent = {"cost_center", "currency", "retentions", "observations", "additional_fields", "annulled"}
    assert absent.isdisjoint(shown)
    assert "discount" not in shown["items"][0]
    assert set(shown["metadata"]) == {"created"}
    assert client.get("/v1/invoices").json()["results"] == [shown], "the list carries whole invoices"


@pytest.mark.parametrize(("position", "form"), [("null", None), ("list", []), ("object", {}), ("text", "")])
def test_keys_without_value_may_have_any_empty_form(
    client: httpx2.Client, siigo: SiigoSimulator, invoice: dict[str, Any], position: str, form: object
) -> None:
    siigo.switches["empty_keys"] = position
    shown = client.get(f"/v1/invoices/{invoice['id']}").json()
    for key in ("cost_center", "currency", "retentions", "observations", "additional_fields"):
        assert shown[key] == form
    assert shown["items"][0]["discount"] == form
    assert shown["metadata"]["last_updated"] == form


@pytest.mark.parametrize(
    ("position", "pattern"),
    [
        ("seconds", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("ms", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
        ("ticks", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00"),
        ("naive", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    ],
)
def test_timestamps_come_in_each_form(
    client: httpx2.Client, siigo: SiigoSimulator, invoice: dict[str, Any], position: str, pattern: str
) -> None:
    siigo.switches["timestamps"] = position
    created = client.get(f"/v1/invoices/{invoice['id']}").json()["metadata"]["created"]
    assert re.fullmatch(pattern, created)


@pytest.mark.parametrize(
    ("position", "listed"), [("year_one_in_list", "0001-01-01T00:00:00"), ("empty_in_list", None)]
)
def test_the_list_may_lack_the_instant_of_creation_that_the_single_get_has(
    client: httpx2.Client, siigo: SiigoSimulator, invoice: dict[str, Any], position: str, listed: str | None
) -> None:
    siigo.switches["timestamps"] = position
    row = client.get("/v1/invoices").json()["results"][0]
    assert row.get("metadata", {}).get("created") == listed
    single = client.get(f"/v1/invoices/{invoice['id']}").json()
    assert single["metadata"]["created"] == invoice["metadata"]["created"]


def test_annulled_may_stand_as_false_and_line_totals_without_retefuente(
    client: httpx2.Client, siigo: SiigoSimulator, invoice: dict[str, Any]
) -> None:
    plain = client.get(f"/v1/invoices/{invoice['id']}").json()
    siigo.switches.update({"annulled_false": "false", "line_total": "minus_retefuente"})
    shown = client.get(f"/v1/invoices/{invoice['id']}").json()
    assert shown["annulled"] is False
    assert (plain["items"][0]["total"], shown["items"][0]["total"], shown["total"]) == (1000, 960, 960)


def test_the_id_type_of_a_customer_may_be_a_plain_text(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.create_customer()
    assert client.get("/v1/customers").json()["results"][0]["id_type"] == {"code": "31", "name": "NIT"}
    siigo.switches["id_type_shape"] = "text"
    assert client.get("/v1/customers").json()["results"][0]["id_type"] == "31"


def test_catalogues_are_bare_arrays(client: httpx2.Client) -> None:
    for name in ("taxes", "cost-centers", "warehouses", "price-lists", "account-groups", "fixed-assets"):
        assert isinstance(client.get(f"/v1/{name}").json(), list)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("document-types", 400),
        ("document-types?type=XX", 400),
        ("document-types?type=FV", 200),
        ("payment-types", 400),
        ("payment-types?document_type=RP", 404),
        ("payment-types?document_type=FV", 200),
    ],
)
def test_catalogues_by_type_need_their_parameter(client: httpx2.Client, address: str, status: int) -> None:
    assert client.get(f"/v1/{address}").status_code == status


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("?code=MUG-01", 1), ("?type=Service", 1), ("?stock_control=true", 2), ("?account_group=1", 0)],
)
def test_products_are_paged_and_filtered(client: httpx2.Client, query: str, count: int) -> None:
    assert client.get(f"/v1/products{query}").json()["pagination"]["total_results"] == count


def test_products_are_found_by_ids(client: httpx2.Client) -> None:
    ids = [row["id"] for row in client.get("/v1/products").json()["results"]]
    assert len(client.get(f"/v1/products?ids={ids[0]},{ids[1]}").json()["results"]) == 2
    assert client.get(f"/v1/products/{ids[0]}").json()["id"] == ids[0]
    assert client.get("/v1/products?ids=" + ",".join(["x" + str(n) for n in range(21)])).status_code == 400


def test_a_quotation_has_no_payments_balance_or_stamp(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.create_customer()
    body = {
        "document": {"id": 5310},
        "date": siigo.company.today(),
        "customer": {"identification": "900482137"},
        "seller": 629,
        "items": [{"code": "INST-01", "quantity": 1, "price": 1000}],
    }
    made = client.post("/v1/quotations", json=body).json()
    assert (made["name"], made["total"]) == ("C-1-1", 1000)
    assert {"payments", "balance", "stamp"}.isdisjoint(made)
    dearer = {**body, "items": [{"code": "INST-01", "quantity": 2, "price": 1000}]}
    assert client.put(f"/v1/quotations/{made['id']}", json=dearer).json()["total"] == 2000
    assert client.get("/v1/quotations?name=C-1-1").json()["pagination"]["total_results"] == 1
    assert client.delete(f"/v1/quotations/{made['id']}").json()["deleted"] is True
    assert client.get(f"/v1/quotations/{made['id']}").status_code == 404


def test_webhooks_exist_for_products_only(client: httpx2.Client) -> None:
    hook = {"application_id": "a", "url": "https://aviso.example", "topic": "public.siigoapi.products.create"}
    made = client.post("/v1/webhooks", json=hook).json()
    assert made["active"] is True
    changed = client.put(f"/v1/webhooks/{made['id']}", json={**hook, "url": "https://otro.example"}).json()
    assert changed["url"] == "https://otro.example"
    assert len(client.get("/v1/webhooks").json()) == 1
    invoices = {**hook, "topic": "public.siigoapi.invoices.create"}
    assert client.post("/v1/webhooks", json=invoices).status_code == 400
    assert client.delete(f"/v1/webhooks/{made['id']}").status_code == 200
    assert client.delete(f"/v1/webhooks/{made['id']}").status_code == 404
