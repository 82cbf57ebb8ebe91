"""What becomes of an invoice: every reason in the order of the rules, and what a later change asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import planning
from siigo_escala.domain.accounting import DocumentTypeId, SellerId
from siigo_escala.domain.crm import ContactId, DealId
from siigo_escala.domain.planning import (
    Adopt,
    Create,
    Exclude,
    NamedDeal,
    NeedsAttention,
    Nothing,
    Rules,
    Shown,
    Subject,
    Update,
)
from siigo_escala.domain.reasons import Code
from tests.domain import examples

START = date(2026, 8, 1)
LATE_ON_THE_LAST_DAY_OF_JULY = datetime(2026, 8, 1, 4, 59, tzinfo=UTC)
FIRST_MINUTE_OF_AUGUST = datetime(2026, 8, 1, 5, 0, tzinfo=UTC)
"""Midnight in Bogotá."""
VALUE = Decimal("1110054.50")


def _rules(**changes: Any) -> Rules:
    whole: dict[str, Any] = {"start": START, "zone": ZoneInfo("America/Bogota")}
    return Rules(**whole | changes)


def _subject(*, invoice: dict[str, Any] | None = None, **changes: Any) -> Subject:
    whole: dict[str, Any] = {"invoice": examples.invoice(**invoice or {}), "value": VALUE, "total": VALUE}
    return Subject(**whole | changes)


def _shown(**changes: Any) -> Shown:
    whole: dict[str, Any] = {"digest": "as made", "value": VALUE}
    return Shown(**whole | changes)


# Invoices without an opportunity.


def test_an_ordinary_invoice_is_ours_to_create() -> None:
    assert planning.screen(_subject(), _rules()) is None


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (Code.IGNORED_BY_PERSON, {"ignored": True, "born_in_escala": True, "deleted": True}),
        (Code.BORN_IN_ESCALA, {"born_in_escala": True, "deleted": True}),
        (Code.INVOICE_DELETED, {"deleted": True, "invoice": {"annulled": True}}),
        (Code.INVOICE_ANNULLED, {"invoice": {"annulled": True}, "credited": VALUE}),
        (Code.INVOICE_CREDITED, {"credited": VALUE, "invoice": {"date": date(2020, 1, 1)}}),
        (Code.BEFORE_START, {"invoice": {"date": date(2026, 7, 31)}, "value": None}),
    ],
)
def test_what_was_said_of_the_document_comes_first_in_this_order(code: Code, changes: dict[str, Any]) -> None:
    excluded = planning.screen(_subject(**changes), _rules())
    assert isinstance(excluded, Exclude)
    assert excluded.code == code


@pytest.mark.parametrize(
    ("total", "credited", "wholly"),
    [
        ("100", "100", True),
        ("100", "100.01", True),
        ("100", "99.99", False),
        ("0", "0", False),
        ("0.50", "0.50", True),
        (None, "100", False),
    ],
)
def test_wholly_credited_means_all_of_a_total_above_zero(
    total: str | None, credited: str, *, wholly: bool
) -> None:
    amount = None if total is None else Decimal(total)
    for value in (amount, None, Decimal(-1)):
        subject = _subject(value=value, total=amount, credited=Decimal(credited))
        assert subject.wholly_credited is wholly


def test_a_value_of_another_kind_is_wholly_credited_where_its_own_is() -> None:
    """What notes take off is of the value: its share of the total."""
    assert not _subject(value=Decimal(1190), total=Decimal(1000), credited=Decimal(1071)).wholly_credited
    assert _subject(value=Decimal(840), total=Decimal(1000), credited=Decimal(840)).wholly_credited
    coins = Decimal("0.84")
    assert _subject(value=coins, total=Decimal(1), credited=coins).wholly_credited


@pytest.mark.parametrize(
    ("day", "created", "left_out"),
    [
        (START, None, False),
        (date(2026, 7, 31), None, True),
        (date(2026, 7, 31), LATE_ON_THE_LAST_DAY_OF_JULY, True),
        (date(2026, 7, 31), FIRST_MINUTE_OF_AUGUST, False),
    ],
)
def test_start_asks_for_the_date_or_the_moment_of_creation_in_the_local_zone(
    day: date, created: datetime | None, *, left_out: bool
) -> None:
    subject = _subject(invoice={"date": day, "created": created})
    decision = planning.screen(subject, _rules())
    assert (isinstance(decision, Exclude) and decision.code == Code.BEFORE_START) is left_out
    assert planning.screen(replace(subject, asked_for=True), _rules()) is None, (
        "dates that were asked for win"
    )


def test_an_invoice_without_a_readable_date_is_held_and_names_the_field() -> None:
    held = planning.screen(_subject(invoice={"date": None, "created": FIRST_MINUTE_OF_AUGUST}), _rules())
    assert held == NeedsAttention(code=Code.VALUE_INVALID, data={"field": "fecha"})


def test_document_types_that_were_not_chosen_are_left_out() -> None:
    assert planning.screen(_subject(), _rules(document_types=[24446])) is None
    left = planning.screen(_subject(), _rules(document_types=[1]))
    assert left == Exclude(code=Code.DOCUMENT_TYPE_LEFT_OUT, data={"document_type": 24446})


@pytest.mark.parametrize(
    ("stamp", "kind", "accepted"),
    [
        ("Accepted", 24446, True),
        ("ACCEPTED", 24446, True),
        ("Draft", 24446, False),
        ("", 24446, False),
        ("", 7, True),
        ("Rejected", 7, False),
    ],
)
def test_only_accepted_invoices_and_those_that_need_no_stamp_where_the_rule_says_so(
    stamp: str, kind: int, *, accepted: bool
) -> None:
    subject = _subject(invoice={"stamp": stamp, "document_type": DocumentTypeId(kind)})
    assert planning.screen(subject, _rules(types_without_stamp=[7])) is None, "any stamp by default"
    decision = planning.screen(subject, _rules(stamp="accepted", types_without_stamp=[7]))
    assert (decision is None) is accepted
    if not accepted:
        assert decision == Exclude(code=Code.NOT_ACCEPTED_YET, data={"stamp": stamp})


def test_walk_in_buyers_are_left_out_unless_they_share_one_contact() -> None:
    subject = _subject(invoice={"customer_identification": "222222222222"})
    assert planning.screen(subject, _rules()) == Exclude(code=Code.WALK_IN_BUYER)
    assert planning.screen(subject, _rules(walk_in="one_contact")) is None


@pytest.mark.parametrize(("seller", "left_out"), [(629, False), (630, True), (None, True)])
def test_sellers_without_a_link_are_left_out_where_the_switch_says_so(
    seller: int | None, *, left_out: bool
) -> None:
    subject = _subject(invoice={"seller": None if seller is None else SellerId(seller)})
    assert planning.screen(subject, _rules(linked_sellers=[629])) is None
    decision = planning.screen(subject, _rules(create_for_unlinked_sellers=False, linked_sellers=[629]))
    assert decision == (Exclude(code=Code.SELLER_UNLINKED, data={"seller": seller}) if left_out else None)


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({"value": None}, NeedsAttention(code=Code.VALUE_INVALID, data={"field": "total"})),
        (
            {"value": Decimal("-0.01")},
            NeedsAttention(code=Code.VALUE_INVALID, data={"field": "total", "value": "-0.01"}),
        ),
        ({"invoice": {"customer_id": None}}, NeedsAttention(code=Code.CUSTOMER_MISSING)),
        ({"invoice": {"name": ""}}, NeedsAttention(code=Code.VALUE_INVALID, data={"field": "número"})),
        ({"value": Decimal(0)}, None),
    ],
)
def test_what_no_opportunity_can_be_made_of_needs_a_person(
    changes: dict[str, Any], held: NeedsAttention | None
) -> None:
    assert planning.screen(_subject(**changes), _rules()) == held


# Deals that name the invoice already.


def _deal(name: str, *, contact: str | None = None, value: str | None = None) -> NamedDeal:
    return NamedDeal(
        id=DealId(name),
        contact_id=None if contact is None else ContactId(contact),
        value=None if value is None else Decimal(value),
    )


@pytest.mark.parametrize(
    ("deals", "contact", "decision"),
    [
        ([], "k-1", Create()),
        ([_deal("d-1", contact="k-1")], "k-1", Adopt(deal_id=DealId("d-1"), evidence="contact")),
        ([_deal("d-1", value="10.00")], "k-1", Adopt(deal_id=DealId("d-1"), evidence="value")),
        ([_deal("d-1", value="10.00")], None, Adopt(deal_id=DealId("d-1"), evidence="value")),
        ([_deal("d-1", contact="k-1", value="10")], "k-1", Adopt(deal_id=DealId("d-1"), evidence="both")),
        (
            [_deal("d-1", contact="k-2", value="10.01"), _deal("d-2", contact="k-1")],
            "k-1",
            Adopt(deal_id=DealId("d-2"), evidence="contact"),
        ),
        (
            [_deal("d-1", contact="k-2", value="10.01")],
            "k-1",
            NeedsAttention(code=Code.DEAL_NAME_TAKEN, data={"candidates": ["d-1"]}),
        ),
        ([_deal("d-1")], None, NeedsAttention(code=Code.DEAL_NAME_TAKEN, data={"candidates": ["d-1"]})),
        (
            [_deal("d-1", contact="k-1"), _deal("d-2", value="10"), _deal("d-3")],
            "k-1",
            NeedsAttention(code=Code.DEAL_FOUND_TWICE, data={"candidates": ["d-1", "d-2"]}),
        ),
    ],
)
def test_a_deal_is_the_invoices_by_its_name_and_its_contact_or_its_value_to_the_cent(
    deals: list[NamedDeal], contact: str | None, decision: object
) -> None:
    known = None if contact is None else ContactId(contact)
    assert planning.claim(deals, contact=known, value=Decimal("10.00")) == decision


def test_two_without_a_contact_do_not_agree_by_having_none() -> None:
    decision = planning.claim([_deal("d-1", value="1")], contact=None, value=Decimal(2))
    assert isinstance(decision, NeedsAttention)


# Invoices with an opportunity.


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (Code.INVOICE_DELETED, {"deleted": True}),
        (Code.INVOICE_ANNULLED_LATER, {"invoice": {"annulled": True}}),
        (Code.INVOICE_CREDITED, {"credited": VALUE}),
    ],
)
def test_what_was_undone_is_reported_or_moved_until_it_is_seen_to(
    code: Code, changes: dict[str, Any]
) -> None:
    subject = _subject(**changes)
    lost = _rules(on_annulled="lost_stage")

    def decided(rules: Rules, **shown: Any) -> object:
        return planning.follow(subject, _shown(**shown), rules, digest="as made")

    assert decided(_rules()) == NeedsAttention(code=code)
    assert decided(lost) == Update(code=code, lost=True)
    assert decided(lost, adopted=True) == NeedsAttention(code=code), "an adopted deal is not ours to move"
    assert decided(lost, undone=True) == Nothing()
    assert decided(_rules(), done_code=code) == Nothing()
    assert decided(_rules(), done_code="INVOICE_EDITED") == NeedsAttention(code=code)


def test_a_credit_note_over_a_part_follows_its_rule_until_that_much_is_seen_to() -> None:
    subject = _subject(credited=Decimal(300))
    subtract = _rules(on_credited="subtract")
    told = NeedsAttention(code=Code.INVOICE_CREDITED_PARTLY, data={"credited": "300"})

    def decided(rules: Rules, **shown: Any) -> object:
        return planning.follow(subject, _shown(**shown), rules, digest="as made")

    assert decided(_rules()) == told
    assert decided(subtract) == Update(code=Code.INVOICE_CREDITED_PARTLY)
    assert decided(subtract, adopted=True) == told
    assert decided(_rules(), credited=Decimal(300)) == Nothing()
    seen = {"done_code": "INVOICE_CREDITED_PARTLY"}
    assert decided(_rules(), **seen, done_credited=Decimal(300)) == Nothing()
    more = NeedsAttention(code=Code.INVOICE_CREDITED_PARTLY, data={"credited": "0.01"})
    assert decided(_rules(), **seen, done_credited=Decimal("299.99")) == more, "another note asks, for itself"
    off = {"base": Decimal("1110054.50"), "value": Decimal("1109754.51"), "credited": Decimal("299.99")}
    assert decided(_rules(), **off) == more, "what a rule has taken off is taken off"
    assert decided(_rules(), credited=Decimal("299.99")) == told, "what none has is not"


@pytest.mark.parametrize("known", ["credited", "done_credited"])
@pytest.mark.parametrize(
    ("base", "seen", "value", "credited", "asks"),
    [
        ("1000", "100", "1190", "119", None),
        ("1000", "100", "1190", "119.01", "0.01"),
        ("1190", "119", "1000", "100", None),
        ("1190", "119", "1000", "110", "10.00"),
        ("0.84", "0.42", "1", "0.50", None),
        ("1000", "100", None, "100", None),
        ("1000", "100", "0", "100.01", "0.01"),
    ],
)
def test_notes_that_were_seen_to_are_not_told_anew_where_the_rules_choose_a_value_of_another_kind(
    known: str, base: str, seen: str, value: str | None, credited: str, asks: str | None
) -> None:
    """The same notes take as large a share of it, which is another amount; what is new is told."""
    subject = _subject(value=None if value is None else Decimal(value), credited=Decimal(credited))
    shown = _shown(base=Decimal(base), **{known: Decimal(seen)})
    told = planning.follow(subject, shown, _rules(), digest="as made")
    if asks is None:
        assert told == Nothing()
        return
    assert isinstance(told, NeedsAttention)
    # What the value was never lowered for is told with it.
    expected = asks if known == "done_credited" else credited
    assert Decimal(str(told.data["credited"])) == Decimal(expected)


def test_nothing_is_credited_and_nothing_was_seen_to_unless_it_is_said() -> None:
    assert not _subject(total=Decimal(1)).wholly_credited
    note = _subject(credited=Decimal("0.50"))
    seen = _shown(done_code="INVOICE_CREDITED_PARTLY")
    told = NeedsAttention(code=Code.INVOICE_CREDITED_PARTLY, data={"credited": "0.50"})
    assert planning.follow(note, seen, _rules(), digest="as made") == told


@pytest.mark.parametrize("value", ["0", "0.50"])
def test_an_edit_down_to_nothing_is_followed(value: str) -> None:
    assert planning.follow(_subject(value=Decimal(value)), _shown(), _rules(), digest="edited") == Update()


def test_an_edit_of_the_customer_is_for_people_to_say() -> None:
    shown = _shown(customer=("another",))
    customer = examples.invoice().customer_identification
    assert planning.follow(_subject(), shown, _rules(), digest="edited") == NeedsAttention(
        code=Code.INVOICE_EDITED, data={"customer": customer}
    )
    same = _shown(customer=(customer,))
    assert planning.follow(_subject(), same, _rules(), digest="edited") == Update()


def test_an_edit_follows_its_rule_and_the_next_edit_asks_again() -> None:
    subject = _subject(value=Decimal(5))
    told = NeedsAttention(code=Code.INVOICE_EDITED, data={"value": "5", "before": "1110054.50"})

    def decided(rules: Rules, **shown: Any) -> object:
        return planning.follow(subject, _shown(**shown), rules, digest="edited")

    assert decided(_rules()) == Update()
    assert decided(_rules(on_edited="report")) == told
    assert decided(_rules(), adopted=True) == told
    assert decided(_rules(), digest="edited") == Nothing()
    assert decided(_rules(on_edited="report"), digest="an earlier edit") == told


@pytest.mark.parametrize("value", [None, Decimal(-1)])
def test_an_edit_without_a_usable_value_changes_nothing_and_needs_a_person(value: Decimal | None) -> None:
    decision = planning.follow(_subject(value=value), _shown(), _rules(), digest="edited")
    assert decision == NeedsAttention(code=Code.VALUE_INVALID, data={"field": "total"})


@pytest.mark.parametrize("credited", ["300", "0.50"])
def test_an_edit_after_a_credit_note_that_was_seen_to_is_followed_only_where_rules_take_notes_off(
    credited: str,
) -> None:
    shown = _shown(done_code="INVOICE_CREDITED_PARTLY", done_credited=Decimal(credited))
    subject = _subject(value=Decimal(5000), credited=Decimal(credited))
    told = planning.follow(subject, shown, _rules(), digest="edited")
    data = {"value": "5000", "before": "1110054.50", "credited": credited}
    assert told == NeedsAttention(code=Code.INVOICE_EDITED, data=data)
    assert planning.follow(subject, shown, _rules(on_credited="subtract"), digest="edited") == Update()
    gone = planning.follow(_subject(value=Decimal(5000)), shown, _rules(), digest="edited")
    assert gone == NeedsAttention(code=Code.INVOICE_EDITED, data={"value": "5000", "before": "1110054.50"})


# The value.


@pytest.mark.parametrize(
    ("value", "credited", "kept", "subtracted"),
    [("1000", "300", "1000", "700"), ("1000", "1200", "1000", "0"), (None, "300", "0", "0")],
)
def test_credit_notes_lower_the_value_where_rules_say_so_and_never_below_zero(
    value: str | None, credited: str, kept: str, subtracted: str
) -> None:
    subject = _subject(value=None if value is None else Decimal(value), credited=Decimal(credited))
    assert planning.value_to_show(subject, _rules()) == Decimal(kept)
    assert planning.value_to_show(subject, _rules(on_credited="subtract")) == Decimal(subtracted)


_amounts = st.decimals(min_value=0, max_value=10**12, places=2)


@given(
    value=_amounts,
    credited=_amounts,
    edited=st.booleans(),
    on_edited=st.sampled_from(["update", "report"]),
    on_credited=st.sampled_from(["report", "subtract"]),
    on_annulled=st.sampled_from(["report", "lost_stage"]),
)
def test_what_was_updated_or_seen_to_needs_nothing_more(
    value: Decimal, credited: Decimal, *, edited: bool, **rules: Any
) -> None:
    subject = _subject(value=value, total=value, credited=credited)
    chosen = _rules(**rules)
    digest = "edited" if edited else "as made"
    decision = planning.follow(subject, _shown(value=value), chosen, digest=digest)
    match decision:
        case Update(lost=True):
            after = _shown(undone=True)
        case Update():
            after = _shown(digest=digest, value=value, credited=credited)
        case NeedsAttention(code=code):
            after = _shown(done_code=code, done_credited=credited, digest=digest)
        case Nothing():
            after = _shown(value=value)
    assert planning.follow(subject, after, chosen, digest=digest) == Nothing()
