"""What Siigo refuses in a document sent to it, and the totals it works out (siigo-api.md 3.6, 3.7, 10.3)."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.siigo import arithmetic, customers, errors
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.table import Record

LARGEST = Decimal("99999999999.99")
LARGEST_PAYMENT = Decimal("9999999999999.99")
WITHHELD_BELOW = ("ReteIVA", "ReteICA", "Autorretencion")


def document_type(company: Company, body: Any, kind: str) -> Record:
    """The active document type a body names."""
    if not isinstance(body, dict):
        raise errors.invalid("invalid_type", "body", "The body must be an object")
    identity = (body.get("document") or {}).get("id")
    if identity is None:
        raise errors.required("document.id")
    found = company.entry("document_types", identity)
    if found is None or found["type"] != kind:
        raise errors.invalid("invalid_reference", "document.id", f"The document {identity} doesn't exist")
    if not found["active"]:
        raise errors.invalid("parameter_inactive", "document.id")
    return found


def buyer(company: Company, body: Any) -> Record:
    """The customer of a body, made anew where it is sent in full and unknown."""
    wanted = body.get("customer") if isinstance(body, dict) else None
    if not isinstance(wanted, dict) or not wanted.get("identification"):
        raise errors.required("customer.identification")
    found = customers.at(company, str(wanted["identification"]), int(wanted.get("branch_office") or 0))
    if found is None and "name" in wanted:
        return customers.create(company, wanted)
    if found is None:
        raise errors.invalid("invalid_reference", "customer.identification", "The customer doesn't exist")
    if not found.get("active", True):
        raise errors.invalid("parameter_inactive", "customer.identification", "The customer is inactive")
    if not found.get("contacts"):
        raise errors.invalid("customer_settings", "customer", "The customer has no contact")
    return found


def checked(company: Company, body: Mapping[str, Any], kind: Record) -> Record:
    """The body with discounts, taxes, line totals and total worked out."""
    _check_head(company, body)
    _check_cost_center(company, body, kind)
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise errors.required("items")
    if len(items) > 500:
        raise errors.invalid("values_limit", "items", "At most 500 items")
    draft = {**body, "items": [_checked_line(company, line, at, kind) for at, line in enumerate(items)]}
    draft["retentions"] = _checked_retentions(company, body.get("retentions") or [])
    try:
        completed = arithmetic.complete(
            draft,
            taxes=company.taxes(),
            decimals=bool(kind.get("decimals", True)),
            discount_type=kind.get("discount_type") or "Percentage",
        )
    except ValueError as error:
        code = str(error) or "invalid_value"
        raise errors.invalid(code, "items", f"The items are invalid: {code}") from error
    number_of(completed["total"], "total", most=LARGEST)
    return completed


def checked_payments(company: Company, body: Mapping[str, Any], total: Decimal) -> list[Record]:
    """The payments with their names; they must add up to the total."""
    payments = body.get("payments")
    if not isinstance(payments, list) or not payments:
        raise errors.required("payments")
    shown = []
    for payment in payments:
        kind = company.entry("payment_types", payment.get("id"))
        if kind is None or not kind.get("active", True):
            raise errors.invalid("invalid_payment", "payments.id", "The payment type doesn't exist")
        if kind.get("due_date") and not payment.get("due_date"):
            raise errors.required("payments.due_date")
        if kind.get("due_date") and len(payments) > 1:
            raise errors.invalid(
                "invalid_payment", "payments", "A payment with due date must be the only one"
            )
        value = number_of(payment.get("value"), "payments.value")
        due = payment.get("due_date") if kind.get("due_date") else None
        shown.append({"id": kind["id"], "name": kind["name"], "value": value, "due_date": due})
    if sum((payment["value"] for payment in shown), Decimal(0)) != total:
        if company.switches["payments_mismatch"] == "unhandled_error":
            raise errors.ApiError(500, "unhandled_error", "An unhandled error has occurred")
        text = "The total payments must be equal to the total invoice. The total invoice calculated is "
        raise errors.invalid("invalid_total_payments", "payments", text + plain(total))
    return shown


def line_of(company: Company, line: Mapping[str, Any]) -> Record:
    """A line for the arithmetic: product id and description filled in, the warehouse with its name."""
    shown = {"id": None, "description": None, **line}
    product = company.product_codes().get(str(line.get("code")))
    if product is not None:
        shown["id"] = shown["id"] or product["id"]
        shown["description"] = shown["description"] or product["name"]
    if isinstance(line.get("warehouse"), int):
        warehouse = company.entry("warehouses", line["warehouse"]) or {}
        shown["warehouse"] = {"id": line["warehouse"], "name": warehouse.get("name")}
    return shown


def number_of(value: Any, field: str, *, most: Decimal = LARGEST_PAYMENT) -> Decimal:
    """A JSON number as Decimal within Siigo's bounds (siigo-api.md 11)."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise errors.invalid("invalid_type", field)
    if not -most <= value <= most:
        raise errors.invalid("invalid_range", field)
    return Decimal(value)


