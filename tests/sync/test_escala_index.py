"""The index of what stands in Escala: what it finds, and what it has lost meanwhile."""

from __future__ import annotations

import pytest

from siigo_escala.domain.crm import Contact, ContactId
from siigo_escala.store import models
from siigo_escala.sync import escala_index
from tests.sync.world import FIELD, World, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_contact_is_found_by_every_email_phone_and_identification_it_has(database: str) -> None:
    contact = Contact(
        id=ContactId("c1"),
        emails=("Ana@Empresa.example ", "no es un correo"),
        phones=("310 555 12 34", "x"),
        custom={FIELD: "900.123.456-8", "cf_contact_otro": "5", "cf_contact_vacio": ""},
    )
    keys = escala_index.keys_of(contact, [FIELD, "cf_contact_vacio", "cf_contact_falta"])
    assert {key for key in keys if key.startswith("email:")} == {"email:ana@empresa.example"}
    assert len({key for key in keys if key.startswith("phone:")}) == 1
    assert "id:900123456" in keys
    assert not any(key.endswith(":5") for key in keys), (
        "a field that no connection names is no identification"
    )


def test_a_word_or_key_whose_record_another_run_dropped_meanwhile_finds_nothing(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    account = models.EscalaAccount.objects.get()
    models.DealWord.objects.create(escala=account, word=invoice["name"], deal_id="perdida")
    models.ContactKey.objects.create(escala=account, key="id:900100200", contact_id="perdido")
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.deal_of(invoice["name"])
