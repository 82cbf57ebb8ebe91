"""What a run leaves in the row of its connection: access refused, access regained, its last success."""

from __future__ import annotations

from typing import Any

from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.store import models
from siigo_escala.sync import access
from siigo_escala.sync.account import Problem
from siigo_escala.sync.brake import Braked
from siigo_escala.sync.session import Session


def succeeded(session: Session) -> None:
    """Credentials work; the last success is that of a run that took on everything new, not a part of it."""
    news: dict[str, Any] = {"refusals": 0}
    limited = session.options.limit is not None and any(
        problem.code == Code.NOT_REACHED for problem in session.tally.problems
    )
    if not session.options.widened and not limited:
        news["last_success"] = session.now()
    models.Connection.objects.filter(pk=session.connection.pk).update(**news)


def probe(session: Session) -> None:
    """One call after the brake has rested: where it is refused, the connection rests on."""
    try:
        session.siigo.users()
    except RemoteError as problem:
        raise Braked(problem.message, system="siigo", status=problem.status, raw=problem.raw) from problem
    access.lift(session.connection)


def refused(session: Session, problem: AccessDenied) -> None:
    """Credentials were refused: told, counted, and the second time in a row the connection is paused."""
    session.tally.notes.insert(
        0,
        Problem(
            invoice=None,
            code=access.code_of(problem),
            message=problem.message,
            noun="opportunity" if session.invoicing else "invoice",
        ),
    )
    if session.dry:
        return
    access.refused(session.connection, problem, now=session.now())
