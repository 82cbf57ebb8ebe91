"""The cities of Siigo's customers: what is known of them grows old, and is asked for once a day at most."""

from __future__ import annotations

from tests.sync.two.scene import Scene, codes, counts


def _customer_of(scene: Scene, identification: str, *, city: str, state: str, code: str) -> None:
    place = {
        "country_code": "Co", "country_name": "Colombia", "state_code": code[:2],
        "state_name": state, "city_code": code, "city_name": city,
    }  # fmt: skip
    scene.world.siigo.create_customer(identification=identification, address={"address": "x", "city": place})


def _new(scene: Scene, identification: str, *, city: str, state: str = "") -> None:
    contact = scene.contact(identification, company="Nueva SAS", email=f"ana@{identification}.example")
    place = {"address": "Cra 15 # 93-47", "city": city, "state": state}
    scene.world.escala.edit_contact(contact, {"personal": place})
    scene.deal(contact, name=f"Venta {identification}")


def _lists(scene: Scene) -> int:
    """How often the whole list of customers was begun."""
    return scene.world.siigo.calls.count(method="GET", path="/v1/customers")


def test_a_city_of_another_department_is_never_the_default_and_is_looked_for_a_day_later(
    scene: Scene,
) -> None:
    scene.ready('default_city = "11001"')
    _customer_of(scene, "900100299", city="Barbosa", state="Antioquia", code="05079")
    _new(scene, "900100205", city="Barbosa", state="Santander")
    assert codes(scene.sync()) == ["CUSTOMER_DATA_MISSING"]
    _customer_of(scene, "900100298", city="Barbosa", state="Santander", code="68077")
    assert codes(scene.sync()) == ["CUSTOMER_DATA_MISSING"], "read today already"
    scene.world.pass_time(days=1, minutes=1)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    table = scene.world.siigo.company.customers
    (made,) = [table[one] for one in table if table[one]["identification"] == "900100205"]
    assert made["address"]["city"]["city_code"] == "68077"


def test_the_capital_is_not_looked_for_again(scene: Scene) -> None:
    scene.ready()
    _new(scene, "900100205", city="Bogotá")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    scene.world.pass_time(days=1, minutes=1)
    asked = {}
    for identification, city in (("900100213", "Bogotá D.C."), ("900100221", "Nowhere")):
        _new(scene, identification, city=city)
        before = _lists(scene)
        scene.sync()
        asked[city] = _lists(scene) - before
    assert asked["Nowhere"] == asked["Bogotá D.C."] + 1
