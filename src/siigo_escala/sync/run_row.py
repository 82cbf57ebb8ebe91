"""The row of a run: what is left of it when it has ended, however it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError

from siigo_escala.domain.reasons import Code
from siigo_escala.store import lease as leases
from siigo_escala.store import models
from siigo_escala.sync import document, killed
from siigo_escala.sync.session import Session

_OUT_OF_REACH = (("siigo", Code.SIIGO_UNREACHABLE), ("escala", Code.ESCALA_UNREACHABLE))
log = structlog.get_logger()


def begin(session: Session) -> None:
    """The row of a run that begins. Killed, it keeps the document of a run that had reached nothing."""
    killed.keep_last(session.connection)
    session.run = models.Run.objects.create(
        connection=session.connection,
        kind=session.options.kind,
        asked=session.options.to_json() | {"by": session.options.by},
        started=session.started,
    )
    begun = document.of(session, session.started, plan=None, sweep_done=False, sweep_calls=0)
    kept = {key: value for key, value in begun.items() if key != "problems"} | {"finished": None}
    models.Run.objects.filter(pk=session.run_id).update(document=kept)
    log.info("run started", connection=session.connection.name, run=session.run_id)


def under_way(connection: models.Connection) -> models.Run | None:
    """The run that goes on at this moment, in whatever process; None where the last one ended or died.

    The row alone cannot tell: a killed run leaves it open. The lease can.
    """
    last = models.Run.objects.filter(connection=connection).order_by("-pk").first()
    if last is None or last.exit_code is not None or not leases.is_held(connection):
        return None
    return last


def keep(session: Session, printed: dict[str, Any], *, finished: datetime, exit_code: int) -> None:
    """What outlives the run; a store that takes nothing any more does not hide how the run ended."""
    kept = {key: value for key, value in printed.items() if key != "problems"}
    codes = {problem["code"] for problem in printed["problems"]}
    for system, code in _OUT_OF_REACH:
        if code in codes:
            kept["unreachable"] = system
    log.info(
        "run ended",
        exit_code=exit_code,
        counts=document.counts(printed),
        calls=printed["calls"],
    )
    try:
        session.keep_learned()
        models.Run.objects.filter(pk=session.run_id).update(
            document=kept, finished=finished, exit_code=exit_code, progress={}
        )
        session.keep_calls()
    except DatabaseError as problem:
        log.error("run not kept", run=session.run_id, exc_info=problem)
