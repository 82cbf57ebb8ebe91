"""Escala's JSON as records and back. Numbers are sections of docs/reference/escala-api.md, U: its 13."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from siigo_escala.domain.crm import (
    UNASSIGNED,
    Contact,
    ContactDraft,
    ContactId,
    Deal,
    DealDraft,
    DealId,
    DealLine,
    Pipeline,
    PipelineId,
    Place,
    Product,
    ProductDraft,
    ProductId,
    Scalar,
    Stage,
    StageId,
)
from siigo_escala.rest.fields import cents, instant, items, mapping, number, text
from siigo_escala.rest.reading import lowered

NAME_LIMIT = 255
DESCRIPTION_LIMIT = 5_000
SKU_LIMIT = 40
_LOCATION = re.compile(r"/([^/?#]+)/?(?:[?#].*)?$")
_CURSOR_KEYS = ("scrollid", "nextscrollid", "scroll_id", "nextcursor", "cursor")
_CURSOR_HEADERS = ("x-scroll-id", "scroll-id", "scrollid", "x-next-scroll-id", "x-scrollid", "x-next-cursor")
_LIST_KEYS = ("items", "data", "results")
_OF_NUMBERS = ("_number", "_decimal")
_SAFE_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""Digits that no reader of JSON numbers changes: no leading zero, at most fifteen."""


def extract_items(data: object) -> list[object] | None:
    """The records of a list (U5): `{items}`, `{data}` or a bare array; None where it is no list."""
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        return None
    for key in _LIST_KEYS:
        found = data.get(key)
        if isinstance(found, list):
            return found
        if isinstance(found, dict) and (inner := extract_items(found)) is not None:
            return inner
    if any(key in data and data[key] is None for key in _LIST_KEYS):
        return []
    return None


def extract_total(data: object) -> int | None:
    """How many records there are, where the answer says so (2.1)."""
    for place in (mapping(data), mapping(mapping(data).get("data"))):
        total = number(place.get("total"))
        if total is not None and total >= 0:
            return int(total)
    return None


def extract_cursor(data: object, headers: Mapping[str, str]) -> str | None:
    """The cursor of the next page (U1): `scrollId`, `nextScrollId`, `scroll.id`, a header."""
    known = lowered(mapping(data))
    for key in _CURSOR_KEYS:
        if found := text(known.get(key)):
            return found
    nested = known.get("scroll")
    if found := text(mapping(nested).get("id")) or text(nested):
        return found
    return next((found for key in _CURSOR_HEADERS if (found := text(headers.get(key)))), None)


def extract_id(data: object, headers: Mapping[str, str]) -> str | None:
    """The id of what was made (U6): `id`, `data.id`, `entity.id`, the `Location` header."""
    body = mapping(data)
    for place in (body, mapping(body.get("data")), mapping(body.get("entity"))):
        if found := text(place.get("id")):
            return found
    found_in = _LOCATION.search(headers.get("location") or "")
    return found_in.group(1) if found_in else None


def unwrapped(data: object) -> Mapping[str, object]:
    """The record itself, out of `data` or `entity` where it is wrapped (U6)."""
    body = mapping(data)
    if "id" not in body:
        for key in ("data", "entity"):
            if "id" in mapping(body.get(key)):
                return mapping(body[key])
    return body


def record_id(row: object) -> str | None:
    """A record's id; None where it has none."""
    return text(mapping(row).get("id")) or None


def contact(row: object) -> Contact:
    """A contact (3.1), with every e-mail and phone that identifies it (3.6)."""
    data = mapping(row)
    personal = mapping(data.get("personal"))
    return Contact(
        id=ContactId(text(data.get("id"))),
        first_name=text(personal.get("firstName")),
        last_name=text(personal.get("lastName")),
        company_name=text(mapping(data.get("company")).get("name")),
        emails=_alternatives(data, personal, "email"),
        phones=_alternatives(data, personal, "phone"),
        owner=_owner(data.get("assignedTo")),
        custom=custom(data.get("custom")),
        created=instant(data.get("created")),
        modified=instant(data.get("modified")),
        modified_text=text(data.get("modified")),
    )


