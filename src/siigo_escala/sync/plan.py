"""What a run will cost, told before its first write: calls of each system and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from siigo_escala.domain import matching, money
from siigo_escala.domain.planning import Create, Update
from siigo_escala.sync import clients
from siigo_escala.sync.read import Progressed
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step

_UPDATE_CALLS = 2


def promise(session: Session, steps: Sequence[Step], *, share: float, taken_up: int) -> dict[str, Any]:
    """What a person is asked about before the first writing run: opportunities, pesos, sellers.

    `exact` False: the steps in hand speak for the rest, `seen` invoices for `of`, and sellers are those of
    the steps. `value` in pesos, as text.
    """
    creates, share, taken_up = _within_limit(session, _creates(steps), share=share, taken_up=taken_up)
    count = len(creates)
    total = round(count * share) + taken_up
    value = sum((step.row.value for step in creates), Decimal(0))
    return {
        "opportunities": total,
        "value": money.to_text(value * total / count if count else value),
        "sellers": len({step.item.invoice.seller for step in creates} - {None}),
        "exact": share == 1 and not taken_up,
        "seen": len(steps),
        "of": max(round(len(steps) * share), len(steps)) + taken_up,
    }


def make(
    session: Session,
    steps: Sequence[Step],
    progressed: Progressed,
    *,
    share: float,
    sweep: dict[str, int],
    taken_up: int,
) -> dict[str, Any]:
    """The plan as it stands in the document.

    Exact where the steps are all there will be; else they speak for the rest.
    `share`: all invoices to come, those of the steps among them, over those of the steps; `sweep`: calls of a
    sweep still to come; `taken_up`: open rows of the ledger still to come.
    """
    creates, share, taken_up = _within_limit(session, _creates(steps), share=share, taken_up=taken_up)
    contacts = len({step.who for step in creates if isinstance(step.match, matching.Missing)})
    fills = len(
        {
            step.match.contact_id
            for step in creates
            if isinstance(step.match, matching.Found) and step.match.fill_identification
        }
    )
    updates = sum(isinstance(step.decision, Update) for step in steps)
    unread = max(progressed.expected - progressed.read, 0)
    siigo_left = -(-unread // 100) + sweep.get("siigo", 0)
    customers = session.connection.siigo.customers_total
    contacts = round(contacts * share)
    if share > 1 and customers is not None:
        # The same customers come again: there are never more new contacts than customers.
        contacts = min(contacts, customers)
    writes = contacts + round((len(creates) + (updates + fills) * _UPDATE_CALLS) * share) + taken_up
    escala_left = writes + sweep.get("escala", 0)
    environment = session.environment
    seconds = max(
        siigo_left * max(clients.siigo_interval_s(environment), session.calls.mean_s("siigo")),
        escala_left
        * max(
            clients.escala_interval_s(environment),
            session.calls.mean_s("escala") / environment.escala_connections,
        ),
    )
    elapsed = (session.now() - session.started).total_seconds()
    return {
        "calls": {"siigo": session.calls.siigo + siigo_left, "escala": session.calls.escala + escala_left},
        "seconds": round(elapsed + seconds),
    }


def _creates(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if isinstance(step.decision, Create) and not step.waits]


def _within_limit(
    session: Session, creates: list[Step], *, share: float, taken_up: int
) -> tuple[list[Step], float, int]:
    """What `--limit` leaves of the opportunities in hand, and of what is still to come beside them."""
    limit = session.options.limit
    if limit is None:
        return creates, share, taken_up
    if len(creates) >= limit:
        return creates[:limit], 1.0, 0
    room = limit - len(creates)
    return creates, min(share, limit / len(creates)) if creates else share, min(taken_up, room)
