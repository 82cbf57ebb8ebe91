"""Contacts as customers: what is certain is registered, what is doubtful names the datum."""

from __future__ import annotations

import pytest

from siigo_escala.domain import reasons, stripped
from siigo_escala.domain.crm import Contact, ContactId, Place
from siigo_escala.domain.mapping import contact_to_customer
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.rules import InvoiceRules
from siigo_escala.domain.selling import City, CustomerDraft
from siigo_escala.siigo import selling

RULES = InvoiceRules(identification_field="cf_x")
DEFAULTED = InvoiceRules(identification_field="cf_x", default_city="11001")
BOGOTA = City(name="Bogotá", state="Bogotá", code="11001", state_code="11")
CITIES = [
    BOGOTA,
    City(name="Armenia", state="Quindío", code="63001", state_code="63"),
    City(name="Armenia", state="Antioquia", code="05059", state_code="05"),
    City(name="Barbosa", state="Antioquia", code="05079", state_code="05"),
    City(name="Chía", state="", code="25175", state_code="25"),
    City(name="Leticia", state="", code="91999", state_code="91"),
    City(name="Leticia", state="Amazonas", code="91001", state_code="91"),
]


def _contact(typed: object = "900123456-8", **more: object) -> Contact:
    fields = {
        "company_name": "El Roble SAS",
        "first_name": "Ana",
        "last_name": "Paz",
        "emails": ("no", "ana@roble.example"),
        "phones": ("310 456 7890",),
        "place": Place(address="Cra 15 # 93-47", city="bogota d.c."),
        "custom": {"cf_x": typed},
        **more,
    }
    return Contact(id=ContactId("c1"), **fields)  # type: ignore[arg-type]  # fields of a contact


def _customer(contact: Contact, rules: InvoiceRules = RULES) -> CustomerDraft:
    draft = contact_to_customer.draft(contact, rules=rules, cities=CITIES)
    assert isinstance(draft, CustomerDraft), draft
    return draft


def _datum(contact: Contact, rules: InvoiceRules = RULES) -> str:
    draft = contact_to_customer.draft(contact, rules=rules, cities=CITIES)
    assert isinstance(draft, NeedsAttention)
    assert draft.code == "CUSTOMER_DATA_MISSING"
    return str(draft.data["field"])


def test_names_and_addresses_are_cut_to_what_siigo_takes() -> None:
    long = _contact(
        company_name="R" * 101, first_name="A" * 101, place=Place(address="C" * 257, city="Bogotá")
    )
    customer = _customer(long)
    assert [len(name) for name in customer.names] == [100]
    assert len(customer.contact[0]) == 100
    assert len(customer.address) == 256


@pytest.mark.parametrize("typed", ["900373115-9", "900.373.115 - 9"])
def test_a_wrong_check_digit_is_told_with_the_right_one(typed: str) -> None:
    draft = contact_to_customer.draft(_contact(typed), rules=RULES, cities=CITIES)
    assert isinstance(draft, NeedsAttention)
    assert reasons.message(draft.code, draft.data).startswith(
        "Al contacto de Escala le faltan datos que Siigo exige para facturar: un NIT con su dígito de "
        "verificación: el correcto es 3, no el escrito (corríjalo en el contacto); su identificación es "
        f"{typed};"
    )


@pytest.mark.parametrize("typed", ["900373115-9", "CE 456789"])
def test_an_identification_that_is_told_goes_with_the_person_who_is_erased(typed: str) -> None:
    draft = contact_to_customer.draft(_contact(typed), rules=RULES, cities=CITIES)
    assert isinstance(draft, NeedsAttention)
    assert typed in reasons.message(draft.code, draft.data)
    left = str(stripped.told(draft.data))
    assert not [part for part in ("900373115", "456789") if part in left]


