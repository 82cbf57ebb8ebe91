"""What follows an invoice: credit notes and cash receipts, with their effect on its balance."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.siigo import checking, errors
from siigo_escala.simulators.siigo import company as companies
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.table import Record


def create_note(company: Company, body: Any, *, customer: Record) -> Record:
    """POST /v1/credit-notes. `invoice` is the invoice's id; with `invoice_data` there is no link."""
    kind = checking.document_type(company, body, "NC")
    invoice = _credited(company, body)
    if invoice is not None:
        _check_invoice(company, invoice, body)
    completed = checking.checked(company, body, kind)
    payments = checking.checked_payments(company, body, completed["total"])
    return add_note(
        company,
        invoice,
        kind=kind,
        customer=_party(customer),
        total=completed["total"],
        items=completed["items"],
        payments=payments,
        fields={
            key: completed.get(key) for key in ("seller", "date", "observations", "reason", "retentions")
        },
        is_linked="invoice_data" not in body,
    )


def add_note(
    company: Company,
    invoice: Record | None,
    *,
    kind: Record,
    customer: Record,
    total: Decimal,
    items: list[Record],
    payments: list[Record],
    fields: Mapping[str, Any],
    is_linked: bool,
) -> Record:
    """Stores a note; its invoice's balance goes down, never below 0."""
    number = company.next_number(kind)
    note: Record = {
        "id": company.new_id(),
        "document": {"id": kind["id"]},
        "number": number,
        "name": f"NC-{kind['code']}-{number}",
        "date": str(fields.get("date") or company.today())[:10],
        "invoice": {"id": invoice["id"], "name": invoice["name"]} if invoice and is_linked else None,
        "customer": customer,
        "cost_center": None,
        "currency": invoice.get("currency") if invoice else None,
        "seller": fields.get("seller"),
        "retentions": fields.get("retentions") or [],
        "total": total,
        "items": items,
        "payments": payments,
        "observations": fields.get("observations"),
        "reason": fields.get("reason"),
        "stamp": {"status": "Accepted", "cude": company.new_id().replace("-", "")},
        "mail": {"status": "not_sent", "observations": "The credit note has not been sent by mail"},
        "metadata": {"created": company.timestamp(), "last_updated": None},
    }
    company.credit_notes.add(note)
    if invoice is not None:
        invoice["balance"] = max(Decimal(0), Decimal(invoice["balance"]) - total)
        company.related.setdefault(invoice["id"], set()).add(note["id"])
        companies.happened(company, "credit_note", "invoices", invoice)
    return note


def create_voucher(company: Company, body: Any) -> Record:
    """POST /v1/vouchers; a DebtPayment lowers the balance of the invoices its lines name."""
    kind = checking.document_type(company, body, "RC")
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise errors.required("items")
    paid = []
    for item in items:
        due = item.get("due") or {}
        name = f"{due.get('prefix')}-{due.get('consecutive')}"
        value = checking.number_of(item.get("value"), "items.value")
        known = company.invoices.by_name.get(name)
        if body.get("type") == "DebtPayment":
            if not known:
                raise errors.invalid("invalid_reference", "items.due", f"The document {name} doesn't exist")
            if value > company.invoices.peek(known[0])["balance"]:
                raise errors.invalid("invalid_balance", "items.value")
            paid.append((company.invoices[known[0]], value))
    return add_voucher(company, kind=kind, fields=body, paid=paid)


def add_voucher(
    company: Company, *, kind: Record, fields: Mapping[str, Any], paid: list[tuple[Record, Decimal]]
) -> Record:
    """Stores a receipt and lowers the balance of what it pays."""
    number = company.next_number(kind)
    voucher: Record = {
        "id": company.new_id(),
        "document": {"id": kind["id"]},
        "number": number,
        "name": f"RC-{kind['code']}-{number}",
        "date": str(fields.get("date") or company.today())[:10],
        "type": fields.get("type") or "DebtPayment",
        "customer": fields.get("customer"),
        "items": fields.get("items"),
        "payment": fields.get("payment"),
        "observations": fields.get("observations"),
        "metadata": {"created": company.timestamp(), "last_updated": None},
    }
    company.vouchers.add(voucher)
    for invoice, value in paid:
        invoice["balance"] = Decimal(invoice["balance"]) - value
        company.related.setdefault(invoice["id"], set()).add(voucher["id"])
        companies.happened(company, "payment", "invoices", invoice)
    return voucher


def _credited(company: Company, body: Any) -> Record | None:
    wanted = body.get("invoice")
    if isinstance(wanted, dict):
        wanted = wanted.get("id")
    if wanted is not None:
        if wanted not in company.invoices:
            raise errors.invalid("invalid_reference", "invoice", "The invoice doesn't exist")
        return company.invoices[wanted]
    named = body.get("invoice_data")
    if not isinstance(named, dict):
        raise errors.required("invoice")
    for record in company.invoices.values():
        if record.get("prefix") == named.get("prefix") and record["number"] == named.get("number"):
            return company.invoices[record["id"]]
    return None


def _check_invoice(company: Company, invoice: Record, body: Mapping[str, Any]) -> None:
    kind = company.entry("document_types", invoice["document"]["id"]) or {}
    is_electronic = kind.get("electronic_type", "NoElectronic") != "NoElectronic"
    if is_electronic and (invoice.get("stamp") or {}).get("status") != "Accepted":
        raise errors.invalid("invalid_document", "invoice", "The invoice isn't accepted by the DIAN")
    if (body.get("currency") or {}).get("code") != (invoice.get("currency") or {}).get("code"):
        raise errors.invalid("invalid_currency", "currency")
    if (body.get("customer") or {}).get("identification") != invoice["customer"]["identification"]:
        raise errors.ApiError(500, "unhandled_error", "An unhandled error has occurred")


def _party(customer: Record) -> Record:
    return {
        "id": customer["id"],
        "identification": customer["identification"],
        "branch_office": customer.get("branch_office") or 0,
    }
