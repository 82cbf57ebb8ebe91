"""What a run asks of Siigo: windows of changes, spans of days, or single names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from siigo_escala.domain.accounting import Invoice
from siigo_escala.sync.session import Session

OVERLAP = timedelta(minutes=15)
"""Windows begin this much before the mark: clocks differ, and lists may lag behind creation."""
EVER = date(2000, 1, 1)
"""A day before any invoice."""
LAST = date(9999, 12, 30)
"""A day after any, and one more can be added to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One question to Siigo. `span` where it reads whole days of invoice dates."""

    created_start: datetime | None = None
    updated_start: datetime | None = None
    span: tuple[date, date] | None = None
    name: str | None = None
    asked_for: bool = False
    sweep: bool = False


def day_start(session: Session, day: date) -> datetime:
    """Midnight of a local day, as an instant; nothing was before Siigo was."""
    return datetime.combine(max(day, EVER), time(), tzinfo=session.zone).astimezone(UTC)


def of_run(session: Session) -> list[Window]:
    """What an ordinary run, one by dates or one by names asks of Siigo (the sweep's share not included)."""
    options, connection = session.options, session.connection
    if options.invoices:
        return [Window(name=name, asked_for=True) for name in dict.fromkeys(options.invoices)]
    if options.kind == "retry":
        return []
    today = session.now().astimezone(session.zone).date()
    if options.by_dates:
        span = (max(options.date_from or EVER, EVER), max(options.date_to or today, EVER))
        return [Window(span=span, asked_for=True)]
    if connection.invoices_mark is None:
        return [Window(span=(max(connection.start, EVER), today + timedelta(days=3660)))]
    moment = connection.invoices_mark - OVERLAP
    return [Window(created_start=moment), Window(updated_start=moment)]


def holds(session: Session, window: Window, invoice: Invoice) -> bool:
    """Whether an invoice's date lies in the span; one without a readable date is never lost."""
    if invoice.date is None or window.span is None:
        return True
    if window.span[0] <= invoice.date <= window.span[1]:
        return True
    if window.asked_for or window.sweep or invoice.created is None:
        return False
    return invoice.created.astimezone(session.zone).date() >= window.span[0]
