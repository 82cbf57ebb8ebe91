"""Which invoices become opportunities, and in which column each of the others stands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.world import World, codes, counts

COUNTER_SALES = 24450
"""The simulator's invoice type without electronic stamp."""


def _code(world: World, invoice: dict[str, Any]) -> str:
    return str(world.row(invoice["name"]).code)


def _day(world: World, days_ago: int) -> str:
    return (world.today() - timedelta(days=days_ago)).isoformat()


def test_an_invoice_annulled_when_first_read_is_excluded_and_counts_with_its_value(world: World) -> None:
    first, second = world.invoices(2)
    world.siigo.annul_invoice(first["name"])
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 1, "excluded": 1}
    assert result.exit_code == 0
    assert _code(world, first) == "INVOICE_ANNULLED"
    assert result.document["value"]["excluded"] == "69999.99"
    assert counts(world.sync()) == {"read": 2, "unchanged": 1, "excluded": 1}
    assert world.report()["invoices"] == {
        "total": 2, "in_escala": 1, "excluded": 0, "annulled": 1, "needs_attention": 0, "failed": 0
    }  # fmt: skip
    world.deal_of(second["name"])


def test_an_invoice_wholly_credited_when_first_read_is_excluded(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.siigo.credit_note(invoice["name"])
    world.connect()
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    assert _code(world, invoice) == "INVOICE_CREDITED"
    assert world.report()["invoices"]["annulled"] == 1


@pytest.mark.parametrize(("rule", "value"), [("report", "1000.00"), ("subtract", "700.00")])
def test_an_invoice_credited_partly_when_first_read_becomes_an_opportunity(
    world: World, rule: str, value: str
) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.siigo.credit_note(invoice["name"], total=300)
    world.connect(f'on_credited = "{rule}"')
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert result.document["value"]["created"] == "1000.00", "the sums keep the invoice's value"
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == Decimal(value)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}, "what was known at creation is no change"


def test_what_lies_before_start_is_left_out_unless_its_dates_are_asked_for(world: World) -> None:
    customer = world.customer()["id"]
    old = world.siigo.create_invoice(customer, date=_day(world, 60), created="2026-01-02T10:00:00Z")
    new = world.siigo.create_invoice(customer)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}, "the first run does not even ask for it"
    world.siigo.edit_invoice(old["name"], observations="pagada")
    result = world.sync()
    assert counts(result)["excluded"] == 1
    assert _code(world, old) == "BEFORE_START"
    result = world.sync(
        date_from=date.fromisoformat(_day(world, 61)), date_to=date.fromisoformat(_day(world, 59))
    )
    assert counts(result) == {"read": 1, "created": 1}
    assert len(world.deals()) == 2
    world.deal_of(new["name"])


def test_an_invoice_dated_before_start_but_made_after_it_is_ours(world: World) -> None:
    customer = world.customer()["id"]
    world.siigo.create_invoice(customer)
    world.connect()
    world.sync()
    late = world.siigo.create_invoice(customer, date=_day(world, 45))
    assert counts(world.sync())["created"] == 1
    world.deal_of(late["name"])


def test_document_types_left_out_are_excluded_and_come_when_the_rule_changes(world: World) -> None:
    customer = world.customer()["id"]
    kept = world.siigo.create_invoice(customer)
    left = world.siigo.create_invoice(customer, document=COUNTER_SALES)
    world.connect("document_types = [24446]")
    assert counts(world.sync()) == {"read": 2, "created": 1, "excluded": 1}
    assert _code(world, left) == "DOCUMENT_TYPE_LEFT_OUT"
    world.connect("document_types = []")
    world.sync(date_from=world.today() - timedelta(days=2))
    assert len(world.deals()) == 2
    world.deal_of(kept["name"])


@pytest.mark.parametrize("status", ["Draft", "Sending", "Rejected", "Audit"])
def test_only_accepted_invoices_where_the_rule_says_so(world: World, status: str) -> None:
    customer = world.customer()["id"]
    accepted = world.siigo.create_invoice(customer)
    waiting = world.siigo.create_invoice(customer, stamp=status)
    no_stamp = world.siigo.create_invoice(customer, document=COUNTER_SALES)
    world.connect('stamp = "accepted"')
    assert counts(world.sync()) == {"read": 3, "created": 2, "excluded": 1}
    assert _code(world, waiting) == "NOT_ACCEPTED_YET"
    world.siigo.stamp(waiting["name"], "Accepted")
    world.pass_time(days=1)
    result = world.sync()
    assert counts(result)["created"] == 1, "the sweep decides it anew"
    for invoice in (accepted, waiting, no_stamp):
        world.deal_of(invoice["name"])


def test_drafts_and_rejected_invoices_become_opportunities_by_default(world: World) -> None:
    customer = world.customer()["id"]
    for status in ("Draft", "Rejected", "Sending", "Accepted"):
        world.siigo.create_invoice(customer, stamp=status)
    world.connect()
    assert counts(world.sync()) == {"read": 4, "created": 4}


