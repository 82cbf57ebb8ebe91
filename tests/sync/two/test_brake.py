"""A Siigo user whose calls fail too often makes no invoices for now; it still reads."""

from __future__ import annotations

from siigo_escala.store import counting
from siigo_escala.store.models import Connection
from siigo_escala.sync import access
from tests.sync.two.scene import Scene, codes, counts


def test_nothing_is_written_once_three_of_ten_calls_were_refused(scene: Scene) -> None:
    scene.deal(scene.ready())
    connection = Connection.objects.get()
    name = access.counter_name(connection)
    counting.add(name, calls=30, refused=15, now=scene.world.now())
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "failed": 1}, ["NOT_REACHED", "WRITES_RESTED"])
    assert scene.invoices() == []
    access.resume(connection)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
