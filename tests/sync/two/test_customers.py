"""Whose invoice it is: by identification, registered where that is certain, else for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import lease
from tests.sync.hurry import TakenOver
from tests.sync.two.scene import Scene, codes, counts, on_customers, on_invoices


def _company(scene: Scene, identification: str = "900100205", **personal: Any) -> str:
    contact = scene.contact(identification, company="Nueva SAS", email="ana@nueva.example")
    place = {"address": "Cra 15 # 93-47", "city": "Bogotá", **personal}
    scene.world.escala.edit_contact(contact, {"personal": place})
    return contact


def _customers(scene: Scene) -> list[dict[str, Any]]:
    table = scene.world.siigo.company.customers
    return [table[one] for one in table]


def test_a_customer_that_siigo_lacks_is_registered_with_the_city_of_others(scene: Scene) -> None:
    scene.ready()
    scene.deal(_company(scene))
    result = scene.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert result.document["customers"] == {"created": 1, "matched": 0}
    (made,) = [one for one in _customers(scene) if one["identification"] == "900100205"]
    assert made["address"]["city"]["city_code"] == "11001"
    assert made["name"] == ["Nueva SAS"]
    assert made["check_digit"]
    assert made["contacts"][0]["email"] == "ana@nueva.example"


def test_two_opportunities_of_one_new_customer_register_it_once(scene: Scene) -> None:
    scene.ready()
    contact = _company(scene)
    scene.deal(contact, name="Una")
    scene.deal(contact, name="Otra")
    result = scene.sync()
    assert result.document["customers"] == {"created": 1, "matched": 1}
    assert len(_customers(scene)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        on_customers(kind="store_then_lost", times=1),
        on_customers(kind="store_then_status", times=1),
        on_customers(kind="empty", times=1),
        on_customers(kind="drop", times=1),
        on_customers(kind="refuse", status=500, times=1),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_customer_whose_making_has_no_answer_is_looked_up(scene: Scene, fault: Fault) -> None:
    scene.ready()
    scene.deal(_company(scene))
    scene.world.siigo.faults.add(fault)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert len([one for one in _customers(scene) if one["identification"] == "900100205"]) == 1


@pytest.mark.parametrize("of_kind", [on_customers, on_invoices])
def test_who_lost_the_lease_while_a_429_was_waited_out_sends_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, of_kind: Callable[..., Fault]
) -> None:
    monkeypatch.setattr(lease, "_FRESH_S", 0.5)
    scene.ready()
    scene.deal(_company(scene))
    siigo, fault = scene.world.siigo, of_kind(kind="429_header", times=1, retry_after=1)
    siigo.faults.add(fault)
    assert scene.sync(stop=TakenOver()).exit_code == 5
    assert siigo.calls.count(method="POST", path=fault.path) == 1
    assert not scene.invoices()
    scene.world.pass_time(hours=1)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert len(scene.invoices()) == 1


def test_a_refused_customer_is_told_in_words(scene: Scene) -> None:
    scene.ready()
    scene.deal(_company(scene))
    body = {"Errors": [{"Code": "invalid_name", "Message": "The name is invalid"}]}
    scene.world.siigo.faults.add(on_customers(kind="refuse", status=400, body=body, times=1))
    result = scene.sync()
    assert codes(result) == ["SIIGO_REFUSED"]
    assert "el nombre del cliente no es válido" in result.document["problems"][0]["message"]
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_rules_may_forbid_new_customers(scene: Scene) -> None:
    scene.ready("create_customers = false")
    scene.deal(_company(scene))
    result = scene.sync()
    assert codes(result) == ["CUSTOMER_DATA_MISSING"]
    assert "create_customers" in result.document["problems"][0]["message"]
    assert len(_customers(scene)) == 1


def test_a_customer_that_siigo_lacks_is_looked_up_once_for_all_its_opportunities(scene: Scene) -> None:
    scene.ready("create_customers = false")
    contact = _company(scene)
    for number in range(4):
        scene.deal(contact, name=f"Venta {number}")
    asked = scene.world.siigo.calls.count(method="GET", path="/v1/customers.*")
    assert codes(scene.sync()) == ["CUSTOMER_DATA_MISSING"] * 4
    for_all = scene.world.siigo.calls.count(method="GET", path="/v1/customers.*") - asked
    scene.deal(contact, name="Otra")
    asked += for_all
    assert codes(scene.sync()).count("CUSTOMER_DATA_MISSING") >= 1
    assert scene.world.siigo.calls.count(method="GET", path="/v1/customers.*") - asked == for_all, (
        "asked anew"
    )


def test_an_inactive_customer_is_told(scene: Scene) -> None:
    contact = scene.ready()
    scene.world.siigo.edit_customer("900482137", active=False)
    scene.deal(contact)
    assert codes(scene.sync()) == ["CUSTOMER_INACTIVE"]
    scene.world.siigo.edit_customer("900482137", active=True)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_an_inactive_customer_that_the_list_hides_is_told_too(scene: Scene) -> None:
    scene.ready('default_city = "11001"')
    scene.world.siigo.create_customer(identification="900100205", active=False)
    scene.world.siigo.switches.update({"customers_list": "active_customers"})
    scene.deal(_company(scene))
    assert codes(scene.sync()) == ["CUSTOMER_INACTIVE"]


def test_the_lowest_active_branch_is_invoiced(scene: Scene) -> None:
    contact = scene.ready()
    scene.world.siigo.edit_customer("900482137", active=False)
    for branch in (7, 3):
        scene.world.siigo.create_customer(branch_office=branch)
    scene.deal(contact)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert scene.invoices()[0]["customer"]["branch_office"] == 3


@pytest.mark.parametrize("typed", ["900.482.137-2", "9004821372", "NIT 900482137-2", "900482137"])
def test_a_stored_nit_is_siigos_with_or_without_its_check_digit(scene: Scene, typed: str) -> None:
    scene.ready()
    scene.deal(scene.contact(typed))
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert len(_customers(scene)) == 1


def test_a_number_that_two_customers_may_have_is_for_people(scene: Scene) -> None:
    scene.ready()
    scene.world.siigo.create_customer(
        identification="9004821372", id_type={"code": "13", "name": "Cédula"}, person_type="Person"
    )
    scene.deal(scene.contact("9004821372"))
    assert codes(scene.sync()) == ["CUSTOMER_AMBIGUOUS"]


def test_a_customer_that_siigo_finds_by_a_part_of_its_number_is_somebody_else(scene: Scene) -> None:
    scene.ready("create_customers = false")
    handle = scene.world.siigo.handle

    def loose(request: Any) -> Any:
        request.query.pop("identification", None)
        return handle(request)

    scene.world.siigo.handle = loose  # type: ignore[method-assign]  # Siigo may read the filter loosely
    scene.deal(scene.contact("900100205"))
    assert codes(scene.sync()) == ["CUSTOMER_DATA_MISSING"]


def test_a_name_alone_is_nobody(scene: Scene) -> None:
    scene.ready()
    scene.deal(scene.contact("", first_name="Tostadora La Ceiba S.A.S."))
    result = scene.sync()
    assert codes(result) == ["CUSTOMER_DATA_MISSING"]
    assert "identificación (campo «cf_contact_cedula_kwzt_text»" in result.document["problems"][0]["message"]
    assert scene.invoices() == []


def test_an_opportunity_without_contact_and_one_whose_contact_is_gone_wait(scene: Scene) -> None:
    contact = scene.ready()
    scene.deal(None, name="Sola")
    scene.deal(contact, name="Huérfana")
    scene.world.escala.faults.add(
        Fault(kind="refuse", status=404, body={"message": "Not found"}, path="/crm/contacts/[^/]+")
    )
    result = scene.sync()
    assert codes(result) == ["CUSTOMER_DATA_MISSING", "CUSTOMER_DATA_MISSING"]
    said = sorted(problem["message"] for problem in result.document["problems"])
    assert any("el contacto de la oportunidad" in one for one in said)
    assert any("ya no está en Escala" in one for one in said)


def test_a_missing_datum_is_named_and_read_again_once_it_is_typed(scene: Scene) -> None:
    scene.ready()
    contact = scene.contact("900100205", company="Nueva SAS")
    scene.deal(contact)
    assert "la dirección" in scene.sync().document["problems"][0]["message"]
    scene.world.escala.edit_contact(contact, {"personal": {"address": "Cra 15", "city": "Bogota, D.C."}})
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_cities_are_read_once_a_day_at_most(scene: Scene) -> None:
    scene.ready()
    contact = _company(scene, city="Nowhere")
    scene.deal(contact)
    assert "«Nowhere»" in scene.sync().document["problems"][0]["message"]
    scene.world.siigo.create_customer(
        identification="900100299",
        address={
            "address": "x",
            "city": {
                "country_code": "Co", "country_name": "Colombia", "state_code": "05",
                "state_name": "Antioquia", "city_code": "05999", "city_name": "NOWHERE",
            },
        },
    )  # fmt: skip
    scene.world.siigo.create_customer(identification="900100298", address=None)
    assert codes(scene.sync()) == ["CUSTOMER_DATA_MISSING"]
    scene.world.pass_time(days=1, minutes=1)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_customer_without_contact_is_foretold_and_heals_when_it_was_completed(scene: Scene) -> None:
    scene.world.siigo.switches.update({"empty_keys": "list"})
    contact = scene.ready()
    complete = scene.world.siigo.edit_customer("900482137")["contacts"]
    scene.world.siigo.edit_customer("900482137", contacts=[])
    scene.deal(contact)
    for dry_run in (True, False):
        result = scene.sync(dry_run=dry_run)
        assert (counts(result), codes(result)) == ({"read": 1, "needs_attention": 1}, ["SIIGO_REFUSED"])
        assert "a menudo su contacto" in result.document["problems"][0]["message"]
    assert scene.world.siigo.calls.count(method="POST", path="/v1/invoices") == 0
    scene.world.siigo.edit_customer("900482137", contacts=complete)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_what_siigo_refused_for_the_missing_contact_of_a_customer_heals_too(scene: Scene) -> None:
    scene.world.siigo.switches.update({"empty_keys": "list"})
    contact = scene.ready()
    complete = scene.world.siigo.edit_customer("900482137")["contacts"]
    scene.deal(contact)
    body = {"Errors": [{"Code": "customer_settings", "Message": "The customer has no contact"}]}
    scene.world.siigo.faults.add(on_invoices(kind="refuse", status=400, body=body, times=1))
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    scene.world.siigo.edit_customer("900482137", contacts=[])
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    scene.world.siigo.edit_customer("900482137", contacts=complete)
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_branch_without_contact_gives_way_to_one_that_has_some(scene: Scene) -> None:
    scene.world.siigo.switches.update({"empty_keys": "list"})
    contact = scene.ready()
    scene.world.siigo.edit_customer("900482137", contacts=[])
    for branch in (7, 3):
        scene.world.siigo.create_customer(branch_office=branch)
    scene.deal(contact)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert scene.invoices()[0]["customer"]["branch_office"] == 3


def test_a_customer_of_whose_contacts_siigo_shows_nothing_is_left_to_siigo(scene: Scene) -> None:
    scene.world.siigo.switches.update({"empty_keys": "omitted"})
    contact = scene.ready()
    scene.world.siigo.edit_customer("900482137", contacts=[])
    scene.deal(contact)
    assert counts(scene.sync(dry_run=True)) == {"read": 1, "created": 1}
    assert codes(scene.sync()) == ["SIIGO_REFUSED"]
    assert scene.world.siigo.calls.count(method="POST", path="/v1/invoices") == 1
