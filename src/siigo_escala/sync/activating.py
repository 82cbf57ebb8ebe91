"""When a stage begins to make invoices: what stood in it before is told from what arrives after.

Escala tells when a deal was modified in whole seconds. So the activation is the next whole second, and
`connect` ends when it has come: no moment lies in both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from siigo_escala.domain.directions import BACK
from siigo_escala.store.models import Connection


def note(connection: Connection, *, now: datetime) -> datetime | None:
    """Notes on the connection what its stage means from now on; the moment, where it begins to make invoices.

    Another stage, or the same one after a time in the other direction, begins anew.
    """
    stage = connection.stage_id if connection.direction == BACK else ""
    if connection.activated_for == stage:
        return None
    connection.activated_for = stage
    connection.activated_at = now.replace(microsecond=0) + timedelta(seconds=1) if stage else None
    return connection.activated_at


def pass_second(
    activation: datetime | None, *, now: Callable[[], datetime], wait: Callable[[float], None]
) -> None:
    """Waits until the moment has come: for less than a second."""
    if activation is not None:
        wait(max((activation - now()).total_seconds(), 0.0))
