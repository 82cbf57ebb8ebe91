"""Escala's API, one method an endpoint, domain records in and out. Source: docs/reference/escala-api.md."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from siigo_escala.domain.crm import (
    Contact,
    ContactDraft,
    ContactId,
    Deal,
    DealChange,
    DealDraft,
    DealId,
    DealLine,
    Pipeline,
    Product,
    ProductDraft,
    Scalar,
)
from siigo_escala.escala import changing, refusals, wire
from siigo_escala.escala.capabilities import DOUBTED_FOR, Capabilities, Resource, Since
from siigo_escala.escala.outcomes import Made, UpdateImpossible
from siigo_escala.rest import reading, retry
from siigo_escala.rest.errors import (
    AccessDenied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    Rejected,
    UnexpectedAnswer,
)
from siigo_escala.rest.scrolling import SIZE, Batch, Ending, Listing
from siigo_escala.rest.transport import Answer, Ask, Method, Transport, header_value
from siigo_escala.rest.writing import encode

__all__ = ["Duplicate", "Ending", "EscalaClient", "Listing", "Made", "UpdateImpossible"]

R = TypeVar("R")

SINCE_TRIES = 2
"""A read of changes that fails twice is taken as broken (U2)."""
FEW_TRIES = 4
"""Where an error may be there to stay: a cursor's end, a page too far (2.1), a resource of its own (U13)."""


