"""What goes wrong during one run: lies on every route, deaths, late writes, clocks, other runs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SIIGO = (
    ("POST", "/auth"), ("GET", "/v1/invoices"), ("GET", "/v1/invoices/[^/]+"), ("GET", "/v1/customers"),
    ("GET", "/v1/customers/[^/]+"), ("GET", "/v1/credit-notes"), ("GET", "/v1/users"),
)  # fmt: skip
ESCALA = (
    ("GET", "/crm/pipelines"), ("GET", "/crm/deals/scroll"), ("GET", "/crm/contacts/scroll"),
    ("GET", "/pms/products"), ("GET", "/crm/deals/[^/]+"), ("GET", "/crm/contacts/[^/]+"),
    ("PUT", "/crm/deals/[^/]+"), ("PUT", "/crm/contacts/[^/]+"), ("POST", "/crm/contacts"),
    ("POST", "/crm/deals"), ("POST", "/crm/deals"), ("POST", "/crm/contacts"), ("POST", "/pms/products"),
)  # fmt: skip
READ_LIES: Sequence[Mapping[str, Any]] = (
    {"kind": "refuse", "status": 500}, {"kind": "refuse", "status": 503}, {"kind": "refuse", "status": 408},
    {"kind": "drop"}, {"kind": "cut"}, {"kind": "html"}, {"kind": "empty"}, {"kind": "429_header"},
    {"kind": "429_message"}, {"kind": "store_then_status", "status": 504}, {"kind": "bad_encoding"},
    {"kind": "refuse", "status": 302},
)  # fmt: skip
WRITE_LIES: Sequence[Mapping[str, Any]] = (
    {"kind": "store_then_status", "status": 500}, {"kind": "store_then_status", "status": 504},
    {"kind": "store_then_lost"}, {"kind": "cut"}, {"kind": "html", "stored": True}, {"kind": "html"},
    {"kind": "empty"}, {"kind": "drop"}, {"kind": "refuse", "status": 500}, {"kind": "refuse", "status": 408},
    {"kind": "refuse", "status": 409}, {"kind": "store_then_status", "status": 409},
    {"kind": "store_then_status", "status": 400}, {"kind": "store_then_status", "status": 302},
    {"kind": "429_header"}, {"kind": "429_message"}, {"kind": "bad_encoding"},
)  # fmt: skip
_CALLS = {"commit": 20, "escala": 14, "siigo": 6}
"""About so many there are in a run."""
_DOWN = 400
"""So often does a system that is down refuse: longer than a run's patience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run and what happens to it."""

    options: Mapping[str, Any]
    faults: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """System and fault."""
    death: tuple[str, int] | None = None
    """("commit", n), or (system, n) before the effect of its n-th call, or (system + " stored", n) after."""
    power_cut: bool = False
    disk_full: int = 0
    late: Sequence[tuple[int, float]] = ()
    """Which writes of Escala have no answer and their effect only so many seconds later."""
    overlap: int = 0
    """At which call of Escala another run, and a dry one, are started, or whatever `beside` says."""
    beside: str = "run"
    """"run", or "backup"."""
    stop: tuple[str, int] | None = None
    """At which call of a system somebody presses Ctrl-C, or the machine asks the run to end."""
    before: str = ""
    """What the keeper of the program does before: see keeper.py."""
    refused: str = ""
    """Who may not call during this run: "siigo", "blocked" (by Siigo), "escala"."""
    skew_s: float = 0.0
    """How far our clock is off."""
    gap_s: float = 0.0
    """How long after the run before."""

    def __str__(self) -> str:
        said = [", ".join(f"{key}={value}" for key, value in self.options.items()) or "plain"]
        said += [f"{system} {_fault(fault)}" for system, fault in self.faults]
        if self.death:
            said.append(f"dies at {self.death[0]} {self.death[1]}{' (power cut)' if self.power_cut else ''}")
        said += [f"write {number} late by {seconds} s" for number, seconds in self.late]
        named = ("disk_full", "overlap", "stop", "skew_s", "gap_s", "before", "refused")
        said += [f"{name}={value}" for name in named if (value := getattr(self, name))]
        said += [f"beside={self.beside}"] if self.overlap and self.beside != "run" else []
        return "; ".join(said)


def draw_day(dice: random.Random, *, last: bool) -> list[Attempt]:
    """What happens to the runs of one day, and what the keeper does between them.

    An older copy is brought back on the `last` day alone: what was made since is adopted, and what is adopted
    is not changed by later edits.
    """
    attempts = [draw(dice) for _ in range(dice.choice((1, 2, 2, 3, 4)))]
    for number, attempt in enumerate(attempts):
        if number and attempts[number - 1].refused and dice.random() < 0.6:
            attempts[number] = replace(attempt, refused=attempts[number - 1].refused)
        elif dice.random() < 0.1:
            attempts[number] = replace(attempt, before=dice.choice(("enable", "connect")))
    return _copied(dice, attempts) if last and len(attempts) > 1 and dice.random() < 0.5 else attempts


