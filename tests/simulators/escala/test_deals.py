"""Deals over the API: write shape, read shape, validation, products, updates; pipelines."""

from decimal import Decimal

import pytest

from tests.simulators.escala.conftest import Caller


def product(call: Caller, **more: object) -> str:
    made = call("POST", "/pms/products", {"name": "Taladro", "sku": "TAL-650", "price": 100, **more})
    return str(made.body["id"])


def test_what_is_written_flat_is_read_nested(call: Caller) -> None:
    contact = call.contact(lastName="Gómez", email="ana@example.com", phoneNumber="573104567890")
    body = call.deal_body(contact, priority=3, custom={"cf_deal_numero_de_factura_hqpe_text": "FV-2-1043"})
    made = call("POST", "/crm/deals", body)
    assert made.status == 201
    assert made.body == {
        "id": made.body["id"],
        "name": "FV-2-1043",
        "assignedTo": "unassigned",
        "contact": {
            "id": contact,
            "firstName": "Ana",
            "lastName": "Gómez",
            "email": "ana@example.com",
            "phone": "573104567890",
        },
        "pipeline": {
            "id": body["pipelineId"],
            "name": "Ventas",
            "stageId": body["stageId"],
            "stageType": "open",
        },
        "value": Decimal("1842500.55"),
        "priority": 3,
        "products": [],
        "description": "",
        "custom": {"cf_deal_numero_de_factura_hqpe_text": "FV-2-1043"},
        "created": "2026-03-02T15:04:05",
        "modified": "2026-03-02T15:04:05",
    }
    assert call("GET", f"/crm/deals/{made.body['id']}").body == made.body


def test_equal_deals_are_no_duplicates(call: Caller) -> None:
    contact = call.contact()
    assert call.deal(contact) != call.deal(contact)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"contactId": "nobody"}, "contactId"),
        ({"contactId": None}, "contactId"),
        ({"pipelineId": "none"}, "pipelineId"),
        ({"stageId": "none"}, "stageId"),
        ({"value": -1}, "value"),
        ({"value": "100"}, "value"),
        ({"value": True}, "value"),
        ({"description": 5}, "description"),
        ({"priority": Decimal("1.5")}, "priority"),
        ({"products": {"items": [{"productId": "none"}]}}, "products.items.0.productId"),
        ({"products": {"items": ["x"]}}, "products.items.0"),
        ({"products": {"items": {"a": 1}}}, "products.items"),
        ({"products": []}, "products"),
    ],
)
def test_a_deal_with_invalid_data_is_refused(call: Caller, change: dict[str, object], named: str) -> None:
    answer = call("POST", "/crm/deals", call.deal_body(call.contact(), **change))
    assert answer.status == 400
    assert named in answer.body["message"]
    assert call("GET", "/crm/deals").body["total"] == 0


def test_what_is_unknown_may_be_said_not_to_exist(call: Caller) -> None:
    call.switch(wording="exist")
    answer = call("POST", "/crm/deals", call.deal_body("nobody"))
    assert answer.body == {"message": "contactId: contact nobody does not exist"}


def test_a_number_that_is_none_is_refused(call: Caller) -> None:
    body = b'{"name": "x", "value": NaN}'
    assert call.raw("POST", "/crm/deals", body).status == 400


def test_a_stage_must_belong_to_its_pipeline(call: Caller) -> None:
    call.simulator.add_pipeline("Postventa", [("Nuevo", "open")])
    stage = call("GET", "/crm/pipelines").body["items"][1]["stages"][0]["id"]
    assert call("POST", "/crm/deals", call.deal_body(call.contact(), stageId=stage)).status == 400


def test_priority_may_be_refused(call: Caller) -> None:
    call.switch(priority="reject")
    contact = call.contact()
    assert "priority" in call("POST", "/crm/deals", call.deal_body(contact, priority=3)).body["message"]
    call.deal(contact)


def test_the_value_stands_unless_the_products_may_change_it(call: Caller) -> None:
    contact, item = call.contact(), product(call)
    lines = {"items": [{"productId": item, "quantity": Decimal("2.5")}], "updateValue": False}
    kept = call.deal(contact, products=lines)
    recomputed = call.deal(contact, products={**lines, "updateValue": True})
    assert call("GET", f"/crm/deals/{kept}").body["value"] == Decimal("1842500.55")
    assert call("GET", f"/crm/deals/{recomputed}").body["value"] == 250


def test_decimal_quantities_may_be_refused(call: Caller) -> None:
    call.switch(decimal_quantity="reject")
    contact, item = call.contact(), product(call)
    lines = {"items": [{"productId": item, "quantity": Decimal("2.5")}]}
    answer = call("POST", "/crm/deals", call.deal_body(contact, products=lines))
    assert "quantity" in answer.body["message"]
    lines["items"][0]["quantity"] = Decimal("2.0")
    call.deal(contact, products=lines)


