"""One record that a system has no answer for, while it answers about others: no reason to end a run."""

from __future__ import annotations

import structlog

from siigo_escala.rest.errors import RemoteError, TryLater
from siigo_escala.sync.session import Session

_MOST = 3
"""So many records a run: each has cost the whole patience already."""
log = structlog.get_logger()


def is_lone(session: Session, problem: object) -> bool:
    """Whether it is one record alone that fails: asked for something small at once, the system is there.

    A 500 may be for ever for one record (docs/reference/escala-api.md, 2.3); without this no run would
    come to what lies behind it.
    """
    if not isinstance(problem, TryLater) or problem.retry_after_s is not None:
        return False
    if session.lone_failures >= _MOST:
        return False
    session.lone_failures += 1
    try:
        if problem.system == "siigo":
            session.siigo.users()
        else:
            session.escala.pipelines()
    except RemoteError:
        return False
    log.warning("one record without an answer", run=session.run_id, status=problem.status)
    return True
