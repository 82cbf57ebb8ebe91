"""No loop, never both: what one direction made, the other one leaves alone, however often they change."""

from __future__ import annotations

import pytest

from siigo_escala.domain.decisions import DealWish
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.store.models import Connection, Opportunity
from siigo_escala.sync.invoicing import resolve
from tests.sync import world as worlds
from tests.sync.two.scene import Scene, counts


def test_an_opportunity_made_of_an_invoice_is_never_invoiced(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    invoice = scene.world.siigo.create_invoice()
    scene.world.connect()
    assert worlds.counts(scene.world.sync()) == {"read": 1, "created": 1}
    deal = scene.world.deal_of(invoice["name"])
    scene.world.pass_time(hours=1)
    scene.connect()
    scene.world.escala.move_deal(deal["id"], "Ganada")
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert scene.row(deal["id"]).code == "BORN_IN_SIIGO"
    assert len(scene.invoices()) == 1


def test_an_invoice_made_of_an_opportunity_makes_no_second_one(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.sync()
    scene.world.pass_time(hours=1)
    scene.world.connect()
    assert worlds.counts(scene.world.sync()) == {"read": 1, "excluded": 1}
    (row,) = scene.world.rows().values()
    assert row.code == "BORN_IN_ESCALA"
    assert [one["id"] for one in scene.world.deals()] == [deal]


def test_an_invoice_whose_marker_somebody_took_away_makes_none_either(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.sync()
    (invoice,) = scene.invoices()
    scene.world.siigo.edit_invoice(invoice["id"], observations="")
    scene.world.connect()
    assert worlds.counts(scene.world.sync()) == {"read": 1, "excluded": 1}
    assert len(scene.world.deals()) == 1


def test_ten_switches_make_nothing_twice(scene: Scene) -> None:
    world = scene.world
    contact = scene.ready()
    for turn in range(10):
        scene.connect()
        scene.deal(contact, name=f"Venta {turn}", value=170000)
        world.pass_time(minutes=30)
        scene.sync()
        world.connect()
        world.siigo.create_invoice(total=50000 + turn)
        world.pass_time(minutes=30)
        world.sync()
        for deal in world.deals():
            if turn % 2:
                world.escala.move_deal(deal["id"], "Ganada")
    scene.connect()
    scene.sync()
    world.connect()
    world.sync()
    assert len(scene.invoices()) == 20
    assert len(world.deals()) == 20
    assert Opportunity.objects.exclude(siigo_id=None).count() == 10


def test_a_write_of_the_other_direction_without_outcome_is_waited_for(scene: Scene) -> None:
    from siigo_escala.simulators.faults import Fault
    from tests.sync.two.test_lost_answers import Impatient

    world = scene.world
    world.siigo.create_customer()
    invoice = world.siigo.create_invoice()
    world.connect()
    world.escala.faults.add(Fault(kind="store_then_lost", method="POST", path="/crm/deals", times=1))
    assert world.sync(stop=Impatient()).exit_code == 130
    deal = world.deal_of(invoice["name"])
    scene.connect()
    world.pass_time(minutes=1)
    world.escala.move_deal(deal["id"], "Ganada")
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert scene.row(deal["id"]).code == "BORN_IN_SIIGO"


def test_a_ledger_that_forgot_knows_its_opportunities_by_their_names(scene: Scene) -> None:
    world = scene.world
    world.siigo.create_customer()
    invoice = world.siigo.create_invoice()
    scene.connect()
    contact = scene.contact()
    ours = scene.deal(contact, name=f"{invoice['name']} La Ceiba", value=170000)
    other = scene.deal(contact, name="FV-2-999 Renovación")
    twin = scene.contact("900482137-2", first_name="Otra")
    same_value = scene.deal(twin, name=f"Como {invoice['name']}", value=invoice["total"], lines=())
    assert counts(scene.sync()) == {"read": 3, "created": 1, "excluded": 2}
    assert {scene.row(one).code for one in (ours, same_value)} == {"BORN_IN_SIIGO"}
    assert scene.row(other).invoice


def test_a_name_that_holds_another_customers_invoice_is_no_reason(scene: Scene) -> None:
    world = scene.world
    other = world.customer(9)
    invoice = world.siigo.create_invoice(other["id"], total=999)
    scene.deal(scene.ready(), name=f"Igual que {invoice['name']}")
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_ledger_that_forgot_finds_its_invoices_by_their_markers(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.sync()
    Opportunity.objects.all().delete()
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    assert len(scene.invoices()) == 1
    assert scene.row(deal).invoice == scene.invoices()[0]["name"]


def test_two_connections_of_one_account_do_not_both_invoice_a_deal(scene: Scene) -> None:
    world = scene.world
    contact = scene.ready()
    scene.deal(contact)
    scene.sync()
    other = world.siigo.add_company(username="otra@empresa.example", access_key="otra-clave")
    world.siigo.create_customer(company=other)
    text = scene.file(name="otra").replace("api@empresa.example", other.username)
    text = text.replace("clave-de-ejemplo", other.access_key).replace("24446", str(_type(other)))
    _connect(scene, text)
    scene.world.pass_time(minutes=1)
    assert counts(world.sync(name="otra")) == {"read": 1, "excluded": 1}
    assert Opportunity.objects.get(connection__name="otra").code == "INVOICED_ELSEWHERE"
    later = scene.deal(contact, name="Nueva")
    assert counts(world.sync(name="otra")) == {"read": 1, "created": 1}
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert scene.row(later).code == "INVOICED_ELSEWHERE"


def _type(company: Company) -> int:
    return int(next(one["id"] for one in company.document_types if one["type"] == "FV"))


def _connect(scene: Scene, text: str) -> None:
    from siigo_escala.sync import connect, opening

    world = scene.world
    connect.connect(
        world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now,
        wait=lambda seconds: world.pass_time(seconds=seconds),
    )  # fmt: skip


@pytest.mark.parametrize("undone", ["annulled", "deleted", "credited"])
def test_facturar_de_nuevo_takes_the_next_generation(scene: Scene, undone: str) -> None:
    deal = scene.deal(scene.ready())
    scene.sync()
    (first,) = scene.invoices()
    resolve.store(Connection.objects.get(), [DealWish(kind="again", deal_id=deal)], now=scene.world.now())
    held = scene.sync()
    assert [problem["code"] for problem in held.document["problems"]] == ["INVOICE_STANDS"]
    assert first["name"] in held.document["problems"][0]["message"]
    if undone == "annulled":
        scene.world.siigo.annul_invoice(first["id"])
    elif undone == "deleted":
        scene.world.siigo.delete_invoice(first["id"])
    else:
        scene.world.siigo.stamp(first["id"], "Accepted")
        scene.world.siigo.credit_note(first["id"])
    scene.world.pass_time(minutes=10)
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    second = scene.invoices()[-1]
    assert second["observations"].endswith(f"[escala:{deal}:2]")
    row = scene.row(deal)
    assert row.invoice == second["name"]
    assert row.earlier == [{"siigo_id": first["id"], "invoice": first["name"]}]
    assert counts(scene.sync()) == {}
