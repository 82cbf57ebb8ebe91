"""What is to be done: groups of invoices that wait for a person, by reason, the most pesos first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code, Reason
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice
from siigo_escala.web.states import FOR_PEOPLE, OPEN, shown_state
from siigo_escala.web.told import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The invoices that wait for one reason."""

    reason: Reason
    amount: Amount
    state: str
    """Key of `states.STATES`."""


def waiting(company: Connection) -> QuerySet[Invoice]:
    """Every invoice that does not go on by itself, as the lists show it (they carry `shown`): a person
    decides, mends, or tries once more.
    """
    # By its states, which an index finds: every other invoice is left unread.
    open_ = models.Invoice.objects.filter(connection=company, state__in=OPEN)
    return open_.annotate(shown=shown_state()).filter(shown__in=FOR_PEOPLE)


def groups(company: Connection) -> list[Group]:
    """By reason, ordered by the pesos that each holds up."""
    return by_reason(waiting(company))


def by_reason(found: QuerySet[Any]) -> list[Group]:
    """Rows that carry `shown`, gathered."""
    gathered = found.order_by().values_list("code", "shown").annotate(count=Count("*"), value=Sum("value"))
    made: dict[Code, Group] = {}
    for code, state, count, value in gathered:
        known = Code(code) if code in reasons.catalogue else Code.INTERNAL_ERROR
        amount = Amount(count=count, value=Decimal(value or 0))
        before = made.get(known)
        made[known] = Group(
            reason=reasons.catalogue[known],
            amount=before.amount + amount if before else amount,
            state=state,
        )
    return sorted(made.values(), key=lambda group: (-group.amount.value, group.reason.code))


def total(found: list[Group]) -> Amount:
    """All groups together."""
    return sum((group.amount for group in found), Amount())
