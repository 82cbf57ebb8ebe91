"""Customers, users, notes, receipts, catalogues, products, quotations, webhooks (siigo-api.md 4-9)."""

from collections.abc import Mapping

from siigo_escala.simulators.messages import Response
from siigo_escala.simulators.siigo import checking, customers, errors, invoice_routes, listing, notes
from siigo_escala.simulators.siigo import company as companies
from siigo_escala.simulators.siigo.calls import Call, Route
from siigo_escala.simulators.siigo.table import Record

_DOCUMENT_KINDS = ("FV", "NC", "RC", "FC", "CC", "C", "RP", "DS")
_PAYMENT_KINDS = ("FV", "NC", "RC", "FC")
_HOOK_TOPICS = tuple(f"public.siigoapi.products.{what}" for what in ("create", "update", "stock.update"))


def list_of(kind: str) -> Route:
    """GET of a paged list."""
    return lambda call: call.page(kind)


def one_of(kind: str, what: str) -> Route:
    """GET of one record."""
    return lambda call: call.shown(kind, call.found(call.company.tables[kind], what))


def catalogue(name: str) -> Route:
    """GET of a bare array."""
    return lambda call: Response(200, call.company.catalogues[name])


def list_users(call: Call) -> Response:
    """GET /v1/users: the envelope, or the bare array of the blueprint."""
    users = call.company.users
    if call.switches["users_shape"] == "array":
        return Response(200, users)
    size = listing.page_size(call.request.query.get("page_size"), call.switches["page_size"])
    number = listing.page_number(call.request.query.get("page"))
    rows = users[(number - 1) * size : number * size]
    links, url = call.switches["links"], call.url()
    total = len(users)
    return Response(200, listing.envelope(rows, number=number, size=size, total=total, links=links, url=url))


def document_types(call: Call) -> Response:
    """GET /v1/document-types; `type` is compulsory."""
    wanted = call.request.query.get("type")
    if not wanted:
        raise errors.required("type")
    if wanted not in _DOCUMENT_KINDS:
        raise errors.invalid("invalid_value", "type")
    found = [one for one in call.company.document_types if one["type"] == wanted]
    return Response(200, [{key: value for key, value in one.items() if value is not None} for one in found])


def payment_types(call: Call) -> Response:
    """GET /v1/payment-types; `document_type` is compulsory, RP gives 404."""
    wanted = call.request.query.get("document_type")
    if not wanted:
        raise errors.required("document_type")
    if wanted not in _PAYMENT_KINDS:
        raise errors.not_found("document type")
    return Response(200, call.company.catalogues["payment_types"])


def create_customer(call: Call) -> Response:
    """POST /v1/customers."""
    return call.shown("customers", customers.create(call.company, call.body()), 201)


def replace_customer(call: Call) -> Response:
    """PUT /v1/customers/{id}."""
    record = call.found(call.company.customers, "customer")
    return call.shown("customers", customers.replace(call.company, record, call.body()))


def delete_customer(call: Call) -> Response:
    """DELETE /v1/customers/{id}; refused where invoices name the customer."""
    record = call.found(call.company.customers, "customer")
    if call.switches["customer_delete"] == "disabled":
        raise errors.ApiError(403, "disabled_functionality", "The functionality is disabled")
    if call.company.invoices.by_identification.get(record["identification"]):
        raise errors.ApiError(400, "delete_not_allowed", "The customer has documents", ["id"])
    call.company.customers.remove(record["id"])
    return Response(200, {"id": record["id"], "deleted": True})


def create_note(call: Call) -> Response:
    """POST /v1/credit-notes."""

    def make() -> Record:
        body = call.body()
        return notes.create_note(call.company, body, customer=checking.buyer(call.company, body))

    return invoice_routes.once(call, "credit_notes", make)


def create_voucher(call: Call) -> Response:
    """POST /v1/vouchers."""
    return invoice_routes.once(call, "vouchers", lambda: notes.create_voucher(call.company, call.body()))


def create_quotation(call: Call) -> Response:
    """POST /v1/quotations: like an invoice without payments, balance and stamp."""
    body = call.body()
    return call.shown("quotations", call.company.quotations.add(_quotation(call, body)), 201)


def replace_quotation(call: Call) -> Response:
    """PUT /v1/quotations/{id}."""
    record = call.found(call.company.quotations, "quotation")
    kept = {key: record[key] for key in ("id", "number", "name", "metadata")}
    record.update({**_quotation(call, call.body()), **kept})
    companies.touch(call.company, "quotations", record)
    return call.shown("quotations", record)


