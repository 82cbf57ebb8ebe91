"""Another writer: whether something else makes opportunities of the same invoices, and what people say of it.

A deal that none of our invoices is bound to, made after ours, of the same invoice: the native app is on, or
a second installation. Nothing is created then until a person says that it is off (`enable`). This detects
another writer; it does not exclude one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection
from siigo_escala.sync import escala_index
from siigo_escala.sync.session import Session

_CHUNK = 500
_MOST_KEPT = 100
"""More findings than that say nothing new."""


def notice(session: Session, *, began: datetime) -> None:
    """Looks through the deals read since `began` (our clock), for every connection of this Escala account."""
    account = session.connection.escala_id
    bound = models.Invoice.objects.filter(escala_id=account, deal_id=OuterRef("deal_id"))
    connections = list(Connection.objects.filter(escala_id=account, direction="invoices_to_opportunities"))
    if not connections:
        return
    since = min(map(_since, connections))
    free = models.KnownDeal.objects.filter(escala_id=account, seen_at__gte=began, created__gt=since)
    deals = list(free.exclude(Exists(bound)).iterator(chunk_size=_CHUNK))
    for start in range(0, len(deals), _CHUNK):
        some = {deal.deal_id: deal for deal in deals[start : start + _CHUNK]}
        named = escala_index.invoices_named(session, some)
        for connection in connections:
            _note(session, connection, _foreign(connection, connections, some, named))


def hold(session: Session) -> NeedsAttention | None:
    """What holds every creation of this connection until a person says that no other writer is left."""
    seen = session.connection.others.get("seen", [])
    if not seen:
        return None
    held = NeedsAttention(
        code=Code.OTHER_WRITER_SEEN,
        data={
            "deals": [one["deal"] for one in seen],
            "of": ", ".join(sorted({one["invoice"] for one in seen})[:3]),
        },
    )
    session.tally.note(held.code, held.data)
    return held


def accept(connection: Connection, *, now: datetime) -> list[str]:
    """A person says that no other writer is left: what Escala has by now is no sign of one any more.

    The deals of another writer that had been seen until then.
    """
    connection.refresh_from_db(fields=["others"])
    seen = [one["deal"] for one in connection.others.get("seen", [])]
    connection.others = {"seen": [], "accepted": sorted({*connection.others.get("accepted", []), *seen})}
    connection.others_since = now
    connection.save(update_fields=["others", "others_since"])
    return seen


def _foreign(
    connection: Connection,
    connections: Sequence[Connection],
    deals: Mapping[str, models.KnownDeal],
    named: Mapping[str, Iterable[str]],
) -> list[dict[str, str]]:
    """Which of these deals are of an invoice that this connection has made an opportunity of before."""
    rows: dict[str, list[models.Invoice]] = {}
    names = sorted({name for some in named.values() for name in some})
    for row in models.Invoice.objects.filter(connection=connection, name__in=names).defer("record"):
        rows.setdefault(row.name, []).append(row)
    marks = invoice_to_deal.marks_besides(_mark(connection), map(_mark, connections))
    ours = {
        deal.deal_id: deal
        for deal in models.KnownDeal.objects.filter(
            escala_id=connection.escala_id,
            deal_id__in=[row.deal_id for some in rows.values() for row in some if row.deal_id],
        )
    }
    found = []
    for deal_id, some in sorted(named.items()):
        deal = deals[deal_id]
        if _accepted(connection, deal) or invoice_to_deal.has_any_mark(deal.name, marks):
            continue
        for name in sorted(some):
            if _after_ours(deal, rows.get(name, []), ours):
                found.append({"deal": deal_id, "invoice": name})
                break
    return found


def _after_ours(
    deal: models.KnownDeal, rows: Sequence[models.Invoice], ours: Mapping[str, models.KnownDeal]
) -> bool:
    """Whether a deal was made after the one that an invoice of this name has, and agrees with it."""
    if any(row.deal_id is None for row in rows if not row.deleted):
        # It may be the deal of another invoice of this name, whose own look-up will find it.
        return False
    bound = [(row, ours.get(row.deal_id or "")) for row in rows if row.code != Code.DEAL_DELETED]
    return any(_later(deal, row, mine) and _agrees(deal, row, mine) for row, mine in bound)


def _later(deal: models.KnownDeal, row: models.Invoice, mine: models.KnownDeal | None) -> bool:
    # One that we adopted was found with all there were then: only what came after that says something.
    made = None if row.adopted or mine is None else mine.created
    moment = made or row.sent_at
    return moment is not None and deal.created is not None and deal.created > moment


def _agrees(deal: models.KnownDeal, row: models.Invoice, mine: models.KnownDeal | None) -> bool:
    values = {row.value, Decimal(row.applied.get("value") or "-1"), mine.value if mine else None} - {None}
    contacts = {row.contact_id, mine.contact_id if mine else ""} - {""}
    return deal.contact_id in contacts or deal.value in values


def _accepted(connection: Connection, deal: models.KnownDeal) -> bool:
    before = deal.created is None or deal.created <= _since(connection)
    return before or deal.deal_id in connection.others.get("accepted", [])


def _since(connection: Connection) -> datetime:
    """Deals made until then are no sign of another writer."""
    return connection.others_since or connection.created_at


def _note(session: Session, connection: Connection, found: Sequence[dict[str, Any]]) -> None:
    """Keeps what was found; it holds until `accept`, whatever becomes of those deals."""
    seen = list(connection.others.get("seen", []))
    known = {one["deal"] for one in seen}
    fresh = [one for one in found if one["deal"] not in known]
    if not fresh or len(seen) >= _MOST_KEPT:
        return
    connection.others = {**connection.others, "seen": [*seen, *fresh][:_MOST_KEPT]}
    with session.index():
        Connection.objects.filter(pk=connection.pk).update(others=connection.others)
    if connection.pk == session.connection.pk:
        session.connection.others = connection.others


def _mark(connection: Connection) -> str:
    mark: str = connection.file["opportunities"]["mark"]
    return mark
