"""Siigo's JSON as records. Numbers below are sections of docs/reference/siigo-api.md, each quirk's source."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from siigo_escala.domain.accounting import (
    Adjustment,
    ContactPerson,
    CreditNote,
    CreditNoteId,
    Currency,
    Customer,
    CustomerId,
    DocumentType,
    DocumentTypeId,
    Invoice,
    InvoiceId,
    InvoiceLine,
    Seller,
    SellerId,
    Tax,
    TaxKind,
    Unreadable,
)
from siigo_escala.rest.fields import cents, day, flag, instant, integer, items, mapping, number, text
from siigo_escala.rest.reading import lowered

R = TypeVar("R")

_PESO = "COP"
_COMPANY_ID_TYPES = ("31", "50")
_TAX_KINDS: Mapping[str, TaxKind] = {
    kind.casefold(): kind
    for kind in ("IVA", "Retefuente", "ReteIVA", "ReteICA", "Impoconsumo", "AdValorem", "Autorretencion")
}


def invoice(row: object, type_codes: Mapping[int, str] = MappingProxyType({})) -> Invoice | Unreadable:
    """A sales invoice (3.3-3.5, 3.8). `type_codes`: the codes of the known document types, by id."""
    return _record(row, partial(_invoice, type_codes=type_codes))


def customer(row: object) -> Customer | Unreadable:
    """A customer, supplier or other third party (4)."""
    return _record(row, _customer)


def credit_note(row: object) -> CreditNote | Unreadable:
    """A credit note (6)."""
    return _record(row, _credit_note)


def seller(row: object) -> Seller | None:
    """A Siigo user (5); None without a readable id."""
    data = mapping(row)
    seller_id = integer(data.get("id"))
    if seller_id is None:
        return None
    user_name = text(data.get("username"))
    return Seller(
        id=SellerId(seller_id),
        name=_joined(text(data.get("first_name")), text(data.get("last_name"))),
        email=text(data.get("email")) or (user_name if "@" in user_name else ""),
        active=flag(data.get("active"), default=True),
    )


def document_type(row: object) -> DocumentType | None:
    """A kind of sales document (8); None without a readable id."""
    data = mapping(row)
    type_id = integer(data.get("id"))
    if type_id is None:
        return None
    electronic = text(data.get("electronic_type")).casefold()
    return DocumentType(
        id=DocumentTypeId(type_id),
        # 3.1: the code is a text, its leading zeros count.
        code=text(data.get("code")),
        name=text(data.get("name")) or text(data.get("description")),
        active=flag(data.get("active"), default=True),
        needs_stamp=electronic != "noelectronic",
        seller_by_item=flag(data.get("seller_by_item"), default=False),
        cost_center_mandatory=flag(data.get("cost_center_mandatory"), default=False),
        automatic_number=flag(data.get("automatic_number"), default=True),
        decimals=flag(data.get("decimals"), default=True),
        discount_by_percentage=text(data.get("discount_type")).casefold() != "value",
    )


def record_id(row: object) -> str | None:
    """The id of a row; None where it has none."""
    return text(mapping(row).get("id")) or None


def utc_text(moment: datetime) -> str:
    """An instant as a filter: explicit UTC, whole seconds (2: what a bare date means is not known)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _record(row: object, read: Callable[[str, Mapping[str, object]], R]) -> R | Unreadable:
    own_id = record_id(row)
    if own_id is None:
        return Unreadable(text=json.dumps(row, default=str, ensure_ascii=True)[:500])
    return read(own_id, mapping(row))


