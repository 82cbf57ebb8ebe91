"""What Escala held before: deals that were taken over, those that may be an invoice's, and what has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from siigo_escala.domain import twins
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice, KnownDeal, State
from siigo_escala.web.queries import rows
from siigo_escala.web.told import Amount

PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An invoice beside the deals that it may be, and what speaks for it."""

    invoice: Invoice
    customer: str
    deals: tuple[KnownDeal, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piles:
    """How much lies where. `answered`: a person has said, and the next run does it."""

    linked: Amount
    doubtful: Amount
    answered: Amount
    missing: Amount


def piles(company: Connection) -> Piles:
    """The three piles, and what of the second is answered."""
    invoices = models.Invoice.objects.filter(connection=company)
    asked = invoices.filter(state=State.NEEDS_ATTENTION, code=Code.POSSIBLE_TWIN)
    return Piles(
        linked=_amount(invoices.filter(adopted=True, deal_id__isnull=False)),
        doubtful=_amount(asked.filter(decision="")),
        answered=_amount(asked.exclude(decision="")),
        missing=_amount(invoices.filter(deal_id=None, state__in=(State.PENDING, State.FAILED))),
    )


def pairs(company: Connection, *, after: int = 0) -> list[Pair]:
    """Invoices that wait for an answer, a page of them, one more where there are more."""
    found = list(
        models.Invoice.objects.filter(
            connection=company,
            state=State.NEEDS_ATTENTION,
            code=Code.POSSIBLE_TWIN,
            decision="",
            pk__gt=after,
        ).order_by("pk")[: PAGE + 1]
    )
    named = {str(one) for row in found for one in row.data.get("candidates", ())}
    deals = {
        one.deal_id: one for one in KnownDeal.objects.filter(escala_id=company.escala_id, deal_id__in=named)
    }
    customers = _customers(company, found)
    return [
        Pair(
            invoice=row,
            customer=customers.get(row.customer_id, ""),
            deals=(beside := _of(row, deals)),
            evidence=_evidence(row, beside),
        )
        for row in found
    ]


def bulk(shown: Sequence[Pair]) -> list[tuple[Invoice, str]]:
    """Those with one deal alone that no other of them may be, and which deal it is."""
    single = [(pair.invoice, pair.deals[0].deal_id) for pair in shown if len(pair.deals) == 1]
    count: dict[str, int] = {}
    for pair in shown:
        for deal in pair.deals:
            count[deal.deal_id] = count.get(deal.deal_id, 0) + 1
    return [(invoice, deal) for invoice, deal in single if count[deal] == 1]


def _of(row: Invoice, deals: Mapping[str, KnownDeal]) -> tuple[KnownDeal, ...]:
    return tuple(deals[one] for one in map(str, row.data.get("candidates", ())) if one in deals)


def _evidence(row: Invoice, deals: Sequence[KnownDeal]) -> tuple[str, ...]:
    """A twin has the contact and was made in those days; the value may be the invoice's in whole pesos, or
    less its notes.
    """
    amounts = {deal.value for deal in deals}
    if row.value in amounts:
        value = "mismo valor"
    elif amounts & twins.values([row.value]):
        value = "mismo valor en pesos enteros"
    else:
        value = "mismo valor con sus notas"
    return ("mismo contacto", value, "mismos días")


def _amount(chosen: QuerySet[Invoice]) -> Amount:
    sums = chosen.aggregate(count=Count("*"), value=Sum("value"))
    return Amount(count=sums["count"], value=Decimal(sums["value"] or 0))


def _customers(company: Connection, found: Sequence[Invoice]) -> dict[str, str]:
    known = models.KnownCustomer.objects.filter(
        company_id=company.siigo_id, siigo_id__in={row.customer_id for row in found}
    )
    return {one.siigo_id: rows.name_in(one.record) for one in known.only("siigo_id", "record")}
