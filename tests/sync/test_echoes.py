"""What is kept of a record that was made and whose answer did not show it."""

from __future__ import annotations

import pytest

from siigo_escala.domain.crm import ContactDraft, ContactId
from siigo_escala.sync import echoes


@pytest.mark.parametrize(
    ("email", "phone", "emails", "phones"),
    [
        ("ana@roble.example", "3104567890", ("ana@roble.example",), ("3104567890",)),
        ("no", "", (), ()),
        ("", "3104567890", (), ("3104567890",)),
    ],
)
def test_a_contact_is_known_by_what_was_sent_of_it(
    email: str, phone: str, emails: tuple[str, ...], phones: tuple[str, ...]
) -> None:
    draft = ContactDraft(first_name="Ana", email=email, phone=phone)
    kept = echoes.contact(ContactId("c-1"), draft)
    assert (kept.id, kept.first_name, kept.emails, kept.phones) == ("c-1", "Ana", emails, phones)