def brings_back(attempts: Sequence[Attempt]) -> bool:
    """Whether something that was forgotten comes back this day."""
    return any(attempt.before.startswith(("restore", "bring")) for attempt in attempts)


def _copied(dice: random.Random, attempts: list[Attempt]) -> list[Attempt]:
    """A copy is made before or during a run, and takes its place before a later one."""
    kept = dice.randrange(len(attempts) - 1)
    back = dice.randrange(kept + 1, len(attempts))
    made, used = dice.choice(
        (("backup", "restore"), ("backup", "restore without credentials"), ("copy", "bring back"))
    )
    if made == "backup" and dice.random() < 0.4:
        attempts[kept] = replace(attempts[kept], overlap=dice.randint(1, 6), beside="backup")
    else:
        attempts[kept] = replace(attempts[kept], before=made)
    attempts[back] = replace(attempts[back], before=used)
    return attempts


def draw(dice: random.Random) -> Attempt:
    """What happens to one run."""
    death: tuple[str, int] | None = None
    if dice.random() < 0.55:
        where = dice.choice(("commit", "commit", "escala", "escala stored", "escala stored", "siigo"))
        death = (where, dice.randint(1, _CALLS[where.partition(" ")[0]]))
    late = [(dice.randint(1, 4), dice.choice((2.0, 20.0, 45.0)))] if dice.random() < 0.25 else []
    lies = [_lie(dice) for _ in range(dice.choice((0, 1, 1, 2, 3, 5)))]
    if late:
        # What takes effect later has no answer: a refusal that is none would be a lie nobody tells.
        lies = [(system, lie) for system, lie in lies if lie["method"] != "POST" or system == "siigo"]
    return Attempt(
        options=_options(dice),
        faults=lies,
        death=death,
        power_cut=death is not None and dice.random() < 0.5,
        disk_full=dice.randint(1, 20) if dice.random() < 0.08 else 0,
        late=late,
        overlap=dice.randint(1, 12) if dice.random() < 0.15 else 0,
        stop=_stop(dice) if dice.random() < 0.1 else None,
        refused=dice.choice(("siigo", "blocked", "escala")) if dice.random() < 0.07 else "",
        skew_s=_skew(dice),
        gap_s=dice.choice((0.5, 5.0, 70.0, 1800.0, 4000.0)),
    )


def _options(dice: random.Random) -> dict[str, Any]:
    match dice.randrange(14):
        case 0:
            return {"kind": "retry"}
        case 1:
            return {"limit": dice.randint(1, 3)}
        case 2:
            return {"dry_run": True}
        case 3:
            return {"sweep": True}
        case 4:
            return {"days": dice.randint(0, 20)}
        case 5:
            return {"days": dice.randint(5, 20), "until": dice.randint(0, 4)}
        case 6:
            return {"named": dice.randrange(20)}
        case _:
            return {}


def _stop(dice: random.Random) -> tuple[str, int]:
    system = dice.choice(("siigo", "escala"))
    return system, dice.randint(1, _CALLS[system])


def _lie(dice: random.Random) -> tuple[str, dict[str, Any]]:
    system = dice.choice(("siigo", "escala", "escala"))
    method, path = dice.choice(SIIGO if system == "siigo" else ESCALA)
    writes = system == "escala" and method == "POST"
    fault = dict(dice.choice(WRITE_LIES if writes else READ_LIES))
    if path == "/crm/contacts" and fault.get("status") == 409:
        # Escala calls a contact a duplicate where there is one: else its word is believed, a person asked.
        fault["kind"] = "store_then_status"
    fault |= {"method": method, "path": path, "after": dice.choice((0, 0, 1, 2, 4))}
    fault["times"] = _DOWN if dice.random() < 0.06 else dice.choice((1, 1, 1, 2, 3))
    return system, fault


def _fault(fault: Mapping[str, Any]) -> str:
    more = "".join(f" {key}={fault[key]}" for key in ("status", "stored") if key in fault)
    how_often = f"{fault['times']} times after {fault['after']}"
    return f"{fault['method']} {fault['path']}: {fault['kind']}{more}, {how_often}"


def _skew(dice: random.Random) -> float:
    if dice.random() < 0.75:
        return 0.0
    return dice.choice((-90.0, 90.0, -1200.0, 1200.0, -7200.0, 7200.0, -400000.0, 400000.0))
