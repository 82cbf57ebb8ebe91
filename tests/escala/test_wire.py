"""Escala's JSON as records and back: every doubt of the reference's section 13 about shapes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.crm import (
    Contact,
    ContactDraft,
    ContactId,
    Deal,
    DealChange,
    DealDraft,
    DealId,
    DealLine,
    PipelineId,
    ProductDraft,
    ProductId,
    StageId,
)
from siigo_escala.escala import changing, wire
from siigo_escala.rest import writing

DRAFT = DealDraft(
    name="FV-2-1043 - Ferretería El Roble SAS",
    contact_id=ContactId("c1"),
    pipeline_id=PipelineId("p1"),
    stage_id=StageId("s1"),
    owner="laura@x.example",
    value=Decimal(1842500),
    description="Factura",
    lines=(DealLine(product_id=ProductId("a"), quantity=Decimal("2.00")),),
    custom={"cf_deal_numero_hqpe_text": "FV-2-1043", "cf_deal_otro_abcd_text": ""},
)


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ({"items": [1], "total": 1}, [1]),
        ({"data": [1]}, [1]),
        ({"data": {"items": [1]}}, [1]),
        ([1], [1]),
        ({"items": None}, []),
        ({"message": "x"}, None),
        ({"data": {"id": "1"}}, None),
        ("x", None),
    ],
)
def test_a_list_comes_in_three_envelopes(data: Any, rows: list[int] | None) -> None:
    assert wire.extract_items(data) == rows


@pytest.mark.parametrize(
    ("data", "total"),
    [
        ({"total": 137}, 137),
        ({"total": "137"}, 137),
        ({"data": {"total": 5}}, 5),
        ({"total": None}, None),
        ({"total": -1}, None),
        ([], None),
    ],
)
def test_the_total_may_be_missing(data: Any, total: int | None) -> None:
    assert wire.extract_total(data) == total


@pytest.mark.parametrize(
    ("data", "headers", "cursor"),
    [
        ({"scrollId": "a", "nextScrollId": "b"}, {}, "a"),
        ({"nextScrollId": "b"}, {}, "b"),
        ({"scrollId": None, "nextScrollId": "b"}, {}, "b"),
        ({"scroll": {"id": "c"}}, {}, "c"),
        ({"scroll": "d"}, {}, "d"),
        ({}, {"x-scroll-id": "e"}, "e"),
        ([], {"x-scroll-id": "e"}, "e"),
        ({"scrollId": ""}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_cursor_is_looked_for_where_it_may_be(
    data: Any, headers: dict[str, str], cursor: str | None
) -> None:
    assert wire.extract_cursor(data, headers) == cursor


@pytest.mark.parametrize(
    ("data", "headers", "made"),
    [
        ({"id": "a"}, {}, "a"),
        ({"data": {"id": "b"}}, {}, "b"),
        ({"entity": {"id": "c"}}, {}, "c"),
        (None, {"location": "https://x.example/v1/crm/deals/d-1?x=1"}, "d-1"),
        (None, {"location": "/crm/deals/d-1/"}, "d-1"),
        ({"id": None}, {"location": ""}, None),
        ({}, {}, None),
    ],
)
def test_the_id_of_what_was_made_is_looked_for_where_it_may_be(
    data: Any, headers: dict[str, str], made: str | None
) -> None:
    assert wire.extract_id(data, headers) == made


def test_a_contact_has_every_mail_and_phone_that_identifies_it() -> None:
    contact = wire.contact(
        {
            "id": "c1",
            "created": "2026-03-02T15:04:05",
            "modified": "2026-03-02T15:04:05.123Z",
            "assignedTo": "",
            "personal": {
                "firstName": " Ana ",
                "lastName": None,
                "email": "a@x.example",
                "secondaryEmail": "b@x.example",
                "phoneNumber": "573104567890",
                "secondaryPhoneNumber": "",
                "alternativePhoneNumbers": ["573001112233", {"value": "573001112244"}, {"phone": "1"}, True],
            },
            "alternativeEmails": ["a@x.example", {"email": "c@x.example"}],
            "company": {"name": "Casa", "email": "casa@x.example"},
        }
    )
    assert contact == Contact(
        id=ContactId("c1"),
        first_name="Ana",
        company_name="Casa",
        emails=("a@x.example", "b@x.example", "c@x.example"),
        phones=("573104567890", "573001112233", "573001112244", "1"),
        created=datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC),
        modified=datetime(2026, 3, 2, 15, 4, 5, 123000, tzinfo=UTC),
        modified_text="2026-03-02T15:04:05.123Z",
    )


@pytest.mark.parametrize(
    "value",
    [
        {"cf_a": "x", "cf_n": 5, "cf_b": False, "cf_empty": "", "cf_null": None, "cf_list": []},
        [
            {"key": "cf_a", "value": "x"},
            {"fieldId": "cf_n", "value": 5},
            {"name": "cf_b", "value": False},
            {"key": "cf_null", "value": None},
            {"value": "nameless"},
            "no field",
        ],
    ],
)
def test_custom_values_are_an_object_or_a_list(value: Any) -> None:
    assert wire.custom(value) == {"cf_a": "x", "cf_n": 5, "cf_b": False}


@pytest.mark.parametrize("options", [["b", "a"], {"a": True, "b": Decimal(1)}])
def test_options_that_were_chosen_are_seen_in_any_order_and_written_back_as_they_stand(options: Any) -> None:
    custom = {"cf_a": " x", "cf_empty": " ", "cf_options": options}
    deal = wire.deal({"id": "d", "custom": custom})
    assert (deal.custom, len(deal.chosen["cf_options"])) == ({"cf_a": "x"}, 2)
    turned = dict(reversed(options.items())) if isinstance(options, dict) else options[::-1]
    assert wire.deal({"id": "d", "custom": {**custom, "cf_options": turned}}) == deal
    assert wire.custom_as_is(custom) == {"cf_a": " x", "cf_options": options}


def test_a_deal_is_read_in_its_own_shape() -> None:
    deal = wire.deal(
        {
            "id": "d1",
            "name": "FV-2-1043",
            "assignedTo": "laura@x.example",
            "contact": {"id": "c1"},
            "pipeline": {"id": "p1", "stageId": "s1", "stageType": "open"},
            "value": Decimal("1842500.0"),
            "description": "  texto\x00 ",
        }
    )
    assert deal == Deal(
        id=DealId("d1"),
        name="FV-2-1043",
        contact_id=ContactId("c1"),
        pipeline_id=PipelineId("p1"),
        stage_id=StageId("s1"),
        owner="laura@x.example",
        value=Decimal(1842500),
        description="  texto ",
    )


def test_a_deal_in_the_shape_of_a_write_is_read_too() -> None:
    deal = wire.deal({"id": "d1", "contactId": "c1", "funnelId": "p1", "stageId": "s1", "description": None})
    assert (deal.contact_id, deal.pipeline_id, deal.stage_id, deal.description) == ("c1", "p1", "s1", None)
    assert wire.deal({"id": "d1", "pipelineId": "p2"}).pipeline_id == "p2"


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_a_deal_may_be_nearly_empty(empty: Any) -> None:
    keys = ("contact", "pipeline", "value", "assignedTo", "custom", "created", "name")
    assert wire.deal({"id": "d1", **dict.fromkeys(keys, empty)}) == Deal(id=DealId("d1"))


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"products": [{"productId": "a", "quantity": Decimal("1.5")}]}, [("a", Decimal("1.5"))]),
        ({"products": {"items": [{"productId": "a", "quantity": "2"}]}}, [("a", Decimal(2))]),
        (
            {"products": [{"product": {"id": "a"}}, {"id": "b"}, "c", {}]},
            [("a", None), ("b", None), ("c", None)],
        ),
        ({"productId": "a"}, [("a", None)]),
        ({"products": []}, []),
        ({"products": None}, None),
        ({}, None),
    ],
)
def test_products_of_a_deal_come_in_three_shapes(data: Any, lines: list[tuple[str, Any]] | None) -> None:
    found = wire.deal_lines(data)
    assert (None if found is None else [(line.product_id, line.quantity) for line in found]) == lines


def test_a_pipeline_keeps_the_order_of_its_stages() -> None:
    stages = [
        {"id": "a", "name": "Prospecto", "type": "open"},
        {"id": "b", "name": "Ganada", "type": "WON"},
        {"id": "c", "name": "Otra", "type": "paused"},
        {"id": "d", "name": "Nueva"},
        {"name": "sin id"},
    ]
    pipeline = wire.pipeline({"id": "p1", "name": "Ventas", "stages": stages})
    assert [(stage.id, stage.kind) for stage in pipeline.stages] == [
        ("a", "open"), ("b", "won"), ("c", "other"), ("d", "open"),
    ]  # fmt: skip


def test_a_deal_is_sent_as_the_reference_shows_it() -> None:
    body = writing.encode(wire.deal_body(DRAFT, priority=True, products=True)).decode()
    assert body == (
        '{"name":"FV-2-1043 - Ferretería El Roble SAS","contactId":"c1","pipelineId":"p1","stageId":"s1",'
        '"assignedTo":"laura@x.example","priority":3,"value":1842500.00,"description":"Factura",'
        '"products":{"items":[{"productId":"a","quantity":2}],"updateValue":false},'
        '"custom":{"cf_deal_numero_hqpe_text":"FV-2-1043"},"triggerWorkflow":false}'
    )


def test_what_is_empty_or_refused_is_left_out_of_a_deal() -> None:
    draft = DealDraft(
        name="x" * 300,
        contact_id=ContactId("c1"),
        pipeline_id=PipelineId("p1"),
        stage_id=StageId("s1"),
        owner="",
        value=Decimal("10.005"),
        lines=DRAFT.lines,
    )
    assert wire.deal_body(draft, priority=False, products=False) == {
        "name": "x" * 255,
        "contactId": "c1",
        "pipelineId": "p1",
        "stageId": "s1",
        "assignedTo": "unassigned",
        "value": Decimal("10.01"),
        "triggerWorkflow": False,
    }


def test_an_amount_of_any_size_can_be_sent() -> None:
    draft = ProductDraft(sku="A", name="A", price=Decimal("9e30"))
    assert writing.encode(wire.product_body(draft)["price"]) == b"9" + b"0" * 30 + b".00"


def test_a_line_without_a_readable_quantity_is_sent_without_it() -> None:
    line = DealLine(product_id=ProductId("a"), quantity=None)
    assert wire.products_body([line])["items"] == [{"productId": "a"}]


@pytest.mark.parametrize(("quantity", "sent"), [("2.00", "2"), ("100", "100"), ("1.50", "1.5"), ("0", "0")])
def test_quantities_are_sent_without_needless_zeros(quantity: str, sent: str) -> None:
    assert writing.encode(wire.plain(Decimal(quantity))).decode() == sent


def test_a_contact_is_sent_as_the_reference_shows_it() -> None:
    draft = ContactDraft(
        first_name="Ferretería El Roble",
        company_name="Ferretería El Roble SAS",
        email="compras@elroble.example",
        phone="573104567890",
        city="Bogotá",
        notes="Creado desde Siigo",
        custom={"cf_contact_nit_kwzt_text": "900123456"},
    )
    assert wire.contact_body(draft, priority=True) == {
        "assignedTo": "unassigned",
        "contacted": False,
        "marketable": False,
        "status": "lead",
        "priority": 0,
        "triggerWorkflow": False,
        "notes": "Creado desde Siigo",
        "personal": {
            "firstName": "Ferretería El Roble",
            "email": "compras@elroble.example",
            "phoneNumber": "573104567890",
            "city": "Bogotá",
        },
        "company": {"name": "Ferretería El Roble SAS"},
        "custom": {"cf_contact_nit_kwzt_text": "900123456"},
    }
    bare = wire.contact_body(ContactDraft(first_name="Ana"), priority=False)
    assert set(bare) == {"assignedTo", "contacted", "marketable", "status", "triggerWorkflow", "personal"}


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        ("cf_contact_nit_kwzt_number", "900123456", 900123456),
        ("cf_nit_decimal", "900123456", 900123456),
        ("cf_contact_nit_kwzt_text", "900123456", "900123456"),
        ("cf_contact_number_kwzt_text", "900123456", "900123456"),
        ("cf_contact_nit_kwzt_number", "0900123456", "0900123456"),
        ("cf_contact_nit_kwzt_number", "900123456-1", "900123456-1"),
        ("cf_contact_nit_kwzt_number", "1234567890123456", "1234567890123456"),
        ("cf_contact_nit_kwzt_number", "٩٠٠", "٩٠٠"),
        ("cf_contact_nit_kwzt_number", Decimal("1.5"), Decimal("1.5")),
    ],
)
def test_a_field_of_numbers_gets_a_number_where_that_loses_nothing(
    field: str, value: str | Decimal, sent: object
) -> None:
    contact = wire.contact_body(ContactDraft(first_name="Ana", custom={field: value}), priority=True)
    deal = wire.deal_body(replace(DRAFT, custom={field: value}), priority=True, products=True)
    patch = changing.deal_patch(DealChange(custom={field: value}))
    assert [body["custom"] for body in (contact, deal, patch)] == [{field: sent}] * 3


def test_a_product_respects_its_limits() -> None:
    body = wire.product_body(ProductDraft(sku="s" * 50, name="n" * 300, price=Decimal(10)))
    assert (len(str(body["sku"])), len(str(body["name"]))) == (40, 255)
    assert writing.encode(body["price"]) == b"10.00"
