"""A customer gets its own contact, and a shared e-mail or phone never makes two customers one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import identity, matching
from siigo_escala.domain.accounting import ContactPerson, Customer
from siigo_escala.domain.crm import Contact, ContactId
from siigo_escala.domain.matching import Ambiguous, Found, Match, Missing
from tests.domain import examples

EMAIL, PHONE = "julian@correo.example", "573004567812"
NAMED = {"first_name": "JULIAN", "last_name": "Restrepo Mora"}
STRANGER = {"first_name": "Contadores", "last_name": "Asociados"}


def match(*candidates: Contact, customer: Customer | None = None, **known: Any) -> Match:
    nothing: dict[str, Any] = {"bound": None, "remembered": None, "held_by_others": {}}
    return matching.match(customer or examples.person(), candidates, field=examples.FIELD, **nothing | known)


def found(name: str, evidence: matching.Evidence, *, fill: bool = False) -> Found:
    return Found(contact_id=ContactId(name), evidence=evidence, fill_identification=fill)


def test_without_candidates_a_contact_is_made_with_all_there_is() -> None:
    assert match() == Missing(send_email=True, send_phone=True)
    assert match(customer=examples.person(contacts=())) == Missing(send_email=False, send_phone=False)


def test_a_decision_of_a_person_comes_before_everything() -> None:
    own = examples.contact(stored="1032456789")
    assert match(own, remembered=ContactId("k-9"), bound=ContactId("k-8")) == found("k-9", "decision")


def test_a_binding_comes_before_what_is_stored() -> None:
    assert match(examples.contact(stored="1032456789"), bound=ContactId("k-8")) == found("k-8", "bound")


@pytest.mark.parametrize("stored", ["1032456789", "1.032.456.789", "1032456789-7", "C.C. 1032456789"])
def test_the_stored_identification_wins_over_name_email_and_phone(stored: str) -> None:
    own = examples.contact("k-1", stored=stored, **STRANGER)
    alike = examples.contact("k-2", emails=(EMAIL,), phones=(PHONE,), **NAMED)
    assert match(alike, own) == found("k-1", "identification")


def test_two_contacts_with_the_identification_are_for_a_person_to_decide() -> None:
    both = [examples.contact("k-1", stored="1032456789"), examples.contact("k-2", stored="1032456789")]
    assert match(*both) == Ambiguous(candidates=(ContactId("k-1"), ContactId("k-2")))


def test_of_two_contacts_with_the_identification_one_bound_to_another_does_not_count() -> None:
    both = [examples.contact("k-1", stored="1032456789"), examples.contact("k-2", stored="1032456789")]
    assert match(*both, held_by_others={ContactId("k-1"): "900"}) == found("k-2", "identification")


@pytest.mark.parametrize("names", [NAMED, {}, {"company_name": "Julián Restrepo Mora y cía"}])
def test_an_email_with_agreeing_or_no_name_is_the_customer_and_gets_the_identification(
    names: dict[str, str],
) -> None:
    contact = examples.contact(emails=("otro@correo.example", " JULIAN@correo.example"), **names)
    assert match(contact) == found("k-1", "email", fill=True)


def test_a_name_alone_is_nobody() -> None:
    alike = examples.contact(phones=("no es un número",), emails=("otro@correo.example",), **NAMED)
    assert match(alike) == Missing(send_email=True, send_phone=True)
    without = examples.person(contacts=(), phones=())
    assert match(alike, customer=without) == Missing(send_email=False, send_phone=False)


def test_an_email_of_another_name_is_not_sent_and_merges_nobody() -> None:
    assert match(examples.contact(emails=(EMAIL,), **STRANGER)) == Missing(send_email=False, send_phone=True)


def test_an_email_of_another_identification_is_not_sent_even_under_the_same_name() -> None:
    contact = examples.contact(stored="900123456", emails=(EMAIL,), phones=(PHONE,), **NAMED)
    assert match(contact) == Missing(send_email=False, send_phone=False)


def test_two_contacts_with_the_email_and_the_name_are_for_a_person_to_decide() -> None:
    both = [examples.contact(name, emails=(EMAIL,), **NAMED) for name in ("k-1", "k-2")]
    assert match(*both) == Ambiguous(candidates=(ContactId("k-1"), ContactId("k-2")))


def test_a_phone_needs_the_name_and_never_fills_the_identification() -> None:
    assert match(examples.contact(phones=("300 456 7812",), **NAMED)) == found("k-1", "phone")


@pytest.mark.parametrize("names", [{}, STRANGER])
def test_a_phone_without_the_name_is_not_sent_and_merges_nobody(names: dict[str, str]) -> None:
    assert match(examples.contact(phones=(PHONE,), **names)) == Missing(send_email=True, send_phone=False)


def test_a_phone_of_another_identification_merges_nobody() -> None:
    contact = examples.contact(stored="900123456", phones=(PHONE,), **NAMED)
    assert match(contact) == Missing(send_email=True, send_phone=False)


@pytest.mark.parametrize(
    ("stored", "own"),
    [("1032456789", True), ("C.C. 1.032.456.789", True), ("900123456", False), ("", None), (" - ", None)],
)
def test_a_contact_seen_again_holds_the_customers_identification_another_or_none(
    stored: str, own: bool | None
) -> None:
    contact = examples.contact(stored=stored)
    assert matching.holds_identification(examples.person(), contact, field=examples.FIELD) is own


def test_the_commercial_name_is_a_name_too() -> None:
    customer = examples.company(commercial_name="La Ceiba Café", contacts=(ContactPerson(email=EMAIL),))
    contact = examples.contact(emails=(EMAIL,), company_name="LA CEIBA CAFE")
    assert match(contact, customer=customer) == found("k-1", "email", fill=True)


def test_a_contact_bound_to_another_is_never_taken_and_keeps_its_email_and_phone() -> None:
    contact = examples.contact(emails=(EMAIL,), phones=(PHONE,), **NAMED)
    assert match(contact, held_by_others={contact.id: "900"}) == Missing(send_email=False, send_phone=False)


@given(
    st.lists(
        st.builds(
            examples.contact,
            st.sampled_from(["k-1", "k-2", "k-3"]),
            stored=st.sampled_from(["", "1032456789", "900123456", "N/A"]),
            emails=st.sampled_from([(), (EMAIL,), ("otro@correo.example",)]),
            phones=st.sampled_from([(), (PHONE,), ("6013456789",)]),
            first_name=st.sampled_from(["", "Julián", "Contadores"]),
            last_name=st.sampled_from(["", "Restrepo Mora"]),
        ),
        max_size=3,
        unique_by=lambda contact: contact.id,
    ),
    st.sets(st.sampled_from(["k-1", "k-2", "k-3"])),
)
def test_nobody_elses_contact_is_taken_and_nothing_of_theirs_is_sent(
    candidates: list[Contact], held: set[str]
) -> None:
    others = {ContactId(name): "900" for name in held}
    own = identity.customer_keys(id_type="13", identification="1032456789")
    outcome = match(*candidates, held_by_others=others)
    taken: set[str] = set()
    if isinstance(outcome, Found):
        taken = {outcome.contact_id}
    elif isinstance(outcome, Ambiguous):
        taken = set(outcome.candidates)
    assert not taken & held
    for contact in candidates:
        stored = identity.stored_keys(str(contact.custom.get(examples.FIELD, "")))
        if contact.id in taken:
            assert not stored or stored & own
        if isinstance(outcome, Missing):
            assert not (outcome.send_email and EMAIL in contact.emails)
            assert not (outcome.send_phone and PHONE in contact.phones)
