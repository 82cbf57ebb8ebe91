"""What Siigo is sent to make invoices and customers, and the catalogues for it, as records and JSON.

Numbers below are sections of docs/reference/siigo-api.md, each quirk's source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from siigo_escala.domain import identity
from siigo_escala.domain.selling import (
    City,
    CustomerDraft,
    InvoiceDraft,
    LineDraft,
    Named,
    PaymentType,
    SiigoProduct,
    TaxRate,
)
from siigo_escala.rest.errors import Rejected
from siigo_escala.rest.fields import flag, integer, items, mapping, number, text
from siigo_escala.siigo import wire

OBSERVATIONS_LIMIT = 4000
_TOTAL = re.compile(r"calculated is\s*\$?\s*(\d+(?:\.\d+)?)", re.IGNORECASE)


def tax(row: object) -> TaxRate | None:
    """A tax of the catalogue, or inside a product (8); None without a readable id and percentage."""
    data = mapping(row)
    tax_id, percentage = integer(data.get("id")), number(data.get("percentage"))
    if tax_id is None or percentage is None:
        return None
    return TaxRate(
        id=tax_id,
        name=text(data.get("name")),
        kind=wire.tax_kind(data),
        percentage=percentage,
        active=flag(data.get("active"), default=True),
    )


def payment_type(row: object) -> PaymentType | None:
    """A way of paying (8); None without a readable id."""
    data = mapping(row)
    type_id = integer(data.get("id"))
    if type_id is None:
        return None
    return PaymentType(
        id=type_id,
        name=text(data.get("name")),
        active=flag(data.get("active"), default=True),
        needs_due_date=flag(data.get("due_date"), default=False),
    )


def named(row: object) -> Named | None:
    """A cost centre or a warehouse (8); None without a readable id."""
    data = mapping(row)
    row_id = integer(data.get("id"))
    if row_id is None:
        return None
    return Named(id=row_id, name=text(data.get("name")), active=flag(data.get("active"), default=True))


def product(row: object) -> SiigoProduct:
    """A product of the company (8)."""
    data = mapping(row)
    word = text(data.get("tax_classification")).casefold()
    return SiigoProduct(
        code=text(data.get("code")),
        name=text(data.get("name")) or text(data.get("description")),
        active=flag(data.get("active"), default=True),
        classification="Exempt" if word == "exempt" else "Excluded" if word == "excluded" else "Taxed",
        taxes=tuple(found for one in items(data.get("taxes")) if (found := tax(one)) is not None),
    )


def city(row: object) -> City | None:
    """The city of a customer with its codes (4); None where one of them is missing."""
    place = mapping(mapping(mapping(row).get("address")).get("city"))
    found = City(
        name=text(place.get("city_name")),
        state=text(place.get("state_name")),
        code=text(place.get("city_code")),
        state_code=text(place.get("state_code")),
        country_code=text(place.get("country_code")),
    )
    return found if found.name and found.code and found.state_code and found.country_code else None


def invoice_body(draft: InvoiceDraft) -> dict[str, object]:
    """An invoice to be made (3.7): a draft unless stamping is asked for, and never mailed."""
    payment: dict[str, object] = {"id": draft.payment_type, "value": draft.total}
    if draft.due_date is not None:
        payment["due_date"] = draft.due_date.isoformat()
    body: dict[str, object] = {
        "document": {"id": draft.document_type},
        "date": draft.date.isoformat(),
        "customer": {"identification": draft.customer, "branch_office": draft.branch},
        "seller": draft.seller,
        "stamp": {"send": draft.stamp},
        "mail": {"send": False},
        "observations": draft.observations[-OBSERVATIONS_LIMIT:],
        "items": [_line(line, draft) for line in draft.lines],
        "payments": [payment],
    }
    if draft.cost_center is not None:
        body["cost_center"] = draft.cost_center
    return body


def customer_body(draft: CustomerDraft) -> dict[str, object]:
    """A customer to be registered (4)."""
    first, last = draft.contact
    person: dict[str, object] = {"first_name": first}
    if last:
        person["last_name"] = last
    if draft.email:
        person["email"] = draft.email
    body: dict[str, object] = {
        "type": "Customer",
        "person_type": "Company" if draft.is_company else "Person",
        "id_type": draft.id_type,
        "identification": draft.identification,
        "name": list(draft.names),
        "fiscal_responsibilities": [{"code": draft.responsibility}],
        "address": {
            "address": draft.address,
            "city": {
                "country_code": draft.city.country_code,
                "state_code": draft.city.state_code,
                "city_code": draft.city.code,
            },
        },
    }
    if draft.check_digit:
        body["check_digit"] = draft.check_digit
    if draft.phone:
        indicative, local = identity.dialled(draft.phone)
        phone = {"indicative": indicative, "number": local}
        body["phones"] = [phone]
        person["phone"] = phone
    body["contacts"] = [person]
    return body


def calculated_total(refused: Rejected) -> Decimal | None:
    """The total that Siigo worked out, at the end of its `invalid_total_payments` (3.7)."""
    for problem in refused.problems:
        if problem.code == "invalid_total_payments" and (found := _TOTAL.search(problem.message)):
            return Decimal(found.group(1))
    return None


def _line(line: LineDraft, draft: InvoiceDraft) -> Mapping[str, object]:
    shown: dict[str, object] = {"code": line.code, "quantity": line.quantity}
    if line.description:
        shown["description"] = line.description
    shown["taxed_price" if line.taxed else "price"] = line.price
    if line.discount:
        shown["discount"] = line.discount
    if line.taxes:
        shown["taxes"] = [{"id": one.id} for one in line.taxes]
    if draft.warehouse is not None:
        shown["warehouse"] = draft.warehouse
    if draft.seller_by_item:
        shown["seller"] = draft.seller
    return shown
