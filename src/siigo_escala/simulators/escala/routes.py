"""The routes of the public API: which address does what, for an account that is known already.

Addresses may stand with or without the leading `/v1`. Source: `docs/reference/escala-api.md`, sections 2-9.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from siigo_escala.simulators.escala import checks, listing, reading, refusals
from siigo_escala.simulators.escala.account import Account
from siigo_escala.simulators.escala.refusals import Refused
from siigo_escala.simulators.escala.table import Record, Table
from siigo_escala.simulators.messages import Request, Response

PAGING = {"page", "size", "since", "scrollId"}


class Routes:
    """Answers the calls of one account; raises `Refused`."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._scrolls = listing.Scrolls(account.setting.clock, account.switches)
        self._routes: list[tuple[re.Pattern[str], dict[str, Callable[..., Response]]]] = [
            (re.compile(path), methods)
            for path, methods in (
                ("/crm/contacts", {"GET": self._contacts, "POST": self._create_contact}),
                ("/crm/contacts/scroll", {"GET": self._scroll_contacts}),
                ("/crm/contacts/([^/]+)", self._item(self._contact, self._update_contact)),
                ("/crm/contacts/([^/]+)/tags", {"PUT": self._tag_contact}),
                ("/crm/deals", {"GET": self._deals, "POST": self._create_deal}),
                ("/crm/deals/scroll", {"GET": self._scroll_deals}),
                ("/crm/deals/([^/]+)", self._item(self._deal, self._update_deal)),
                ("/crm/pipelines", {"GET": self._pipelines}),
                ("/crm/tags", {"GET": self._tags, "POST": self._create_tag}),
                ("/crm/activities", {"GET": self._activities}),
                ("/pms/products", {"GET": self._products, "POST": self._create_product}),
                (
                    "/pms/products/([^/]+)",
                    {"GET": self._product, "PUT": self._update_product, "DELETE": self._delete_product},
                ),
            )
        ]

    def answer(self, request: Request) -> Response | None:
        """The answer of this account; None where the address does not exist."""
        path = request.path.removeprefix("/v1").rstrip("/")
        for pattern, methods in self._routes:
            found = pattern.fullmatch(path)
            if found:
                handler = methods.get(request.method)
                if handler is None or not self._is_open(request.method, handler):
                    status = int(self._account.switches.refused_method)
                    raise Refused("Method Not Allowed", status=status)
                return handler(request, *found.groups())
        return None

    def _item(
        self, read: Callable[..., Response], write: Callable[..., Response]
    ) -> dict[str, Callable[..., Response]]:
        return {"GET": read, "PUT": write, "PATCH": write}

    def _is_open(self, method: str, handler: Callable[..., Response]) -> bool:
        if handler not in (self._update_contact, self._update_deal):
            return True
        wanted = {"patch": "PATCH", "none": ""}.get(self._account.switches.update_verb, "PUT")
        return method == wanted

    def _merges(self) -> bool:
        return self._account.switches.update_verb != "put_full"

    def _contacts(self, request: Request) -> Response:
        records = self._recent(self._account.contacts.table, request.query)
        records = self._filtered_contacts(records, request.query)
        return listing.page(records, request.query, self._show_contact, self._account.switches)

    def _filtered_contacts(self, records: list[Record], query: Mapping[str, str]) -> list[Record]:
        contacts, mode = self._account.contacts, self._account.switches.contact_filters
        self._refuse_filters(query, mode)
        if mode in ("email_only", "all") and "email" in query:
            wanted = set(contacts.with_email(query["email"]))
            records = [one for one in records if one["id"] in wanted] if wanted else []
        if mode == "all" and "phoneNumber" in query:
            wanted = set(contacts.with_phone(query["phoneNumber"]))
            records = [one for one in records if one["id"] in wanted] if wanted else []
        return records

    def _scroll_contacts(self, request: Request) -> Response:
        return self._scrolled(request, self._account.contacts.table, self._show_contact)

    def _contact(self, _request: Request, contact_id: str) -> Response:
        return Response(200, self._show_contact(self._account.contacts.existing(contact_id)))

    def _create_contact(self, request: Request) -> Response:
        record, is_new = self._account.contacts.create(_body(request))
        return self._made(self._show_contact(record), "/v1/crm/contacts", is_new=is_new)

    def _update_contact(self, request: Request, contact_id: str) -> Response:
        record = self._account.contacts.update(contact_id, _body(request), merge=self._merges())
        return Response(200, self._show_contact(record))

    def _tag_contact(self, request: Request, contact_id: str) -> Response:
        body = _body(request)
        changes = []
        for field in ("addTags", "removeTags"):
            tags = body.get(field) or []
            if not isinstance(tags, list) or any(one not in self._account.tags for one in tags):
                raise refusals.unknown(field, "tag", self._account.switches)
            changes.append(tags)
        return Response(200, self._show_contact(self._account.contacts.retag(contact_id, *changes)))

    def _deals(self, request: Request) -> Response:
        query, mode = request.query, self._account.switches.deal_filters
        self._refuse_filters(query, mode)
        records = self._recent(self._account.deals.table, query)
        if mode == "all":
            for key in ("contactId", "pipelineId", "stageId", "assignedTo"):
                if key in query:
                    records = [one for one in records if one[key] == query[key]]
        return listing.page(records, query, self._show_listed_deal, self._account.switches)

    def _scroll_deals(self, request: Request) -> Response:
        return self._scrolled(request, self._account.deals.table, self._show_listed_deal)

    def _deal(self, _request: Request, deal_id: str) -> Response:
        return Response(200, self._show_deal(self._account.deals.existing(deal_id)))

    def _create_deal(self, request: Request) -> Response:
        return self._made(self._show_deal(self._account.deals.create(_body(request))), "/v1/crm/deals")

    def _update_deal(self, request: Request, deal_id: str) -> Response:
        deals = self._account.deals
        if self._account.switches.update_effect == "ignored":
            return Response(200, self._show_deal(deals.existing(deal_id)))
        record = deals.update(deal_id, _body(request), merge=self._merges())
        return Response(200, self._show_deal(record))

    def _pipelines(self, request: Request) -> Response:
        return listing.page(
            self._account.pipelines.all,
            request.query,
            lambda one: reading.pipeline(self._account, one),
            self._account.switches,
        )

    def _tags(self, request: Request) -> Response:
        return self._plain_page(self._account.tags.visible(), request)

    def _create_tag(self, request: Request) -> Response:
        name = checks.text(_body(request).get("name"), "name")
        if not name:
            raise Refused("name should not be empty", field="name")
        now = self._account.setting.clock.now()
        tag = {"id": self._account.setting.ids.timed(), "name": name, "created": now, "modified": now}
        return self._made(reading.plain(self._account.tags.put(tag), self._account.switches), "/v1/crm/tags")

    def _activities(self, request: Request) -> Response:
        if self._account.switches.activities == "error500":
            raise Refused("Internal server error", status=500)
        records = self._recent(self._account.activities, request.query)
        if "assignedTo" in request.query:
            records = [one for one in records if one.get("assignedTo") == request.query["assignedTo"]]
        return self._plain_page(records, request)

    def _products(self, request: Request) -> Response:
        products = self._account.products
        sku = request.query.get("sku")
        records = products.table.visible() if sku is None else products.with_sku(sku)
        return listing.page(records, request.query, self._show_product, self._account.switches)

    def _product(self, _request: Request, product_id: str) -> Response:
        return Response(200, self._show_product(self._account.products.existing(product_id)))

    def _create_product(self, request: Request) -> Response:
        record = self._account.products.create(_body(request))
        return self._made(self._show_product(record), "/v1/pms/products")

    def _update_product(self, request: Request, product_id: str) -> Response:
        record = self._account.products.update(product_id, _body(request))
        return Response(200, self._show_product(record))

    def _delete_product(self, _request: Request, product_id: str) -> Response:
        self._account.products.remove(product_id)
        return Response(int(self._account.switches.delete_status))

    def _show_contact(self, record: Record) -> Record:
        return reading.contact(self._account, record)

    def _show_deal(self, record: Record) -> Record:
        return reading.deal(self._account, record, listed=False)

    def _show_listed_deal(self, record: Record) -> Record:
        return reading.deal(self._account, record, listed=True)

    def _show_product(self, record: Record) -> Record:
        return reading.product(self._account, record)

    def _plain_page(self, records: list[Record], request: Request) -> Response:
        switches = self._account.switches
        return listing.page(records, request.query, lambda one: reading.plain(one, switches), switches)

    def _recent(self, table: Table, query: Mapping[str, str]) -> list[Record]:
        moment = listing.since(query, self._account.switches)
        return table.visible() if moment is None else table.changed_since(moment)

    def _scrolled(self, request: Request, table: Table, shape: listing.Shape) -> Response:
        cursor = request.query.get("scrollId")
        if cursor:
            return self._scrolls.go_on(cursor, request.query, shape)
        return self._scrolls.begin(self._recent(table, request.query), request.query, shape)

    def _refuse_filters(self, query: Mapping[str, str], mode: str) -> None:
        unknown = sorted(query.keys() - PAGING)
        if mode == "error400" and unknown:
            raise refusals.unknown(unknown[0], "", self._account.switches)

    def _made(self, shown: Record, address: str, *, is_new: bool = True) -> Response:
        switches = self._account.switches
        status = int(switches.created_status) if is_new else 200
        match switches.id_shape:
            case "data.id":
                return Response(status, {"data": shown})
            case "entity.id":
                return Response(status, {"entity": {"id": shown["id"]}})
            case "location":
                return Response(status, None, {"Location": f"{address}/{shown['id']}"})
            case "empty":
                return Response(status)
            case _:
                return Response(status, shown)


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = request.json()
    except ValueError as error:
        raise Refused("Invalid JSON body", field="body", status=400) from error
    if not isinstance(body, dict):
        raise Refused("the body must be an object", field="body", status=400)
    return body
