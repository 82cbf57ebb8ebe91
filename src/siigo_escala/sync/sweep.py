"""The sweep: what no window of changes shows, from deletions in Siigo to vanished deals in Escala.

Due in the first run of each local day in which none was completed: the last 35 days and one thirtieth of the
twelve months before, as far as the ledger holds bound invoices there, and Escala's pipelines and deals.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Literal

from django.db.models import QuerySet

from siigo_escala.domain.accounting import InvoiceId
from siigo_escala.domain.crm import DealId
from siigo_escala.domain.planning import Exclude
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied, NotFound, RemoteError, UnexpectedAnswer
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import escala_reading, look, read
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.read import Item
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step
from siigo_escala.sync.view import Reading
from siigo_escala.sync.windows import Window

_RECENT_DAYS = 35
PARTS = 30
_OLD_DAYS = 365
_QUESTIONS_A_DAY = 10


def today(session: Session) -> date:
    """The local day by Siigo's clock; the machine's only where Siigo told none."""
    return (session.siigo_now or session.now()).astimezone(session.zone).date()


def is_due(session: Session) -> bool:
    """Whether this run is to sweep; a first run is the sweep of its span already, unless runs with dates have
    made opportunities before it and a person asks for more.
    """
    options, connection = session.options, session.connection
    if options.kind != "sync":
        return False
    if connection.invoices_mark is None:
        return bool(options.sweep) and connection.invoices.filter(deal_id__isnull=False).exists()
    if options.sweep is not None:
        return options.sweep
    return options.ordinary and connection.sweep_day != today(session)


def days(session: Session) -> list[tuple[date, date]]:
    """The days that are due to be read again."""
    day = today(session)
    recent = (day - timedelta(days=_RECENT_DAYS), day)
    return [recent, part_of_year(recent[0], session.connection.sweep_slice)]


def part_of_year(before: date, number: int) -> tuple[date, date]:
    """Of the year before a day a thirtieth, by turns: first and last day."""
    begin, number = before - timedelta(days=_OLD_DAYS), number % PARTS
    first, following = (begin + timedelta(days=one * _OLD_DAYS // PARTS) for one in (number, number + 1))
    return first, following - timedelta(days=1)


def spans(session: Session) -> list[tuple[date, date]]:
    """The same, those without bound invoices left out."""
    return [span for span in days(session) if _bound(session, span).exists()]


def expected_calls(session: Session) -> dict[str, int]:
    """What the sweep will cost, told beforehand."""
    siigo = sum(-(-_bound(session, span).count() // 100) for span in spans(session))
    deals = models.KnownDeal.objects.filter(escala_id=session.connection.escala_id).count()
    return {"siigo": siigo, "escala": -(-deals // 100) + 1 + 1}


def windows(session: Session) -> list[Window]:
    """The sweep's questions to Siigo."""
    return [Window(span=span, sweep=True) for span in spans(session)]


def vanished(
    session: Session, days: Sequence[tuple[date, date]], *, unread: Collection[str] = ()
) -> list[Item]:
    """Invoices of completely read days that did not come, asked for by id: one 404 each says that it is gone.

    Ten questions a day. `unread`: rows that this run has decided without having seen them in Siigo.
    """
    items: list[Item] = []
    for span in days:
        rows = models.Invoice.objects.filter(
            connection=session.connection,
            date__gte=span[0],
            date__lte=span[1],
            deleted=False,
            annulled=False,
        )
        listed = rows.order_by("-date", "pk").values_list("pk", "siigo_id").iterator(chunk_size=1000)
        missing = [
            key for key, siigo_id in listed if siigo_id in unread or not session.tally.column(siigo_id)
        ]
        for key in missing:
            if not may_ask(session):
                break
            row = rows.get(pk=key)
            try:
                invoice = session.siigo.invoice(InvoiceId(row.siigo_id))
                items += read.merge(session, [invoice], noticed=True)
            except NotFound:
                items.append(read.gone(session, row))
            except UnexpectedAnswer:
                # It is there, and cannot be read: what is known of it stands.
                session.tally.note(Code.UNEXPECTED_ANSWER, invoice=row.name)
    return items


def escala_side(session: Session) -> list[models.Invoice]:
    """Reads pipelines and deals completely; the rows whose deal is gone there."""
    return gone_deals(session, look.everything(session))


def gone_deals(session: Session, reading: Reading | None) -> list[models.Invoice]:
    """Bound rows whose deal a complete read did not show; confirmed by id as far as that is cheap.

    A list that lags behind what this run made still shows what is older: there each one is asked for.
    """
    if reading is None or reading.ids is None or not (reading.counts or reading.lagging):
        return []
    before = reading.started - (escala_reading.CANARY if reading.lagging else timedelta(0))
    rows = [
        row
        for row in models.Invoice.objects.filter(
            connection=session.connection, sent_at__lt=before, deal_id__isnull=False
        )
        .exclude(code=Code.DEAL_DELETED)
        .iterator(chunk_size=1000)
        if row.deal_id not in reading.ids
    ]
    if reading.lagging:
        return [row for row in rows[:_QUESTIONS_A_DAY] if _answers(session, row) == "gone"]
    if any(_answers(session, row) == "there" for row in rows[:3]):
        # Escala has it after all: a list that leaves out what exists proves nothing about the others.
        return []
    return rows


def _answers(session: Session, row: models.Invoice) -> Literal["there", "gone", "nothing"]:
    """What Escala says of one deal when asked by its id."""
    try:
        session.escala.deal(DealId(row.deal_id or ""))
    except AccessDenied:
        raise
    except NotFound:
        return "gone"
    except RemoteError:
        return "nothing"
    return "there"


def note_gone(session: Session, rows: Sequence[models.Invoice]) -> None:
    """Holds these as deleted by a person: excluded, and never made again by itself."""
    journal = Journal(session)
    for item in read.from_ledger(session, rows):
        step = Step(item=item, decision=Exclude(code=Code.DEAL_DELETED))
        journal.decided(step, Exclude(code=Code.DEAL_DELETED))
    journal.flush()


def done(session: Session) -> None:
    """The sweep of this day is complete."""
    if session.dry:
        return
    connection = session.connection
    connection.sweep_day = today(session)
    connection.sweep_slice = (connection.sweep_slice + 1) % PARTS
    with session.ledger():
        connection.save(update_fields=["sweep_day", "sweep_slice"])


def _bound(session: Session, span: tuple[date, date]) -> QuerySet[models.Invoice]:
    return models.Invoice.objects.filter(
        connection=session.connection, date__gte=span[0], date__lte=span[1]
    ).exclude(state=State.EXCLUDED)


def may_ask(session: Session) -> bool:
    """Counts one of the day's questions for a single invoice; False when they are used up."""
    connection, day = session.connection, today(session)
    if connection.deleted_asked_day != day:
        connection.deleted_asked_day, connection.deleted_asked = day, 0
    if connection.deleted_asked >= _QUESTIONS_A_DAY:
        return False
    connection.deleted_asked += 1
    if not session.dry:
        with session.ledger():
            connection.save(update_fields=["deleted_asked_day", "deleted_asked"])
    return True
