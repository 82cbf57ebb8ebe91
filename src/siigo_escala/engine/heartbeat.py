"""The heartbeat: an address somebody else watches, called after each success.

When everything here is dead it is called no more, and who watches it tells people: no alert of ours could.
"""

from __future__ import annotations

import threading

import structlog

from siigo_escala.engine import addresses
from siigo_escala.rest import ping

log = structlog.get_logger()


def call(url: str, *, connection: str) -> bool:
    """Calls the address once; whether it answered well. A failure is logged and nothing else."""
    answered = ping.ping(url)
    if answered.ok:
        return True
    # The path of such an address is its secret.
    log.warning(
        "heartbeat failed", connection=connection, address=addresses.shown_web(url), cause=answered.why
    )
    return False


def call_aside(url: str, *, connection: str) -> None:
    """The same beside the caller, who has no time to wait for somebody else's server. "": nothing."""
    if url:
        threading.Thread(
            target=call, args=(url,), kwargs={"connection": connection}, daemon=True, name="heartbeat"
        ).start()
