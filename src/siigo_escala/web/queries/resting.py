"""Who paused a company, when and why: the audit knows, so nothing of it is stored twice."""

from __future__ import annotations

from siigo_escala.store.models import AuditEntry, Connection, audit
from siigo_escala.web.told import Resting


def of(company: Connection) -> Resting | None:
    """The last switching off; None where nobody did it here, or the last word was to switch it on."""
    last = (
        AuditEntry.objects.filter(connection=company, action__in=(audit.OFF, audit.ON))
        .order_by("-pk")
        .first()
    )
    if last is None or last.action != audit.OFF:
        return None
    return Resting(since=last.at, who=last.who, why=str(last.after.get("motivo", "")))
