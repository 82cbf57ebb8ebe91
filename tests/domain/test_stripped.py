"""Records of an erased person: nothing tells who it was, and what keeps from doubling stays."""

from __future__ import annotations

from datetime import UTC, datetime

from siigo_escala.domain import stripped
from siigo_escala.domain.crm import Contact, ContactId, Place

NOW = datetime(2026, 8, 27, tzinfo=UTC)


def test_an_invoice_keeps_its_number_and_the_mark_of_the_deal_it_was_born_of() -> None:
    record = {
        "id": "i1",
        "name": "FV-2-104",
        "total": "170000.00",
        "customer_identification": "43720123",
        "observations": "para María Pérez [escala:d7:1] urgente [escala:d7:2]",
    }
    assert stripped.invoice(record) == {
        "id": "i1",
        "name": "FV-2-104",
        "total": "170000.00",
        "observations": "[escala:d7:1][escala:d7:2]",
    }
    assert stripped.invoice({"id": "i1", "observations": "para María"}) == {"id": "i1"}
    assert stripped.invoice({"id": "i1"}) == {"id": "i1"}
    assert record["observations"].startswith("para"), "the record itself is somebody else's"


def test_of_a_contact_ids_and_moments_are_left_and_its_fields_belong_to_nobody() -> None:
    found = Contact(
        id=ContactId("c1"),
        first_name="María",
        last_name="Pérez",
        company_name="Pérez SAS",
        emails=("maria@acme.example",),
        phones=("+573001112233",),
        owner="u1",
        custom={"cf_cedula": "43720123", "cf_note": "prefiere la tarde"},
        created=NOW,
        modified=NOW,
        modified_text="2026-08-27T00:00:00Z",
        place=Place(address="Calle 1"),
    )
    assert stripped.contact(found, ["cf_cedula"]) == Contact(
        id=ContactId("c1"),
        owner="u1",
        custom={"cf_cedula": stripped.NOBODY},
        created=NOW,
        modified=NOW,
        modified_text="2026-08-27T00:00:00Z",
    )


def test_of_a_deals_name_the_invoice_and_our_marks_are_left() -> None:
    hidden = {"43720123"}
    name = "FV-2-104 María Pérez 43720123 [NORTE]"
    left = stripped.deal_name(name, ["NORTE", "SUR", ""], hidden=lambda word: word in hidden)
    assert left.split()[-1] == "[NORTE]"
    assert "FV-2-104" in left.split()
    assert not {"43720123", "MARÍA", "María", "MARIA", "[SUR]", "[]"} & set(left.split())
    assert stripped.deal_name("María", [], hidden=lambda _: False) == ""


def test_an_event_keeps_ids_and_amounts_alone() -> None:
    data = {
        "deal": "d1", "contact": "c1", "evidence": "name", "candidates": ["d2"], "value": "1", "before": "2",
        "credited": "3", "digest": "x", "customer": "María", "why": "43720123",
    }  # fmt: skip
    kept = stripped.event(data)
    assert kept == {key: value for key, value in data.items() if key not in ("customer", "why", "digest")}


def test_what_fills_a_reasons_sentence_keeps_no_identification_and_no_words_of_the_two_systems() -> None:
    data = {
        "customer": "43720123", "customers": ["43720123"], "answer": "María ya existe", "message": "de María",
        "why": "la cédula 43720123", "credited": "300.00", "candidates": ["d2"], "field": "total",
    }  # fmt: skip
    assert stripped.told(data) == {"credited": "300.00", "candidates": ["d2"], "field": "total"}
