"""The heartbeat: an address somebody else watches, called after each success.

When everything here is dead it is called no more, and who watches it tells people: no alert of ours could.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from siigo_escala.engine import addresses
from siigo_escala.store.models import Connection

_WORKED = (0, 1)

log = structlog.get_logger()


def after_run(
    connection: Connection, document: Mapping[str, Any], exit_code: int, *, aside: bool = True
) -> None:
    """Calls the heartbeat of a connection, as it stands after a run, where that run was a whole success.

    `aside`: beside the caller, who has no time to wait for somebody else's server.
    """
    url = connection.file.get("alerts", {}).get("heartbeat_url", "")
    if not url or exit_code not in _WORKED or not _is_whole(connection, document):
        return
    if aside:
        threading.Thread(
            target=call, args=(url,), kwargs={"connection": connection.name}, daemon=True, name="heartbeat"
        ).start()
    else:
        call(url, connection=connection.name)


def call(url: str, *, connection: str) -> bool:
    """Calls the address once; whether it answered well. A failure is logged and nothing else."""
    # Most companies have none, and every `sync` by hand would wait for what this needs.
    from siigo_escala.rest import ping  # noqa: PLC0415 - see above

    answered = ping.ping(url)
    if answered.ok:
        return True
    # The path of such an address is its secret.
    log.warning(
        "heartbeat failed", connection=connection, address=addresses.shown_web(url), cause=answered.why
    )
    return False


def _is_whole(connection: Connection, document: Mapping[str, Any]) -> bool:
    """Whether the run read everything new: one of a few dates or invoices is no sign that all goes well."""
    started, last = document.get("started"), connection.last_success
    return bool(started) and last is not None and last >= datetime.fromisoformat(str(started))
