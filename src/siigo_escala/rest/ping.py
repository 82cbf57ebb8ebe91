"""One call to an address that only wants to be called: no credentials, no redirect, nothing repeated.

Beside `transport` the only importer of the HTTP library: such an address is no system of ours, has no limit
and no quirks, and may stand on plain http in somebody's own network.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from siigo_escala.rest import connections

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Whether the address answered well, and why not: Spanish, without the address."""

    ok: bool
    why: str = ""


def ping(url: str, *, timeout_s: float = TIMEOUT_S) -> Answered:
    """Calls an address (GET); any 2xx is well. Its answer is not read. Never raises."""
    try:
        with (
            httpx2.Client(verify=connections.trusted(), follow_redirects=False, timeout=timeout_s) as client,
            client.stream("GET", url, headers={"User-Agent": "siigo-escala"}) as response,
        ):
            if response.is_success:
                return Answered(ok=True)
            return Answered(ok=False, why=f"respondió {response.status_code}")
    except httpx2.TimeoutException:
        return Answered(ok=False, why="no respondió a tiempo")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError):
        return Answered(ok=False, why="no hubo conexión")
