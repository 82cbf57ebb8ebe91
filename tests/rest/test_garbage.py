"""Whatever JSON an answer holds, reading it ends in a record, in "unreadable" or None: never in a crash."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain.accounting import CreditNote, Customer, Invoice, Unreadable
from siigo_escala.escala import wire as escala
from siigo_escala.rest import reading
from siigo_escala.siigo import wire as siigo

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=12)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["2026-08-27", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00", "1e5", "\x00"])
)  # fmt: skip
_KEYS = st.sampled_from(
    [
        "id", "name", "date", "customer", "items", "taxes", "value", "total", "price", "quantity", "discount",
        "percentage", "retentions", "currency", "code", "exchange_rate", "seller", "document", "metadata",
        "created", "last_updated", "stamp", "status", "annulled", "payments", "due_date",
        "global_discounts", "person_type", "id_type", "identification", "address", "city", "city_name",
        "phones", "number", "indicative", "contacts", "email", "phone", "invoice", "personal", "company",
        "custom", "pipeline", "stageId", "contact", "products", "productId", "scroll", "modified",
        "description", "stages", "type", "message", "errors", "error", "detail", "field", "Params", "Code",
        "data", "entity",
    ]
)  # fmt: skip
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=25,
)
_ROWS = st.builds(
    lambda row, own_id: {**row, "id": own_id},
    st.dictionaries(_KEYS, _JSON, max_size=12),
    st.text(min_size=1, max_size=5).filter(str.strip),
)


@given(_JSON | _ROWS)
def test_any_row_of_siigo_is_read_or_told_as_unreadable(row: Any) -> None:
    assert isinstance(siigo.invoice(row), Invoice | Unreadable)
    assert isinstance(siigo.customer(row), Customer | Unreadable)
    assert isinstance(siigo.credit_note(row), CreditNote | Unreadable)
    siigo.seller(row)
    siigo.document_type(row)


@given(_JSON | _ROWS)
def test_any_record_of_escala_is_read(row: Any) -> None:
    for read in (
        escala.contact,
        escala.deal,
        escala.product,
        escala.pipeline,
        escala.unwrapped,
        escala.record_id,
    ):
        read(row)
    escala.extract_items(row)
    escala.extract_total(row)
    escala.extract_cursor(row, {})
    escala.extract_id(row, {})


@given(_JSON)
def test_any_complaint_is_read(body: Any) -> None:
    reading.complaint(json.dumps(body, default=str).encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_unusable(content: bytes) -> None:
    try:
        reading.decode(content)
    except reading.Unusable:
        pass
    assert not reading.complaint(content).own_shape or content.strip()[:1] in (b"{", b"[", b"\xef")
