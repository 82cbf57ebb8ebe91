"""Refused access: which code it is, when the connection pauses, and what lifts the pause."""

from __future__ import annotations

from datetime import datetime, timedelta

from siigo_escala.domain import braking
from siigo_escala.domain.braking import Standing
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied
from siigo_escala.store import counting
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection
from siigo_escala.sync.brake import Braked

_REFUSALS = 2


def code_of(problem: AccessDenied) -> Code:
    """Braked by ourselves, blocked by Siigo, or refused credentials: told apart."""
    if isinstance(problem, Braked):
        return Code.BRAKED
    return Code.USER_BLOCKED if problem.cause == "blocked" else Code.CREDENTIALS_REFUSED


def refused(connection: Connection, problem: AccessDenied, *, now: datetime) -> None:
    """Counts a refusal; the second in a row, or the brake, pauses the connection."""
    connection.refresh_from_db(fields=["refusals"])
    code = code_of(problem)
    connection.refusals += 1
    if connection.refusals >= _REFUSALS or code == Code.BRAKED:
        connection.paused, connection.paused_text, connection.paused_at = code.value, problem.message, now
    connection.save(update_fields=["refusals", "paused", "paused_text", "paused_at"])


def may_probe(connection: Connection, *, now: datetime) -> bool:
    """Whether a braked connection has rested for long enough to try one call by itself.

    A pause that began in the future was noted by a clock that was wrong: it has lasted for long enough.
    """
    if connection.paused != Code.BRAKED or connection.paused_at is None:
        return False
    rested = now - connection.paused_at
    return rested < timedelta(0) or rested >= braking.rest(standing(connection, now=now).room)


def standing(connection: Connection, *, now: datetime) -> Standing:
    """Where the connection's Siigo user stands with the brake."""
    return braking.standing(counting.stretches(counter_name(connection), now=now))


def reads_only(connection: Connection, *, now: datetime) -> bool:
    """Whether so many of the user's calls to Siigo were refused that nothing is written for now."""
    return braking.reads_only(counting.stretches(counter_name(connection), now=now))


def must_probe(connection: Connection, *, dry: bool, now: datetime) -> bool:
    """Whether a run has to begin with a probe; StoreProblem, with the pause's code, where it may not begin.

    A dry run lifts no pause, so it never probes.
    """
    if not connection.paused:
        return False
    if dry or not may_probe(connection, now=now):
        raise StoreProblem(connection.paused, connection.paused_text)
    return True


def begin_anew(connection: Connection) -> None:
    """Forgets the refusals that the brake counted, for a person acts; the pause stays."""
    counting.begin_anew(counter_name(connection))


def resume(connection: Connection) -> None:
    """Lifts every pause and begins the brake's count anew: a person acted."""
    begin_anew(connection)
    lift(connection)


def lift(connection: Connection) -> None:
    """Lifts every pause; the brake's count is as it is."""
    connection.paused, connection.paused_text, connection.paused_at, connection.refusals = "", "", None, 0
    connection.save(update_fields=["paused", "paused_text", "paused_at", "refusals"])


def first_limit(siigo_username: str) -> str:
    """The limiter of a Siigo user whose company is not known yet."""
    return f"siigo:new:{siigo_username}"[:250]


def counter_name(connection: Connection) -> str:
    """The brake counts per Siigo user."""
    return f"siigo:{connection.siigo_id}:{connection.siigo_username}"[:250]
