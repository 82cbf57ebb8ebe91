"""A killed run of this direction is told with the invoices it made."""

from __future__ import annotations

from siigo_escala.store.models import Run
from siigo_escala.sync import killed
from tests.sync.two.scene import Scene, counts


def test_what_a_killed_run_invoiced_is_counted_from_the_history(scene: Scene) -> None:
    scene.deal(scene.ready())
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    run = Run.objects.latest("pk")
    whole = dict(run.document)
    # As the row stands where a run is killed: with the document of one that had reached nothing.
    run.document = whole | {"opportunities": dict.fromkeys(whole["opportunities"], 0), "finished": None}
    run.exit_code, run.finished = None, None
    run.save()
    told = killed.document_of(run)
    assert {key: count for key, count in told["opportunities"].items() if count} == {"read": 1, "created": 1}
    assert told["value"]["created"] == whole["value"]["created"]
    assert killed.document_of(run, going=True) == run.document
