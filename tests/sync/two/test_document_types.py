"""What a kind of document demands is obeyed: seller by item, cost centre, warehouse, no decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.rules import FileProblem
from siigo_escala.simulators.siigo import checking, errors
from siigo_escala.store import models
from siigo_escala.sync import rule_changes
from siigo_escala.sync.rule_changes import Change
from tests.sync.two.scene import Scene, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CENTER, WAREHOUSE = 235, 1270


def kind(scene: Scene, **flags: Any) -> dict[str, Any]:
    """The kind of invoice of the rules, with these flags."""
    found = next(one for one in scene.world.siigo.company.document_types if one["id"] == 24446)
    found.update(flags)
    return found


def entry(scene: Scene, catalogue: str, identity: int) -> dict[str, Any]:
    """An entry of a catalogue of Siigo."""
    return next(one for one in scene.world.siigo.company.catalogues[catalogue] if one["id"] == identity)


def test_each_item_carries_its_seller_where_the_kind_asks_for_it(scene: Scene) -> None:
    kind(scene, seller_by_item=True)
    scene.deal(scene.ready(), lines=(("CAF-500", 1), ("CAF-500", 1)))
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    (made,) = scene.invoices()
    assert [line["seller"] for line in made["items"]] == [made["seller"]] * 2


def test_a_mandatory_cost_centre_is_asked_for_at_connect_and_sent(scene: Scene) -> None:
    kind(scene, cost_center_mandatory=True)
    scene.world.siigo.create_customer()
    with pytest.raises(FileProblem, match="exige un centro de costo"):
        scene.connect()
    scene.deal(scene.ready(f"cost_center = {CENTER}"))
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert scene.invoices()[0]["cost_center"] == CENTER
    entry(scene, "cost_centers", CENTER)["active"] = False
    scene.deal(scene.contact(first_name="Otra"), name="Otra")
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"automatic_number": False}, "lleva numeración manual"),
        ({"cost_center_mandatory": True}, "exige un centro de costo"),
    ],
)
def test_a_kind_that_is_chosen_on_a_screen_must_serve(scene: Scene, flags: dict[str, Any], why: str) -> None:
    """Checked by all that Siigo told of it, which is more than its name, and with the rules beside it."""
    chosen = next(one for one in scene.world.siigo.company.document_types if one["id"] != 24446)
    chosen.update(flags)
    scene.ready()
    connection = models.Connection.objects.get()
    change = Change(path=("invoices", "document_type"), before=24446, after=chosen["id"])
    with pytest.raises(FileProblem, match=why):
        rule_changes.checked(connection, [change])


def test_the_warehouse_stands_in_every_line_and_one_that_is_inactive_is_told(scene: Scene) -> None:
    contact = scene.ready(f"warehouse = {WAREHOUSE}")
    scene.deal(contact)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    (made,) = scene.invoices()
    assert [line["warehouse"]["id"] for line in made["items"]] == [WAREHOUSE]
    entry(scene, "warehouses", WAREHOUSE)["active"] = False
    scene.deal(contact, name="Otra")
    result = scene.sync()
    assert codes(result) == ["SIIGO_REFUSED"]
    assert "la bodega no sirve" in result.document["problems"][0]["message"]
    assert "«warehouse»" in result.document["problems"][0]["message"]


def test_a_kind_without_decimals_is_paid_in_whole_pesos(scene: Scene) -> None:
    kind(scene, decimals=False)
    contact = scene.ready('on_value_difference = "lines"')
    scene.products["CAF-500"] = scene.world.escala.add_product("CAF-500", "Café", price=Decimal("8500.37"))
    scene.deal(contact, lines=(("CAF-500", 3),), value=1)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    (made,) = scene.invoices()
    assert made["total"] == made["total"].to_integral_value()
    assert made["payments"][0]["value"] == made["total"]
    assert made["observations"].endswith(":1]"), "agreed the first time"


@pytest.mark.parametrize(
    ("flags", "body", "code"),
    [
        ({"cost_center_mandatory": True}, {}, "parameter_required"),
        ({"seller_by_item": True}, {}, "parameter_required"),
        ({"seller_by_item": True}, {"line": {"seller": 1}}, "invalid_reference"),
        ({}, {"cost_center": 9}, "invalid_cost_center"),
        ({}, {"line": {"warehouse": 9}}, "invalid_reference"),
    ],
)
def test_the_simulator_refuses_what_a_kind_of_document_demands(
    scene: Scene, flags: dict[str, Any], body: dict[str, Any], code: str
) -> None:
    company = scene.world.siigo.company
    seller = company.users[0]["id"]
    line = {"code": "CAF-500", "quantity": 1, "price": Decimal(100), **body.pop("line", {})}
    draft = {"date": company.today(), "seller": seller, "items": [line], **body}
    with pytest.raises(errors.ApiError) as refused:
        checking.checked(company, draft, kind(scene, **flags))
    assert refused.value.code == code
