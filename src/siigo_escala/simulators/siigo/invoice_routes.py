"""The invoice calls of siigo-api.md, section 3."""

import base64
from collections.abc import Callable, Mapping

from siigo_escala.simulators.messages import Response
from siigo_escala.simulators.siigo import access, checking, documents, errors
from siigo_escala.simulators.siigo import company as companies
from siigo_escala.simulators.siigo.calls import Call, Route
from siigo_escala.simulators.siigo.table import Record

BATCH_BYTES = 1024 * 1024


def list_invoices(call: Call) -> Response:
    """GET /v1/invoices.

    So many times as the switches `insert_between_pages` and `delete_between_pages` say, a row appears, or
    the newest one goes, after a first page.
    """
    answer = call.page("invoices")
    is_first = call.request.query.get("page", "1") == "1"
    for name, change in (("insert_between_pages", _insert_copy), ("delete_between_pages", _delete_newest)):
        left = call.switches[name]
        if left and is_first and len(call.company.invoices):
            call.switches[name] = left - 1
            change(call)
    return answer


def create_invoice(call: Call) -> Response:
    """POST /v1/invoices; the same Idempotency-Key again gives the document made before."""
    return once(call, "invoices", lambda: _created(call, call.body()))


def replace_invoice(call: Call) -> Response:
    """PUT /v1/invoices/{id}."""
    record = call.found(call.company.invoices, "invoice")
    documents.replace(call.company, record, call.body())
    companies.happened(call.company, "edit", "invoices", record)
    return call.shown("invoices", record)


def get_invoice(call: Call) -> Response:
    """GET /v1/invoices/{id}."""
    return call.shown("invoices", call.found(call.company.invoices, "invoice"))


def delete_invoice(call: Call) -> Response:
    """DELETE /v1/invoices/{id}."""
    record = call.found(call.company.invoices, "invoice")
    documents.refuse_if_final(call.company, record, "delete_not_allowed")
    call.company.invoices.remove(record["id"])
    return Response(200, {"id": record["id"], "deleted": True})


def annul_invoice(call: Call) -> Response:
    """POST /v1/invoices/{id}/annul; without a body no Content-Type is asked for."""
    record = call.found(call.company.invoices, "invoice")
    documents.refuse_if_final(call.company, record, "non_editable")
    documents.annul(call.company, record)
    return Response(200, {"id": record["id"], call.switches["annul_answer"]: True})


def stamp_invoice(call: Call) -> Response:
    """POST /v1/invoices/{id}/stamp: a draft or rejected invoice goes to the DIAN."""
    record = call.found(call.company.invoices, "invoice")
    if record.get("stamp") is None:
        raise errors.invalid("document_settings", "id", "The document isn't electronic")
    documents.refuse_if_final(call.company, record, "update_not_allowed")
    documents.begin_stamp(call.company, record)
    companies.happened(call.company, "stamp", "invoices", record)
    stamp = {"uuid": None, "status": "Sending", "observations": None, "errors": None}
    return Response(200, {"stamp": stamp, "mail": record.get("mail")})


def stamp_errors(call: Call) -> Response:
    """GET /v1/invoices/{id}/stamp/errors."""
    record = call.found(call.company.invoices, "invoice")
    listed = call.company.stamp_errors.get(record["id"])
    if listed is None:
        text = (record.get("stamp") or {}).get("errors")
        listed = [text] if text else []
    return Response(200, {"id": record["id"], "errors": [{"message": message} for message in listed]})


def file_of(kind: str, text: str) -> Route:
    """GET /v1/{kind}/{id}/pdf and /xml: the id and a small document in base64."""

    def answer(call: Call) -> Response:
        record = call.found(call.company.tables[kind], "document")
        content = base64.b64encode(text.format(record["name"]).encode()).decode()
        shown = {"id": record["id"], "base64": content}
        if kind == "credit_notes":
            shown["cude"] = (record.get("stamp") or {}).get("cude")
        return Response(200, shown)

    return answer


def mail_invoice(call: Call) -> Response:
    """POST /v1/invoices/{id}/mail."""
    record = call.found(call.company.invoices, "invoice")
    body = call.body() or {}
    addresses = [one for key in ("mail_to", "copy_to") for one in (body.get(key) or "").split(";") if one]
    if not body.get("mail_to"):
        raise errors.required("mail_to")
    if len(addresses) > 5:
        raise errors.invalid("values_limit", "mail_to", "At most 5 addresses")
    if any("@" not in address for address in addresses):
        raise errors.invalid("invalid_email", "mail_to")
    record["mail"] = {"status": "sent", "observations": "The invoice has been sent by mail"}
    return Response(201, {"status": "sent", "observations": ""})


def batch_invoices(call: Call) -> Response:
    """POST /v1/invoices/batch: taken at once; the notice to `notification_url` is not sent."""
    if len(call.request.body) > BATCH_BYTES:
        raise errors.invalid("length_max", "body", "The body is larger than 1 MB")
    body = call.body() or {}
    for name in ("notification_url", "invoices"):
        if not body.get(name):
            raise errors.required(name)
    for draft in body["invoices"]:
        try:
            _created(call, draft)
        except errors.ApiError as error:
            call.company.batch_errors.append({"code": error.code, "message": error.message})
    return Response(202, {"id": call.company.new_id(), "status": "accepted"})


def once(call: Call, kind: str, make: Callable[[], Record]) -> Response:
    """Makes a document unless this Idempotency-Key already made one."""
    key = access.idempotency_key(call.request)
    mark = f"{kind}/{key}"
    known = call.company.idempotency.get(mark) if key else None
    if known is not None and known in call.company.tables[kind]:
        return call.shown(kind, call.company.tables[kind][known], call.switches["replay_status"])
    record = make()
    if key:
        call.company.idempotency[mark] = record["id"]
    return call.shown(kind, record, 201)


def _created(call: Call, body: object) -> Record:
    checking.document_type(call.company, body, "FV")
    return documents.create(call.company, body, customer=checking.buyer(call.company, body))


def _newest(call: Call) -> str:
    return call.company.invoices.created.between(None, None)[-1][2]


def _delete_newest(call: Call) -> None:
    call.company.invoices.remove(_newest(call))


def _insert_copy(call: Call) -> None:
    company = call.company
    newest = company.invoices.peek(_newest(call))
    kind = company.entry("document_types", newest["document"]["id"]) or {}
    number = company.next_number(kind)
    stamped = {"created": company.timestamp(), "last_updated": None}
    name = f"FV-{kind.get('code')}-{number}"
    company.invoices.add(
        {**newest, "id": company.new_id(), "number": number, "name": name, "metadata": stamped}
    )


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "invoices"): list_invoices,
    ("POST", "invoices"): create_invoice,
    ("POST", "invoices/batch"): batch_invoices,
    ("GET", "invoices/{id}"): get_invoice,
    ("PUT", "invoices/{id}"): replace_invoice,
    ("DELETE", "invoices/{id}"): delete_invoice,
    ("POST", "invoices/{id}/annul"): annul_invoice,
    ("POST", "invoices/{id}/stamp"): stamp_invoice,
    ("GET", "invoices/{id}/stamp/errors"): stamp_errors,
    ("GET", "invoices/{id}/pdf"): file_of("invoices", "%PDF-1.4\n% {}\n%%EOF\n"),
    ("GET", "invoices/{id}/xml"): file_of("invoices", "<Invoice><ID>{}</ID></Invoice>"),
    ("POST", "invoices/{id}/mail"): mail_invoice,
}
