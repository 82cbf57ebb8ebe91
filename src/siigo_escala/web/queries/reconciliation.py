"""Whether everything adds up with Siigo, to the cent: by state, by reason, by month, by seller, and against
Escala.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Greatest, Least

from siigo_escala.domain.reasons import Code
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
    subtracts = left_over.subtracts(company)
    sent = held = Decimal(0)
    later, unseen = Amount(), Amount()
    differing: list[tuple[Decimal, int, Decimal]] = []
    # One pass, and summed here: in sums of its own PostgreSQL looks beside every row a dozen times.
    for key, value, credited, code, there, look in living.values_list(
        "pk", "value", "credited", "code", "there", "look"
    ).iterator(chunk_size=5000):
        least = max(value - credited, Decimal(0))
        wanted = made = least if subtracts else value
        if look != "fresh":
            if look == "later":
                later = Amount(count=later.count + 1, value=later.value + made)
            else:
                unseen = Amount(count=unseen.count + 1, value=unseen.value + made)
            continue
        if credited > 0 and (not subtracts or code == Code.INVOICE_CREDITED_PARTLY):
            wanted = min(max(there, least), value)  # as `_wanted` has it
        sent += wanted
        held += there
        if wanted != there:
            differing.append((-value, key, wanted))
    return Against(
        sent=sent,
        there=held,
        differing=_differing(company, sorted(differing)[:_SUSPECTS]),
        later=later,
        unseen=unseen,
    )


def _differing(company: Connection, found: Sequence[tuple[Decimal, int, Decimal]]) -> list[Invoice]:
    """These invoices with `shown`, `there` and `wanted`, those of the largest sale first."""
    keys = [key for _, key, _ in found]
    listed = last_look.beside(company, Invoice.objects.filter(pk__in=keys)).annotate(shown=shown_state())
    by_key = {one.pk: one for one in listed}
    for _, key, wanted in found:
        by_key[key].wanted = wanted
    return [by_key[key] for key in keys]


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


def notes(company: Connection, date_from: date | None, date_to: date | None) -> Amount:
    """Credit notes of the span: told beside the sum, no part of it."""
    found = models.CreditNote.objects.filter(connection=company)
    if date_from is not None:
        found = found.filter(date__gte=date_from)
    if date_to is not None:
        found = found.filter(date__lte=date_to)
    sums = found.aggregate(count=Count("*"), value=Sum("value"))
    return Amount(count=sums["count"], value=Decimal(sums["value"] or 0))


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