class EscalaClient:
    """One Escala account. Every method raises the failures of rest/errors.py.

    What the account is seen to do is told to `on_learned`, from whatever thread noticed it.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        api_key: str,
        capabilities: Capabilities,
        on_learned: Callable[[Capabilities], None] = lambda _: None,
    ) -> None:
        transport.hide(api_key)
        self._transport = transport
        self._headers = {"x-api-key": header_value(api_key)}
        self._capabilities = capabilities
        self._on_learned = on_learned
        self._lock = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """What is known of the account by now."""
        return self._capabilities

    def learn_since(self, resource: Resource, verdict: Since, *, now: datetime) -> None:
        """Keeps what a read of changes has shown; a failure is forgotten after a day."""
        until = None if verdict == "works" else now + DOUBTED_FOR
        if resource == "deals":
            self._learn(replace(self._capabilities, since_deals=verdict, since_deals_until=until))
        else:
            self._learn(replace(self._capabilities, since_contacts=verdict, since_contacts_until=until))

    def learn(self, **seen: Any) -> None:
        """Keeps what others saw of the account, by the names of `Capabilities`."""
        self._learn(replace(self._capabilities, **seen))

    def pipelines(self) -> tuple[Pipeline, ...]:
        """Every pipeline and its stages (6); UnexpectedAnswer where the account does not show them (U20)."""
        listing = self._listing("/crm/pipelines", wire.pipeline, scroll=False)
        try:
            found = tuple(pipeline for page in listing for pipeline in page)
        except NotFound as problem:
            raise refusals.no_pipelines(problem.status, problem.raw) from None
        if listing.ending is None or not listing.ending.complete:
            raise refusals.no_pipelines(None, "")
        return found

    def deals(self, *, since: str | None = None) -> Listing[Deal]:
        """Every deal, or those changed since then: a `modified` exactly as received (2.2)."""
        return self._listing("/crm/deals", wire.deal, scroll=True, since=since)

    def contacts(self, *, since: str | None = None) -> Listing[Contact]:
        """Every contact, or those changed since then (2.2, 3.3)."""
        return self._listing("/crm/contacts", wire.contact, scroll=True, since=since)

    def products(self) -> Listing[Product]:
        """The whole catalogue (7). Fails after a few tries: it must not hold up the rest (U13)."""
        return self._listing("/pms/products", wire.product, scroll=False, tries=FEW_TRIES)

    def products_with_sku(self, sku: str) -> tuple[Product, ...]:
        """Products of exactly this SKU; whether Escala's filter is exact is not known (7)."""
        answer = self._get("/pms/products", {"sku": sku, "page": 0, "size": SIZE}, tries=FEW_TRIES)
        found = [wire.product(row) for row in _items(answer) if wire.record_id(row)]
        return tuple(product for product in found if product.sku.strip() == sku.strip())

    def deal(self, deal_id: DealId | str) -> Deal:
        """One deal in whole; NotFound where it was deleted (5.3)."""
        return wire.deal(self._record(f"/crm/deals/{_quoted(deal_id)}"))

    def contact(self, contact_id: ContactId | str) -> Contact:
        """One contact; NotFound where it was deleted or merged (3.3)."""
        return wire.contact_with_place(self._record(f"/crm/contacts/{_quoted(contact_id)}"))

    def contacts_with_email(self, email: str) -> tuple[Contact, ...]:
        """Contacts that have this e-mail, each verified; none where the filter does not work (U4).

        None found proves that there is none only where `capabilities.email_filter` is `works`.
        """
        if self._capabilities.email_filter in ("ignored", "refused"):
            return ()
        try:
            answer = self._get("/crm/contacts", {"email": email, "page": 0, "size": SIZE}, tries=FEW_TRIES)
        except Rejected:
            self._learn(replace(self._capabilities, email_filter="refused"))
            return ()
        wanted = email.strip().casefold()
        found = [wire.contact(row) for row in _items(answer) if wire.record_id(row)]
        right = tuple(one for one in found if wanted in {own.casefold() for own in one.emails})
        if len(right) < len(found):
            self._learn(replace(self._capabilities, email_filter="ignored"))
        elif right:
            self._learn(replace(self._capabilities, email_filter="works"))
        return right

    def create_contact(self, draft: ContactDraft) -> Made:
        """Makes a contact (3.2). Duplicate where Escala says that its e-mail or phone is taken (U3)."""
        priority = not self._capabilities.priority_refused
        try:
            answer = self._create("/crm/contacts", wire.contact_body(draft, priority=priority))
        except Rejected as refused:
            if not (priority and refusals.blames_priority(refused)):
                raise
            # A clean refusal wrote nothing: sent again without what was refused (U11).
            self._learn(replace(self._capabilities, priority_refused=True))
            answer = self._create("/crm/contacts", wire.contact_body(draft, priority=False))
        return _made(answer, wire.contact)

    def create_deal(self, draft: DealDraft) -> Made:
        """Makes a deal (5.1); without priority or without products where Escala refuses these (U11, U12)."""
        priority = not self._capabilities.priority_refused
        decimal = _has_decimals(draft.lines)
        products = not (decimal and self._capabilities.decimal_quantity_refused)
        while True:
            try:
                answer = self._create(
                    "/crm/deals", wire.deal_body(draft, priority=priority, products=products)
                )
            except Rejected as refused:
                if priority and refusals.blames_priority(refused):
                    priority = False
                    self._learn(replace(self._capabilities, priority_refused=True))
                elif products and draft.lines and refusals.blames_products(refused):
                    products = False
                    if decimal and refusals.blames_quantity(refused):
                        self._learn(replace(self._capabilities, decimal_quantity_refused=True))
                else:
                    raise
                continue
            made = _made(answer, wire.deal)
            return replace(made, without_products=bool(draft.lines) and not products)

    def create_product(self, draft: ProductDraft) -> Made:
        """Registers a product (7). Duplicate where its SKU is taken."""
        return _made(self._create("/pms/products", wire.product_body(draft)), wire.product)

    def update_deal(self, deal_id: DealId | str, change: Callable[[Deal], DealChange]) -> Deal:
        """Changes value, products, our description and nothing else (5.4, U9).

        The deal is read in whole and written back merged. UpdateImpossible where no verb does that.
        """
        if self._capabilities.update_deals == "none":
            raise refusals.impossible()
        path = f"/crm/deals/{_quoted(deal_id)}"
        found = self._record(path)
        before = wire.deal(found)
        wanted = change(before)
        decimal = _has_decimals(wanted.lines or ())
        if decimal and self._capabilities.decimal_quantity_refused:
            wanted = replace(wanted, lines=None)
        try:
            self._write_deal(path, found, wanted)
        except Rejected as refused:
            if not (wanted.lines and refusals.blames_products(refused)):
                raise
            if decimal and refusals.blames_quantity(refused):
                self._learn(replace(self._capabilities, decimal_quantity_refused=True))
            self._write_deal(path, found, replace(wanted, lines=None))
        return before

    def _write_deal(self, path: str, found: Mapping[str, object], wanted: DealChange) -> None:
        patch = changing.deal_patch(wanted)
        whole = changing.deal_whole(found, patch)
        self._write("deals", path, whole=whole, patch=patch)

    def fill_contact(self, contact_id: ContactId | str, custom: Mapping[str, Scalar]) -> Contact:
        """Fills custom fields of a contact that are empty, else nothing; the contact as it was (3.4, U9)."""
        if self._capabilities.update_contacts == "none":
            raise refusals.impossible()
        path = f"/crm/contacts/{_quoted(contact_id)}"
        found = self._record(path)
        held, sent = wire.custom_as_is(found.get("custom")), wire.custom_out(custom)
        if not held.keys() & sent.keys():
            patch: dict[str, object] = {"custom": {**held, **sent}, "triggerWorkflow": False}
            whole = changing.contact_whole(found, patch)
            self._write("contacts", path, whole=whole, patch=patch)
        return wire.contact(found)

    def remove(self, resource: Resource, record_id: str) -> bool:
        """Deletes a record that we made for a trial; False where the API offers no such thing (2.3, 7)."""
        path = f"/crm/{resource}/{_quoted(record_id)}"
        try:
            retry.rewrite(self._transport, Ask(method="DELETE", path=path, headers=self._headers, by_id=True))
        except (Rejected, AccessDenied) as refused:
            if refusals.is_no_such_verb(refused):
                return False
            raise
        return True

    def _write(
        self,
        resource: Resource,
        path: str,
        *,
        whole: Mapping[str, object] | None,
        patch: Mapping[str, object],
    ) -> None:
        """Writes by the verb that works here; `whole` None: replacing the record could lose what it holds.

        NotFound where the record was deleted meanwhile: that speaks of no verb, and no other one is sent.
        """
        known = self._capabilities.verb(resource)
        for verb, body in changing.attempts(known, whole=whole, patch=patch):
            try:
                self._rewrite(path, "PUT" if verb == "put" else "PATCH", body)
            except (Rejected, AccessDenied) as refused:
                if not refusals.is_no_such_verb(refused):
                    raise (
                        refusals.key_refused(refused) if isinstance(refused, AccessDenied) else refused
                    ) from None
                if isinstance(refused, NotFound):
                    self._record(path)  # raises it where the record is gone
            else:
                self._learn(self._capabilities.verb_worked(resource, verb))
                return
        if whole is not None:
            now = self._transport.now()
            self._learn(self._capabilities.verbs_refused(resource, path.rpartition("/")[2], now=now))
        raise refusals.impossible()

    def _rewrite(self, path: str, method: Method, body: Mapping[str, object]) -> None:
        """One write of a record, without its priority where Escala refuses that (U11)."""
        plain = {key: value for key, value in body.items() if key != "priority"}
        sent = plain if self._capabilities.priority_refused else body
        try:
            retry.rewrite(self._transport, self._change(path, method, sent))
        except Rejected as refused:
            if "priority" not in sent or not refusals.blames_priority(refused):
                raise
            self._learn(replace(self._capabilities, priority_refused=True))
            retry.rewrite(self._transport, self._change(path, method, plain))

    def _change(self, path: str, method: Method, body: Mapping[str, object]) -> Ask:
        return Ask(method=method, path=path, headers=self._headers, body=encode(body), by_id=True)

    def _listing(
        self,
        path: str,
        read: Callable[[object], R],
        *,
        scroll: bool,
        since: str | None = None,
        tries: int | None = None,
    ) -> Listing[R]:
        def fetch(cursor: str | None) -> Batch[R]:
            query: dict[str, str | int] = {"size": SIZE}
            if since is not None:
                query["since"] = since
            if cursor is not None:
                query["scrollId"] = cursor
            first = SINCE_TRIES if since is not None else tries
            few = first if cursor is None else FEW_TRIES
            return _batch(self._get(f"{path}/scroll", query, tries=few), read)

        def fetch_page(number: int) -> Batch[R]:
            few = FEW_TRIES if number or scroll else tries
            return _batch(self._get(path, {"page": number, "size": SIZE}, tries=few), read)

        return Listing(
            fetch=fetch if scroll else None,
            fetch_page=fetch_page,
            by_total=not scroll,
            monotonic=self._transport.monotonic,
        )

    def _record(self, path: str) -> Mapping[str, object]:
        answer = self._get(path, {}, by_id=True)
        found = wire.unwrapped(answer.data)
        if wire.record_id(found) is None:
            raise _unexpected(answer)
        return found

    def _get(
        self, path: str, query: Mapping[str, str | int], *, by_id: bool = False, tries: int | None = None
    ) -> Answer:
        ask = Ask(method="GET", path=path, query=query, headers=self._headers, by_id=by_id)
        try:
            return retry.read(self._transport, ask, tries=tries)
        except AccessDenied as problem:
            raise refusals.read_refused(problem) from None

    def _create(self, path: str, body: Mapping[str, object]) -> Answer:
        """A POST that is never repeated without certainty (rest/retry.py)."""
        ask = Ask(method="POST", path=path, headers=self._headers, body=encode(body))
        try:
            return retry.create(self._transport, ask)
        except AccessDenied as problem:
            raise refusals.key_refused(problem) from None

    def _learn(self, learned: Capabilities) -> None:
        with self._lock:
            if learned == self._capabilities:
                return
            self._capabilities = learned
        self._on_learned(learned)