def contact_with_place(row: object) -> Contact:
    """A contact asked for by its id, with its address (3.1)."""
    personal = mapping(mapping(row).get("personal"))
    place = Place(
        address=text(personal.get("address")),
        city=text(personal.get("city")),
        state=text(personal.get("state")) or text(personal.get("region")),
    )
    return replace(contact(row), place=place)


def deal(row: object) -> Deal:
    """A deal as read (5.2); what the list leaves out is None."""
    data = mapping(row)
    pipeline = mapping(data.get("pipeline"))
    description = data.get("description")
    contact_id = text(mapping(data.get("contact")).get("id")) or text(data.get("contactId"))
    pipeline_id = text(pipeline.get("id")) or text(data.get("pipelineId")) or text(data.get("funnelId"))
    stage_id = text(pipeline.get("stageId")) or text(data.get("stageId"))
    return Deal(
        id=DealId(text(data.get("id"))),
        name=text(data.get("name")),
        contact_id=ContactId(contact_id) if contact_id else None,
        pipeline_id=PipelineId(pipeline_id) if pipeline_id else None,
        stage_id=StageId(stage_id) if stage_id else None,
        owner=_owner(data.get("assignedTo")),
        value=number(data.get("value")),
        # Untouched: it is compared and written back with what a person typed.
        description=description.replace("\x00", "") if isinstance(description, str) else None,
        lines=deal_lines(data),
        custom=custom(data.get("custom")),
        chosen=_chosen(data.get("custom")),
        created=instant(data.get("created")),
        modified=instant(data.get("modified")),
        modified_text=text(data.get("modified")),
    )


def deal_lines(data: Mapping[str, object]) -> tuple[DealLine, ...] | None:
    """A deal's products (U8): a list, `{items: […]}` or only `productId`; None where nothing is said."""
    products = data.get("products")
    listed = products if isinstance(products, list) else mapping(products).get("items")
    if isinstance(listed, list):
        return tuple(line for item in listed if (line := _deal_line(item)) is not None)
    only = text(data.get("productId"))
    return (DealLine(product_id=ProductId(only), quantity=None),) if only else None


def product(row: object) -> Product:
    """A product of the catalogue (7)."""
    data = mapping(row)
    return Product(
        id=ProductId(text(data.get("id"))),
        sku=text(data.get("sku")),
        name=text(data.get("name")),
        price=number(data.get("price")),
        created=instant(data.get("created")),
    )


def pipeline(row: object) -> Pipeline:
    """A pipeline and its stages (6)."""
    data = mapping(row)
    return Pipeline(
        id=PipelineId(text(data.get("id"))),
        name=text(data.get("name")),
        stages=tuple(
            Stage(id=StageId(stage_id), name=text(stage.get("name")), kind=_stage_kind(stage.get("type")))
            for stage in map(mapping, items(data.get("stages")))
            if (stage_id := text(stage.get("id")))
        ),
    )


def custom(value: object) -> dict[str, Scalar]:
    """Custom values by key that are texts, numbers or flags; the others are left out."""
    return {key: scalar for key, item in custom_as_is(value).items() if (scalar := _scalar(item)) is not None}


def custom_as_is(value: object) -> dict[str, object]:
    """Custom values by key, to be written back as they stand, lists and objects too; empty ones left out.

    They come as an object, or as a list of `{key|fieldId|name, value}` (U7).
    """
    pairs: list[tuple[str, object]]
    if isinstance(value, list):
        pairs = [
            (text(item.get("key")) or text(item.get("fieldId")) or text(item.get("name")), item.get("value"))
            for item in map(mapping, value)
        ]
    else:
        pairs = list(mapping(value).items())
    blank: tuple[object, ...] = (None, "", [], {})
    return {
        key: item
        for key, item in pairs
        if key and (item.strip() if isinstance(item, str) else item) not in blank
    }


def _chosen(value: object) -> dict[str, frozenset[str]]:
    """What each custom value of several parts holds, in whatever order."""
    return {
        key: frozenset(map(str, item.items() if isinstance(item, dict) else item))
        for key, item in custom_as_is(value).items()
        if isinstance(item, dict | list)
    }


