"""Odd invoices: each gets its reason or its opportunity, and none of them stops the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sync import people
from tests.sync.world import World, codes, counts


def _healthy(world: World, total: int = 1000) -> dict[str, Any]:
    return world.siigo.create_invoice(world.customer(9)["id"], total=total)


def _run_twice(world: World, code: str) -> None:
    """The odd one is held with its code both times, the healthy one made once."""
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 1, "needs_attention": 1}
    assert codes(result) == [code]
    assert result.exit_code == 1
    again = world.sync()
    assert counts(again) == {"read": 2, "unchanged": 1, "needs_attention": 1}
    assert codes(again) == [code]
    assert len(world.deals()) == 1


@pytest.mark.parametrize("customer", [None, {}, {"identification": "900100200"}, "x", []])
def test_an_invoice_without_customer_needs_attention(world: World, customer: object) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], customer=customer)
    healthy = _healthy(world)
    world.connect()
    _run_twice(world, "CUSTOMER_MISSING")
    world.deal_of(healthy["name"])


def test_an_invoice_of_a_deleted_customer_needs_attention_until_the_customer_is_back(world: World) -> None:
    customer = world.customer(1)
    odd = world.siigo.create_invoice(customer["id"], total=500)
    world.siigo.delete_customer(customer["id"])
    _healthy(world)
    world.connect()
    _run_twice(world, "CUSTOMER_MISSING")
    world.siigo.load(customers=[customer])
    assert counts(world.sync(kind="retry"))["created"] == 1
    world.deal_of(odd["name"])


@pytest.mark.parametrize("identification", ["", None, "..."])
def test_a_customer_without_identification_is_held(world: World, identification: str | None) -> None:
    customer = world.customer(1)
    world.siigo.create_invoice(customer["id"], total=500)
    world.siigo.distort(customer["id"], kind="customers", identification=identification)
    _healthy(world)
    world.connect()
    _run_twice(world, "CONTACT_DATA_MISSING")


@pytest.mark.parametrize(
    "total", [-1, "NaN", "Infinity", "", None, "mil pesos", [], {}, True, "1e400", 10**14]
)
def test_a_total_that_is_no_amount_is_held_and_counts_as_nothing(world: World, total: object) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], total=total)
    _healthy(world)
    world.connect()
    _run_twice(world, "VALUE_INVALID")
    value = "-1.00" if total == -1 else "0.00"
    (row,) = [row for row in world.report()["rows"] if row["invoice"] == odd["name"]]
    assert row["value"] == value


@pytest.mark.parametrize(
    ("total", "value"),
    [
        (0, "0"),
        ("0.001", "0"),
        ("1234567.895", "1234567.90"),
        ("9999999999999.99", "9999999999999.99"),
        ("70000", "70000"),
    ],
)
def test_zero_huge_and_textual_totals_become_opportunities_to_the_cent(
    world: World, total: object, value: str
) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], total=total)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert Decimal(str(world.deal_of(odd["name"])["value"])) == Decimal(value)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize("day", ["", None, "0001-01-01", "31/12/2026", "2026-13-45", 20260101, []])
def test_an_invoice_without_readable_date_is_held_and_stands_in_no_range(world: World, day: object) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], date=day)
    _healthy(world)
    world.connect()
    result = world.sync()
    if day == "0001-01-01":
        assert set(codes(result)) <= {"VALUE_INVALID"}
        return
    assert codes(result) == ["VALUE_INVALID"]
    from siigo_escala.store import models
    from siigo_escala.sync import report

    connection = models.Connection.objects.get(name="acme")
    today = world.today()
    ranged = report.report(connection, date_from=today.replace(month=1, day=1), date_to=today)
    assert ranged["invoices"]["total"] == 1
    assert world.report()["invoices"]["total"] == 2


def test_an_invoice_of_500_lines_carries_all_of_them(world: World) -> None:
    for number in range(3):
        world.escala.add_product(f"P-{number}", f"Producto {number}")
    items = [{"code": f"P-{number % 3}", "quantity": 1, "price": 10} for number in range(500)]
    odd = world.siigo.create_invoice(world.customer(1)["id"], items=items)
    world.connect()
    result = world.sync()
    assert result.document["products"] == {"attached": 500, "missing": 0, "registered": 0}
    deal = world.deal_of(odd["name"])
    assert Decimal(str(deal["value"])) == 5000
    assert sum(Decimal(str(line["quantity"])) for line in deal["products"]) == 500


TEXTS = {
    "long": "ñ" * 4000,
    "emoji": "Flores 🌺👩‍👩‍👧 café",
    "nul": "uno\x00dos\x07tres",
    "right-to-left": "factura \u202e\u200fabc\u2066 fin",
    "markup": "<script>alert(1)</script> {total} %s",
}


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_odd_texts_everywhere_do_no_harm(world: World, kind: str) -> None:
    text = TEXTS[kind]
    customer = world.customer(1)
    items = [{"code": "MUG-01", "quantity": 1, "price": 1000}]
    odd = world.siigo.create_invoice(customer["id"], items=items)
    line = {**odd["items"][0], "description": text, "code": text[:300]}
    world.siigo.distort(odd["name"], observations=text, items=[line], prefix=text[:20])
    world.siigo.distort(
        customer["id"],
        kind="customers",
        name=[text],
        commercial_name=text,
        comments=text,
        address={"address": text},
    )
    healthy = _healthy(world)
    world.connect('description = "{factura} {cliente}"\nproducts = "register"')
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 2}, result.document["problems"]
    assert counts(world.sync()) == {"read": 2, "unchanged": 2}
    deal = world.deal_of(odd["name"])
    assert deal["name"].startswith(f"{odd['name']} - ")
    sent = deal["name"] + deal["description"] + str(world.contacts())
    assert not any(character in sent for character in "\x00\x07<>")
    assert len(deal["name"]) <= 255
    world.deal_of(healthy["name"])


def test_a_row_without_id_is_a_problem_without_a_name_and_counts_once(world: World) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], remove=["id"])
    _healthy(world)
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 1, "failed": 1}
    (problem,) = result.document["problems"]
    assert (problem["invoice"], problem["code"]) == (None, "UNEXPECTED_ANSWER")
    assert result.document["value"]["failed"] == "0.00"


@pytest.mark.parametrize(
    "fields",
    [
        {"items": None},
        {"items": "x"},
        {"items": [None, 5, {"code": 7, "quantity": "dos", "price": [], "taxes": {"a": 1}, "discount": "x"}]},
        {"seller": {"id": 629}},
        {"seller": "629"},
        {"seller": 10**30},
        {"document": None},
        {"document": 24446},
        {"payments": [{"due_date": "pronto"}], "balance": "x"},
        {"retentions": {"a": 1}, "global_discounts": [{}]},
        {"metadata": None},
        {"metadata": {"created": "ayer", "last_updated": 5}},
        {"stamp": "Accepted"},
        {"annulled": "false"},
        {"currency": {}},
        {"currency": "COP"},
        {"customer": {"id": "X", "branch_office": "uno"}},
        {"unknown": {"deep": [[[[]]]]}},
    ],
)
def test_odd_fields_cost_at_most_what_they_say(world: World, fields: dict[str, Any]) -> None:
    customer = world.customer(1)
    odd = world.siigo.create_invoice(customer["id"], total=500)
    if "X" in str(fields.get("customer")):
        fields = {"customer": {**fields["customer"], "id": customer["id"]}}
    world.siigo.distort(odd["name"], **fields)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
    assert Decimal(str(world.deal_of(odd["name"])["value"])) == 500
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize(
    "currency",
    [{"code": "USD"}, {"code": "USD", "exchange_rate": 0}, {"code": "USD", "exchange_rate": "x"}, "USD"],
)
def test_dollars_without_a_rate_are_never_taken_for_pesos(world: World, currency: object) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], currency=currency)
    _healthy(world)
    world.connect()
    _run_twice(world, "VALUE_INVALID")


def test_an_invoice_without_name_gets_the_name_that_its_type_and_number_make(world: World) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], name=None)
    _healthy(world)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 2}
    assert world.deal_of(odd["name"])["value"] == 500
    world.siigo.distort(odd["name"], name=odd["name"])
    assert counts(world.sync(date_from=date(2020, 1, 1))) == {"read": 2, "unchanged": 2}


@pytest.mark.parametrize("fields", [{"number": None}, {"number": "x"}, {"document": {"id": 999999}}])
def test_an_invoice_whose_number_nobody_knows_is_held_and_makes_no_opportunity(
    world: World, fields: dict[str, Any]
) -> None:
    odd = world.siigo.create_invoice(world.customer(1)["id"], total=500)
    world.siigo.distort(odd["name"], name=None, **fields)
    _healthy(world)
    world.connect()
    _run_twice(world, "VALUE_INVALID")
    (problem,) = world.sync().document["problems"]
    assert (problem["invoice"], "número" in problem["message"]) == (odd["id"], True)


def test_a_record_that_breaks_the_decision_is_parked_and_the_others_go_on(world: World) -> None:
    world.siigo.create_invoice(world.customer(1)["id"], total=500, created="9999-12-31T23:59:59Z")
    odd = world.siigo.create_invoice(world.customer(2)["id"], total=500)
    world.siigo.distort(odd["name"], date="9999-12-31", metadata={"created": "0001-01-01T00:00:00"})
    healthy = _healthy(world)
    world.connect()
    result = world.sync()
    assert counts(result)["created"] >= 2
    world.deal_of(healthy["name"])
    world.sync()
    assert len(world.deals()) == len({deal["name"] for deal in world.deals()})


def _foreign(world: World, rule: str) -> dict[str, Any]:
    """An invoice over 100 dollars, made in Escala at 4.100 pesos each."""
    (invoice,) = world.invoices(1, total=100, currency={"code": "USD", "exchange_rate": 4100})
    world.connect(f'on_credited = "{rule}"')
    assert counts(world.sync()) == {"read": 1, "created": 1}
    return invoice


@pytest.mark.parametrize("rate", [{"exchange_rate": 3900}, {"exchange_rate": 4300}, {}])
def test_a_note_in_the_invoices_currency_counts_by_the_invoices_rate(
    world: World, rate: dict[str, int]
) -> None:
    invoice = _foreign(world, "subtract")
    for amount, left in ((96, 16400), (4, None)):
        note = world.siigo.credit_note(invoice["name"], total=amount)
        world.siigo.distort(note["id"], kind="credit_notes", currency={"code": "USD", **rate})
        foretold = world.sync(dry_run=True)
        result = world.sync()
        assert counts(foretold) == counts(result)
        assert codes(result) == ([] if left else ["INVOICE_CREDITED"])
        if left:
            assert Decimal(str(world.deal_of(invoice["name"])["value"])) == left
    assert world.row(invoice["name"]).credited == 410_000


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ({"total": "mucho"}, "(NC-1-1)"),
        ({"total": 10**15}, "(NC-1-1)"),
        ({"id": ""}, "Una nota crédito no trae"),
        ({"currency": {"code": "EUR"}}, "(NC-1-1)"),
    ],
)
def test_a_note_whose_amount_cannot_be_read_is_told_and_takes_nothing_off(
    world: World, note: dict[str, Any], told: str
) -> None:
    invoice = _foreign(world, "subtract")
    made = world.siigo.credit_note(invoice["name"], total=50)
    world.siigo.distort(made["id"], kind="credit_notes", **note)
    world.siigo.create_invoice(world.customer(9)["id"], total=1000)
    result = world.sync()
    assert counts(result) == {"read": 2, "created": 1, "unchanged": 1}
    assert codes(result) == ["CREDIT_NOTE_UNREADABLE"]
    assert told.lower() in result.document["problems"][0]["message"].lower()
    assert Decimal(str(world.deal_of(invoice["name"])["value"])) == 410_000


def test_a_known_invoice_whose_date_cannot_be_read_any_more_waits_for_a_person(world: World) -> None:
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    before = world.deal_of(invoice["name"])
    world.siigo.distort(invoice["id"], remove=["date"])
    world.siigo.edit_invoice(invoice["id"], items=[{"code": "A", "quantity": 1, "price": 700, "taxes": []}])
    assert codes(world.sync()) == ["VALUE_INVALID"]
    assert world.deal_of(invoice["name"]) == before
    assert world.report()["invoices"]["needs_attention"] == 1
    people.say(world, "done", invoice["name"])
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize("in_list", [True, False])
def test_a_known_invoice_that_comes_without_its_id_stands_and_stops_nothing(
    world: World, *, in_list: bool
) -> None:
    first, second = world.invoices(2, total=1000)
    world.siigo.switches.update({"annulled_in_list": in_list})
    world.connect()
    world.sync()
    if not in_list:
        world.siigo.annul_invoice(first["name"])
    world.siigo.distort(first["id"], remove=["id"])
    world.pass_time(days=1)
    result = world.sync(sweep=True)
    assert result.document["sweep"]["done"]
    told = [(one["invoice"], one["code"]) for one in result.document["problems"]]
    # The list says that there is one; which of them, only the question by its id.
    assert (first["name"], "UNEXPECTED_ANSWER") in told
    assert (None, "UNEXPECTED_ANSWER") in told or not in_list
    assert result.exit_code == (1 if in_list else 0)
    assert {row["status"] for row in world.report()["rows"]} == {"in_escala"}
    world.deal_of(second["name"])


def test_an_older_invoice_of_the_same_number_that_cannot_be_read_is_there(world: World) -> None:
    """Otherwise the number would have been used again, and two opportunities bear one name."""
    old = world.siigo.create_invoice(world.customer()["id"], total=1000)
    world.connect()
    world.sync()
    again = world.siigo.create_invoice(old["customer"]["id"], name=old["name"], total=500)
    world.siigo.distort(old["id"], remove=["id"])
    assert again["id"] != old["id"]
    assert "INVOICE_NAME_TWICE" in codes(world.sync())


def test_a_retry_of_what_cannot_be_read_says_so_and_tries_the_others(world: World) -> None:
    first, second = world.invoices(2, customers=2, total=1000)
    for invoice in (first, second):
        world.escala.create_deal(name=f"{invoice['name']} de otro", value=5)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "needs_attention": 2}
    world.siigo.distort(first["id"], remove=["id"])
    result = world.sync(kind="retry")
    assert counts(result) == {"read": 2, "needs_attention": 1, "failed": 1}
    assert sorted(codes(result)) == ["DEAL_NAME_TAKEN", "UNEXPECTED_ANSWER"]
    assert world.row(first["name"]).code == "DEAL_NAME_TAKEN", "what was asked is asked still"