@pytest.mark.parametrize(
    ("shape", "quantity", "read"),
    [
        ("list", "number", {"products": [{"productId": "P", "quantity": Decimal("1.5")}]}),
        ("object", "number", {"products": {"items": [{"productId": "P", "quantity": Decimal("1.5")}]}}),
        ("productId", "number", {"productId": "P"}),
        ("list", "text", {"products": [{"productId": "P", "quantity": "1.5"}]}),
        ("list", "missing", {"products": [{"productId": "P"}]}),
    ],
)
def test_lines_may_be_read_in_other_shapes(
    call: Caller, shape: str, quantity: str, read: dict[str, object]
) -> None:
    call.switch(deal_products_shape=shape, quantity_read=quantity)
    call.simulator.load(products=[{"id": "P", "sku": "P", "name": "P"}])
    lines = {"items": [{"productId": "P", "quantity": Decimal("1.5")}]}
    shown = call("GET", f"/crm/deals/{call.deal(call.contact(), products=lines)}").body
    assert {key: shown[key] for key in ("products", "productId") if key in shown} == read


@pytest.mark.parametrize(
    ("switch", "by_id", "listed"), [("get", True, False), ("everywhere", True, True), ("never", False, False)]
)
def test_the_description_may_not_be_read(call: Caller, switch: str, by_id: bool, listed: bool) -> None:
    call.switch(deal_description=switch)
    made = call.deal(call.contact(), description="Factura")
    assert ("description" in call("GET", f"/crm/deals/{made}").body) is by_id
    assert ("description" in call("GET", "/crm/deals/scroll").body["items"][0]) is listed


def test_keys_outside_the_published_type_may_be_missing(call: Caller) -> None:
    call.switch(deal_extra_keys="no", unknown_keys="yes")
    read = call("GET", f"/crm/deals/{call.deal(call.contact(), priority=3)}").body
    assert not {"custom", "priority", "products"} & read.keys()
    assert "futureKey" in read


@pytest.mark.parametrize(("switch", "read"), [("text", "unassigned"), ("empty", ""), ("null", None)])
def test_nobody_may_be_written_in_other_ways(call: Caller, switch: str, read: object) -> None:
    made = call.deal(call.contact())
    call.switch(unassigned=switch)
    assert call("GET", f"/crm/deals/{made}").body["assignedTo"] == read
    call.switch(unassigned="absent")
    assert "assignedTo" not in call("GET", f"/crm/deals/{made}").body


@pytest.mark.parametrize(("mode", "kept"), [("none", 300), ("cut", 255)])
def test_long_names_may_be_cut(call: Caller, mode: str, kept: int) -> None:
    call.switch(text_limits=mode)
    made = call.deal(call.contact(), name="x" * 300)
    assert len(call("GET", f"/crm/deals/{made}").body["name"]) == kept


def test_long_texts_may_be_refused(call: Caller) -> None:
    call.switch(text_limits="reject")
    body = call.deal_body(call.contact(), description="x" * 5_001)
    assert "description" in call("POST", "/crm/deals", body).body["message"]


def test_a_full_put_of_a_deal_replaces_it(call: Caller) -> None:
    contact = call.contact()
    made = call.deal(contact, description="Factura", custom={"cf_deal_fecha_wbnx_text": "2026-03-02"})
    call.simulator.clock.advance(5)
    read = call("PUT", f"/crm/deals/{made}", call.deal_body(contact, value=7)).body
    assert (read["value"], read["description"], "custom" in read) == (7, "", False)
    assert read["created"] < read["modified"]
    assert call("PUT", f"/crm/deals/{made}", {"value": 7}).status == 400
    assert call("PUT", "/crm/deals/nothing", call.deal_body(contact)).status == 404


@pytest.mark.parametrize(("switch", "verb"), [("put_partial", "PUT"), ("patch", "PATCH")])
def test_a_partial_update_of_a_deal_keeps_the_rest(call: Caller, switch: str, verb: str) -> None:
    call.switch(update_verb=switch)
    made = call.deal(call.contact(), description="Factura", priority=3)
    read = call(verb, f"/crm/deals/{made}", {"value": 7}).body
    assert (read["value"], read["description"], read["priority"], read["name"]) == (
        7,
        "Factura",
        3,
        "FV-2-1043",
    )
    assert call(verb, f"/crm/deals/{made}", {"priority": 0}).body["priority"] == 0


def test_a_deal_whose_contact_is_gone_can_still_be_updated_in_part(call: Caller) -> None:
    call.switch(update_verb="patch")
    contact = call.contact()
    made = call.deal(contact)
    call.simulator.delete_contact(contact)
    assert call("PATCH", f"/crm/deals/{made}", {"value": 7}).status == 200


def test_pipelines_are_read_with_their_stages(call: Caller) -> None:
    read = call("GET", "/crm/pipelines", page=0, size=100).body
    assert read["total"] == 1
    assert [(one["name"], one["type"]) for one in read["items"][0]["stages"]] == [
        ("Prospecto", "open"),
        ("Negociación", "open"),
        ("Ganada", "won"),
        ("Perdida", "lost"),
    ]
    assert all(one["id"][14] == "4" for one in read["items"][0]["stages"])