def _invoice(own_id: str, data: Mapping[str, object], *, type_codes: Mapping[int, str]) -> Invoice:
    buyer = mapping(data.get("customer"))
    metadata = mapping(data.get("metadata"))
    currency = _currency(data.get("currency"))
    known_rate = currency is None or currency.rate > 0
    document_type = _document_type_id(data.get("document"))
    return Invoice(
        id=InvoiceId(own_id),
        name=text(data.get("name")) or _composed_name(data, type_codes.get(document_type or 0, "")),
        document_type=document_type,
        date=day(data.get("date")),
        due_date=_due_date(data),
        customer_id=CustomerId(text(buyer.get("id"))) if text(buyer.get("id")) else None,
        customer_identification=text(buyer.get("identification")),
        branch=integer(buyer.get("branch_office")) or 0,
        seller=_seller_id(data.get("seller")),
        currency=currency if known_rate else None,
        # An amount in dollars without its rate is no amount: it must not be taken for pesos (14, item 7).
        total=number(data.get("total")) if known_rate else None,
        balance=number(data.get("balance")),
        lines=tuple(
            _line(item, in_pesos=known_rate) for item in items(data.get("items")) if isinstance(item, dict)
        ),
        retentions=_taxes(data.get("retentions")),
        discounts=_adjustments(data, "global_discounts", "globaldiscounts"),
        charges=_adjustments(data, "global_charges", "globalcharges"),
        observations=text(data.get("observations")),
        stamp=text(mapping(data.get("stamp")).get("status")),
        annulled=_annulled(data),
        created=instant(metadata.get("created")),
        updated=instant(metadata.get("last_updated")),
    )


def _customer(own_id: str, data: Mapping[str, object]) -> Customer:
    id_type = data.get("id_type")
    # 4: an object in answers, a plain text in some.
    code = text(mapping(id_type).get("code")) or text(id_type)
    names = _names(data.get("name"))
    kind = text(data.get("person_type")).casefold()
    address = mapping(data.get("address"))
    city = mapping(address.get("city"))
    return Customer(
        id=CustomerId(own_id),
        kind=text(data.get("type")) or "Customer",
        is_company=kind == "company" or (not kind and code in _COMPANY_ID_TYPES and len(names) < 2),
        id_type=code,
        identification=text(data.get("identification")),
        check_digit=text(data.get("check_digit")),
        names=names,
        commercial_name=_name(data.get("commercial_name")),
        branch=integer(data.get("branch_office")) or 0,
        active=flag(data.get("active"), default=True),
        address=text(address.get("address")) or text(data.get("address")),
        city=text(city.get("city_name")) or text(address.get("city")),
        state=text(city.get("state_name")),
        country=text(city.get("country_name")),
        phones=tuple(phone for item in items(data.get("phones")) if (phone := _phone(item))),
        contacts=tuple(_contact(item) for item in items(data.get("contacts")) if isinstance(item, dict)),
        # 4: an answer that leaves the list out says nothing of it.
        contactless=data.get("contacts") == [],
    )


def _credit_note(own_id: str, data: Mapping[str, object]) -> CreditNote:
    invoice_id = text(mapping(data.get("invoice")).get("id"))
    return CreditNote(
        id=CreditNoteId(own_id),
        name=text(data.get("name")),
        date=day(data.get("date")),
        # 6: absent for notes on invoices that do not live in Siigo.
        invoice_id=InvoiceId(invoice_id) if invoice_id else None,
        total=number(data.get("total")),
        currency=_currency(data.get("currency")),
    )


def _line(item: Mapping[str, object], *, in_pesos: bool) -> InvoiceLine:
    quantity, price = number(item.get("quantity")), number(item.get("price"))
    return InvoiceLine(
        code=text(item.get("code")),
        description=text(item.get("description")),
        quantity=quantity,
        price=price if in_pesos else None,
        discount=_line_discount(item.get("discount"), quantity, price),
        taxes=_taxes(item.get("taxes")),
        total=number(item.get("total")) if in_pesos else None,
    )


def _line_discount(value: object, quantity: Decimal | None, price: Decimal | None) -> Decimal:
    """3.5: `value` is the line's amount of money; a percentage alone is that share of the line."""
    discount = mapping(value)
    amount = number(discount.get("value")) if discount else number(value)
    percentage = number(discount.get("percentage"))
    if amount is None and percentage is not None and quantity is not None and price is not None:
        return cents(quantity * price * percentage / 100)
    return amount or Decimal(0)


