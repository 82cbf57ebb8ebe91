"""What both accounts hold, shown to whoever connects them."""

from __future__ import annotations

from collections import Counter

from siigo_escala.sync import introduction


def test_what_was_seen_is_kept_with_the_most_frequent_first() -> None:
    found = introduction.Found(
        contacts=3,
        deals=2,
        more_deals=True,
        owners=Counter({"ana@empresa.example": 1, "luis@empresa.example": 2}),
        holding=Counter({"cf_a": 1, "cf_b": 3}),
        numbers=Counter({"cf_b": 2}),
    )
    assert found.to_json() == {
        "contacts": 3,
        "deals": 2,
        "more_contacts": False,
        "more_deals": True,
        "owners": ["luis@empresa.example", "ana@empresa.example"],
        "fields": [{"key": "cf_b", "count": 3, "numbers": 2}, {"key": "cf_a", "count": 1, "numbers": 0}],
    }


def test_fields_of_contacts_are_shown_with_the_likeliest_for_the_identification_first() -> None:
    kept = [
        {"key": "cf_contact_ciudad_abcd_text", "count": 9, "numbers": 0},
        {"key": "cf_contact_cedula_abcd_text", "count": 5, "numbers": 5},
    ]
    shown = introduction.fields_seen(kept)
    assert [(one.name, one.kind, one.count, one.numbers) for one in shown] == [
        ("Cedula", "text", 5, 5),
        ("Ciudad", "text", 9, 0),
    ]
