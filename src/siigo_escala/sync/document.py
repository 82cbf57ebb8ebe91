"""What `sync --json` prints of a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from siigo_escala.sync.session import Session


def of(
    session: Session,
    finished: datetime,
    *,
    plan: dict[str, Any] | None,
    sweep_done: bool,
    sweep_calls: int,
) -> dict[str, Any]:
    """The document of a run as it stands when it ended, whatever ended it."""
    options, tally = session.options, session.tally
    done = plan or {
        "calls": session.calls.to_json(),
        "seconds": round((finished - session.started).total_seconds()),
    }
    return {
        "schema": 1,
        "run": session.run.pk if session.run is not None else None,
        "connection": session.connection.name,
        "direction": session.file.direction,
        "dry_run": session.dry,
        "from": options.date_from.isoformat() if options.date_from else None,
        "to": options.date_to.isoformat() if options.date_to else None,
        "started": _instant(session.started),
        "finished": _instant(finished),
        "opportunities" if session.invoicing else "invoices": tally.counts(),
        "value": tally.values(),
        "customers" if session.invoicing else "contacts": {
            "created": tally.contacts_created,
            "matched": tally.contacts_matched,
        },
        "products": {
            "attached": tally.products_attached,
            "missing": tally.products_missing,
            "registered": tally.products_registered,
        },
        "calls": session.calls.to_json(),
        "plan": done,
        "sweep": {"done": sweep_done, "calls": sweep_calls},
        "problems": [problem.to_json() for problem in tally.problems],
    }


def counts(document: Mapping[str, Any]) -> dict[str, int]:
    """The seven counts of a run's document, whatever its direction; none where it has none."""
    found: dict[str, int] = document.get("invoices") or document.get("opportunities") or {}
    return found


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