def plain(amount: Decimal) -> str:
    """An amount as Siigo writes it in messages: no exponent, no trailing zeros."""
    return f"{amount.normalize():f}" if amount else "0"


def _check_head(company: Company, body: Mapping[str, Any]) -> None:
    day = body.get("date")
    if not day:
        raise errors.required("date")
    try:
        date.fromisoformat(str(day)[:10])
    except ValueError:
        raise errors.invalid("invalid_date", "date") from None
    seller = body.get("seller")
    if seller is None:
        raise errors.required("seller")
    user = company.entry("users", seller)
    if user is None:
        raise errors.invalid("invalid_reference", "seller", "The seller doesn't exist")
    if not user.get("active", True):
        raise errors.invalid("parameter_inactive", "seller", "The seller is inactive")
    if len(body.get("observations") or "") > 4000:
        raise errors.invalid("length_max", "observations")
    for name in ("purchase_order", "delivery_order"):
        for part in ("prefix", "number"):
            if len(str(((body.get("additional_fields") or {}).get(name) or {}).get(part) or "")) > 20:
                raise errors.invalid("length_max", f"additional_fields.{name}.{part}")


def _checked_line(company: Company, line: Any, at: int, kind: Record) -> Record:
    where = f"items[{at}]"
    if not isinstance(line, dict):
        raise errors.invalid("invalid_type", where)
    if not line.get("code"):
        raise errors.ApiError(400, "parameter_required", "The field code is required", ["code"])
    code = str(line["code"])
    if " " in code or "'" in code:
        raise errors.invalid("invalid_code", f"{where}.code")
    if code not in company.product_codes():
        raise errors.invalid("invalid_reference", f"{where}.code", f"The code {code} doesn't exist")
    quantity = number_of(line.get("quantity"), f"{where}.quantity")
    if quantity <= 0 or _decimals(quantity) > 2:
        raise errors.invalid("invalid_value", f"{where}.quantity")
    name = "taxed_price" if line.get("taxed_price") is not None else "price"
    price = number_of(line.get(name), f"{where}.{name}", most=LARGEST)
    if price < 0 or _decimals(price) > 6:
        raise errors.invalid("invalid_value", f"{where}.{name}")
    if price == 0 and not (line.get("tax_base") and line.get("taxpayer") in ("Customer", "Company")):
        raise errors.required(f"{where}.tax_base")
    taxes = company.taxes()
    for tax in line.get("taxes") or []:
        known = taxes.get(tax.get("id"))
        if known is None:
            raise errors.invalid("invalid_reference", f"{where}.taxes.id", "The tax doesn't exist")
        if known["type"] in WITHHELD_BELOW:
            raise errors.invalid("invalid_array", f"{where}.taxes", f"{known['type']} belongs in retentions")
    _check_settings(company, line, where, kind)
    return line_of(company, line)


def _check_cost_center(company: Company, body: Mapping[str, Any], kind: Record) -> None:
    center = body.get("cost_center")
    if center is None:
        if kind.get("cost_center_mandatory"):
            raise errors.required("cost_center")
        return
    known = company.entry("cost_centers", center)
    if known is None:
        raise errors.invalid("invalid_cost_center", "cost_center")
    if not known.get("active", True):
        raise errors.invalid("parameter_inactive", "cost_center")


def _check_settings(company: Company, line: Mapping[str, Any], where: str, kind: Record) -> None:
    """What the kind of document demands of a line, and what the company has for it."""
    warehouse = line.get("warehouse")
    if warehouse is not None:
        place = company.entry("warehouses", warehouse)
        if place is None:
            raise errors.invalid("invalid_reference", f"{where}.warehouse")
        if not place.get("active", True):
            raise errors.invalid("warehouse_settings", f"{where}.warehouse", "The warehouse is inactive")
    if kind.get("seller_by_item"):
        if line.get("seller") is None:
            raise errors.required(f"{where}.seller")
        if company.entry("users", line["seller"]) is None:
            raise errors.invalid("invalid_reference", f"{where}.seller", "The seller doesn't exist")


def _checked_retentions(company: Company, retentions: Any) -> list[Record]:
    taxes = company.taxes()
    for retention in retentions:
        known = taxes.get(retention.get("id"))
        if known is None or known["type"] not in WITHHELD_BELOW:
            raise errors.invalid("invalid_retentions", "retentions")
    return [dict(retention) for retention in retentions]


def _decimals(value: Decimal) -> int:
    found = re.search(r"\.(\d*?)0*$", f"{value:f}")
    return len(found.group(1)) if found else 0
