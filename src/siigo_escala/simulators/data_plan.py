"""The course of the invented year, sale by sale: who buys when, on which document, and what becomes of it."""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from siigo_escala.simulators import data_calendar as calendar
from siigo_escala.simulators import data_catalogue as catalogue
from siigo_escala.simulators import data_ids as ids
from siigo_escala.simulators import data_people as people

_NOTE_SHARE, _TOTAL_NOTE_SHARE, _UNLINKED_NOTE_SHARE = 0.03, 0.55, 0.12
_REJECTED, _DRAFT, _ANNULLED, _EDITED = 0.018, 0.025, 0.06, 0.05
_SEEN_FIRST = 5


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale before its lines are known. `edited` and `noted` are instants, aware UTC."""

    ordinal: int
    created: datetime
    buyer: int
    document: int
    number: int
    stamp: str | None
    annulled: bool
    edited: datetime | None
    noted: datetime | None
    note_is_total: bool
    note_is_linked: bool
    in_dollars: bool


def sales(seed: int, count: int, *, buyers: Sequence[people.Buyer], today: date, days: int) -> Iterator[Sale]:
    """So many sales in the order of their creation; every read of it gives the same."""
    source = ids.dice(seed, "sales")
    starts = [buyer.since for buyer in buyers]
    next_number = {one["id"]: one["consecutive"] for one in catalogue.document_types()}
    end = datetime(today.year, today.month, today.day, tzinfo=UTC)
    begin = end - timedelta(days=days)
    moments = calendar.moments(ids.dice(seed, "moments"), count, today=today, days=days)
    for ordinal, created in enumerate(moments):
        known = max(1, bisect_right(starts, (created - begin) / (end - begin)))
        buyer = _buyer(source, known)
        document, in_dollars = _document(source, buyers[buyer])
        number = next_number[document]
        next_number[document] = number + 1
        yield _fate(source, ordinal, created, (buyer, document, number, in_dollars), end)


def _buyer(source: random.Random, known: int) -> int:
    """The walk-ins in one sale of seven; else anybody known, regular customers far more often."""
    draw = source.random()
    if draw < 0.14 or known <= 2:
        return 1 if known > 1 and draw < 0.004 else 0
    return 2 + int((known - 2) * source.random() ** 1.7)


def _document(source: random.Random, buyer: people.Buyer) -> tuple[int, bool]:
    """The document type, and whether the sale is in dollars."""
    draw = source.random()
    if buyer.is_foreign:
        return catalogue.EXPORT, True
    if buyer.record["identification"] == people.WALK_IN and draw < 0.7:
        return catalogue.COUNTER, False
    if draw < 0.06:
        return catalogue.INTERNAL, False
    if draw < 0.14:
        return catalogue.COUNTER, False
    if draw < 0.15:
        return catalogue.CONTINGENCY, False
    return catalogue.ELECTRONIC, buyer.credit_days > 0 and ids.chance(source, 0.01)


def _fate(
    source: random.Random,
    ordinal: int,
    created: datetime,
    terms: tuple[int, int, int, bool],
    end: datetime,
) -> Sale:
    buyer, document, number, in_dollars = terms
    draw = source.random()
    is_electronic = document not in (catalogue.COUNTER, catalogue.INTERNAL)
    stamp = "Rejected" if draw < _REJECTED else "Draft" if draw < _REJECTED + _DRAFT else "Accepted"
    is_final = is_electronic and stamp == "Accepted"
    annulled = not is_final and ids.chance(source, _ANNULLED)
    edited = _later(source, created, end, hours=2) if ids.chance(source, _EDITED) else None
    noted = None
    if is_final and ids.chance(source, _NOTE_SHARE):
        noted = _later(source, created, end, hours=40 * 24)
    return Sale(
        ordinal=ordinal,
        created=created,
        buyer=buyer,
        document=document,
        number=number,
        stamp=stamp if is_electronic else None,
        annulled=annulled,
        edited=edited,
        noted=noted,
        note_is_total=ids.chance(source, _TOTAL_NOTE_SHARE),
        note_is_linked=not ids.chance(source, _UNLINKED_NOTE_SHARE),
        in_dollars=in_dollars,
    )


def _later(source: random.Random, created: datetime, end: datetime, *, hours: int) -> datetime | None:
    """Some time after, never past the end; None where there is no time left."""
    moment = created + timedelta(seconds=source.randrange(60, hours * 3600))
    return moment if moment < end else None
