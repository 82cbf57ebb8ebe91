"""Reading Escala: what changed where that is proved, everything where it is not, and what proves absence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from siigo_escala.sync import look
from tests.sync import inside
from tests.sync.world import FIELD, World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _life(world: World) -> None:
    """A contact and a deal of people, then two runs: changes can be asked for, and what is older is known."""
    world.escala.create_deal(name="de antes", contact_id=world.escala.create_contact(first_name="Antes"))
    world.pass_time(minutes=5)
    world.invoices(2)
    world.connect()
    world.sync()
    world.pass_time(minutes=10)
    world.invoices(1)
    world.sync()
    world.pass_time(minutes=10)
    world.escala.calls.clear()


def _lists(world: World, resource: str) -> list[str | None]:
    """What `since` each list of that resource was asked for with, from the first page on."""
    return [
        entry["query"].get("since")
        for entry in world.escala.calls.entries()
        if entry["method"] == "GET"
        and entry["path"].endswith(f"/crm/{resource}/scroll")
        and "scrollId" not in entry["query"]
    ]


def _another(world: World, **options: Any) -> dict[str, int]:
    world.siigo.create_invoice(world.siigo.create_customer(identification="800100300", contacts=[])["id"])
    return counts(world.sync(**options))


def _account() -> models.EscalaAccount:
    return models.EscalaAccount.objects.get()


@pytest.mark.parametrize("mode", ["ok", "exclusive", "ignored", "error500"])
def test_a_later_run_adopts_what_people_made_meanwhile_whatever_since_is_worth(
    world: World, mode: str
) -> None:
    _life(world)
    world.escala.switches.change({"since_mode": mode})
    invoice = world.siigo.create_invoice(
        world.siigo.create_customer(identification="800100300")["id"], total=500
    )
    made = world.escala.create_deal(name=f"{invoice['name']} de Ana", value=500)
    assert counts(world.sync())["read"] >= 1
    assert world.row(invoice["name"]).deal_id == made
    asked = _lists(world, "deals")
    assert asked[0] is not None, "changes first"
    assert asked.count(None) == (1 if mode == "error500" else 0)
    known = _account().capabilities["since_deals"]
    assert known == {"ok": "works", "exclusive": "works", "ignored": "ignored", "error500": "broken"}[mode]


def test_how_far_escalas_clock_is_ahead_is_learnt_from_the_first_answer(world: World) -> None:
    world.connect()
    world.now_offset -= timedelta(minutes=10)
    with inside.session(world) as session:
        look.ensure(session)
        ahead = session.escala_ahead
        assert ahead is not None
        assert abs(ahead - timedelta(minutes=10)) < timedelta(seconds=5)
        world.now_offset -= timedelta(minutes=10)
        look.everything(session)
        assert session.escala_ahead == ahead


def test_an_incomplete_list_of_deals_deletes_nothing(world: World) -> None:
    _life(world)
    world.pass_time(days=1)
    world.escala.delete_deal(str(models.Invoice.objects.earliest("pk").deal_id))
    world.invoices(1)
    shown = {"items": world.deals(), "total": 99}
    world.escala.faults.add(
        Fault(kind="refuse", method="GET", path=".*/crm/deals(/scroll)?", status=200, body=shown)
    )
    world.sync()
    assert not models.Invoice.objects.filter(code="DEAL_DELETED").exists()


def test_changes_without_any_known_record_prove_nothing(world: World) -> None:
    _life(world)
    invoice = world.siigo.create_invoice(
        world.siigo.create_customer(identification="800100300")["id"], total=500
    )
    world.escala.create_deal(name=f"{invoice['name']} de Ana", value=500)
    world.pass_time(minutes=10)
    assert counts(world.sync())["unchanged"] >= 1
    world.pass_time(minutes=10)
    world.escala.switches.change({"since_mode": "exclusive"})
    world.escala.calls.clear()
    assert _another(world)["created"] == 1
    assert [since is None for since in _lists(world, "deals")] == [False, True], "then everything is read"


@pytest.mark.parametrize("mode", ["ignored", "error500"])
def test_where_since_is_worth_nothing_a_complete_read_counts_for_an_hour(world: World, mode: str) -> None:
    _life(world)
    world.escala.switches.change({"since_mode": mode})
    _another(world)
    world.escala.calls.clear()
    world.pass_time(minutes=20)
    assert _another(world)["created"] == 1
    assert _lists(world, "deals") == _lists(world, "contacts") == []
    world.pass_time(minutes=50)
    _another(world)
    assert _lists(world, "deals") == [None], "everything, since changes cannot be asked for"


def test_changes_are_asked_for_again_after_a_day_of_doubt(world: World) -> None:
    _life(world)
    world.escala.switches.change({"since_mode": "error500"})
    _another(world)
    world.escala.switches.change({"since_mode": "ok"})
    world.escala.calls.clear()
    world.pass_time(hours=25)
    _another(world, sweep=False)
    assert _lists(world, "deals")[0] is not None
    assert _account().capabilities["since_deals"] == "works"


def test_a_refused_key_is_no_sign_against_since(world: World) -> None:
    _life(world)
    world.escala.faults.add(Fault(kind="refuse", method="GET", path=".*/crm/deals.*", status=401, body={}))
    world.siigo.create_invoice(world.siigo.create_customer(identification="800100300")["id"])
    before = _account().capabilities["since_deals"]
    assert world.sync().exit_code == 3
    assert _account().capabilities["since_deals"] == before


def test_a_ledger_that_has_not_looked_for_a_week_reads_everything_first(world: World) -> None:
    _life(world)
    world.pass_time(days=8)
    assert _another(world, sweep=False)["created"] == 1
    assert _lists(world, "deals") == _lists(world, "contacts") == [None]


def test_another_identification_field_asks_for_every_contact_again(world: World) -> None:
    _life(world)
    other = "cf_contact_nit_abcd_text"
    world.escala.add_custom_field(other)
    known = world.escala.create_contact(first_name="Otra", custom={other: "800100300"})
    world.pass_time(minutes=10)
    text = world.file().replace(FIELD, other)
    from siigo_escala.sync import connect, opening

    connect.connect(world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now)
    world.escala.calls.clear()
    assert _another(world)["created"] == 1
    assert _lists(world, "contacts") == [None]
    assert _lists(world, "deals") != [None]
    (row,) = models.Invoice.objects.filter(customer="800100300")
    assert row.contact_id == known


def test_contacts_merged_away_are_gone_from_the_index_after_a_complete_read(world: World) -> None:
    _life(world)
    gone = world.escala.create_contact(first_name="Dos", email="dos@empresa.example")
    _another(world)
    assert models.KnownContact.objects.filter(contact_id=gone).exists()
    world.escala.delete_contact(gone)
    deal = world.escala.create_deal(name="cualquiera", value=1)
    world.pass_time(minutes=5)
    world.siigo.create_invoice("800100300")
    world.sync()
    assert models.KnownDeal.objects.filter(deal_id=deal).exists()
    world.escala.delete_deal(deal)
    world.pass_time(days=8)
    world.siigo.create_invoice("800100300")
    world.sync(sweep=False)
    assert not models.KnownContact.objects.filter(contact_id=gone).exists()
    assert not models.ContactKey.objects.filter(contact_id=gone).exists()
    assert not models.KnownDeal.objects.filter(deal_id=deal).exists()


def test_owners_and_fields_are_remembered_as_seen(world: World) -> None:
    world.escala.create_contact(first_name="Ana", owner="laura@empresa.example", custom={FIELD: "1"})
    world.escala.create_contact(first_name="Eva", owner="unassigned")
    world.invoices(1)
    world.connect()
    world.sync()
    assert _account().seen_owners == ["laura@empresa.example"]
    assert FIELD in _account().seen_fields


def _hidden(world: World, *, deals: int) -> None:
    """Opportunities of ours that a list no longer shows, an answer to each by id notwithstanding."""
    world.invoices(deals)
    world.connect()
    world.sync()
    world.escala.switches.change({"since_mode": "error500"})
    models.EscalaAccount.objects.update(
        deals_read_at=world.now() - timedelta(hours=2), contacts_read_at=world.now() - timedelta(hours=2)
    )
    models.Invoice.objects.update(sent_at=world.now() - timedelta(minutes=30))


@pytest.mark.parametrize(
    ("hidden", "says"),
    [(1, "aún no muestra una oportunidad recién creada"), (6, "faltan oportunidades recién creadas")],
)
def test_a_list_without_what_we_just_made_proves_nothing(world: World, hidden: int, says: str) -> None:
    _hidden(world, deals=7)
    world.escala.switches.change({"list_lag_s": 0})
    kept = {deal["id"]: deal for deal in world.deals()}
    world.escala.faults.add(
        Fault(
            kind="refuse",
            method="GET",
            path=".*/crm/deals/scroll",
            status=200,
            body={"items": list(kept.values())[hidden:], "total": len(kept) - hidden},
        )
    )
    world.siigo.create_invoice(world.siigo.create_customer(identification="800100300")["id"])
    result = world.sync()
    assert "ESCALA_LIST_INCOMPLETE" in codes(result)
    assert any(says in problem["message"] for problem in result.document["problems"])
    assert len(world.deals()) == 7, "nothing was made on such evidence"
    world.escala.faults.clear()
    assert counts(world.sync())["created"] == 1


@pytest.mark.parametrize("certain", [True, False])
def test_what_we_just_made_and_a_person_deleted_does_not_spoil_the_proof(world: World, certain: bool) -> None:
    _hidden(world, deals=2)
    gone = world.deals()[0]["id"]
    world.escala.delete_deal(gone)
    if not certain:
        world.escala.faults.add(
            Fault(kind="refuse", method="GET", path=f".*/crm/deals/{gone}", status=400, body={})
        )
    world.siigo.create_invoice(world.siigo.create_customer(identification="800100300")["id"])
    result = world.sync()
    assert ("ESCALA_LIST_INCOMPLETE" in codes(result)) is not certain
    assert len(world.deals()) == (2 if certain else 1)
