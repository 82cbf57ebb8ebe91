"""What decisions are taken on, in either direction: how it is found, which buttons it has, and what obeys.

What a decision does is `sync.resolve` for invoices and `sync.invoicing.resolve` for opportunities, the same
as `siigo-escala resolve`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, cast

from django.db.models import Q
from django.http import QueryDict

from siigo_escala.domain.decisions import DealKind, DealWish, Wish
from siigo_escala.domain.decisions import Kind as WishKind
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection
from siigo_escala.sync import requests, resolve
from siigo_escala.sync.invoicing import resolve as resolve_deals
from siigo_escala.sync.session import Options
from siigo_escala.web import deal_decisions, decisions
from siigo_escala.web.decisions import Choice, Kind
from siigo_escala.web.queries import filters, opportunities, rows
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.states import STUCK

_DECIDABLE = STUCK | Q(code__in=(Code.IGNORED_BY_PERSON, Code.DEAL_DELETED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A record with the buttons that it has. `key`: its id of Siigo or Escala."""

    key: str
    name: str
    value: Decimal
    more: str = ""
    """What tells it apart besides."""
    choices: tuple[Choice, ...] = ()

    def choice(self, kind: Kind) -> Choice | None:
        """Its button of this kind."""
        return next((one for one in self.choices if one.kind == kind), None)


class Book(Protocol):
    """One direction's ledger."""

    nouns: str
    field: str
    """Its ids in forms."""
    audited: str
    """Its names in the audit."""
    address: str
    """Where decisions on it are taken."""
    actions: Mapping[Kind, str]
    """The decisions that may be taken on many, as the audit calls them."""
    makes: Collection[Kind]
    """Those after which a run is asked for."""

    def ticked(self, company: Connection, keys: Sequence[str]) -> list[Chosen]:
        """Those with these ids."""

    def filters(self, company: Connection, asked: QueryDict) -> Filters:
        """The filters of an address of its list."""

    def left(self, company: Connection, asked: Filters) -> Iterator[Chosen]:
        """What the filters leave, as far as anything may be decided on it."""

    def store(self, company: Connection, kind: Kind, some: Sequence[Chosen], *, now: datetime) -> list[str]:
        """Stores a decision on all of them or on none (DecisionProblem); warnings."""

    def run(self, company: Connection, some: Sequence[Chosen], *, now: datetime) -> None:
        """Asks for a run of these."""


class Invoices:
    """Invoices that become opportunities."""

    nouns, field, audited, address = "factura,facturas", "factura", "facturas", "web:decide"
    actions: Mapping[Kind, str] = {
        "retry": "Reintento",
        "done": "Marcadas como resueltas",
        "create": "Crear de nuevo",
        "ignore": "Excluidas",
    }
    makes: Collection[Kind] = ("retry", "create")

    def ticked(self, company: Connection, keys: Sequence[str]) -> list[Chosen]:
        """Those with these Siigo ids."""
        found = models.Invoice.objects.filter(connection=company, siigo_id__in=keys)
        return [self.of(row) for row in found.defer("record", "intent")]

    def filters(self, company: Connection, asked: QueryDict) -> Filters:
        """As Facturas reads them."""
        return filters.read(asked, rows.sellers_of(company))

    def left(self, company: Connection, asked: Filters) -> Iterator[Chosen]:
        """What the filters leave of those that wait or were left out by a person."""
        found = filters.chosen(company, asked).filter(_DECIDABLE).defer("record", "intent").order_by("pk")
        return map(self.of, found.iterator(chunk_size=2000))

    def store(self, company: Connection, kind: Kind, some: Sequence[Chosen], *, now: datetime) -> list[str]:
        """`sync.resolve`."""
        wishes = [
            Wish(kind=cast("WishKind", kind), invoice=one.name.strip(), siigo_id=one.key) for one in some
        ]
        return resolve.store(company, wishes, now=now)

    def run(self, company: Connection, some: Sequence[Chosen], *, now: datetime) -> None:
        """By their numbers."""
        names = tuple(sorted({one.name for one in some if one.name}))
        requests.ask(company, Options(kind="retry", invoices=names), now=now)

    @staticmethod
    def of(row: models.Invoice) -> Chosen:
        """An invoice."""
        return Chosen(key=row.siigo_id, name=row.name, value=row.value, choices=decisions.choices_for(row))


class Deals:
    """Opportunities that become invoices."""

    nouns, field, audited, address = (
        "oportunidad,oportunidades", "oportunidad", "oportunidades", "web:decide_deals",
    )  # fmt: skip
    actions: Mapping[Kind, str] = {
        "retry": "Reintento",
        "done": "Marcadas como resueltas",
        "create": "Facturar",
        "ignore": "Excluidas",
        "again": "Facturar otra vez",
    }
    makes: Collection[Kind] = ("retry", "create", "again")

    def ticked(self, company: Connection, keys: Sequence[str]) -> list[Chosen]:
        """Those with these ids of Escala."""
        found = opportunities.of(company).filter(deal_id__in=keys).order_by("pk")
        return [self._of(company, row) for row in found]

    def filters(self, company: Connection, asked: QueryDict) -> Filters:  # noqa: ARG002 - no sellers there
        """As Oportunidades reads them."""
        return opportunities.read(asked)

    def left(self, company: Connection, asked: Filters) -> Iterator[Chosen]:
        """What the filters leave."""
        found = opportunities.chosen(company, asked).defer("body", "earlier").order_by("pk")
        return (self._of(company, row) for row in found.iterator(chunk_size=2000))

    def store(self, company: Connection, kind: Kind, some: Sequence[Chosen], *, now: datetime) -> list[str]:
        """`sync.invoicing.resolve`."""
        wishes = [DealWish(kind=cast("DealKind", kind), deal_id=one.key) for one in some]
        return resolve_deals.store(company, wishes, now=now)

    def run(self, company: Connection, some: Sequence[Chosen], *, now: datetime) -> None:
        """By their ids."""
        ids = tuple(sorted(one.key for one in some))
        requests.ask(company, Options(kind="retry", opportunities=ids), now=now)

    @staticmethod
    def _of(company: Connection, row: models.Opportunity) -> Chosen:
        return Chosen(
            key=row.deal_id,
            name=str(row),
            value=row.value,
            more=row.invoice,
            choices=deal_decisions.choices_for(company, row),
        )


INVOICES: Book = Invoices()
DEALS: Book = Deals()