def _taxes(value: object) -> tuple[Tax, ...]:
    """3.6: told apart by `type`; the value counts, the percentage is never computed with."""
    found = []
    for item in items(value):
        data = mapping(item)
        amount = number(data.get("value"))
        if amount is None:
            continue
        name = text(data.get("name")) or text(data.get("type"))
        found.append(
            Tax(kind=tax_kind(data), name=name, percentage=number(data.get("percentage")), value=amount)
        )
    return tuple(found)


def tax_kind(data: Mapping[str, object]) -> TaxKind:
    """3.6: told apart by `type`, never by place or name."""
    return _TAX_KINDS.get(text(data.get("type")).casefold(), "other")


def _adjustments(data: Mapping[str, object], *keys: str) -> tuple[Adjustment, ...]:
    """3.5: the SDK writes `global_discounts`, the blueprint `globaldiscounts`."""
    listed = next((found for key in keys if (found := items(data.get(key)))), [])
    return tuple(
        Adjustment(name=text(one.get("name")), percentage=number(one.get("percentage")), value=amount)
        for one in map(mapping, listed)
        if (amount := number(one.get("value"))) is not None
    )


def _currency(value: object) -> Currency | None:
    """The foreign currency (3.5); its rate is 0 where amounts cannot be told in pesos."""
    data = mapping(value)
    code = (text(data.get("code")) or text(value)).upper()
    if not code or code == _PESO:
        return None
    rate = number(data.get("exchange_rate"))
    return Currency(code=code, rate=rate if rate is not None and rate > 0 else Decimal(0))


def _annulled(data: Mapping[str, object]) -> bool:
    """3, 3.8: `annulled` in lists, `Annul` in the answer to an annulment."""
    known = lowered({key: value for key, value in data.items() if key[:1] in "aA"})
    return flag(known.get("annulled"), default=False) or flag(known.get("annul"), default=False)


def _due_date(data: Mapping[str, object]) -> date | None:
    """3.5: of the invoice itself, else the earliest of its payment terms."""
    own = day(data.get("due_date"))
    if own is not None:
        return own
    terms = [found for item in items(data.get("payments")) if (found := day(mapping(item).get("due_date")))]
    return min(terms, default=None)


def _composed_name(data: Mapping[str, object], type_code: str) -> str:
    """3.5: FV-<type code>-<number>, where an answer lacks the name; "" where either is not known."""
    own_number = text(data.get("number"))
    return f"FV-{type_code}-{own_number}" if type_code and own_number.isdecimal() else ""


def _document_type_id(value: object) -> DocumentTypeId | None:
    found = integer(mapping(value).get("id")) if isinstance(value, dict) else integer(value)
    return None if found is None else DocumentTypeId(found)


def _seller_id(value: object) -> SellerId | None:
    found = integer(mapping(value).get("id")) if isinstance(value, dict) else integer(value)
    return None if found is None else SellerId(found)


def _names(value: object) -> tuple[str, ...]:
    """4: one text for a company, two for a person; null and "." stand for nothing."""
    listed = value if isinstance(value, list) else [value]
    return tuple(name for item in listed if (name := _name(item)))


def _name(value: object) -> str:
    name = " ".join(text(value).split())
    return name if name.strip(".-_ ") else ""


def _contact(item: Mapping[str, object]) -> ContactPerson:
    return ContactPerson(
        first_name=_name(item.get("first_name")),
        last_name=_name(item.get("last_name")),
        email=text(item.get("email")),
        phone=_phone(item.get("phone")),
    )


def _phone(value: object) -> str:
    """4: indicative and number in two keys, or {}, or one text. A number that has its indicative keeps it."""
    if not isinstance(value, dict):
        return text(value)
    digits, indicative = text(value.get("number")), text(value.get("indicative"))
    if not digits:
        return ""
    already = digits.startswith("+") or (len(digits) > 10 and digits.startswith(indicative.lstrip("+")))
    return digits if already else f"{indicative}{digits}"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
