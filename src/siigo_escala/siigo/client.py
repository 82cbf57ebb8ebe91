"""Siigo's API, one method an endpoint, domain records out. Source: docs/reference/siigo-api.md."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from siigo_escala.domain.accounting import (
    CreditNote,
    Customer,
    CustomerId,
    DocumentType,
    Invoice,
    InvoiceId,
    Seller,
    Unreadable,
)
from siigo_escala.domain.selling import City, CustomerDraft, Named, PaymentType, SiigoProduct, TaxRate
from siigo_escala.rest import fields, paging, reading, retry
from siigo_escala.rest.errors import AccessDenied, OutcomeUnknown, UnexpectedAnswer
from siigo_escala.rest.paging import Fetched, Page
from siigo_escala.rest.transport import Answer, Ask, Transport, header_value
from siigo_escala.rest.writing import encode
from siigo_escala.siigo import selling, token, wire
from siigo_escala.siigo.token import TokenSource

__all__ = ["Page", "SiigoClient"]

R = TypeVar("R")

PAGE_SIZE = 100
Query = Mapping[str, str | int]


class SiigoClient:
    """One Siigo company. Every method raises the failures of rest/errors.py."""

    def __init__(
        self,
        *,
        transport: Transport,
        tokens: TokenSource,
        partner_id: str,
        type_codes: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self._invoice = partial(wire.invoice, type_codes=type_codes)
        """`type_codes`: the codes of the document types, by id, as read before."""
        self._transport = transport
        self._tokens = tokens
        self._partner_id = header_value(partner_id)

    def users(self) -> tuple[Seller, ...]:
        """Every user, inactive ones too (5)."""
        pages = self._pages("/v1/users", {}, wire.seller)
        return tuple(user for page in pages for user in page.records if user is not None)

    def document_types(self) -> tuple[DocumentType, ...]:
        """Every kind of sales document (8)."""
        answer = self._get("/v1/document-types", {"type": "FV"})
        rows = _rows(answer)
        return tuple(found for row in rows if (found := wire.document_type(row)) is not None)

    def invoices(
        self,
        *,
        created_start: datetime | None = None,
        created_end: datetime | None = None,
        updated_start: datetime | None = None,
        date_start: date | None = None,
        date_end: date | None = None,
        name: str | None = None,
        customer: str | None = None,
    ) -> Iterator[Page[Invoice | Unreadable]]:
        """Invoices in whole, page by page (3.1, 3.2).

        Bounds are inclusive; invoices never changed do not come with `updated_start`. Whether `date_end`
        includes its day is not known: ask wider. `name` and `customer` (identification) are filters that
        Siigo may read loosely: compare.
        """
        query = _bounds(
            created_start=created_start,
            created_end=created_end,
            updated_start=updated_start,
            date_start=date_start,
            date_end=date_end,
        )
        named = {"name": name or "", "customer_identification": customer or ""}
        query |= {key: value for key, value in named.items() if value}
        return self._pages("/v1/invoices", query, self._invoice)

    def invoice(self, invoice_id: InvoiceId) -> Invoice:
        """One invoice; NotFound where it was deleted."""
        return self._one("/v1/invoices/", invoice_id, self._invoice)

    def customer(self, customer_id: CustomerId, *, tries: int | None = None) -> Customer:
        """One customer; NotFound where it was deleted (4). `tries`: as in `retry.read`."""
        return self._one("/v1/customers/", customer_id, wire.customer, tries=tries)

    def customers(self, *, page: int) -> Page[Customer | Unreadable]:
        """One page of all customers and suppliers, from 1 (4)."""
        fetched = self._fetch("/v1/customers", {}, wire.customer, page)
        last = paging.is_last(fetched, page)
        return Page(
            records=tuple(record for _, record in fetched.rows),
            number=page,
            total=fetched.total,
            server_date=fetched.server_date,
            is_last=last,
            complete=last,
            raw=(fetched.raw,),
        )

    def customers_changed(self, updated_start: datetime) -> Iterator[Page[Customer | Unreadable]]:
        """Customers changed since then (4)."""
        return self._pages("/v1/customers", _bounds(updated_start=updated_start), wire.customer)

    def credit_notes(self, *, created_start: datetime) -> Iterator[Page[CreditNote | Unreadable]]:
        """Credit notes made since then (6)."""
        return self._pages("/v1/credit-notes", _bounds(created_start=created_start), wire.credit_note)

    def customers_identified(self, identification: str) -> tuple[Customer, ...]:
        """Customers whose identification Siigo finds to be this one, in every branch: compare (4)."""
        pages = self._pages("/v1/customers", {"identification": identification}, wire.customer)
        return tuple(one for page in pages for one in page.records if isinstance(one, Customer))

    def cities(self) -> Iterator[Page[City | None]]:
        """The cities that this company's own customers have, with their codes (4)."""
        return self._pages("/v1/customers", {}, selling.city)

    def products_coded(self, code: str) -> tuple[SiigoProduct, ...]:
        """Products of exactly this code; whether Siigo's filter is exact is not known (8)."""
        pages = self._pages("/v1/products", {"code": code}, selling.product)
        return tuple(one for page in pages for one in page.records if one.code == code)

    def taxes(self) -> tuple[TaxRate, ...]:
        """Every tax of the company (8)."""
        rows = _rows(self._get("/v1/taxes", {}))
        return tuple(found for row in rows if (found := selling.tax(row)) is not None)

    def payment_types(self) -> tuple[PaymentType, ...]:
        """Every way of paying a sales invoice (8)."""
        rows = _rows(self._get("/v1/payment-types", {"document_type": "FV"}))
        return tuple(found for row in rows if (found := selling.payment_type(row)) is not None)

    def cost_centers(self) -> tuple[Named, ...]:
        """Every cost centre of the company (8)."""
        return self._named("/v1/cost-centers")

    def warehouses(self) -> tuple[Named, ...]:
        """Every warehouse of the company (8)."""
        return self._named("/v1/warehouses")

    def _named(self, path: str) -> tuple[Named, ...]:
        rows = _rows(self._get(path, {}))
        return tuple(found for row in rows if (found := selling.named(row)) is not None)

    def create_invoice(self, content: bytes, *, key: str) -> Invoice:
        """Makes an invoice (3.7) out of bytes that were stored before; `key` gives the same one again.

        A 2xx that does not show the invoice is OutcomeUnknown.
        """
        return self._made("/v1/invoices", content, self._invoice, {"Idempotency-Key": header_value(key)})

    def create_customer(self, draft: CustomerDraft) -> Customer:
        """Registers a customer (4)."""
        return self._made("/v1/customers", encode(selling.customer_body(draft)), wire.customer, {})

    def _made(
        self,
        path: str,
        content: bytes,
        read: Callable[[object], R | Unreadable],
        headers: Mapping[str, bytes],
    ) -> R:
        """A write that makes a record: never repeated without certainty (rest/retry.py)."""
        answer = self._signed(
            lambda signed: retry.create(
                self._transport,
                Ask(method="POST", path=path, headers={**signed, **headers}, body=content),
            )
        )
        record = read(answer.data)
        if isinstance(record, Unreadable):
            raise OutcomeUnknown(
                "Siigo aceptó el registro pero no dijo cuál es; se verificará antes de enviarlo de nuevo.",
                system="siigo",
                status=answer.status,
                raw=reading.raw_text(answer.content),
            )
        return record

    def _one(
        self, path: str, record_id: str, read: Callable[[object], R | Unreadable], *, tries: int | None = None
    ) -> R:
        answer = self._get(path + urllib.parse.quote(record_id, safe=""), {}, by_id=True, tries=tries)
        record = read(answer.data)
        if isinstance(record, Unreadable):
            raise _unexpected(answer)
        return record

    def _pages(self, path: str, query: Query, read: Callable[[object], R]) -> Iterator[Page[R]]:
        return paging.pages(lambda number: self._fetch(path, query, read, number))

    def _fetch(self, path: str, query: Query, read: Callable[[object], R], number: int) -> Fetched[R]:
        answer = self._get(path, {**query, "page": number, "page_size": PAGE_SIZE})
        rows = _rows(answer)
        bare = isinstance(answer.data, list)
        pagination = fields.mapping(reading.lowered(fields.mapping(answer.data)).get("pagination"))
        return Fetched(
            rows=[(wire.record_id(row), read(row)) for row in rows],
            number=1 if bare else fields.integer(pagination.get("page")),
            size=len(rows) if bare else fields.integer(pagination.get("page_size")),
            # 5: a bare array is the whole list.
            total=len(rows) if bare else fields.integer(pagination.get("total_results")),
            server_date=answer.server_date,
            raw=answer.text,
        )

    def _get(self, path: str, query: Query, *, by_id: bool = False, tries: int | None = None) -> Answer:
        def call(headers: Mapping[str, bytes]) -> Answer:
            ask = Ask(method="GET", path=path, query=query, headers=headers, by_id=by_id)
            return retry.read(self._transport, ask, tries=tries)

        return self._signed(call)

    def _signed(self, call: Callable[[Mapping[str, bytes]], Answer]) -> Answer:
        """A call with the token; on a 401 it is renewed once and the call repeated once (1.1, 10.2)."""
        text = self._tokens.current()
        try:
            return call(self._headers(text))
        except AccessDenied as problem:
            if problem.status is None:
                raise
            if problem.status != 401:
                raise _denied(problem, blocked=False) from None
        try:
            return call(self._headers(self._tokens.renewed(text)))
        except AccessDenied as second:
            wrong = second.cause == "credentials" and second.message == token.WRONG_CREDENTIALS
            if second.status is None or wrong:
                raise
            raise _denied(second, blocked=second.status == 401) from None

    def _headers(self, text: str) -> Mapping[str, bytes]:
        self._transport.hide(text)
        return {"Authorization": b"Bearer " + header_value(text), "Partner-Id": self._partner_id}


def _rows(answer: Answer) -> list[object]:
    """The rows of a list: enveloped, or a bare array (2.1, 5, 8)."""
    if isinstance(answer.data, list):
        return answer.data
    known = reading.lowered(fields.mapping(answer.data))
    rows = known.get("results")
    if isinstance(rows, list):
        return rows
    if rows in (None, "", {}) and "pagination" in known:
        return []
    raise _unexpected(answer)


def _bounds(**given: datetime | date | None) -> dict[str, str | int]:
    """Filters that were given: instants in explicit UTC, business dates as they are."""
    return {
        key: wire.utc_text(value) if isinstance(value, datetime) else value.isoformat()
        for key, value in given.items()
        if value is not None
    }


def _denied(problem: AccessDenied, *, blocked: bool) -> AccessDenied:
    return AccessDenied(
        token.BLOCKED if blocked else token.NO_PERMISSION,
        system="siigo",
        status=problem.status,
        raw=problem.raw,
        cause="blocked" if blocked else "permission",
    )


def _unexpected(answer: Answer) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "Siigo respondió algo que no es lo que se le pidió.",
        system="siigo",
        status=answer.status,
        raw=reading.raw_text(answer.content),
    )