@pytest.mark.parametrize("identification", ["222222222222", "444444001", "999999999"])
@pytest.mark.parametrize("rule", ["skip", "one_contact"])
def test_walk_in_buyers_follow_their_rule(world: World, identification: str, rule: str) -> None:
    person: dict[str, Any] = {
        "person_type": "Person",
        "id_type": {"code": "13"},
        "contacts": [],
        "name": ["Consumidor", "Final"],
    }
    customer = world.customer(identification=identification, **person)["id"]
    first, _ = world.siigo.create_invoice(customer), world.siigo.create_invoice(customer)
    world.connect(f'walk_in = "{rule}"')
    result = world.sync()
    if rule == "skip":
        assert counts(result) == {"read": 2, "excluded": 2}
        assert _code(world, first) == "WALK_IN_BUYER"
        assert not world.contacts()
    else:
        assert counts(result) == {"read": 2, "created": 2}
        assert len(world.contacts()) == 1


@pytest.mark.parametrize("unlinked", ["true", "false"])
@pytest.mark.parametrize("key", ["VENTAS@laceiba.example", "629"])
def test_the_sellers_link_is_the_owner_and_unlinked_sellers_follow_their_switch(
    world: World, unlinked: str, key: str
) -> None:
    world.escala.add_owner("laura@acme.example")
    world.escala.add_owner("gerencia@acme.example")
    customer = world.customer()["id"]
    linked = world.siigo.create_invoice(customer, seller=629)
    other = world.siigo.create_invoice(customer, seller=630)
    none = world.siigo.create_invoice(customer)
    world.siigo.distort(none["name"], remove=["seller"])
    world.connect(
        f'create_for_unlinked_sellers = {unlinked}\ndefault_owner = "gerencia@acme.example"',
        tables=f'[sellers]\n"{key}" = "laura@acme.example"\n',
    )
    result = world.sync()
    assert world.deal_of(linked["name"])["assignedTo"] == "laura@acme.example"
    if unlinked == "true":
        assert counts(result) == {"read": 3, "created": 3}
        assert world.deal_of(other["name"])["assignedTo"] == "gerencia@acme.example"
        assert world.deal_of(none["name"])["assignedTo"] == "gerencia@acme.example"
    else:
        assert counts(result) == {"read": 3, "created": 1, "excluded": 2}
        assert _code(world, other) == "SELLER_UNLINKED"


