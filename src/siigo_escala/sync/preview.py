"""What a run would make, as a document for a screen: a dry run, its first rows and its reasons.

Not one write: no call that changes anything, no row of the ledger (sync/run.py, `Options.dry_run`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from siigo_escala.domain import money
from siigo_escala.sync import run
from siigo_escala.sync.opening import Opened
from siigo_escala.sync.session import Foreseen, Listener, Options, Progress

ROWS = 10
_LINKED = 50
_PROBLEMS = 20
"""Of each reason."""


@dataclass(slots=True, kw_only=True)
class _Seen:
    rows: list[dict[str, Any]] = field(default_factory=list)
    linked: list[dict[str, Any]] = field(default_factory=list)
    linked_count: int = 0

    def tell(self, one: Foreseen) -> None:
        if one.kind == "linked":
            self.linked_count += 1
        kept, most = (self.linked, _LINKED) if one.kind == "linked" else (self.rows, ROWS)
        if len(kept) < most:
            kept.append(_row(one))


def make(
    opened: Opened,
    *,
    date_from: date | None,
    date_to: date | None,
    invoices: tuple[str, ...] = (),
    opportunities: tuple[str, ...] = (),
    now: Callable[[], datetime],
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """The preview of a run over these dates, invoices or opportunities. Raises StoreProblem where it may not
    begin.

    `invoices`: the counts, of opportunities in the other direction (`back`); `contacts`: then of customers.
    `ended`: the exit code of the dry run, 3 or 4 where what is told is not the whole.
    """
    seen = _Seen()
    result = run.run(
        opened,
        Options(
            date_from=date_from,
            date_to=date_to,
            invoices=invoices,
            opportunities=opportunities,
            dry_run=True,
        ),
        Listener(progress=progress, foreseen=seen.tell),
        now=now,
    )
    document = result.document
    back = "opportunities" in document
    return {
        "back": back,
        "from": document["from"],
        "to": document["to"],
        "invoices": document["opportunities" if back else "invoices"],
        "value": document["value"],
        "contacts": document["customers" if back else "contacts"],
        # Where nothing is to be written, the run costs what the dry one has cost.
        "plan": document.get("plan") or {"calls": document["calls"], "seconds": 0},
        "ended": result.exit_code,
        "left_out": result.left_out,
        "problems": problems(document["problems"]),
        "linked": seen.linked,
        "linked_count": seen.linked_count,
        "rows": seen.rows,
    }


def problems(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By reason, the most frequent first: how many, and some of them in words. Links are told apart."""
    groups: dict[str, dict[str, Any]] = {}
    for one in told:
        if one["code"] == "DEAL_ADOPTED":
            continue
        group = groups.setdefault(one["code"], {"code": one["code"], "count": 0, "messages": []})
        group["count"] += 1
        if len(group["messages"]) < _PROBLEMS:
            group["messages"].append(one["message"])
    return sorted(groups.values(), key=lambda group: -group["count"])


def _row(one: Foreseen) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "invoice": one.invoice,
        "day": one.day.isoformat() if one.day else "",
        "customer": one.customer,
        "new_contact": one.new_contact,
        "owner": one.owner,
        "value": money.to_text(one.value),
        "before": money.to_text(one.before) if one.before is not None else "",
        "why": one.why,
    }
