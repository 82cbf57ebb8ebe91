"""What of Escala is read anew, and what of it whole."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.sync import look
from tests.sync import inside
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_contacts_alone_are_read_whole_where_another_field_keeps_the_identification(world: World) -> None:
    """What stands in it was not looked at before; of deals, changes are enough."""
    world.escala.create_deal(name="De antes", contact_id=world.escala.create_contact(first_name="Antes"))
    world.pass_time(minutes=5)
    world.invoices(1)
    connection = world.connect()
    world.sync()
    world.pass_time(minutes=10)
    connection.file["opportunities"]["identification_field"] = "cf_contact_nit_abcd_text"
    connection.save(update_fields=["file"])
    with inside.session(world) as session:
        look.ensure(session)
        assert session.view is not None
        assert session.view.deals is not None
        assert session.view.contacts is not None
        assert session.view.deals.since is not None
        assert session.view.contacts.since is None
    world.pass_time(minutes=10)
    with inside.session(world) as session:
        look.ensure(session)
        assert session.view is not None
        assert session.view.contacts is not None
        assert session.view.contacts.since is not None
        assert session.now() - session.view.contacts.since < timedelta(hours=1)
