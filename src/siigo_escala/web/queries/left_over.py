"""Opportunities that still stand in Escala though Siigo no longer has their sale: annulled, deleted, or taken
off wholly by credit notes. Escala holds so much more than Siigo.

A stage of the kind "lost" is where such a one belongs; whatever stands anywhere else, won ones too, is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Greatest

from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.fields import CentsField
from siigo_escala.store.models import Connection, Invoice, State
from siigo_escala.web.queries import last_look
from siigo_escala.web.states import UNDONE, shown_state
from siigo_escala.web.told import Amount

MOST = 200
_NEARLY = UNDONE | Q(code=Code.UPDATE_NOT_POSSIBLE)
"""Among these are all of them: told by columns of an index, so that few rows are looked at closely."""
_GONE = UNDONE | Q(code=Code.UPDATE_NOT_POSSIBLE, data__has_key="stage")
"""The latter: Escala refused to move it to the lost stage."""
LEAST = Greatest(F("value") - F("credited"), Value(0, output_field=CentsField()), output_field=CentsField())
"""What credit notes left of the sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """How many and what they hold in Escala, as last seen there; the largest of them."""

    amount: Amount
    rows: list[Invoice]


def marked(company: Connection, chosen: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The same with `left_over`: what the opportunity holds too much; None where it holds nothing so."""
    lost = [
        str(stage["id"])
        for stage in chain.from_iterable(one.get("stages", ()) for one in company.escala.pipelines)
        if stage.get("kind") == "lost"
    ]
    deal = models.KnownDeal.objects.filter(escala_id=company.escala_id, deal_id=OuterRef("deal_id")).exclude(
        stage_id__in=lost
    )
    bound = _GONE & Q(deal_id__isnull=False)
    there = Subquery(deal.values("value")[:1], output_field=CentsField())
    # What we moved to the lost stage ourselves stands where it stood until Escala is looked at again.
    since = Subquery(
        deal.filter(seen_at__gt=OuterRef("updated_at")).values("value")[:1], output_field=CentsField()
    )
    return chosen.annotate(
        left_over=Case(
            When(bound & Q(applied__undone=True), then=since),
            When(bound, then=there),
            output_field=CentsField(),
        )
    )


def may_hold(company: Connection) -> Q:
    """Whose opportunity may hold credited pesos: `by_part` tells them, and they are no difference.

    Where the rule takes them off, only those that a person has seen to: with that code they are in Escala.
    """
    part = Q(credited__gt=0)
    return part & Q(code=Code.INVOICE_CREDITED_PARTLY) if subtracts(company) else part


def subtracts(company: Connection) -> bool:
    """Whether the rule takes credit notes off the opportunity."""
    found: bool = company.file.get("opportunities", {}).get("on_credited") == "subtract"
    return found


def by_part(company: Connection, chosen: QuerySet[Invoice]) -> dict[int, Decimal]:
    """Of those credited in part, by key: the credited pesos that the opportunity still holds.

    What we wrote since Escala was looked at last stands there as we wrote it.
    """
    sales = chosen.filter(credited__gt=0, deal_id__isnull=False).exclude(_GONE)
    found = last_look.beside(company, sales).filter(there__isnull=False)
    # As text: what SQLite gives of a JSON column goes through a float.
    found = found.annotate(shows=KT("applied__value"))
    held: dict[int, Decimal] = {}
    for key, value, credited, state, code, there, seen, written, shows in found.values_list(
        "pk", "value", "credited", "state", "code", "there", "seen", "written", "shows"
    ):
        fresh = written is None or seen > written
        if fresh and state == State.IN_ESCALA and subtracts(company) and code != Code.INVOICE_CREDITED_PARTLY:
            continue  # what differs from what the rule made of it is told as a difference
        known = there if fresh or not shows else Decimal(shows)
        # Whatever else the two differ by is no credit note's.
        over = min(known, value) - max(value - credited, Decimal(0))
        if over > 0:
            held[key] = over
    return held


def amount_of(held: Mapping[int, Decimal]) -> Amount:
    """How many they are, and their sum."""
    return Amount(count=len(held), value=sum(held.values(), Decimal(0)))


def of(company: Connection, chosen: QuerySet[Invoice]) -> LeftOver:
    """Those of these invoices."""
    found = marked(company, chosen.filter(_NEARLY)).filter(Q(left_over__gt=0))
    sums = found.aggregate(count=Count("*"), value=Sum("left_over", output_field=CentsField()))
    if not sums["count"]:
        return LeftOver(amount=Amount(), rows=[])
    rows = found.annotate(shown=shown_state()).order_by(F("left_over").desc(), "pk")[:MOST]
    return LeftOver(amount=Amount(count=sums["count"], value=Decimal(sums["value"])), rows=list(rows))