@pytest.mark.parametrize("state", ["Cundinamarca", "Bogotá D.C.", "Distrito Capital", "D. C."])
def test_the_capital_is_meant_whatever_its_state_is_taken_for(state: str) -> None:
    there = _contact(place=Place(address="Cra 15", city="Bogotá", state=state))
    assert _customer(there).city == BOGOTA


def test_the_only_city_of_a_name_is_not_meant_where_the_contact_is_of_another_department() -> None:
    there = _contact(place=Place(address="x", city="Barbosa", state="Santander"))
    for one in (RULES, DEFAULTED):
        assert _datum(there, one) == (
            "el departamento de la ciudad «Barbosa», escrito como en Siigo («Antioquia», no «Santander»; "
            "corríjalo en el contacto o, si es otra ciudad, registre el cliente en Siigo)"
        )
    assert _customer(_contact(place=Place(address="x", city="Barbosa"))).city.code == "05079"


@pytest.mark.parametrize(
    ("typed", "siigos"),
    [
        *(("Valle", "Valle del Cauca"), ("valle del cauca", "Valle"), ("Guajira", "La Guajira")),
        *(("La Guajira", "Guajira"), ("San Andrés", "San Andrés y Providencia")),
    ],
)
def test_a_department_in_short_is_that_department(typed: str, siigos: str) -> None:
    there = City(name="Cali", state=siigos, code="76001", state_code="76")
    contact = _contact(place=Place(address="x", city="Cali", state=typed))
    draft = contact_to_customer.draft(contact, rules=DEFAULTED, cities=[BOGOTA, there])
    assert isinstance(draft, CustomerDraft)
    assert draft.city == there


@pytest.mark.parametrize(
    ("typed", "siigos"),
    [
        *(("Cauca", "Valle del Cauca"), ("Valle del Cauca", "Cauca"), ("Santander", "Norte de Santander")),
        *(("Norte de Santander", "Santander"), ("Val", "Valle del Cauca"), ("La", "La Guajira")),
    ],
)
def test_a_department_whose_name_ends_in_anothers_is_not_that_one(typed: str, siigos: str) -> None:
    cities = [BOGOTA, City(name="Florida", state=siigos, code="76275", state_code="76")]
    contact = _contact(place=Place(address="x", city="Florida", state=typed))
    draft = contact_to_customer.draft(contact, rules=DEFAULTED, cities=cities)
    assert isinstance(draft, NeedsAttention)
    assert f"(«{siigos}», no «{typed}»; " in str(draft.data["field"])


def test_the_department_as_siigo_writes_it_goes_before_one_in_short() -> None:
    whole = City(name="Cali", state="Valle del Cauca", code="76001", state_code="76")
    short = City(name="Cali", state="Valle", code="76999", state_code="76")
    for typed, city in (("Valle", short), ("Valle del Cauca", whole)):
        contact = _contact(place=Place(address="x", city="Cali", state=typed))
        draft = contact_to_customer.draft(contact, rules=RULES, cities=[short, whole])
        assert isinstance(draft, CustomerDraft)
        assert draft.city == city


def test_a_city_that_siigo_has_twice_without_department_is_for_people() -> None:
    twice = [City(name="Cali", state="", code=code, state_code="76") for code in ("76001", "76002")]
    contact = _contact(place=Place(address="x", city="Cali", state="Valle"))
    draft = contact_to_customer.draft(contact, rules=DEFAULTED, cities=twice)
    assert isinstance(draft, NeedsAttention)
    assert "como en Siigo (no «Valle»; " in str(draft.data["field"])


@pytest.mark.parametrize(
    ("name", "state", "is_it"),
    [
        ("bogota, d.c.", "", True),
        ("Bogotá", "Cundinamarca", True),
        ("Armenia", "", False),
        ("ARMENIA", "antioquia", True),
        ("Armenia", "Caldas", False),
        ("Chía", "", False),
        ("", "", False),
    ],
)
def test_a_place_is_known_as_the_capital_or_with_its_department(
    name: str, state: str, *, is_it: bool
) -> None:
    assert contact_to_customer.is_known(Place(city=name, state=state), CITIES) is is_it
    assert not contact_to_customer.is_known(Place(city=name, state=state), [])