def delete_quotation(call: Call) -> Response:
    """DELETE /v1/quotations/{id}."""
    record = call.found(call.company.quotations, "quotation")
    call.company.quotations.remove(record["id"])
    return Response(200, {"id": record["id"], "deleted": True})


def list_hooks(call: Call) -> Response:
    """GET /v1/webhooks."""
    return Response(200, call.company.webhooks)


def create_hook(call: Call) -> Response:
    """POST /v1/webhooks; three topics exist, all of products."""
    hook = _hook(call)
    hook |= {"id": call.company.new_id(), "company_key": call.company.company_key, "active": True}
    call.company.webhooks.append({**hook, "created_at": call.company.timestamp()})
    return Response(201, call.company.webhooks[-1])


def replace_hook(call: Call) -> Response:
    """PUT /v1/webhooks/{id}."""
    found = _known_hook(call)
    found.update(_hook(call))
    return Response(200, found)


def delete_hook(call: Call) -> Response:
    """DELETE /v1/webhooks/{id}."""
    call.company.webhooks.remove(_known_hook(call))
    return Response(200, {"id": call.identity, "deleted": True})


def _quotation(call: Call, body: Record) -> Record:
    kind = checking.document_type(call.company, body, "C")
    buyer = checking.buyer(call.company, body)
    completed = checking.checked(call.company, body, kind)
    number = call.company.next_number(kind)
    return {
        "id": call.company.new_id(),
        "document": {"id": kind["id"]},
        "number": number,
        "name": f"C-{kind['code']}-{number}",
        "date": completed["date"],
        "customer": {key: buyer.get(key) for key in ("id", "identification", "branch_office")},
        "seller": completed["seller"],
        "total": completed["total"],
        "items": completed["items"],
        "metadata": {"created": call.company.timestamp(), "last_updated": None},
    }


def _hook(call: Call) -> Record:
    body = call.body() or {}
    for name in ("application_id", "topic", "url"):
        if not body.get(name):
            raise errors.required(name)
    if body["topic"] not in _HOOK_TOPICS:
        raise errors.invalid("invalid_value", "topic")
    return {name: body[name] for name in ("application_id", "topic", "url")}


def _known_hook(call: Call) -> Record:
    for hook in call.company.webhooks:
        if hook["id"] == call.identity:
            return hook
    raise errors.not_found("webhook")


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "customers"): list_of("customers"),
    ("POST", "customers"): create_customer,
    ("GET", "customers/{id}"): one_of("customers", "customer"),
    ("PUT", "customers/{id}"): replace_customer,
    ("DELETE", "customers/{id}"): delete_customer,
    ("GET", "users"): list_users,
    ("GET", "credit-notes"): list_of("credit_notes"),
    ("POST", "credit-notes"): create_note,
    ("GET", "credit-notes/{id}"): one_of("credit_notes", "credit note"),
    ("GET", "credit-notes/{id}/pdf"): invoice_routes.file_of("credit_notes", "%PDF-1.4\n% {}\n%%EOF\n"),
    ("GET", "vouchers"): list_of("vouchers"),
    ("POST", "vouchers"): create_voucher,
    ("GET", "vouchers/{id}"): one_of("vouchers", "voucher"),
    ("GET", "document-types"): document_types,
    ("GET", "payment-types"): payment_types,
    ("GET", "taxes"): catalogue("taxes"),
    ("GET", "cost-centers"): catalogue("cost_centers"),
    ("GET", "warehouses"): catalogue("warehouses"),
    ("GET", "price-lists"): catalogue("price_lists"),
    ("GET", "account-groups"): catalogue("account_groups"),
    ("GET", "fixed-assets"): catalogue("fixed_assets"),
    ("GET", "products"): list_of("products"),
    ("GET", "products/{id}"): one_of("products", "product"),
    ("GET", "quotations"): list_of("quotations"),
    ("POST", "quotations"): create_quotation,
    ("GET", "quotations/{id}"): one_of("quotations", "quotation"),
    ("PUT", "quotations/{id}"): replace_quotation,
    ("DELETE", "quotations/{id}"): delete_quotation,
    ("GET", "webhooks"): list_hooks,
    ("POST", "webhooks"): create_hook,
    ("PUT", "webhooks/{id}"): replace_hook,
    ("DELETE", "webhooks/{id}"): delete_hook,
}
