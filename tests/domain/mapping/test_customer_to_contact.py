"""A customer becomes a contact: its names, its first usable e-mail and phone, Siigo's identification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain.accounting import ContactPerson, Customer
from siigo_escala.domain.crm import ContactDraft
from siigo_escala.domain.mapping import customer_to_contact
from siigo_escala.domain.mapping.customer_to_contact import Drafted
from tests.domain import examples


def draft(customer: Customer, **changes: Any) -> Drafted:
    known: dict[str, Any] = {
        "field": examples.FIELD,
        "owner": "laura@acme.example",
        "send_email": True,
        "send_phone": True,
    }
    return customer_to_contact.draft(customer, **known | changes)


def test_a_person_has_first_and_last_names() -> None:
    customer = examples.person(address="Cra 15 # 93-47", city="Bogotá", state="Bogotá", country="Colombia")
    assert draft(customer) == Drafted(
        contact=ContactDraft(
            first_name="Julián",
            last_name="Restrepo Mora",
            email="julian@correo.example",
            phone="573004567812",
            address="Cra 15 # 93-47",
            city="Bogotá",
            state="Bogotá",
            country="Colombia",
            owner="laura@acme.example",
            custom={examples.FIELD: "1032456789"},
        )
    )


def test_a_company_has_its_name_as_company_and_as_first_name() -> None:
    contact = draft(examples.company()).contact
    assert (contact.first_name, contact.last_name) == ("Tostadora La Ceiba S.A.S.", "")
    assert contact.company_name == "Tostadora La Ceiba S.A.S."


@pytest.mark.parametrize("make", [examples.person, examples.company])
def test_without_a_name_the_commercial_one_stands_in_then_the_identification(make: Any) -> None:
    contact = draft(make(names=(".",), commercial_name="La Ceiba Café")).contact
    assert contact.first_name == "La Ceiba Café"
    assert draft(make(names=(), identification="900")).contact.first_name == "Cliente 900"


@given(st.text(max_size=30))
def test_the_identification_goes_out_exactly_as_siigo_has_it(identification: str) -> None:
    contact = draft(examples.person(identification=identification)).contact
    assert contact.custom == {examples.FIELD: identification}


def test_without_a_field_no_custom_value_is_sent() -> None:
    assert draft(examples.person(), field="").contact.custom == {}


def test_email_and_phone_come_from_the_first_who_has_one() -> None:
    persons = (
        ContactPerson(first_name="Marcela"),
        ContactPerson(email="Compras@LaCeiba.example"),
        ContactPerson(email="pagos@laceiba.example", phone="57 300 456 7812"),
    )
    contact = draft(examples.company(contacts=persons, phones=("576013456789",))).contact
    assert (contact.email, contact.phone) == ("compras@laceiba.example", "573004567812")


def test_the_customers_own_first_phone_stands_in() -> None:
    customer = examples.company(contacts=(), phones=("576013456789", "573001112233"))
    assert draft(customer).contact.phone == "576013456789"
    assert draft(customer).contact.email == ""
    assert customer_to_contact.phone_of(examples.company(contacts=(), phones=("1", "3001112233"))) is None


def test_what_is_not_valid_is_left_out_and_told() -> None:
    persons = (ContactPerson(email="sin arroba", phone="123"), ContactPerson(email="a@b.example"))
    drafted = draft(examples.company(contacts=persons))
    assert (drafted.contact.email, drafted.contact.phone) == ("a@b.example", "")
    assert drafted.left_out == (
        "El correo «sin arroba» no es válido y no se envió.",
        "El teléfono «123» no es válido y no se envió.",
    )


def test_what_is_long_is_shown_cut_and_judged_whole() -> None:
    long = f"{'a' * 60}@{'b' * 60}.co"
    drafted = draft(examples.person(contacts=(ContactPerson(email=long, phone="x" * 90),), phones=()))
    assert drafted.contact.email == long
    assert drafted.left_out == (f"El teléfono «{'x' * 80}» no es válido y no se envió.",)
    drafted = draft(examples.person(contacts=(ContactPerson(email="x" * 90),), phones=()))
    assert drafted.left_out == (f"El correo «{'x' * 80}» no es válido y no se envió.",)


def test_what_belongs_to_another_contact_is_left_out_and_told() -> None:
    drafted = draft(examples.person(), send_email=False, send_phone=False)
    assert (drafted.contact.email, drafted.contact.phone) == ("", "")
    assert drafted.left_out == (
        "El correo julian@correo.example ya es de otro contacto.",
        "El teléfono 573004567812 ya es de otro contacto.",
    )
    assert draft(examples.person(contacts=()), send_email=False, send_phone=False).left_out == ()


def test_names_lose_what_escala_does_not_take() -> None:
    contact = draft(examples.company(names=("<b>El\u202e\x00 \n Roble",))).contact
    assert contact.company_name == "bEl Roble"
    assert len(draft(examples.company(names=("x" * 400,))).contact.company_name) == 255


def test_the_display_name_joins_the_names() -> None:
    assert customer_to_contact.display_name(examples.person()) == "Julián Restrepo Mora"
    assert customer_to_contact.display_name(examples.person(names=("Ana", "."))) == "Ana"
    assert draft(examples.person(names=("Ana", "Gil", "Paz"))).contact.last_name == "Gil Paz"
