"""Whether everything adds up with Siigo, to the cent: by state, by reason, by month, by seller, and against
Escala.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Greatest, Least

from siigo_escala.store import models
from siigo_escala.store.fields import CentsField
from siigo_escala.store.models import Connection, Invoice, State
from siigo_escala.web.queries import last_look, ledger, left_over, rows
from siigo_escala.web.states import UNDONE, shown_state
from siigo_escala.web.told import Amount

_LIVING = Q(state=State.IN_ESCALA, deal_id__isnull=False) & ~UNDONE
_LOOK = Case(
    When(last_look.FRESH, then=Value("fresh")), When(last_look.LATER, then=Value("later")), default=Value("")
)
_SUSPECTS = 200
"""As many as the page of Conciliación lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What we sent, what Escala holds now, and the invoices where the two differ. Of deals seen since."""

    sent: Decimal
    there: Decimal
    differing: list[Invoice]
    later: Amount
    """Written since Escala was looked at last: compared when it is looked at again."""
    unseen: Amount
    """Sent, and Escala showed it no more when it was looked at last, or without a value."""

    @property
    def difference(self) -> Decimal:
        """Without sign."""
        return abs(self.sent - self.there)

    @property
    def all_sent(self) -> Decimal:
        """What was compared, what is still to be and what cannot be."""
        return self.sent + self.later.value + self.unseen.value


def excluded_by_reason(chosen: QuerySet[Invoice]) -> list[tuple[str, str, Amount]]:
    """Code, title and amount of what the rules leave out."""
    groups = (
        chosen.annotate(shown=shown_state())
        .filter(shown="excluida")
        .order_by()
        .values_list("code")
        .annotate(count=Count("*"), value=Sum("value"))
    )
    return [
        (code, rows.title_of(code), Amount(count=count, value=Decimal(value or 0)))
        for code, count, value in groups
    ]


def against_escala(company: Connection, chosen: QuerySet[Invoice]) -> Against:
    """The value of each opportunity whose sale stands, as last read, against what it should be."""
    # What was written since Escala was looked at last stands there as we wrote it.
    living = last_look.beside(company, chosen.filter(_LIVING)).annotate(look=_LOOK)
    looked = living.order_by().values("pk", "value", "credited", "code", "there", "look")
    if connection.vendor == "postgresql":
        # As an inner query: else it looks beside every row once for each mention. SQLite is slower by it.
        looked = looked.distinct()
    wanted, made, fresh = _wanted(company), _made(company), Q(look="fresh")
    later, unseen = Q(look="later"), Q(look="")
    sums = looked.aggregate(
        sent=Sum(wanted, filter=fresh, output_field=CentsField()),
        held=Sum("there", filter=fresh, output_field=CentsField()),
        differing=Count("pk", filter=fresh & ~Q(there=wanted)),
        later=Count("pk", filter=later),
        later_sent=Sum(made, filter=later, output_field=CentsField()),
        unseen=Count("pk", filter=unseen),
        unseen_sent=Sum(made, filter=unseen, output_field=CentsField()),
    )
    differing: list[Invoice] = []
    if sums["differing"]:
        found = living.filter(fresh).exclude(there=wanted).annotate(shown=shown_state(), wanted=wanted)
        differing = list(found.order_by("-value", "pk")[:_SUSPECTS])
    return Against(
        sent=_pesos(sums["sent"]),
        there=_pesos(sums["held"]),
        differing=differing,
        later=Amount(count=sums["later"], value=_pesos(sums["later_sent"])),
        unseen=Amount(count=sums["unseen"], value=_pesos(sums["unseen_sent"])),
    )


def marked(company: Connection, chosen: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The same with `later`, what was sent and is still to be compared, and `unseen`; None where not so."""
    made, compared, later = _made(company), last_look.FRESH, last_look.LATER
    found: QuerySet[Invoice] = last_look.beside(company, chosen).annotate(
        later=Case(When(_LIVING & later, then=made), output_field=CentsField()),
        unseen=Case(
            When(compared | later, then=Value(None)),
            When(_LIVING, then=made),
            output_field=CentsField(),
        ),
    )
    return found


def differing(company: Connection, chosen: QuerySet[Invoice]) -> Amount:
    """How many opportunities hold another value than they should, and by how much in all.

    Asked with every look at Inicio: only what differs at first sight is looked at closely.
    """
    there = models.KnownDeal.objects.filter(escala_id=company.escala_id, deal_id=OuterRef("deal_id"))
    suspects = list(
        chosen.filter(_LIVING)
        .annotate(there=Subquery(there.values("value")[:1], output_field=CentsField()))
        .filter(there__isnull=False)
        .exclude(there=_wanted(company))
        .values_list("pk", flat=True)[:_SUSPECTS]
    )
    if not suspects:
        return Amount()
    found = against_escala(company, models.Invoice.objects.filter(pk__in=suspects))
    return Amount(count=len(found.differing), value=found.difference)


def by_month(chosen: QuerySet[Invoice]) -> list[tuple[date, Amount, Amount]]:
    """Month, what is in Escala, what is not; the oldest first."""
    there: dict[date, Amount] = defaultdict(Amount)
    missing: dict[date, Amount] = defaultdict(Amount)
    groups = (
        chosen.filter(date__isnull=False)
        .annotate(shown=shown_state())
        .order_by()
        # By day, which an index gives; a function of the date would be computed for every invoice.
        .values_list("date", "shown")
        .annotate(count=Count("*"), value=Sum("value"))
    )
    for day, state, count, value in groups:
        month = day.replace(day=1)
        (there if state == "en-escala" else missing)[month] += Amount(count=count, value=Decimal(value or 0))
    return [(month, there[month], missing[month]) for month in sorted({*there, *missing})]


def by_seller(company: Connection, chosen: QuerySet[Invoice]) -> list[tuple[str, Amount, Amount]]:
    """Seller, what was invoiced, what of it is in Escala; the most pesos first, whoever has no name last."""
    names = rows.sellers_of(company)
    total: dict[str, Amount] = defaultdict(Amount)
    there: dict[str, Amount] = defaultdict(Amount)
    groups = (
        chosen.annotate(shown=shown_state())
        .order_by()
        .values_list("seller", "shown")
        .annotate(count=Count("*"), value=Sum("value"))
    )
    for seller, state, count, value in groups:
        name = names.get(str(seller), "Sin vendedor")
        amount = Amount(count=count, value=Decimal(value or 0))
        total[name] += amount
        there[name] += amount if state == "en-escala" else Amount()
    made = [(name, amount, there[name]) for name, amount in total.items()]
    return sorted(made, key=lambda row: (row[0] == "Sin vendedor", -row[1].value, row[0]))


def span_of(company: Connection, date_from: date | None, date_to: date | None) -> QuerySet[Invoice]:
    """The invoices that the page is about."""
    return ledger.in_span(company, date_from, date_to)


def _wanted(company: Connection) -> Case:
    """What an opportunity should be worth that holds `there`: credited pesos it may hold are told apart."""
    held = Least(Greatest(F("there"), left_over.LEAST), F("value"), output_field=CentsField())
    return Case(
        When(left_over.may_hold(company), then=held), default=_made(company), output_field=CentsField()
    )


def _made(company: Connection) -> Greatest | F:
    """What the rule makes it worth."""
    return left_over.LEAST if left_over.subtracts(company) else F("value")


def _pesos(amount: Decimal | None) -> Decimal:
    return Decimal(amount or 0)
