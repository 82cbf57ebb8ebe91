"""What both accounts hold, shown to whoever connects them."""

from __future__ import annotations

from siigo_escala.sync import introduction


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
