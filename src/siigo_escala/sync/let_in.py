"""Invoices of before `start` that a person let in, by dates, by name or by asking for another try.

`start` leaves them out of every other run. But one that was let in and could not be finished (held for a
person, without certain outcome, not reached) is not left out silently by the next run: it stays let in until
it is an opportunity or a rule excludes it. Its row says so until then.
"""

from __future__ import annotations

from siigo_escala.domain import planning
from siigo_escala.domain.accounting import Invoice
from siigo_escala.store import models
from siigo_escala.sync.session import Session

_MARK = "let_in"
"""In `applied`, which is empty while there is no opportunity and is written anew when there is one."""


def mark(session: Session, row: models.Invoice, invoice: Invoice) -> bool:
    """A person asks for this invoice: its row remembers it where `start` would leave it out. True: news."""
    if row.deal_id is not None or is_marked(row) or planning.since_start(invoice, session.rules):
        return False
    row.applied = {**row.applied, _MARK: True}
    return True


def is_marked(row: models.Invoice) -> bool:
    """Whether a person let this invoice in, and it is not finished yet."""
    return bool(row.applied.get(_MARK))


def forget(row: models.Invoice) -> None:
    """A rule excludes it: it is finished."""
    if is_marked(row):
        row.applied = {key: value for key, value in row.applied.items() if key != _MARK}