def test_without_owner_the_opportunity_is_unassigned(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    world.sync()
    assert world.deal_of(invoice["name"])["assignedTo"] == "unassigned"


def test_an_invoice_that_carries_our_marker_never_becomes_an_opportunity(world: World) -> None:
    (invoice,) = world.invoices(1, observations="Hecha desde Escala [escala:d7f3b9c0:1]")
    world.connect()
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    assert _code(world, invoice) == "BORN_IN_ESCALA"


@pytest.mark.parametrize("kind", ["total", "gross", "subtotal"])
def test_the_value_is_of_the_kind_that_was_chosen(world: World, kind: str) -> None:
    items = [
        {
            "code": "CAF-500",
            "quantity": 10,
            "price": 85000,
            "discount": 5,
            "taxes": [{"id": 13156}, {"id": 13170}],
        },
        {"code": "INST-01", "quantity": 1, "price": 180000, "taxes": [{"id": 13156}, {"id": 13171}]},
    ]
    (invoice,) = world.invoices(1, items=items, retentions=[{"id": 34072}, {"id": 34080}])
    wanted = {"total": "1110054.50", "gross": "1175125.00", "subtotal": "987500.00"}[kind]
    world.connect(f'value = "{kind}"')
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == Decimal(wanted)
    assert result.document["value"]["read"] == wanted
    row = world.report()["rows"][0]
    assert (row["value"], row["siigo_total"]) == (wanted, "1110054.50")


def test_foreign_currency_counts_in_pesos_and_the_description_says_so(world: World) -> None:
    (invoice,) = world.invoices(
        1, total="100.55", currency={"code": "USD", "exchange_rate": Decimal("4012.555")}
    )
    world.connect()
    result = world.sync()
    # 100.55 x 4012.555 = 403462.40525
    assert result.document["value"]["created"] == "403462.41"
    deal = world.deal_of(invoice["name"])
    assert Decimal(str(deal["value"])) == Decimal("403462.41")
    assert "USD" in deal["description"]
    row = world.report()["rows"][0]
    assert (row["value"], row["siigo_total"], row["currency"]) == ("403462.41", "100.55", "USD")


def test_products_are_matched_by_trimmed_sku_and_of_two_the_older_is_taken(world: World) -> None:
    younger = world.escala.add_product("MUG-01", "Otro", created="2026-02-01T00:00:00")
    older = world.escala.add_product("MUG-01", "Pocillo", created="2025-02-01T00:00:00")
    assert younger != older
    items = [
        {"code": "MUG-01", "quantity": "2.5", "price": 1000},
        {"code": "NO-ESTA", "quantity": 1, "price": 1000},
    ]
    (invoice,) = world.invoices(1, items=items)
    world.connect()
    result = world.sync()
    assert result.document["products"] == {"attached": 1, "missing": 1, "registered": 0}
    (line,) = world.deal_of(invoice["name"])["products"]
    assert (line["productId"], Decimal(str(line["quantity"]))) == (older, Decimal("2.5"))
    assert world.sync().document["products"] == {"attached": 0, "missing": 0, "registered": 0}


def test_products_are_registered_once_where_the_rule_says_so_and_a_dry_run_foretells_it(world: World) -> None:
    items = [
        {"code": "NUEVO-1", "quantity": 1, "price": 1000},
        {"code": "NUEVO-1", "quantity": 2, "price": 900},
    ]
    world.invoices(2, items=items)
    world.connect('products = "register"')
    told = world.sync(dry_run=True)
    assert world.escala.state()["products"] == []
    done = world.sync()
    assert done.document["products"] == told.document["products"]
    assert done.document["products"] == {"attached": 4, "missing": 0, "registered": 1}
    assert [product["sku"] for product in world.escala.state()["products"]] == ["NUEVO-1"]


def test_products_none_sends_and_counts_no_line(world: World) -> None:
    world.escala.add_product("MUG-01", "Pocillo")
    (invoice,) = world.invoices(1)
    world.connect('products = "none"')
    assert world.sync().document["products"] == {"attached": 0, "missing": 0, "registered": 0}
    assert not world.deal_of(invoice["name"])["products"]
    assert not world.escala.calls.count(path=".*/pms/products.*")


def test_number_date_and_due_date_go_into_their_fields_and_a_missing_due_date_is_not_sent(
    world: World,
) -> None:
    fields = {name: f"cf_deal_{name}_hqpe_text" for name in ("numero", "fecha", "vence")}
    for key in fields.values():
        world.escala.add_custom_field(key)
    customer = world.customer()["id"]
    credit = world.siigo.create_invoice(customer)
    cash = world.siigo.create_invoice(customer, cash=True)
    world.connect(
        f'number_field = "{fields["numero"]}"\ndate_field = "{fields["fecha"]}"\n'
        f'due_field = "{fields["vence"]}"'
    )
    world.sync()
    assert world.deal_of(credit["name"])["custom"] == {
        fields["numero"]: credit["name"],
        fields["fecha"]: credit["date"],
        fields["vence"]: credit["payments"][0]["due_date"],
    }
    assert world.deal_of(cash["name"])["custom"] == {
        fields["numero"]: cash["name"],
        fields["fecha"]: cash["date"],
    }


def test_the_description_fills_its_placeholders_and_other_braces_stay(world: World) -> None:
    (invoice,) = world.invoices(1, total=1234567, date="2026-03-02", seller=629)
    world.connect(
        'start = "2026-03-01"\n'
        'description = "{factura} {fecha} {cliente} {identificacion} {vendedor} {total} {} {x"'
    )
    world.sync()
    first_line = world.deal_of(invoice["name"])["description"].splitlines()[0]
    assert first_line == (
        f"{invoice['name']} 02/03/2026 Empresa 0 SAS 900100200 Diego Pardo $ 1.234.567,00 {{}} {{x"
    )


def test_the_mark_stands_after_the_number_in_the_name(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect('mark = "NORTE"')
    world.sync()
    assert world.deal_of(invoice["name"])["name"].startswith(f"{invoice['name']} [NORTE] - ")


def test_two_living_invoices_of_one_name_are_held(world: World) -> None:
    customer = world.customer()["id"]
    world.siigo.create_invoice(customer, name="FV-2-77", id="11111111-1111-4111-8111-111111111111")
    world.siigo.create_invoice(customer, name="FV-2-77", id="22222222-2222-4222-8222-222222222222")
    third = world.siigo.create_invoice(customer)
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 3, "created": 1, "needs_attention": 2}
    assert codes(result) == ["INVOICE_NAME_TWICE", "INVOICE_NAME_TWICE"]
    world.deal_of(third["name"])


def test_a_deleted_drafts_number_used_again_is_another_invoice(world: World) -> None:
    customer = world.customer()["id"]
    draft = world.siigo.create_invoice(customer, stamp="Draft", name="FV-2-77", total=1000)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.siigo.delete_invoice(draft["id"])
    world.siigo.create_invoice(customer, name="FV-2-77", total=2000)
    result = world.sync()
    assert counts(result)["created"] == 1
    world.pass_time(days=1)
    result = world.sync()
    assert len(world.deals()) == 2
    assert codes(result) == ["INVOICE_DELETED"]
