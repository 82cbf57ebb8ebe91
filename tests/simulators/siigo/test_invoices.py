"""Creating, changing and undoing invoices over HTTP (siigo-api.md 3.7, 3.8)."""

from typing import Any

import httpx2
import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator


@pytest.fixture(autouse=True)
def _buyer(siigo: SiigoSimulator) -> None:
    siigo.create_customer(identification="1032456789", person_type="Person", name=["Julián", "Restrepo Mora"])


def _draft(siigo: SiigoSimulator, **changes: Any) -> dict[str, Any]:
    """The example of 3.7, dated today."""
    line = {"code": "MUG-01", "description": "Pocillo cerámica", "quantity": 2, "price": 29411.76}
    return {
        "document": {"id": 24446},
        "date": siigo.company.today(),
        "customer": {"identification": "1032456789", "branch_office": 0},
        "seller": 629,
        "stamp": {"send": False},
        "mail": {"send": False},
        "observations": "Oportunidad 3e127737",
        "items": [{**line, "taxes": [{"id": 13156}]}],
        "payments": [{"id": 5636, "value": 69999.99, "due_date": "2027-09-26"}],
        "additional_fields": {"purchase_order": {"prefix": "ESC", "number": "4ddfda57"}},
        **changes,
    }


def _code(answer: httpx2.Response) -> str:
    return str(answer.json()["Errors"][0]["Code"])


def test_a_created_invoice_comes_back_whole_as_a_draft(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    answer = client.post("/v1/invoices", json=_draft(siigo))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["total"], made["balance"]) == ("FV-2-1", 69999.99, 69999.99)
    assert made["stamp"] == {"status": "Draft"}
    assert made["items"][0]["taxes"][0]["value"] == 11176.47
    assert made["additional_fields"] == {"purchase_order": {"prefix": "ESC", "number": "4ddfda57"}}
    assert client.get(f"/v1/invoices/{made['id']}").json() == made
    assert client.get("/v1/document-types?type=FV").json()[0]["consecutive"] == 2


