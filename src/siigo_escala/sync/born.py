"""Invoices that the other direction made: they never become opportunities again."""

from __future__ import annotations

from siigo_escala.domain.accounting import Invoice
from siigo_escala.store import models
from siigo_escala.sync.session import Session

_MARK = "[escala:"


def is_born(session: Session, row: models.Invoice, invoice: Invoice) -> bool:
    """Whether this invoice was made out of an opportunity: it bears our mark, or our own map says so."""
    return bears_mark(invoice) or row.siigo_id in _made(session)


def bears_mark(invoice: Invoice) -> bool:
    """Whether its observations name the opportunity out of which it was made."""
    return _MARK in invoice.observations


def _made(session: Session) -> frozenset[str]:
    """Siigo ids of the invoices that the other direction made in this company, undone ones too."""
    if session.born is None:
        made = models.Opportunity.objects.filter(company_id=session.connection.siigo_id)
        found = {one for one in made.values_list("siigo_id", flat=True) if one}
        earlier = made.exclude(earlier=[]).values_list("earlier", flat=True)
        session.born = frozenset(found | {one["siigo_id"] for some in earlier for one in some})
    return session.born
