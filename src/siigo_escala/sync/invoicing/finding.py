"""Whether an opportunity's invoice is there already: by the marker in its observations, never by guessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.mapping import deal_to_invoice
from siigo_escala.store import models
from siigo_escala.sync.session import Session

_BEFORE = timedelta(minutes=15)
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoices:
    """The invoices of one customer since a moment. `complete`: what is not here was not there."""

    started: datetime
    since: datetime | None
    complete: bool
    invoices: Sequence[Invoice] = field(default=(), repr=False)

    def reaches(self, moment: datetime | None) -> bool:
        """Whether what was made at that moment (None: ever) would stand here."""
        return self.since is None or (moment is not None and self.since <= moment)

    def of_deal(self, deal_id: str, *, since_generation: int) -> Invoice | None:
        """The oldest invoice that carries the deal's marker, of this generation or a later one."""
        ours = [
            invoice
            for invoice in self.invoices
            if any(
                generation >= since_generation
                for generation in deal_to_invoice.generations_in(invoice.observations, deal_id)
            )
        ]
        return min(ours, key=lambda one: (one.created is None, one.created, one.id), default=None)


def by_hand(invoices: Invoices, *, total: Decimal) -> Invoice | None:
    """An invoice over this total that we did not make: without a marker, and of no opportunity of ours."""
    like = [
        one
        for one in invoices.invoices
        if one.total == total and not one.annulled and not deal_to_invoice.is_marked(one.observations)
    ]
    ids = [one.id for one in like]
    bound = models.Invoice.objects.filter(siigo_id__in=ids, deal_id__isnull=False)
    explained = set(bound.values_list("siigo_id", flat=True))
    return next((one for one in like if one.id not in explained), None)


def invoices_of(session: Session, customer: str, *, since: datetime | None) -> Invoices:
    """Reads the invoices of a customer made since then, with a margin; all of them where None."""
    started = session.now()
    begin = None if since is None else since - _BEFORE - _SKEW
    found: list[Invoice] = []
    complete = False
    for page in session.siigo.invoices(customer=customer, created_start=begin):
        session.check_stop()
        found += [one for one in page.records if isinstance(one, Invoice)]
        complete = page.complete
    return Invoices(started=started, since=since, complete=complete, invoices=found)
