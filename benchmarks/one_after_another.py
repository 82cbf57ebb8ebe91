"""The floor: the very calls of a run, made again one after another over one connection a system."""

from __future__ import annotations

import time
from collections import Counter

import httpx2

from benchmarks.systems import System, Systems


def replay(systems: Systems) -> tuple[float, Counter[int]]:
    """Seconds for the calls that both logs hold, and the answers by status.

    Escala then takes a contact that it has already, so that every POST is answered as the first time.
    """
    recorded: list[tuple[System, dict[str, object]]] = [
        (system, call) for system in ("siigo", "escala") for call in systems.calls(system)
    ]
    systems.control("escala", "PUT", "switches", {"duplicate_contact": "allow"})
    statuses: Counter[int] = Counter()
    with httpx2.Client(timeout=60) as siigo, httpx2.Client(timeout=60) as escala:
        escala.headers["x-api-key"] = "llave-de-ejemplo"
        siigo.headers["Partner-Id"] = "SiigoEscala"
        key = {"username": "api@empresa.example", "access_key": "clave-de-ejemplo"}
        token = siigo.post(f"{systems.siigo}/auth", json=key).json()["access_token"]
        siigo.headers["Authorization"] = f"Bearer {token}"
        began = time.monotonic()
        for system, call in recorded:
            client, base = (siigo, systems.siigo) if system == "siigo" else (escala, systems.escala)
            answer = client.request(
                str(call["method"]),
                f"{base}{call['path']}",
                params=call["query"],  # type: ignore[arg-type]  # texts by name, as the log keeps them
                content=str(call["body"] or "").encode(),
                headers={"Content-Type": "application/json"},
            )
            statuses[answer.status_code] += 1
        return time.monotonic() - began, statuses
