"""Siigo's customers, cached: in bulk or one by one, whichever costs fewer calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from siigo_escala.domain import identity, records, text
from siigo_escala.domain.accounting import Customer, CustomerId, Unreadable
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import NotFound, TryLater
from siigo_escala.siigo.client import Page
from siigo_escala.store import models
from siigo_escala.store.models import SiigoCompany
from siigo_escala.sync.ahead import ahead
from siigo_escala.sync.lone import is_lone
from siigo_escala.sync.session import Session

_CHUNK = 500
_PAGES_AHEAD = 5
_NAMELESS_FOR = timedelta(hours=20)
"""How long a customer without a usable identification is believed: the answer may have been odd, and then no
change in Siigo would bring the right one.
"""


@contextmanager
def asked(session: Session, ids: Collection[str]) -> Iterator[Callable[[], dict[str, Customer | None]]]:
    """Asks for the customers of these Siigo ids and, while they come, lets other work be done.

    What it gives waits for them: None stands for one that Siigo no longer has; one is not there where
    Siigo has no answer about it alone.
    """
    found = _cached(session, sorted(ids))
    missing = [customer_id for customer_id in sorted(ids) if customer_id not in found]
    if len(missing) <= 1:
        yield lambda: found | each(session, missing)
        return
    with ahead(_in_bulk(session, len(missing)), items=_PAGES_AHEAD) as pages:

        def answer() -> dict[str, Customer | None]:
            _take(session, pages)
            known = found | _cached(session, missing)
            return known | each(session, [one for one in missing if one not in known])

        yield answer


def each(session: Session, missing: Sequence[str]) -> dict[str, Customer | None]:
    """Each of them read again; one is not there where Siigo has no answer about it alone."""
    found: dict[str, Customer | None] = {}
    for done, customer_id in enumerate(missing):
        session.check_stop()
        session.tell("siigo", done, len(missing))
        if customer_id in session.lone_customers:
            continue
        try:
            found[customer_id] = _fetched(session, customer_id)
        except TryLater as problem:
            if not is_lone(session, problem):
                raise
            session.lone_customers.add(customer_id)
    return found


def changed_since(session: Session, moment: datetime) -> None:
    """Takes over every customer that Siigo changed since then."""
    for page in session.siigo.customers_changed(updated_start=moment):
        session.check_stop()
        keep(session, [record for record in page.records if isinstance(record, Customer)])


def keep(session: Session, customers: Sequence[Customer]) -> None:
    """Puts customers into the cache, but for those whose data was erased."""
    rows = []
    for customer in {customer.id: customer for customer in customers}.values():
        found = identity.of_customer(id_type=customer.id_type, identification=customer.identification)
        if found is not None and session.erased.covers([found.number]):
            # Read again whenever an invoice needs it, and never kept.
            continue
        rows.append(
            models.KnownCustomer(
                company=session.connection.siigo,
                siigo_id=customer.id,
                identity=found.key[:100] if found else "",
                words=text.fold(" ".join((*customer.names, customer.commercial_name)))[:300],
                record=records.from_customer(customer),
                gone=False,
                read_at=session.now(),
            )
        )
    with session.index():
        models.KnownCustomer.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["company", "siigo_id"],
            update_fields=["identity", "words", "record", "gone", "read_at"],
            batch_size=_CHUNK,
        )


def identity_of(session: Session, customer: Customer) -> str | None:
    """The key of a customer's identity as our rows hold it; None where the identification is unusable."""
    found = identity.of_customer(id_type=customer.id_type, identification=customer.identification)
    return session.erased.identity(found.key) if found else None


def _fetched(session: Session, customer_id: str) -> Customer | None:
    """One customer read again, whatever the cache holds."""
    try:
        customer = _asked(session, CustomerId(customer_id))
    except NotFound:
        with session.index():
            models.KnownCustomer.objects.update_or_create(
                siigo_id=customer_id,
                company=session.connection.siigo,
                defaults={"gone": True, "read_at": session.now()},
            )
        return None
    keep(session, [customer])
    return customer


def _asked(session: Session, customer_id: CustomerId) -> Customer:
    try:
        return session.siigo.customer(customer_id, tries=1)
    except TryLater:
        waiting = models.Invoice.objects.filter(
            connection=session.connection, customer_id=customer_id, code=Code.UNEXPECTED_ANSWER
        )
        if waiting.exists():
            # An earlier run had no answer either: every refusal counts, and this one may go on for ever.
            raise
    return session.siigo.customer(customer_id)


def _cached(session: Session, ids: Sequence[str]) -> dict[str, Customer | None]:
    found: dict[str, Customer | None] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = models.KnownCustomer.objects.filter(
            company=session.connection.siigo, siigo_id__in=ids[start : start + _CHUNK]
        ).exclude(gone=False, identity="", read_at__lt=session.now() - _NAMELESS_FOR)
        found |= {row.siigo_id: None if row.gone else records.to_customer(row.record) for row in rows}
    return found


def _in_bulk(session: Session, missing: int) -> Iterator[Page[Customer | Unreadable]]:
    """The pages of all customers where that costs no more than asking for the missing ones one by one."""
    total = session.connection.siigo.customers_total
    if total is not None and _pages(total) > missing:
        return
    page = session.siigo.customers(page=1)
    yield page
    if page.total is not None and _pages(page.total) - 1 > missing:
        return
    number = 1
    while not page.is_last:
        number += 1
        page = session.siigo.customers(page=number)
        yield page


def _take(session: Session, pages: Iterator[Page[Customer | Unreadable]]) -> None:
    for page in pages:
        session.check_stop()
        keep(session, [record for record in page.records if isinstance(record, Customer)])
        session.tell("siigo", page.number, _pages(page.total or 0) or None)
        if page.number == 1 and page.total is not None:
            SiigoCompany.objects.filter(pk=session.connection.siigo_id).update(customers_total=page.total)
            session.connection.siigo.customers_total = page.total


def _pages(records_total: int) -> int:
    return -(-records_total // 100)
