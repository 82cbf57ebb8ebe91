"""What people know of each trouble, in the table `alert`: read, and changed by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from siigo_escala.engine import alert_state
from siigo_escala.engine.alert_state import Told
from siigo_escala.store.models import Alert, Connection


def read(alert: Alert) -> Told:
    """A trouble as its row keeps it."""
    return alert_state.of_row(
        since=alert.since, told_at=alert.told_at, tries=alert.tries, detail=alert.detail
    )


def of(connection: Connection) -> dict[str, Told]:
    """The troubles of a connection by kind."""
    return {alert.kind: read(alert) for alert in Alert.objects.filter(connection=connection)}


def change(connection: Connection, kind: str, decide: Callable[[Told | None], Told | None]) -> Told | None:
    """Changes a row as it stands at this moment, and as nobody else changes it meanwhile; what it is then."""
    with transaction.atomic():
        # A row that is not there cannot be locked: its connection can. SQLite lets one writer in at a time.
        locked = Connection.objects.select_for_update(no_key=True).filter(pk=connection.pk)
        if locked.values_list("pk", flat=True).first() is None:
            return None
        rows = Alert.objects.filter(connection=connection, kind=kind)
        alert = rows.first()
        before = read(alert) if alert is not None else None
        after = decide(before)
        if after is None:
            rows.delete()
        elif after != before:
            columns = alert_state.to_row(after)
            Alert.objects.update_or_create(connection=connection, kind=kind, defaults=columns)
        return after
