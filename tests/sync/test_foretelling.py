"""What a change of rules does at the next run, foretold from what is stored, and then done."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain import rules
from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.store import models
from siigo_escala.sync import comparing, foretelling, rule_changes
from siigo_escala.sync.foretelling import Foretold
from siigo_escala.sync.rule_changes import Change
from tests.sync.world import World, counts


def _company() -> models.Connection:
    return models.Connection.objects.select_related("siigo", "escala").get()


def _changes(**opportunities: Any) -> list[Change]:
    standing = rule_changes.as_it_stands(_company())
    after = standing | {"opportunities": standing["opportunities"] | opportunities}
    return rule_changes.between(standing, after)


def _files(changes: list[Change]) -> tuple[ConnectionFile, ConnectionFile]:
    company = _company()
    return rules.from_json(rule_changes.as_it_stands(company)), rule_changes.checked(company, changes)


def _foretold(**opportunities: Any) -> Foretold:
    return foretelling.foretell(_company(), *_files(_changes(**opportunities)))


def _compared(most: int = 10, **opportunities: Any) -> comparing.Compared:
    company = _company()
    old, new = (foretelling.side(company, one) for one in _files(_changes(**opportunities)))
    today = models.Invoice.objects.latest("date").date
    assert today is not None
    return comparing.compare(company, old, new, today=today, most=most)


def _save(world: World, **opportunities: Any) -> int:
    return rule_changes.save(_company(), _changes(**opportunities), now=world.now()).due


def test_each_rule_that_leaves_out_lets_in_what_it_left_out_and_nothing_else(world: World) -> None:
    customer = world.customer()["id"]
    walk_in = world.customer(1, identification="222222222222")["id"]
    world.siigo.create_invoice(customer, stamp="Draft")
    world.siigo.create_invoice(walk_in, stamp="Accepted")
    world.connect('stamp = "accepted"')
    assert counts(world.sync()) == {"read": 2, "excluded": 2}
    assert _foretold(on_edited="report").nothing
    assert _save(world, on_edited="report") == 0
    foretold = _foretold(stamp="any")
    assert (foretold.made.count, list(foretold.made_by_code)) == (1, ["NOT_ACCEPTED_YET"])
    assert _save(world, stamp="any") == 1
    result = counts(world.sync())
    assert (result["created"], result.get("excluded")) == (1, 1)


def test_what_another_rule_left_out_long_ago_is_not_made_by_this_change(world: World) -> None:
    walk_in = world.customer(1, identification="222222222222")["id"]
    world.siigo.create_invoice(walk_in)
    world.connect()
    world.sync()
    world.connect(
        'walk_in = "one_contact"'
    )  # from the file: what was left out stays so until its dates are read
    assert _foretold(stamp="accepted").nothing
    assert _save(world, walk_in="one_contact", on_edited="report") == 0


def test_what_waits_and_is_left_out_by_the_new_rules_is_told(world: World) -> None:
    world.invoices(2, stamp="Draft")
    world.connect()
    assert counts(world.sync(limit=1)) == {"read": 2, "created": 1, "failed": 1}
    foretold = _foretold(stamp="accepted")
    assert foretold.left_out.count == 1
    assert _save(world, stamp="accepted") == 0
    assert counts(world.sync())["excluded"] == 1


def test_annulled_credited_and_edited_invoices_change_with_their_rules(world: World) -> None:
    annulled, credited = world.invoices(2)
    world.connect()
    world.sync()
    world.siigo.annul_invoice(annulled["name"])
    world.siigo.credit_note(credited["name"], total=10_000)
    world.pass_time(days=1)
    assert counts(world.sync())["needs_attention"] == 2
    foretold = _foretold(on_annulled="lost_stage", on_credited="subtract")
    assert (foretold.updated.count, foretold.held.count) == (2, 0)
    compared = _compared(on_annulled="lost_stage", on_credited="subtract")
    assert {one.key for one in compared.differences} == {"on_annulled", "value"}
    assert compared.different == 2
    _save(world, on_annulled="lost_stage", on_credited="subtract")
    assert counts(world.sync())["updated"] == 2
    # And back: what was held by nothing is held again only when it changes; nothing is foretold of it.
    assert _foretold(on_annulled="report", on_credited="report").updated.count == 0


@pytest.mark.parametrize("kind", ["subtotal", "total"])
def test_what_notes_took_is_foretold_of_a_value_of_the_kind_that_is_asked_about(
    world: World, kind: str
) -> None:
    items = [{"code": "CAF-500", "quantity": 10, "price": 100_000, "taxes": [{"id": 13156}]}]
    half, whole = world.invoices(2, items=items)
    world.siigo.credit_note(half["name"], total=595_000)
    other, left = {"total": ("subtotal", 500_000), "subtotal": ("total", 595_000)}[kind]
    world.connect(f'value = "{kind}"\non_credited = "subtract"')
    world.sync()
    world.siigo.credit_note(whole["name"], total=1_190_000)
    world.sync()
    compared = _compared(value=other)
    assert [(one.key, one.after) for one in compared.differences] == [("value", left)], "one is gone by both"


def test_invoices_of_ninety_days_are_compared_and_none_before(world: World) -> None:
    customer = world.customer()["id"]
    today = date.fromisoformat(world.siigo.company.today())
    for days in (0, 89, 90):
        world.siigo.create_invoice(customer, date=str(today - timedelta(days=days)))
    world.connect('start = "2020-01-01"')
    world.sync()
    assert _compared(on_edited="report").total == 2


def test_an_account_that_allows_no_update_holds_what_a_rule_would_change(world: World) -> None:
    (annulled,) = world.invoices(1)
    world.connect()
    world.sync()
    world.siigo.annul_invoice(annulled["name"])
    world.pass_time(days=1)
    world.sync()
    models.EscalaAccount.objects.update(capabilities={"update_deals": "none"})
    assert _foretold(on_annulled="lost_stage").nothing


def test_what_is_held_by_what_changes_is_tried_again(world: World) -> None:
    made = world.invoices(3)
    world.connect()
    world.sync()
    for invoice, code in zip(made, ("POSSIBLE_TWIN", "STAGE_GONE", "OWNER_REFUSED"), strict=True):
        models.Invoice.objects.filter(name=invoice["name"]).update(
            state="needs_attention", code=code, due=True, deal_id=None, applied={}
        )
    assert _foretold(possible_twins="ignore").again.count == 1
    stage = _company().escala.pipelines[0]["stages"][1]["name"]
    assert _foretold(stage=stage).again.count == 1
    assert _foretold(default_owner="otra@acme.example").again.count == 1
    assert _foretold(number_field="cf_deal_numero_abcd_text").again.count == 0
    assert _compared(possible_twins="ignore").different == 1


def test_a_value_of_another_kind_is_compared_and_touches_nothing_that_exists(world: World) -> None:
    world.invoices(3)
    world.connect()
    world.sync()
    assert _foretold(value="subtotal").nothing
    compared = _compared(
        most=2, value="subtotal", description="{factura} de {cliente} por {vendedor}", mark="M"
    )
    assert (compared.total, compared.different, len(compared.differences)) == (3, 3, 2)
    assert compared.same == compared.outside == 0
    description = next(
        one for one in _compared(description="{factura} de {cliente}").differences if one.key == "description"
    )
    assert str(description.after).endswith("de Empresa 0 SAS")


def test_what_would_be_left_out_counts_as_outside_and_long_lists_are_cut(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.invoices(3, stamp="Draft")
    world.connect()
    world.sync()
    compared = _compared(stamp="accepted")
    assert (compared.outside, compared.different, compared.cut) == (3, 0, False)
    assert compared.differences[0].before is True
    monkeypatch.setattr(comparing, "MOST", 2)
    compared = _compared(stamp="accepted")
    assert (compared.total, compared.cut) == (2, True)


def test_a_deal_deleted_by_a_person_stays_so_under_every_rule(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.sync()
    models.Invoice.objects.update(code="DEAL_DELETED", state="excluded", due=True)
    assert _foretold(stamp="accepted", value="gross").nothing


ALL: dict[str, Any] = {
    "stamp": "any",
    "document_types": [],
    "walk_in": "one_contact",
    "create_for_unlinked_sellers": True,
}


@pytest.mark.parametrize("keys", [[key] for key in ALL] + [list(ALL)[:2], list(ALL)])
def test_what_is_foretold_is_what_the_next_run_makes(world: World, keys: list[str]) -> None:
    customer = world.customer()["id"]
    walk_in = world.customer(1, identification="222222222222")["id"]
    world.siigo.create_invoice(customer, stamp="Accepted", seller=629)
    world.siigo.create_invoice(customer, stamp="Draft", seller=629)
    world.siigo.create_invoice(customer, document=24450, seller=629)
    world.siigo.create_invoice(walk_in, stamp="Accepted", seller=629)
    world.siigo.create_invoice(customer, stamp="Accepted", seller=630)
    world.siigo.create_invoice(customer, document=24450, stamp="Draft", seller=629)
    world.connect(
        'stamp = "accepted"\ndocument_types = [24446]\ncreate_for_unlinked_sellers = false',
        tables='[sellers]\n"629" = "laura@acme.example"\n',
    )
    assert counts(world.sync()) == {"read": 6, "created": 1, "excluded": 5}
    changes = {key: ALL[key] for key in keys}
    foretold = _foretold(**changes)
    assert foretold.made.count > 0 or keys == ["document_types"]
    assert _save(world, **changes) == foretold.made.count
    before = world.report()["value"]["in_escala"]
    result = world.sync()
    assert counts(result).get("created", 0) == foretold.made.count
    assert Decimal(world.report()["value"]["in_escala"]) - Decimal(before) == foretold.made.value