def test_a_price_with_iva_becomes_a_base_and_its_iva(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    line = {"code": "MUG-01", "quantity": 1, "taxed_price": 10000, "taxes": [{"id": 13156}]}
    payments = [{"id": 5637, "value": 10000}]
    made = client.post("/v1/invoices", json=_draft(siigo, items=[line], payments=payments)).json()
    assert (made["total"], made["balance"], made["items"][0]["taxes"][0]["value"]) == (10000, 0, 1596.64)


@pytest.mark.parametrize(
    ("price", "quantity", "status"), [(99999999999.99, 1, 201), (100000000000, 1, 400), (50000000000, 2, 400)]
)
@pytest.mark.parametrize("name", ["price", "taxed_price"])
def test_an_amount_has_its_limit_below_that_of_payments(
    client: httpx2.Client, siigo: SiigoSimulator, name: str, price: float, quantity: int, status: int
) -> None:
    line = {"code": "MUG-01", "quantity": quantity, name: price}
    answer = client.post(
        "/v1/invoices", json=_draft(siigo, items=[line], payments=[{"id": 5637, "value": price * quantity}])
    )
    assert answer.status_code == status
    assert status == 201 or _code(answer) == "invalid_range"


def test_payments_that_do_not_add_up_are_told_the_total(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    wrong = _draft(siigo, payments=[{"id": 5636, "value": 70000, "due_date": "2027-09-26"}])
    answer = client.post("/v1/invoices", json=wrong)
    assert (answer.status_code, _code(answer)) == (400, "invalid_total_payments")
    assert answer.json()["Errors"][0]["Message"].endswith("The total invoice calculated is 69999.99")
    siigo.switches["payments_mismatch"] = "unhandled_error"
    answer = client.post("/v1/invoices", json=wrong)
    assert (answer.status_code, _code(answer)) == (500, "unhandled_error")
    assert len(siigo.company.invoices) == 0


def test_the_same_idempotency_key_gives_the_earlier_invoice(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    headers = {"Idempotency-Key": "3e127737a"}
    first = client.post("/v1/invoices", json=_draft(siigo), headers=headers)
    siigo.switches["replay_status"] = 200
    again = client.post("/v1/invoices", json=_draft(siigo, observations="otra"), headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(siigo.company.invoices) == 1
    for bad in ("3e12-7737", "a" * 31):
        answer = client.post("/v1/invoices", json=_draft(siigo), headers={"Idempotency-Key": bad})
        assert _code(answer) == "invalid_idempotency_key"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"document": {}}, "parameter_required"),
        ({"document": {"id": 1}}, "invalid_reference"),
        ({"date": "27/08/2026"}, "invalid_date"),
        ({"date": "2020-01-01"}, "date_settings"),
        ({"customer": {}}, "parameter_required"),
        ({"customer": {"identification": "1"}}, "invalid_reference"),
        ({"seller": None}, "parameter_required"),
        ({"seller": 1}, "invalid_reference"),
        ({"items": []}, "parameter_required"),
        ({"items": [{"quantity": 1, "price": 1}]}, "parameter_required"),
        ({"items": [{"code": "NO-HAY", "quantity": 1, "price": 1}]}, "invalid_reference"),
        ({"items": [{"code": "MUG 01", "quantity": 1, "price": 1}]}, "invalid_code"),
        ({"items": [{"code": "MUG-01", "quantity": 1.001, "price": 1}]}, "invalid_value"),
        ({"items": [{"code": "MUG-01", "quantity": 1, "price": 1.1234567}]}, "invalid_value"),
        ({"items": [{"code": "MUG-01", "quantity": 1, "price": "1"}]}, "invalid_type"),
        ({"items": [{"code": "MUG-01", "quantity": 1, "price": 0}]}, "parameter_required"),
        ({"items": [{"code": "MUG-01", "quantity": 1, "price": 1}] * 501}, "values_limit"),
        (
            {"items": [{"code": "MUG-01", "quantity": 1, "price": 1, "taxes": [{"id": 34072}]}]},
            "invalid_array",
        ),
        (
            {
                "items": [
                    {"code": "MUG-01", "quantity": 1, "price": 1, "taxes": [{"id": 13156}, {"id": 13157}]}
                ]
            },
            "invalid_array",
        ),
        (
            {"items": [{"code": "MUG-01", "quantity": 1, "price": 1, "taxes": [{"id": 9}]}]},
            "invalid_reference",
        ),
        ({"items": [{"code": "MUG-01", "quantity": 1, "price": 1, "warehouse": 9}]}, "invalid_reference"),
        ({"retentions": [{"id": 13156}]}, "invalid_retentions"),
        ({"payments": []}, "parameter_required"),
        ({"payments": [{"id": 1, "value": 69999.99}]}, "invalid_payment"),
        ({"payments": [{"id": 5636, "value": 69999.99}]}, "parameter_required"),
        ({"number": 9}, "parameter_not_allowed"),
        ({"observations": "x" * 4001}, "length_max"),
        ({"additional_fields": {"purchase_order": {"number": "x" * 21}}}, "length_max"),
        ({"cost_center": 9}, "invalid_cost_center"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code_and_nothing_is_stored(
    client: httpx2.Client, siigo: SiigoSimulator, changes: dict[str, Any], code: str
) -> None:
    answer = client.post("/v1/invoices", json=_draft(siigo, **changes))
    assert (answer.status_code, _code(answer)) == (400, code)
    assert len(siigo.company.invoices) == 0


def test_customer_and_seller_must_be_active_and_have_a_contact(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    siigo.edit_customer("1032456789", contacts=[])
    assert _code(client.post("/v1/invoices", json=_draft(siigo))) == "customer_settings"
    siigo.edit_customer("1032456789", active=False)
    assert _code(client.post("/v1/invoices", json=_draft(siigo))) == "parameter_inactive"
    siigo.deactivate_user(629)
    siigo.edit_customer("1032456789", active=True, contacts=[{"first_name": "J"}])
    assert _code(client.post("/v1/invoices", json=_draft(siigo))) == "parameter_inactive"


def test_a_type_without_automatic_number_takes_each_number_once(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    kind = siigo.company.entry("document_types", 24446)
    assert kind is not None
    kind["automatic_number"] = False
    assert _code(client.post("/v1/invoices", json=_draft(siigo))) == "parameter_required"
    assert client.post("/v1/invoices", json=_draft(siigo, number=77)).json()["name"] == "FV-2-77"
    assert _code(client.post("/v1/invoices", json=_draft(siigo, number=77))) == "duplicated_document"


def test_a_body_needs_the_json_content_type_and_json(client: httpx2.Client) -> None:
    assert (
        client.post("/v1/invoices", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    )
    broken = client.post("/v1/invoices", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


@pytest.mark.parametrize("outcome", ["Accepted", "Rejected"])
def test_a_sent_invoice_is_sending_until_the_dian_has_answered(
    client: httpx2.Client, siigo: SiigoSimulator, outcome: str
) -> None:
    siigo.switches["stamp_outcome"] = outcome
    made = client.post("/v1/invoices", json=_draft(siigo, stamp={"send": True})).json()
    assert made["stamp"]["status"] == "Sending"
    assert _code(client.delete(f"/v1/invoices/{made['id']}")) == "delete_not_allowed"
    siigo.clock.advance(4)
    stamp = client.get(f"/v1/invoices/{made['id']}").json()["stamp"]
    assert stamp["status"] == outcome
    assert ("cufe" in stamp) is (outcome == "Accepted")
    messages = client.get(f"/v1/invoices/{made['id']}/stamp/errors").json()["errors"]
    assert bool(messages) is (outcome == "Rejected")


def test_a_draft_is_stamped_by_the_stamp_call_and_by_put(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    first, second = (client.post("/v1/invoices", json=_draft(siigo)).json()["id"] for _ in range(2))
    assert client.post(f"/v1/invoices/{first}/stamp").json()["stamp"]["status"] == "Sending"
    client.put(f"/v1/invoices/{second}", json=_draft(siigo, stamp={"send": True}))
    siigo.clock.advance(4)
    for identity in (first, second):
        assert client.get(f"/v1/invoices/{identity}").json()["stamp"]["status"] == "Accepted"
        assert _code(client.put(f"/v1/invoices/{identity}", json=_draft(siigo))) == "update_not_allowed"
        assert _code(client.post(f"/v1/invoices/{identity}/annul")) == "non_editable"
        assert _code(client.delete(f"/v1/invoices/{identity}")) == "delete_not_allowed"


def test_a_draft_is_replaced_but_not_its_customer_or_type(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    siigo.create_customer(identification="900482137")
    made = client.post("/v1/invoices", json=_draft(siigo)).json()
    changed = client.put(f"/v1/invoices/{made['id']}", json=_draft(siigo, observations="otra")).json()
    assert (changed["observations"], changed["name"]) == ("otra", made["name"])
    assert "last_updated" in changed["metadata"]
    for refused in (
        {"customer": {"identification": "900482137"}},
        {"document": {"id": 24450}},
        {"currency": {"code": "USD", "exchange_rate": 4000}},
    ):
        answer = client.put(f"/v1/invoices/{made['id']}", json=_draft(siigo, **refused))
        assert _code(answer) == "update_not_allowed"


def test_a_deleted_invoice_is_404_and_gone_from_the_list(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    made = client.post("/v1/invoices", json=_draft(siigo)).json()
    assert client.delete(f"/v1/invoices/{made['id']}").json() == {"id": made["id"], "deleted": True}
    assert client.get(f"/v1/invoices/{made['id']}").status_code == 404
    assert client.get("/v1/invoices").json()["pagination"]["total_results"] == 0


@pytest.mark.parametrize(
    ("position", "body"), [("Annul", None), ("deleted", b"[]")], ids=["no body", "an empty array"]
)
def test_an_annulled_invoice_stays_with_balance_zero(
    client: httpx2.Client, siigo: SiigoSimulator, position: str, body: bytes | None
) -> None:
    siigo.switches["annul_answer"] = position
    made = client.post("/v1/invoices", json=_draft(siigo)).json()
    answer = client.post(f"/v1/invoices/{made['id']}/annul", content=body)
    assert answer.json() == {"id": made["id"], position: True}
    shown = client.get(f"/v1/invoices/{made['id']}").json()
    assert (shown["annulled"], shown["balance"], shown["total"]) == (True, 0, 69999.99)
    assert "last_updated" not in shown["metadata"]


def test_pdf_xml_and_mail_of_an_invoice(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    invoice = siigo.create_invoice()
    for kind in ("pdf", "xml"):
        answer = client.get(f"/v1/invoices/{invoice['id']}/{kind}").json()
        assert answer["id"] == invoice["id"]
        assert answer["base64"]
    mail = client.post(f"/v1/invoices/{invoice['id']}/mail", json={"mail_to": "a@x.example"})
    assert (mail.status_code, mail.json()["status"]) == (201, "sent")
    many = {"mail_to": "a@x.example", "copy_to": "b@x.example;" * 5}
    assert _code(client.post(f"/v1/invoices/{invoice['id']}/mail", json=many)) == "values_limit"


def test_a_batch_is_taken_in_one_call(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    drafts = [_draft(siigo), _draft(siigo, seller=1)]
    body = {"notification_url": "https://aviso.example", "invoices": drafts}
    assert client.post("/v1/invoices/batch", json=body).status_code == 202
    assert (len(siigo.company.invoices), len(siigo.company.batch_errors)) == (1, 1)


def test_a_wrong_method_is_405_and_an_unknown_path_404(client: httpx2.Client) -> None:
    assert client.put("/v1/invoices", json={}).status_code == 405
    assert client.get("/v1/nothing").status_code == 404
    assert client.get("/nothing").status_code == 404
