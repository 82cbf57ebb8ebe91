"""Customers over HTTP (siigo-api.md 4)."""

from typing import Any

import httpx2
import pytest

from siigo_escala.simulators.siigo import customers
from siigo_escala.simulators.siigo.simulator import SiigoSimulator


def _draft(**changes: Any) -> dict[str, Any]:
    city = {"country_code": "Co", "state_code": "11", "city_code": "11001"}
    return {
        "person_type": "Person",
        "id_type": "13",
        "identification": "1032456789",
        "name": ["Julián", "Restrepo Mora"],
        "address": {"address": "Cl. 45 # 7-12", "city": city},
        "phones": [{"indicative": "57", "number": "3004567812"}],
        "contacts": [{"first_name": "Julián", "last_name": "Restrepo", "email": "julian@correo.example"}],
        **changes,
    }


@pytest.mark.parametrize(
    ("identification", "digit"), [("900482137", "2"), ("1032456789", "7"), ("AB12", None)]
)
def test_siigo_computes_the_check_digit(identification: str, digit: str | None) -> None:
    assert customers.check_digit(identification) == digit


def test_a_created_customer_comes_back_whole(client: httpx2.Client) -> None:
    answer = client.post("/v1/customers", json=_draft())
    assert answer.status_code == 201
    made = answer.json()
    assert made["id_type"] == {"code": "13", "name": "Cédula de ciudadanía"}
    assert (made["check_digit"], made["branch_office"], made["active"]) == ("7", 0, True)
    assert client.get(f"/v1/customers/{made['id']}").json() == made


def test_an_identification_and_branch_exist_once(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    client.post("/v1/customers", json=_draft())
    again = client.post("/v1/customers", json=_draft())
    assert (again.status_code, again.json()["Errors"][0]["Code"]) == (400, "already_exists")
    assert client.post("/v1/customers", json=_draft(branch_office=1)).status_code == 201
    siigo.switches["duplicate_status"] = 409
    assert client.post("/v1/customers", json=_draft()).status_code == 409


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": []}, "parameter_required"),
        ({"name": ["uno"]}, "invalid_name"),
        ({"contacts": []}, "parameter_required"),
        ({"contacts": [{"email": "a@b.example"}]}, "parameter_required"),
        ({"contacts": [{"first_name": "A", "email": "no"}]}, "invalid_email"),
        ({"id_type": "99"}, "invalid_reference"),
        ({"identification": "AB12"}, "invalid_identification"),
        ({"identification": "12"}, "invalid_identification"),
        ({"person_type": "Robot"}, "invalid_value"),
        ({"address": {"city": {}}}, "parameter_required"),
        ({"address": {"address": "x"}}, "parameter_required"),
        ({"phones": [{"number": "573004567812"}]}, "length_max"),
    ],
)
def test_what_does_not_fit_is_refused(client: httpx2.Client, changes: dict[str, Any], code: str) -> None:
    answer = client.post("/v1/customers", json=_draft(**changes))
    assert (answer.status_code, answer.json()["Errors"][0]["Code"]) == (400, code)


def test_a_passport_may_have_letters(client: httpx2.Client) -> None:
    made = client.post("/v1/customers", json=_draft(id_type="41", identification="AB123456")).json()
    assert "check_digit" not in made


def test_put_replaces_everything_and_moves_last_updated(client: httpx2.Client) -> None:
    made = client.post("/v1/customers", json=_draft(comments="viejo")).json()
    changed = client.put(f"/v1/customers/{made['id']}", json=_draft()).json()
    assert "comments" not in changed
    assert changed["id"] == made["id"]
    assert "last_updated" in changed["metadata"]


def test_a_customer_with_documents_is_not_deleted(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.create_invoice()
    with_documents = client.get("/v1/customers").json()["results"][0]["id"]
    assert client.delete(f"/v1/customers/{with_documents}").status_code == 400
    made = client.post("/v1/customers", json=_draft()).json()
    siigo.switches["customer_delete"] = "disabled"
    assert client.delete(f"/v1/customers/{made['id']}").status_code == 403
    siigo.switches["customer_delete"] = "allowed"
    assert client.delete(f"/v1/customers/{made['id']}").json()["deleted"] is True
    assert client.get(f"/v1/customers/{made['id']}").status_code == 404


def test_an_invoice_may_bring_its_new_customer(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    body = {
        "document": {"id": 24446},
        "date": siigo.company.today(),
        "customer": _draft(),
        "seller": 629,
        "items": [{"code": "INST-01", "quantity": 1, "price": 1000}],
        "payments": [{"id": 5637, "value": 1000}],
    }
    assert client.post("/v1/invoices", json=body).status_code == 201
    assert client.get("/v1/customers?identification=1032456789").json()["pagination"]["total_results"] == 1
