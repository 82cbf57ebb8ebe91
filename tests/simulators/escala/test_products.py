"""The product catalogue over the API."""

from decimal import Decimal

import pytest

from tests.simulators.escala.conftest import Caller

DRILL = {
    "name": 'Taladro percutor 1/2" 650W',
    "sku": "TAL-650",
    "price": Decimal("389900.5"),
    "currency": "COP",
}


def test_a_product_is_made_read_changed_and_deleted(call: Caller) -> None:
    made = call("POST", "/pms/products", DRILL)
    assert made.status == 201
    address = f"/pms/products/{made.body['id']}"
    assert call("GET", address).body == made.body
    assert made.body["price"] == Decimal("389900.5")
    assert made.body["isDigital"] is False
    changed = call("PUT", address, {**DRILL, "sku": "TAL-651"})
    assert (changed.status, changed.body["sku"]) == (200, "TAL-651")
    assert call("GET", "/pms/products", sku="TAL-650").body == {"items": [], "total": 0}
    assert call("DELETE", address).status == 204
    assert call("GET", address).status == 404
    assert call("DELETE", address).status == 404


@pytest.mark.parametrize("status", [409, 400])
def test_a_sku_is_unique(call: Caller, status: int) -> None:
    call.switch(duplicate_sku=f"reject{status}")
    call("POST", "/pms/products", DRILL)
    other = call("POST", "/pms/products", {**DRILL, "sku": "OTRO"}).body["id"]
    assert call("POST", "/pms/products", DRILL).status == status
    assert call("PUT", f"/pms/products/{other}", DRILL).status == status


def test_two_products_may_share_a_sku(call: Caller) -> None:
    call.switch(duplicate_sku="allow")
    first = call("POST", "/pms/products", DRILL).body["id"]
    second = call.simulator.add_product("TAL-650", "Otro", price="10.5")
    found = call("GET", "/pms/products", sku="TAL-650").body["items"]
    assert [one["id"] for one in found] == [first, second]


@pytest.mark.parametrize(("mode", "found"), [("exact", 1), ("prefix", 2), ("ignored", 3)])
def test_the_sku_filter_may_be_loose(call: Caller, mode: str, found: int) -> None:
    for sku in ("TAL-65", "TAL-650", "MAR-1"):
        call.simulator.add_product(sku, sku)
    call.switch(sku_filter=mode)
    assert call("GET", "/pms/products", sku="TAL-65").body["total"] == found


def test_a_new_product_is_not_found_before_the_lag_is_over(call: Caller) -> None:
    call.switch(list_lag_s=5)
    call("POST", "/pms/products", DRILL)
    assert call("GET", "/pms/products", sku="TAL-650").body["total"] == 0
    call.simulator.clock.advance(6)
    assert call("GET", "/pms/products", sku="TAL-650").body["total"] == 1


@pytest.mark.parametrize("change", [{"name": ""}, {"name": "x" * 256}, {"sku": "x" * 41}, {"price": -1}])
def test_a_product_with_invalid_data_is_refused(call: Caller, change: dict[str, object]) -> None:
    assert call("POST", "/pms/products", {**DRILL, **change}).status == 400


def test_custom_values_of_products_are_kept(call: Caller) -> None:
    call.simulator.add_custom_field("cf_product_codigo_siigo_ynra_text")
    custom = {"cf_product_codigo_siigo_ynra_text": "TAL-650"}
    assert call("POST", "/pms/products", {**DRILL, "custom": custom}).body["custom"] == custom
