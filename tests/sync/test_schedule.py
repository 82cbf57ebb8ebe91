"""The schedule on and off, beside whatever else a person saves."""

from __future__ import annotations

import pytest

from siigo_escala.store import models
from siigo_escala.sync import schedule
from tests.sync.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def test_rules_saved_since_the_connection_was_read_stay(world: World) -> None:
    read_before = world.connect()
    saved = models.Connection.objects.get()
    saved.file = {**saved.file, "alerts": {"email": ["ana@empresa.example"]}}
    saved.save(update_fields=["file"])
    switched = schedule.switch(read_before, on=False, who="ana", now=world.now())
    stored = models.Connection.objects.get()
    assert stored.file == {**saved.file, "enabled": False} == switched.file
    assert not stored.enabled
