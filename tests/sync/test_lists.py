"""Lists that people choose from, before and after somebody has asked for them."""

from __future__ import annotations

import pytest

from siigo_escala.store.models import Connection
from siigo_escala.sync import lists, opening
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_list_that_nobody_asked_for_is_told_from_one_that_is_empty(world: World) -> None:
    connection = world.connect()
    account, company = connection.escala, connection.siigo
    account.seen_fields, account.contacts_read_at = [], None
    assert lists.never_told(connection) is True
    account.contacts_read_at = world.now()
    assert lists.never_told(connection) is False, "read, and no contact has a field"
    account.contacts_read_at, account.seen_fields = None, ["cf_contact_x"]
    assert lists.never_told(connection) is False
    assert lists.never_told(connection, selling=True) is True
    halves: list[dict[str, object]] = [{"payment_types": [{"id": 1}]}, {"cost_centers": []}]
    for half in halves:
        company.selling = half
        assert lists.never_told(connection, selling=True) is True
    company.selling = {"payment_types": [{"id": 1}], "cost_centers": []}
    assert lists.never_told(connection, selling=True) is False
    for name in ("document_types", "sellers"):
        kept = getattr(company, name)
        setattr(company, name, [])
        assert lists.never_told(connection) is True
        setattr(company, name, kept)
    account.pipelines = []
    assert lists.never_told(connection) is True


def test_fields_of_contacts_count_where_somebody_has_filled_them(world: World) -> None:
    world.connect()
    world.escala.create_contact(
        first_name="Ana",
        custom={"cf_contact_uno_abcd_text": " ", "cf_contact_dos_abcd_text": "5", "otro": "x"},
    )
    opened = opening.open_connection(world.environment, "acme")
    assert lists.ask(world.environment, opened.connection, opened.vault, now=world.now) == []
    assert Connection.objects.get().escala.seen_fields == ["cf_contact_dos_abcd_text"]