def contact_body(draft: ContactDraft, *, priority: bool) -> dict[str, object]:
    """A contact to be made (3.2). Empty texts are left out; no automation is started."""
    personal = _filled(
        firstName=draft.first_name,
        lastName=draft.last_name,
        email=draft.email,
        phoneNumber=draft.phone,
        address=draft.address,
        city=draft.city,
        state=draft.state,
        country=draft.country,
    )
    body: dict[str, object] = {
        "assignedTo": draft.owner or UNASSIGNED,
        "contacted": False,
        "marketable": False,
        "status": "lead",
        "priority": 0,
        "triggerWorkflow": False,
        "notes": draft.notes,
        "personal": personal,
        "company": _filled(name=draft.company_name),
        "custom": custom_out(draft.custom),
    }
    if not priority:
        del body["priority"]
    return {key: value for key, value in body.items() if value not in ("", {})}


def deal_body(draft: DealDraft, *, priority: bool, products: bool) -> dict[str, object]:
    """A deal to be made (5.1). The products never recompute the value (5.5)."""
    body: dict[str, object] = {
        "name": draft.name[:NAME_LIMIT],
        "contactId": draft.contact_id,
        "pipelineId": draft.pipeline_id,
        "stageId": draft.stage_id,
        "assignedTo": draft.owner or UNASSIGNED,
    }
    if priority:
        body["priority"] = 3
    body["value"] = cents(draft.value)
    if draft.description:
        body["description"] = draft.description[:DESCRIPTION_LIMIT]
    if products and draft.lines:
        body["products"] = products_body(draft.lines)
    if filled := custom_out(draft.custom):
        body["custom"] = filled
    body["triggerWorkflow"] = False
    return body


def custom_out(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Custom values as their fields take them (11): digits alone go as a number where the key's type is one.

    Other text goes as it is, for Escala to refuse: no identification loses a part. An empty one is not sent.
    """
    return {
        key: int(value)
        if key.endswith(_OF_NUMBERS) and isinstance(value, str) and _SAFE_NUMBER.fullmatch(value)
        else value
        for key, value in values.items()
        if value != ""
    }


def products_body(lines: Sequence[DealLine]) -> dict[str, object]:
    """Product lines of a deal; one without a readable quantity is sent without it."""
    listed: list[dict[str, object]] = []
    for line in lines:
        item: dict[str, object] = {"productId": line.product_id}
        if line.quantity is not None:
            item["quantity"] = plain(line.quantity)
        listed.append(item)
    return {"items": listed, "updateValue": False}


def product_body(draft: ProductDraft) -> dict[str, object]:
    """A product to be registered (7)."""
    return {
        "name": draft.name[:NAME_LIMIT],
        "sku": draft.sku[:SKU_LIMIT],
        "price": cents(draft.price),
        "currency": draft.currency,
        "isDigital": False,
    }


def plain(value: Decimal) -> Decimal:
    """A quantity without needless zeros: 2.00 is 2."""
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def _filled(**values: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _owner(value: object) -> str:
    """10: an e-mail; empty means nobody."""
    return text(value) or UNASSIGNED


def _stage_kind(value: object) -> Literal["open", "won", "lost", "other"]:
    known: dict[str, Literal["open", "won", "lost"]] = {"open": "open", "won": "won", "lost": "lost"}
    word = text(value).casefold()
    return known.get(word, "other") if word else "open"


def _deal_line(item: object) -> DealLine | None:
    data = mapping(item)
    product_id = text(data.get("productId")) or text(mapping(data.get("product")).get("id")) or text(item)
    product_id = product_id or text(data.get("id"))
    if not product_id:
        return None
    return DealLine(product_id=ProductId(product_id), quantity=number(data.get("quantity")))


def _scalar(value: object) -> Scalar | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return value
    found = text(value)
    return found or None


def _alternatives(data: Mapping[str, object], personal: Mapping[str, object], word: str) -> tuple[str, ...]:
    """The principal value first, then every other one (3.6: alternative ones identify as well)."""
    found: dict[str, None] = {}
    for place in (personal, data):
        for key, value in place.items():
            if word not in key.casefold():
                continue
            for item in value if isinstance(value, list) else [value]:
                inner: Any = mapping(item)
                found_text = (
                    text(item)
                    or text(inner.get("value"))
                    or text(inner.get(word))
                    or text(inner.get("number"))
                )
                if found_text and not isinstance(item, bool):
                    found[found_text] = None
    return tuple(found)
