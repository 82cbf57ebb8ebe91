"""A dry run by rules that are not saved yet: what the next run would make, and what would need a person.

Both systems are asked and nothing is written; the index of Escala is as fresh afterwards as after a run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.sync import activating, preview, run
from siigo_escala.sync.opening import Opened
from siigo_escala.sync.session import Listener, Options, Progress


def rehearse(
    opened: Opened,
    after: ConnectionFile,
    *,
    place: tuple[str, str],
    now: Callable[[], datetime],
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """What a run would do if this file were stored. `place`: the ids of its pipeline and stage.

    `ended`: the exit code of the dry run, 3 or 4 where what is told is not the whole.
    """
    connection = opened.connection
    connection.direction = after.direction
    connection.pipeline_id, connection.stage_id = place
    activating.note(connection, now=now())
    result = run.run(
        replace(opened, file=after, supposed=True),
        Options(dry_run=True),
        Listener(progress=progress),
        now=now,
    )
    document = result.document
    return {
        "counts": document.get("opportunities") or document["invoices"],
        "value": document["value"],
        "plan": document["plan"],
        "ended": result.exit_code,
        "left_out": result.left_out,
        "problems": preview.problems(document["problems"]),
    }
