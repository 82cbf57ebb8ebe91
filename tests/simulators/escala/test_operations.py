"""What people do in Escala, by method: and what the API shows afterwards."""

from datetime import timedelta

import pytest

from siigo_escala.simulators.escala.refusals import Refused
from tests.simulators.escala.conftest import MOMENT, Caller


def test_people_rename_move_edit_and_delete_deals(call: Caller) -> None:
    simulator = call.simulator
    deal = call.deal(call.contact())
    simulator.clock.advance(10)
    simulator.rename_deal(deal, "otro nombre")
    simulator.move_deal(deal, "Ganada")
    simulator.edit_deal(deal, {"value": "12.5", "custom": {"cf_deal_nuevo_abcd_text": "x"}})
    read = call("GET", f"/crm/deals/{deal}").body
    assert (read["name"], read["pipeline"]["stageType"]) == ("otro nombre", "won")
    assert read["custom"] == {"cf_deal_nuevo_abcd_text": "x"}
    assert read["created"] < read["modified"]
    simulator.delete_deal(deal)
    assert call("GET", f"/crm/deals/{deal}").status == 404
    with pytest.raises(Refused):
        simulator.delete_deal(deal)


def test_a_deal_of_another_program_can_be_old_and_nameless(call: Caller) -> None:
    contact = call.contact()
    made = call.simulator.create_deal(
        contact_id=contact, value="99.5", stage="Negociación", created=MOMENT - timedelta(days=2)
    )
    read = call("GET", f"/crm/deals/{made}").body
    assert (read["name"], read["created"], read["contact"]["id"]) == ("", "2026-02-28T15:04:05", contact)
    call.simulator.edit_deal(made, {"created": "2026-01-01T00:00:00", "modified": "2026-01-02T00:00:00"})
    assert call("GET", f"/crm/deals/{made}").body["modified"] == "2026-01-02T00:00:00"


def test_a_merge_leaves_one_contact_with_everything(call: Caller) -> None:
    simulator = call.simulator
    winner = call.contact(email="ana@example.com")
    loser = simulator.create_contact(
        first_name="Ana G",
        email="ana.g@example.com",
        phone="573104567890",
        custom={"cf_contact_x_abcd_text": "1"},
    )
    deal, other = call.deal(loser), call.deal(winner)
    simulator.clock.advance(5)
    simulator.merge_contacts(winner, loser)
    assert call("GET", f"/crm/contacts/{loser}").status == 404
    read = call("GET", f"/crm/contacts/{winner}").body
    assert read["personal"]["phoneNumber"] == "573104567890"
    assert read["custom"] == {"cf_contact_x_abcd_text": "1"}
    assert call("GET", f"/crm/deals/{deal}").body["contact"]["id"] == winner
    assert call("GET", f"/crm/deals/{other}").body["contact"]["id"] == winner
    assert call("POST", "/crm/contacts", {"personal": {"email": "ana.g@example.com"}}).status == 409


def test_a_deleted_contact_leaves_its_deals(call: Caller) -> None:
    contact = call.contact(email="ana@example.com")
    deal = call.deal(contact)
    kept = call.deal(call.contact())
    call.simulator.delete_contact(contact)
    assert "contact" not in call("GET", f"/crm/deals/{deal}").body
    assert "contact" in call("GET", f"/crm/deals/{kept}").body
    call.contact(email="ana@example.com")


def test_an_edited_contact_shows_in_its_deals(call: Caller) -> None:
    contact = call.contact(email="ana@example.com", city="Cali")
    deal = call.deal(contact)
    changes = {"personal": {"firstName": "Eva", "city": None}, "custom": {"cf_contact_y_abcd_text": "2"}}
    call.simulator.edit_contact(contact, changes)
    assert call("GET", f"/crm/deals/{deal}").body["contact"]["firstName"] == "Eva"
    read = call("GET", f"/crm/contacts/{contact}").body
    assert read["personal"] == {"firstName": "Eva", "email": "ana@example.com"}
    assert read["custom"] == {"cf_contact_y_abcd_text": "2"}


def test_pipelines_and_stages_come_change_and_go(call: Caller) -> None:
    simulator = call.simulator
    deal = call.deal(call.contact())
    simulator.add_stage("Ventas", "Archivada", "lost")
    simulator.rename_stage("Prospecto", "Nuevo", pipeline="Ventas")
    simulator.rename_pipeline("Ventas", "Ventas 2026")
    read = call("GET", "/crm/pipelines").body["items"][0]
    assert (read["name"], read["stages"][0]["name"], read["stages"][-1]["name"]) == (
        "Ventas 2026",
        "Nuevo",
        "Archivada",
    )
    assert call("GET", f"/crm/deals/{deal}").body["pipeline"]["name"] == "Ventas 2026"
    simulator.add_pipeline("Postventa", [("Abierta", "open")])
    simulator.rename_stage("Abierta", "En curso", pipeline="Postventa")
    simulator.delete_pipeline("Postventa")
    simulator.delete_stage("Nuevo")
    assert "pipeline" not in call("GET", f"/crm/deals/{deal}").body
    simulator.delete_pipeline("Ventas 2026")
    assert call("GET", "/crm/pipelines").body["items"] == []
    with pytest.raises(KeyError):
        simulator.rename_pipeline("Ventas", "x")
    with pytest.raises(KeyError):
        simulator.delete_stage("Nuevo")


def test_a_removed_custom_field_takes_its_values_along(call: Caller) -> None:
    key = "cf_deal_fecha_wbnx_text"
    contact = call.contact()
    deal = call.deal(contact, custom={key: "2026-03-02"})
    call.simulator.remove_custom_field(key)
    assert "custom" not in call("GET", f"/crm/deals/{deal}").body
    call.switch(unknown_custom_key="reject")
    assert call("POST", "/crm/deals", call.deal_body(contact, custom={key: "x"})).status == 400


def test_users_come_and_go(call: Caller) -> None:
    call.switch(unknown_owner="reject400")
    contact = call.contact()
    body = call.deal_body(contact, assignedTo="nueva@empresa.example")
    assert call("POST", "/crm/deals", body).status == 400
    call.simulator.add_owner("Nueva@empresa.example")
    assert call("POST", "/crm/deals", body).body["assignedTo"] == "Nueva@empresa.example"
    call.simulator.remove_owner("nueva@empresa.example")
    assert call("POST", "/crm/deals", body).status == 400


def test_a_deleted_product_is_refused_in_new_deals(call: Caller) -> None:
    contact = call.contact()
    product = call.simulator.add_product("A", "A")
    lines = {"items": [{"productId": product, "quantity": 1}]}
    deal = call.deal(contact, products=lines)
    call.simulator.delete_product(product)
    assert call("GET", f"/crm/deals/{deal}").body["products"] == [{"productId": product, "quantity": 1}]
    assert call("POST", "/crm/deals", call.deal_body(contact, products=lines)).status == 400