def test_a_city_whose_department_nobody_knows_is_meant_where_no_other_is_there() -> None:
    assert (
        _customer(_contact(place=Place(address="x", city="Chía", state="Cundinamarca"))).city.code == "25175"
    )
    there = Place(address="x", city="Leticia", state="Amazonas")
    assert _customer(_contact(place=there)).city.code == "91001"


def test_a_city_of_endless_name_is_cut_where_it_is_told() -> None:
    told = _datum(_contact(place=Place(address="Cra 15", city="X" * 90)))
    assert told.count("X") == 80


def test_a_city_that_no_customer_has_is_the_default_one_whatever_its_department() -> None:
    for state in ("", "Tolima"):
        assert (
            _customer(_contact(place=Place(address="x", city="Ibagué", state=state)), DEFAULTED).city
            == BOGOTA
        )


def test_a_city_that_no_customer_has_is_named_with_its_department() -> None:
    assert "la ciudad «Ibagué», que" in _datum(_contact(place=Place(address="x", city="Ibagué")))
    told = _datum(_contact(place=Place(address="x", city="Ibagué", state="X" * 90)))
    assert f"la ciudad «Ibagué» de «{'X' * 80}», que" in told


def test_a_city_that_siigo_has_twice_is_the_default_one_where_no_department_is_told() -> None:
    assert _customer(_contact(place=Place(address="x", city="Armenia")), DEFAULTED).city == BOGOTA


def test_an_endless_department_is_cut_where_it_is_told() -> None:
    told = _datum(_contact(place=Place(address="x", city="Barbosa", state="X" * 90)))
    assert f"no «{'X' * 80}»" in told
    city = City(name="Y" * 90, state="Antioquia", code="05079", state_code="05")
    contact = _contact(place=Place(address="x", city="Y" * 90, state="Caldas"))
    draft = contact_to_customer.draft(contact, rules=RULES, cities=[city])
    assert isinstance(draft, NeedsAttention)
    assert f"la ciudad «{'Y' * 80}»" in str(draft.data["field"])


def test_a_company_is_registered_whole() -> None:
    body = selling.customer_body(_customer(_contact()))
    phone = {"indicative": "57", "number": "3104567890"}
    assert body == {
        "type": "Customer",
        "person_type": "Company",
        "id_type": "31",
        "identification": "900123456",
        "check_digit": "8",
        "name": ["El Roble SAS"],
        "fiscal_responsibilities": [{"code": "R-99-PN"}],
        "address": {
            "address": "Cra 15 # 93-47",
            "city": {"country_code": "Co", "state_code": "11", "city_code": "11001"},
        },
        "phones": [phone],
        "contacts": [{"first_name": "Ana", "last_name": "Paz", "email": "ana@roble.example", "phone": phone}],
    }


@pytest.mark.parametrize(
    ("typed", "indicative", "number"),
    [("34600123456", "34", "600123456"), ("50761234567", "507", "61234567")],
)
def test_a_foreign_phone_is_registered_by_its_country_code(typed: str, indicative: str, number: str) -> None:
    body = selling.customer_body(_customer(_contact(phones=(typed,))))
    assert body["phones"] == [{"indicative": indicative, "number": number}]


def test_a_person_is_registered_by_first_and_last_names() -> None:
    contact = _contact(
        1032456789, company_name="", first_name="Julián Restrepo Mora", last_name="", emails=(), phones=()
    )
    body = selling.customer_body(_customer(contact))
    assert (body["person_type"], body["id_type"], body["identification"]) == ("Person", "13", "1032456789")
    assert body["name"] == ["Julián", "Restrepo Mora"]
    assert "check_digit" not in body
    assert "phones" not in body
    assert body["contacts"] == [{"first_name": "Julián Restrepo Mora"}]


