"""The ledger of the other direction as the screens read it: its account, its lists, one line of them.

All of them share `shown_state`, so a number always equals the count of the list it links to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, Count, QuerySet, Sum, Value, When
from django.http import QueryDict

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.sync.invoicing import report
from siigo_escala.web import frame
from siigo_escala.web.queries import filters, rows, search
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.queries.invoice import contact_name, contacts
from siigo_escala.web.states import STATES, Shown
from siigo_escala.web.told import Amount

WORDS: Mapping[str, Shown] = {
    **STATES,
    "en-escala": replace(STATES["en-escala"], word="Facturada", many="Facturadas"),
}
"""The states in the words of this direction, in the order in which they are read."""
ORDERS = {
    "oportunidad": ("name", "pk"),
    "fecha": ("modified", "pk"),
    "valor": ("value", "pk"),
    "factura": ("invoice", "pk"),
}
DRAFT = "Draft"
"""Siigo's word for an invoice that was not sent to the DIAN."""
_BY_ITSELF = ("", Code.NOT_REACHED, Code.OUTCOME_UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list. `state`: key of `WORDS`."""

    opportunity: Opportunity
    day: date | None
    customer: str
    state: str
    word: str
    code: str
    title: str
    why: str


def shown_state() -> Case:
    """The key of `WORDS` for each row: the parts of `report`, finer."""
    return Case(
        When(state=Invoicing.NEEDS_ATTENTION, then=Value("atencion")),
        When(state=Invoicing.INVOICED, undone__in=report.GONE, then=Value("anulada")),
        When(state=Invoicing.INVOICED, then=Value("en-escala")),
        When(state=Invoicing.EXCLUDED, then=Value("excluida")),
        When(state=Invoicing.SENDING, then=Value("por-confirmar")),
        When(code__in=_BY_ITSELF, then=Value("por-enviar")),
        default=Value("error"),
        output_field=CharField(),
    )


def of(company: Connection) -> QuerySet[Any]:
    """All of a company's, carrying `shown`: opportunities, and what no model knows of."""
    return Opportunity.objects.filter(connection=company).annotate(shown=shown_state())


def account(chosen: QuerySet[Any]) -> dict[str, Amount]:
    """Each state's opportunities, in number and pesos; every state is there."""
    made = {key: Amount() for key in WORDS}
    groups = chosen.order_by().values_list("shown").annotate(count=Count("*"), value=Sum("value"))
    for state, count, value in groups:
        made[state] = Amount(count=count, value=Decimal(value or 0))
    return made


def drafts(company: Connection) -> int:
    """How many of its invoices stand in Siigo as drafts, also of opportunities that wait for a person."""
    made = Opportunity.objects.filter(connection=company, siigo_id__isnull=False, stamp__iexact=DRAFT)
    return made.exclude(undone__in=report.GONE).count()


def read(asked: QueryDict) -> Filters:
    """The filters of an address."""
    return filters.read(asked, None, words=WORDS, orders=ORDERS)


def chosen(company: Connection, asked: Filters) -> QuerySet[Opportunity]:
    """The opportunities that the filters leave, in no order; days are those of their last change."""
    found, zone = of(company), ZoneInfo(frame.zone_of(company))
    if asked.states:
        found = found.filter(shown__in=asked.states)
    if asked.code:
        found = found.filter(code=asked.code)
    if asked.date_from is not None:
        found = found.filter(modified__gte=datetime.combine(asked.date_from, time.min, zone))
    if asked.date_to is not None:
        end = datetime.combine(asked.date_to + timedelta(days=1), time.min, zone)
        found = found.filter(modified__lt=end)
    return search.deals(found, company, asked.q) if asked.q else found


def shown(company: Connection, found: Iterable[Opportunity]) -> list[Row]:
    """Rows as lists and pages show them: one query for all their contacts. They carry `shown`."""
    some, zone = list(found), ZoneInfo(frame.zone_of(company))
    names = _contacts(company, {one.contact_id for one in some})
    return [_row(one, zone, names.get(one.contact_id, "")) for one in some]


def codes(company: Connection) -> list[tuple[str, str]]:
    """The reasons that this ledger holds, by their titles."""
    held = Opportunity.objects.filter(connection=company).exclude(code="").order_by()
    return rows.titles(held.values_list("code", flat=True).distinct())


def code_of(one: Opportunity) -> str:
    """Its reason; none where a person has settled what it was."""
    return one.code if one.state == Invoicing.INVOICED else report.code_of(one) or ""


def _contacts(company: Connection, ids: set[str]) -> dict[str, str]:
    return {str(one.id): contact_name(one) for one in contacts(company, sorted(ids - {""}))}


def _row(one: Opportunity, zone: ZoneInfo, customer: str) -> Row:
    code = code_of(one)
    reason = reasons.catalogue[Code(code)] if code in reasons.catalogue else None
    state = one.shown  # type: ignore[attr-defined]  # annotated by the query
    return Row(
        opportunity=one,
        day=one.modified.astimezone(zone).date() if one.modified else None,
        customer=customer,
        state=state,
        word=WORDS[state].word,
        code=code,
        title=reason.title if reason else "",
        why=reasons.message(reason.code, one.data, of_deal=True, on_screen=True) if reason else "",
    )
