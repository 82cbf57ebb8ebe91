"""Which opportunities a run of this direction looks at: those in the stage or invoiced, new or changed since.

Escala's own `modified` says what is new: a deal that stands in the ledger with the same moment is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import NotFound
from siigo_escala.store.models import EscalaAccount, Invoicing, KnownDeal, Opportunity
from siigo_escala.sync import escala_reading
from siigo_escala.sync.invoicing.work import Seen, Work
from siigo_escala.sync.session import Session

_OVERLAP = timedelta(minutes=2)
_CHUNK = 500
_FEW = 50


def read(session: Session) -> None:
    """Reads the deals that changed since the last look, or all of them; an incomplete read is told."""
    session.tell("escala")
    account = EscalaAccount.objects.get(pk=session.connection.escala_id)
    looked_at = account.deals_looked_at
    if looked_at is None or not session.escala.capabilities.since_usable("deals", now=session.now()):
        reading = escala_reading.whole(session, "deals")
    else:
        reading = escala_reading.changes(session, "deals", looked_at - _OVERLAP)
    if not reading.counts:
        session.tally.note(Code.ESCALA_LIST_INCOMPLETE, {"why": reading.why})


def of_run(work: Work) -> list[Seen]:
    """Those that this run decides: what is new, then what waits for people; the oldest first."""
    session = work.session
    if session.options.opportunities:
        return list(_named(work))
    if session.options.kind == "retry":
        rows = Opportunity.objects.filter(connection=session.connection).filter(
            Q(due=True) | Q(state__in=[Invoicing.SENDING, Invoicing.PENDING, Invoicing.NEEDS_ATTENTION])
        )
        return list(of_rows(session, rows, asked_for=True))
    deals = _by_dates(work) if session.options.by_dates else _new_or_changed(work)
    found = list(_of_deals(session, deals))
    if not session.options.by_dates:
        gone = Opportunity.objects.filter(connection=session.connection, due=True)
        there = {seen.row.deal_id for seen in found}
        found += [seen for seen in of_rows(session, gone) if seen.row.deal_id not in there]

    def turn(seen: Seen) -> tuple[bool, datetime, str]:
        waits = seen.row.state == Invoicing.NEEDS_ATTENTION
        return waits, seen.modified or datetime.min.replace(tzinfo=UTC), seen.row.deal_id

    return sorted(found, key=turn)


def unnumbered(session: Session) -> Iterator[Seen]:
    """Invoiced ones whose number is still to be written to Escala, a few at a time."""
    rows = Opportunity.objects.filter(connection=session.connection, number_due=True).order_by("pk")
    return of_rows(session, rows[:_FEW])


def _named(work: Work) -> Iterator[Seen]:
    """Asked for by their ids; one that Escala does not have counts as failed."""
    session = work.session
    for deal_id in session.options.opportunities:
        session.check_stop()
        row = Opportunity.objects.filter(connection=session.connection, deal_id=deal_id).first()
        seen = _seen(session, deal_id, row, asked_for=True)
        try:
            seen.take(session.escala.deal(deal_id))
        except NotFound:
            if row is None:
                session.tally.put(
                    deal_id, "failed", value=seen.pesos, name=deal_id, code=Code.OPPORTUNITY_NOT_FOUND
                )
                continue
        yield seen


def _new_or_changed(work: Work) -> QuerySet[KnownDeal]:
    """In the stage or in the ledger, and not as the ledger saw them last; or waiting there."""
    rows = Opportunity.objects.filter(connection=work.session.connection, deal_id=OuterRef("deal_id"))
    as_they_were = rows.filter(
        modified_text=OuterRef("modified_text"),
        name=OuterRef("name"),
        value=Coalesce(OuterRef("value"), 0),
        contact_id=OuterRef("contact_id"),
        stage_id=OuterRef("stage_id"),
        due=False,
    )
    if work.rules.existing == "invoice":
        as_they_were = as_they_were.exclude(code=Code.ALREADY_IN_STAGE)
    return (
        KnownDeal.objects.filter(escala_id=work.session.connection.escala_id)
        .filter(Q(stage_id=work.stage_id) | Exists(rows))
        .exclude(Exists(as_they_were))
    )


def _by_dates(work: Work) -> QuerySet[KnownDeal]:
    """In the stage or invoiced, and changed within these local days."""
    session, options = work.session, work.session.options
    invoiced = Opportunity.objects.filter(
        connection=session.connection, deal_id=OuterRef("deal_id"), siigo_id__isnull=False
    )
    deals = KnownDeal.objects.filter(escala_id=session.connection.escala_id).filter(
        Q(stage_id=work.stage_id) | Exists(invoiced)
    )
    if options.date_from is not None:
        begin = datetime.combine(options.date_from, time.min, session.zone)
        deals = deals.filter(modified__gte=begin)
    if options.date_to is not None:
        end = datetime.combine(options.date_to + timedelta(days=1), time.min, session.zone)
        deals = deals.filter(modified__lt=end)
    return deals


def _of_deals(session: Session, deals: QuerySet[KnownDeal]) -> Iterator[Seen]:
    chosen = list(
        deals.order_by(F("modified").asc(nulls_first=True), "deal_id").values_list(
            "deal_id", "name", "value", "stage_id", "contact_id", "modified", "modified_text"
        )
    )
    for start in range(0, len(chosen), _CHUNK):
        some = chosen[start : start + _CHUNK]
        rows = {
            row.deal_id: row
            for row in Opportunity.objects.filter(
                connection=session.connection, deal_id__in=[one[0] for one in some]
            )
        }
        for deal_id, *shown in some:
            yield _seen(session, deal_id, rows.get(deal_id), shown=shown)


def of_rows(session: Session, rows: Iterable[Opportunity], *, asked_for: bool = False) -> Iterator[Seen]:
    """Rows of the ledger with what is known of their deals; those that Escala has no more as they were."""
    for row in rows:
        known = (
            KnownDeal.objects.filter(escala_id=session.connection.escala_id, deal_id=row.deal_id)
            .values_list("name", "value", "stage_id", "contact_id", "modified", "modified_text")
            .first()
        )
        yield _seen(session, row.deal_id, row, shown=known, asked_for=asked_for)


def _seen(
    session: Session,
    deal_id: str,
    row: Opportunity | None,
    *,
    shown: Iterable[Any] | None = None,
    asked_for: bool = False,
) -> Seen:
    connection = session.connection
    row = row or Opportunity(
        connection=connection, escala_id=connection.escala_id, company_id=connection.siigo_id, deal_id=deal_id
    )
    # A deal that Escala shows no more: what the ledger says of it, and a stage that is none.
    name, value, stage_id, contact_id, modified, text = shown or (
        row.name,
        Decimal(row.value),
        "",
        row.contact_id,
        row.modified,
        row.modified_text,
    )
    return Seen(
        row=row,
        name=name,
        value=value,
        stage_id=stage_id,
        contact_id=contact_id,
        modified=modified,
        modified_text=text,
        asked_for=asked_for,
    )
