"""What is to be done where opportunities become invoices: those that wait for a person, by reason."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.web.queries.doing import Group
from siigo_escala.web.told import Amount


def waiting(company: Connection) -> QuerySet[Opportunity]:
    """Every opportunity that does not go on without a person."""
    return Opportunity.objects.filter(connection=company, state=Invoicing.NEEDS_ATTENTION)


def groups(company: Connection) -> list[Group]:
    """By reason, ordered by the pesos that each holds up."""
    made: dict[Code, Amount] = {}
    found = waiting(company).order_by().values_list("code")
    for code, count, value in found.annotate(count=Count("pk"), value=Sum("value")):
        known = Code(code) if code in reasons.catalogue else Code.INTERNAL_ERROR
        made[known] = made.get(known, Amount()) + Amount(count=count, value=Decimal(value or 0))
    drawn = [
        Group(reason=reasons.catalogue[code], amount=amount, state="atencion")
        for code, amount in made.items()
    ]
    return sorted(drawn, key=lambda group: (-group.amount.value, group.reason.code))
