"""Credit notes and cash receipts over HTTP, with their effect on the invoice (siigo-api.md 6, 7)."""

from typing import Any

import httpx2
import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator


def _note(siigo: SiigoSimulator, credited: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "document": {"id": 77775},
        "date": siigo.company.today(),
        "invoice": credited["id"],
        "customer": {"identification": "900482137", "branch_office": 0},
        "seller": 629,
        "reason": "1",
        "items": [{"code": "INST-01", "quantity": 1, "price": 400}],
        "payments": [{"id": 5637, "value": 400}],
        **changes,
    }


def test_a_credit_note_names_its_invoice_and_lowers_its_balance(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    invoice = siigo.create_invoice(total=1000)
    answer = client.post("/v1/credit-notes", json=_note(siigo, invoice), headers={"Idempotency-Key": "n1"})
    assert answer.status_code == 201
    note = answer.json()
    assert note["invoice"] == {"id": invoice["id"], "name": invoice["name"]}
    assert "reason" not in note
    assert client.get(f"/v1/invoices/{invoice['id']}").json()["balance"] == 600
    again = client.post("/v1/credit-notes", json=_note(siigo, invoice), headers={"Idempotency-Key": "n1"})
    assert again.json()["id"] == note["id"]
    assert client.get("/v1/credit-notes").json()["pagination"]["total_results"] == 1
    assert client.get(f"/v1/credit-notes/{note['id']}/pdf").json()["cude"]
    siigo.switches["credit_note_reason"] = "present"
    assert client.get(f"/v1/credit-notes/{note['id']}").json()["reason"] == "1"


def test_a_note_by_invoice_data_has_no_link(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    invoice = siigo.create_invoice(total=1000)
    named = {"prefix": invoice["prefix"], "number": invoice["number"], "date": invoice["date"], "cufe": "x"}
    note = client.post(
        "/v1/credit-notes", json=_note(siigo, invoice, invoice=None, invoice_data=named)
    ).json()
    assert "invoice" not in note
    assert client.get(f"/v1/invoices/{invoice['id']}").json()["balance"] == 600


@pytest.mark.parametrize("status", ["Sending", "Draft", "Rejected"])
def test_a_note_needs_an_accepted_invoice(client: httpx2.Client, siigo: SiigoSimulator, status: str) -> None:
    invoice = siigo.create_invoice(total=1000, stamp=status)
    answer = client.post("/v1/credit-notes", json=_note(siigo, invoice))
    assert (answer.status_code, answer.json()["Errors"][0]["Code"]) == (400, "invalid_document")


def test_a_note_that_differs_from_its_invoice_is_an_unhandled_error(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    invoice = siigo.create_invoice(total=1000)
    siigo.create_customer(identification="800111222")
    other = _note(siigo, invoice, customer={"identification": "800111222"})
    assert client.post("/v1/credit-notes", json=other).status_code == 500
    currency = _note(siigo, invoice, currency={"code": "USD", "exchange_rate": 4000})
    assert client.post("/v1/credit-notes", json=currency).json()["Errors"][0]["Code"] == "invalid_currency"
    unknown = _note(siigo, {"id": "no"})
    assert client.post("/v1/credit-notes", json=unknown).json()["Errors"][0]["Code"] == "invalid_reference"


def test_a_receipt_names_the_invoice_by_parts_and_lowers_its_balance(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    invoice = siigo.create_invoice(total=1000)
    due = {"prefix": "FV-2", "consecutive": invoice["number"], "quote": 1, "date": invoice["date"]}
    body = {"document": {"id": 5210}, "type": "DebtPayment", "items": [{"due": due, "value": 300}]}
    made = client.post("/v1/vouchers", json=body)
    assert made.status_code == 201
    assert client.get(f"/v1/vouchers/{made.json()['id']}").json()["items"][0]["due"] == due
    assert client.get(f"/v1/invoices/{invoice['id']}").json()["balance"] == 700
    too_much = {**body, "items": [{"due": due, "value": 701}]}
    assert client.post("/v1/vouchers", json=too_much).json()["Errors"][0]["Code"] == "invalid_balance"


def test_an_invoice_with_related_documents_is_not_deleted(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    invoice = siigo.create_invoice(total=1000, document=24450)
    siigo.pay(invoice["id"], 10)
    answer = client.delete(f"/v1/invoices/{invoice['id']}")
    assert answer.json()["Errors"][0]["Code"] == "delete_not_allowed"
