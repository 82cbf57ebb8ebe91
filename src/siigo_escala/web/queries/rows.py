"""Invoices as a list shows them: with their customer, seller, owner, state and reason in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from siigo_escala.domain import reasons
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice
from siigo_escala.sync.report import code_of

_CHUNK = 500
One = TypeVar("One")
Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list. `state`: key of `states.STATES`."""

    invoice: Invoice
    state: str
    customer: str
    seller: str
    owner: str
    code: str
    reason: str

    @property
    def title(self) -> str:
        """What the reason is called."""
        return title_of(self.code)

    @property
    def gone(self) -> str:
        """Why Siigo no longer has it as a sale."""
        if self.invoice.deleted:
            return "Borrada"
        return "Anulada" if self.invoice.annulled else "Con nota crédito por el total"


def sellers_of(company: Connection) -> dict[str, str]:
    """Names of the sellers by their ids, as last read."""
    return {
        str(one["id"]): str(one.get("name") or one.get("email") or one["id"]) for one in company.siigo.sellers
    }


def shown(company: Connection, found: Iterable[Invoice]) -> list[Row]:
    """A page of rows: one query for all their customers. The invoices carry `shown`."""
    invoices = list(found)
    names = _customers(company, {one.customer_id for one in invoices})
    sellers, owners = sellers_of(company), _owners(company)
    return [
        Row(
            invoice=one,
            state=one.shown,  # type: ignore[attr-defined]  # annotated by the query
            customer=names.get(one.customer_id, ""),
            seller=sellers.get(str(one.seller), "") if one.seller is not None else "",
            owner=owners.get(str(one.seller), "") if one.seller is not None else "",
            code=code_of(one) or "",
            reason=reason_of(one),
        )
        for one in invoices
    ]


def by_chunks(
    company: Connection, found: Iterator[One], drawn: Callable[[Connection, list[One]], list[Drawn]]
) -> Iterator[Drawn]:
    """Any number of rows, a few in memory at a time: for exports."""
    while chunk := list(islice(found, _CHUNK)):
        yield from drawn(company, chunk)


def title_of(code: str) -> str:
    """What a reason is called; "" where there is none."""
    return reasons.catalogue[Code(code)].title if code in reasons.catalogue else ""


def titles(held: Iterable[str]) -> list[tuple[str, str]]:
    """Reasons by what they are called, for a list to choose from."""
    known = [(code, title_of(code)) for code in held]
    return sorted((pair for pair in known if pair[1]), key=lambda pair: pair[1])


def reason_of(invoice: Invoice) -> str:
    """What happened to it, in a sentence; "" where nothing needs saying."""
    code = code_of(invoice)
    if not code or code not in reasons.catalogue:
        return ""
    return reasons.message(Code(code), invoice.data, on_screen=True)


def name_in(record: dict[str, Any]) -> str:
    """How a customer is called."""
    return " ".join(record.get("names", ())) or str(record.get("commercial_name", ""))


def _customers(company: Connection, ids: set[str]) -> dict[str, str]:
    known = models.KnownCustomer.objects.filter(company_id=company.siigo_id, siigo_id__in=ids)
    return {row.siigo_id: name_in(row.record) for row in known.only("siigo_id", "record")}


def _owners(company: Connection) -> dict[str, str]:
    """Who a seller's invoices belong to in Escala, by the seller's id."""
    linked: dict[str, str] = company.file.get("sellers", {})
    made = {}
    for one in company.siigo.sellers:
        owner = linked.get(str(one.get("email", "")).casefold()) or linked.get(str(one["id"]))
        if owner:
            made[str(one["id"])] = owner
    return made