def test_a_company_without_persons_is_its_own_contact() -> None:
    contact = _contact(first_name="", last_name="")
    assert _customer(contact).contact == ("El Roble SAS", "")
    nameless = _contact("1032456789", first_name="", last_name="Ana Paz", company_name="")
    assert _customer(nameless).contact == ("Ana", "Paz")


@pytest.mark.parametrize(
    ("typed", "kind", "number"),
    [
        ("900123456", "31", "900123456"),
        ("900.123.456-8", "31", "900123456"),
        ("9001234568", "31", "900123456"),
        ("NIT 900123456-8", "31", "900123456"),
        ("NIT 9001234568", "31", "900123456"),
        ("C.C. 1.032.456.789", "13", "1032456789"),
        ("CC1032456789", "13", "1032456789"),
        ("1032456789", "13", "1032456789"),
        ("79.482.615", "13", "79482615"),
    ],
)
def test_the_kind_of_a_certain_identification_is_known(typed: str, kind: str, number: str) -> None:
    draft = _customer(_contact(typed))
    assert (draft.id_type, draft.identification) == (kind, number)


def test_siigo_is_asked_for_the_number_behind_a_label_first() -> None:
    assert contact_to_customer.numbers("CC1032456789") == ["1032456789", "CC1032456789"]
    assert contact_to_customer.numbers("CC 1032456789") == ["1032456789"]
    assert contact_to_customer.numbers("Cédula 1.032.456.789") == ["1032456789"]
    assert contact_to_customer.numbers("NIT 9001234568") == ["9001234568", "900123456"]
    assert contact_to_customer.numbers("900123456-8") == ["900123456"]


@pytest.mark.parametrize("typed", ["AB123456", "12", "222222222222", "2032456789"])
def test_a_doubtful_identification_is_for_people(typed: str) -> None:
    assert "tipo de identificación" in _datum(_contact(typed))


def test_each_missing_datum_is_named() -> None:
    assert "dirección" in _datum(_contact(place=None))
    assert "«Nowhere»" in _datum(_contact(place=Place(address="x", city="Nowhere")))
    assert "ciudad (campo" in _datum(_contact(place=Place(address="x")))
    assert "nombre de la empresa" in _datum(_contact(company_name="", first_name="", last_name=""))
    assert "apellidos" in _datum(_contact("1032456789", first_name="Ana", last_name=""))
    assert "el nombre" in _datum(_contact("1032456789", first_name="", last_name=""))


def test_a_city_of_two_departments_needs_its_department() -> None:
    armenia = Place(address="x", city="Armenia", state="quindio")
    assert _customer(_contact(place=armenia)).city.code == "63001"
    assert "«Armenia»" in _datum(_contact(place=Place(address="x", city="Armenia")))


def test_the_default_city_stands_in() -> None:
    assert _customer(_contact(place=Place(address="x", city="Nowhere")), DEFAULTED).city == BOGOTA
    other = InvoiceRules(identification_field="cf_x", default_city="05001")
    assert _customer(_contact(place=Place(address="x")), other).city.state_code == "05"


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ana Paz", "Ana", "Paz"),
        ("Ana", "Ana", ""),
        ("Ana Paz Gómez", "Ana", "Paz Gómez"),
        ("María José Paz Gómez", "María José", "Paz Gómez"),
        ("María del Carmen Pérez Gómez", "María del Carmen", "Pérez Gómez"),
        ("Juan de la Cruz", "Juan", "de la Cruz"),
        ("Ana Paz de", "Ana", "Paz de"),
        ("", "", ""),
        ("de", "de", ""),
    ],
)
def test_a_whole_name_is_split_where_people_would(full: str, first: str, last: str) -> None:
    assert contact_to_customer.split_name(full) == (first, last)


@pytest.mark.parametrize("value", [None, True, ""])
def test_no_identification_is_no_identification(value: object) -> None:
    assert contact_to_customer.stored(_contact(value), RULES) == ""