def _has_decimals(lines: Sequence[DealLine]) -> bool:
    return any(
        line.quantity is not None and line.quantity != line.quantity.to_integral_value() for line in lines
    )


def _quoted(record_id: str) -> str:
    return urllib.parse.quote(record_id, safe="")


def _items(answer: Answer) -> list[object]:
    found = wire.extract_items(answer.data)
    if found is None:
        raise _unexpected(answer)
    return found


def _batch(answer: Answer, read: Callable[[object], R]) -> Batch[R]:
    return Batch(
        rows=[(wire.record_id(row), read(row)) for row in _items(answer)],
        cursor=wire.extract_cursor(answer.data, answer.headers),
        total=wire.extract_total(answer.data),
        server_date=answer.server_date,
        tries=answer.tries,
    )


def _made(answer: Answer, read: Callable[[object], Contact | Deal | Product]) -> Made:
    """The record that a 2xx speaks of; without an id nobody knows what was made (U6)."""
    made_id = wire.extract_id(answer.data, answer.headers)
    if made_id is None:
        raise OutcomeUnknown(
            "Escala aceptó el registro pero no dijo cuál es; se verificará antes de enviarlo de nuevo.",
            system="escala",
            status=answer.status,
            raw=reading.raw_text(answer.content),
        )
    echoed = wire.unwrapped(answer.data)
    whole = wire.record_id(echoed) is not None and len(echoed) > 1
    return Made(id=made_id, raw=answer.text, record=read(echoed) if whole else None)


def _unexpected(answer: Answer) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "Escala respondió algo que no es lo que se le pidió.",
        system="escala",
        status=answer.status,
        raw=reading.raw_text(answer.content),
    )
