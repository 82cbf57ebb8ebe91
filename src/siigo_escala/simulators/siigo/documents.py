"""Invoices as the API makes them (siigo-api.md 3.7, 3.8): totals, numbering, stamping, refusals."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.siigo import checking, errors
from siigo_escala.simulators.siigo import company as companies
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.table import Record


def create(company: Company, body: Any, *, customer: Record) -> Record:
    """POST /v1/invoices, after the look-up of its customer. Raises ApiError; nothing is stored then."""
    kind = checking.document_type(company, body, "FV")
    completed = checking.checked(company, body, kind)
    _check_date(company, body, kind)
    payments = checking.checked_payments(company, body, completed["total"])
    number = _number(company, body, kind)
    record = assemble(company, completed, kind=kind, customer=customer, number=number, payments=payments)
    send_choices(company, record, body, kind)
    return company.invoices.add(record, born=company.clock.now().timestamp())


def replace(company: Company, record: Record, body: Any) -> Record:
    """PUT /v1/invoices/{id}: everything but type, customer, currency and number."""
    refuse_if_final(company, record, "update_not_allowed")
    kind = checking.document_type(company, body, "FV")
    if kind["id"] != record["document"]["id"]:
        raise errors.invalid("update_not_allowed", "document.id", "The document type can't be changed")
    buyer = (body.get("customer") or {}).get("identification")
    if buyer not in (None, record["customer"]["identification"]):
        raise errors.invalid("update_not_allowed", "customer", "The customer can't be changed")
    if (body.get("currency") or {}).get("code") != (record.get("currency") or {}).get("code"):
        raise errors.invalid("update_not_allowed", "currency", "The currency can't be changed")
    completed = checking.checked(company, body, kind)
    payments = checking.checked_payments(company, body, completed["total"])
    fresh = assemble(
        company, completed, kind=kind, customer=record["customer"], number=record["number"], payments=payments
    )
    for kept in ("id", "number", "name", "customer", "metadata", "public_url", "stamp", "mail"):
        fresh[kept] = record[kept]
    record.clear()
    record.update(fresh)
    if (body.get("stamp") or {}).get("send"):
        begin_stamp(company, record)
    return record


def assemble(
    company: Company,
    completed: Record,
    *,
    kind: Record,
    customer: Record,
    number: int,
    payments: list[Record],
) -> Record:
    """The canonical invoice, all keys present; stamp and mail as of a draft."""
    is_electronic = kind.get("electronic_type", "NoElectronic") != "NoElectronic"
    owed = [payment["value"] for payment in payments if payment.get("due_date")]
    return {
        "id": company.new_id(),
        "document": {"id": kind["id"]},
        "prefix": kind.get("prefix"),
        "number": number,
        "name": f"FV-{kind['code']}-{number}",
        "date": str(completed["date"])[:10],
        "customer": {
            "id": customer["id"],
            "identification": customer["identification"],
            "branch_office": customer.get("branch_office") or 0,
        },
        "cost_center": completed.get("cost_center"),
        "currency": completed.get("currency"),
        "seller": completed.get("seller"),
        "retentions": completed.get("retentions") or [],
        "advance_payment": completed.get("advance_payment"),
        "total": completed["total"],
        "balance": sum(owed, Decimal(0)),
        "observations": completed.get("observations"),
        "items": completed["items"],
        "payments": payments,
        "global_discounts": completed.get("global_discounts") or [],
        "global_charges": completed.get("global_charges") or [],
        "additional_fields": completed.get("additional_fields") or {},
        "stamp": {"status": "Draft", "cufe": None, "observations": None, "errors": None}
        if is_electronic
        else None,
        "mail": {"status": "not_sent", "observations": "The invoice has not been sent by mail"},
        "public_url": "https://documentview.siigo.com/document?data=ejemplo",
        "annulled": False,
        "metadata": {"created": company.timestamp(), "last_updated": None},
    }


def send_choices(company: Company, record: Record, body: Mapping[str, Any], kind: Record) -> None:
    """Begins stamping and sends the mail where the body asks for it."""
    is_electronic = kind.get("electronic_type", "NoElectronic") != "NoElectronic"
    if is_electronic and (body.get("stamp") or {}).get("send"):
        begin_stamp(company, record)
    if (body.get("mail") or {}).get("send"):
        record["mail"] = {"status": "sent", "observations": "The invoice has been sent by mail"}


def begin_stamp(company: Company, record: Record) -> None:
    """Sends a draft to the DIAN: Sending until `stamp_after_s` seconds have passed."""
    record["stamp"] = {"status": "Sending", "cufe": None, "observations": None, "errors": None}
    due = company.clock.now().timestamp() + float(company.switches["stamp_after_s"])
    company.stamping[record["id"]] = (due, company.switches["stamp_outcome"])


def annul(company: Company, record: Record) -> None:
    """Annulled: the row stays, balance and total as the switches say."""
    record["annulled"] = True
    company.stamping.pop(record["id"], None)
    if company.switches["annulled_balance"] == "zero":
        record["balance"] = Decimal(0)
    if company.switches["annulled_total"] == "zero":
        record["total"] = Decimal(0)
    companies.happened(company, "annul", "invoices", record)


def refuse_if_final(company: Company, record: Record, code: str) -> None:
    """400 where an invoice is at or through the DIAN, annulled, or has related documents."""
    if (record.get("stamp") or {}).get("status") in ("Sending", "Accepted"):
        raise errors.ApiError(400, code, "The document was sent to the DIAN", ["id"])
    if company.related.get(record["id"]):
        raise errors.ApiError(400, code, "The document has related documents", ["id"])
    if record.get("annulled"):
        raise errors.ApiError(400, code, "The document is annulled", ["id"])


def due_in(day: str, days: int) -> str:
    """The date so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _check_date(company: Company, body: Mapping[str, Any], kind: Record) -> None:
    is_electronic = kind.get("electronic_type", "NoElectronic") != "NoElectronic"
    if is_electronic and str(body["date"])[:10] < company.today():
        raise errors.invalid("date_settings", "date", "The date must not be before today")


def _number(company: Company, body: Mapping[str, Any], kind: Record) -> int:
    if kind.get("automatic_number", True):
        if body.get("number") is not None:
            raise errors.invalid("parameter_not_allowed", "number", "The document numbers itself")
        return company.next_number(kind)
    number = body.get("number")
    if not isinstance(number, int):
        raise errors.required("number")
    if company.invoices.by_name.get(f"FV-{kind['code']}-{number}"):
        status = company.switches["duplicate_status"]
        raise errors.ApiError(status, "duplicated_document", "The document already exists", ["number"])
    return number
