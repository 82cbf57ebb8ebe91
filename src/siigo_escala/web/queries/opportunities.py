"""The ledger of the other direction as the screens read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet, Sum

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.sync.invoicing import report
from siigo_escala.web import frame
from siigo_escala.web.states import STATES
from siigo_escala.web.told import Amount

MOST = 200
WORDS = {
    "invoiced": "Facturada",
    "needs_attention": "Requiere atención",
    "failed": "Por enviar",
    "excluded": "Excluida",
}
"""By what `report` calls them, in the order in which they are read."""
_KEYS = {
    Invoicing.INVOICED: "en-escala",
    Invoicing.EXCLUDED: "excluida",
    Invoicing.NEEDS_ATTENTION: "atencion",
    Invoicing.SENDING: "por-confirmar",
    Invoicing.PENDING: "por-enviar",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One opportunity. `key`: of `STATES`; `word`: its state in this direction's words."""

    opportunity: Opportunity
    day: date | None
    key: str
    word: str
    title: str
    why: str


def account(company: Connection) -> dict[str, Amount]:
    """Each state's opportunities, in number and pesos; every state is there."""
    made = {key: Amount() for key in STATES}
    groups = Opportunity.objects.filter(connection=company).order_by().values_list("state")
    for state, count, value in groups.annotate(count=Count("pk"), value=Sum("value")):
        made[_KEYS[state]] += Amount(count=count, value=Decimal(value or 0))
    return made


def rows(company: Connection, *, status: str = "") -> list[Row]:
    """The newest of them, `MOST` at most."""
    return [row_of(company, one) for one in _chosen(company, status).order_by("-modified", "-pk")[:MOST]]


def row_of(company: Connection, one: Opportunity) -> Row:
    """One opportunity as lists and its own page show it."""
    return _row(one, ZoneInfo(frame.zone_of(company)))


def count(company: Connection, *, status: str = "") -> int:
    """How many there are."""
    return _chosen(company, status).count()


def _chosen(company: Connection, status: str) -> QuerySet[Opportunity]:
    found = Opportunity.objects.filter(connection=company)
    if status == "failed":
        return found.filter(state__in=(Invoicing.PENDING, Invoicing.SENDING))
    return found.filter(state=status) if status in WORDS else found


def _row(one: Opportunity, zone: ZoneInfo) -> Row:
    code = report.code_of(one)
    reason = reasons.catalogue[Code(code)] if code in set(Code) else None
    key = _KEYS[Invoicing(one.state)]
    moment: datetime | None = one.modified
    return Row(
        opportunity=one,
        day=moment.astimezone(zone).date() if moment else None,
        key=key,
        word="Facturada" if key == "en-escala" else STATES[key].word,
        title=reason.title if reason else "",
        why=reasons.message(reason.code, one.data, of_deal=True) if reason else "",
    )
