"""What stood in the stage before, and what counts as an arrival: once per deal, for ever."""

from __future__ import annotations

from decimal import Decimal

import pytest

from siigo_escala.store.models import Connection, OpportunityEvent
from tests.sync.two.scene import Scene, codes, counts


def test_what_stood_in_the_stage_when_it_was_activated_is_left_alone(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    old = scene.deal(scene.contact(), value=170000)
    scene.connect()
    new = scene.deal(scene.contact("900482137-2", first_name="Otra"))
    assert counts(scene.sync()) == {"read": 2, "created": 1, "excluded": 1}
    statuses = {
        row["opportunity"]: (row["status"], row["code"], row["value"]) for row in scene.report()["rows"]
    }
    assert statuses == {
        old: ("excluded", "ALREADY_IN_STAGE", "170000.00"),
        new: ("invoiced", None, "170000.00"),
    }
    assert counts(scene.sync()) == {}
    assert counts(scene.sync(date_from=scene.world.today())) == {
        "read": 2,
        "unchanged": 1,
        "excluded": 1,
    }


def test_it_stays_left_alone_when_somebody_edits_it(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    old = scene.deal(scene.contact())
    scene.connect()
    scene.sync()
    scene.world.pass_time(hours=1)
    scene.world.escala.rename_deal(old, "Otro nombre")
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert scene.invoices() == []


def test_once_seen_outside_the_stage_it_arrives_like_any_other(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    old = scene.deal(scene.contact())
    scene.connect()
    scene.sync()
    scene.world.pass_time(hours=1)
    scene.world.escala.move_deal(old, "Prospecto")
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert scene.row(old).code == "NOT_IN_STAGE"
    scene.world.pass_time(hours=1)
    scene.world.escala.move_deal(old, "Ganada")
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_a_person_may_ask_for_one_that_stood_there(scene: Scene) -> None:
    from siigo_escala.domain.decisions import DealWish
    from siigo_escala.sync.invoicing import resolve

    scene.world.siigo.create_customer()
    old = scene.deal(scene.contact())
    connection = scene.connect()
    scene.sync()
    resolve.store(connection, [DealWish(kind="create", deal_id=old)], now=scene.world.now())
    assert counts(scene.sync()) == {"read": 1, "created": 1}


def test_the_rule_may_take_what_stood_there_before_or_after_it_was_left_alone(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    scene.deal(scene.contact())
    scene.connect()
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    scene.connect('existing = "invoice"')
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert counts(scene.sync()) == {}


def test_another_stage_is_activated_by_itself(scene: Scene) -> None:
    contact = scene.ready()
    made = scene.deal(contact)
    scene.sync()
    scene.world.escala.add_stage("Ventas", "Entregada", "won")
    old = scene.deal(contact, stage="Entregada", name="Vieja")
    scene.world.pass_time(hours=1)
    text = scene.file().replace('"Ganada"', '"Entregada"')
    _connect(scene, text)
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert (scene.row(old).code, scene.row(made).state) == ("ALREADY_IN_STAGE", "invoiced")
    before = Connection.objects.get().activated_at
    _connect(scene, text)
    assert Connection.objects.get().activated_at == before


def _connect(scene: Scene, text: str) -> None:
    from siigo_escala.sync import connect, opening

    world = scene.world
    connect.connect(
        world.environment,
        opening.vault_of(world.environment),
        text,
        environ={},
        now=world.now,
        wait=lambda seconds: world.pass_time(seconds=seconds),
    )


def test_moving_renaming_and_editing_make_nothing_new(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.sync()
    for stage in ("Prospecto", "Ganada", "Perdida", "Ganada"):
        scene.world.pass_time(minutes=10)
        scene.world.escala.move_deal(deal, stage)
        assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    scene.world.pass_time(minutes=10)
    scene.world.escala.rename_deal(deal, "Otro nombre")
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    scene.world.escala.delete_deal(deal)
    assert counts(scene.sync()) == {}
    assert len(scene.invoices()) == 1


def test_a_changed_value_is_told_until_a_person_has_seen_to_it(scene: Scene) -> None:
    from siigo_escala.domain.decisions import DealWish
    from siigo_escala.sync.invoicing import resolve

    deal = scene.deal(scene.ready())
    scene.sync()
    scene.world.pass_time(minutes=10)
    scene.world.escala.edit_deal(deal, {"value": 200000})
    result = scene.sync()
    assert (counts(result), codes(result)) == ({"read": 1, "needs_attention": 1}, ["OPPORTUNITY_EDITED"])
    (problem,) = result.document["problems"]
    assert problem["opportunity"] == deal
    assert "$ 200.000,00" in problem["message"]
    assert "$ 170.000,00" in problem["message"]
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    resolve.store(Connection.objects.get(), [DealWish(kind="done", deal_id=deal)], now=scene.world.now())
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    assert counts(scene.sync()) == {}
    assert len(scene.invoices()) == 1


def test_a_deal_that_has_not_reached_the_stage_makes_nothing(scene: Scene) -> None:
    deal = scene.deal(scene.ready(), stage="Prospecto")
    assert counts(scene.sync()) == {}
    assert counts(scene.sync(opportunities=(deal,))) == {"read": 1, "excluded": 1}
    assert scene.row(deal).code == "NOT_IN_STAGE"


def test_one_that_waits_and_leaves_the_stage_waits_no_more(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    scene.world.pass_time(minutes=10)
    scene.world.escala.move_deal(deal, "Perdida")
    assert counts(scene.sync()) == {"read": 1, "excluded": 1}
    assert counts(scene.sync()) == {}


def test_one_that_waits_and_is_deleted_is_left_out(scene: Scene) -> None:
    scene.ready()
    deal = scene.deal(None)
    scene.sync()
    scene.world.escala.delete_deal(deal)
    assert counts(scene.sync(kind="retry")) == {"read": 1, "excluded": 1}
    assert scene.row(deal).code == "DEAL_DELETED"


@pytest.mark.parametrize("since", ["ok", "error500", "ignored"])
def test_new_ones_are_seen_whatever_escala_makes_of_since(scene: Scene, since: str) -> None:
    contact = scene.ready()
    scene.world.escala.switches.change({"since_mode": since})
    for number in range(3):
        scene.deal(contact, name=f"Venta {number}")
        scene.world.pass_time(minutes=5)
        assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert len(scene.invoices()) == 3


def test_dates_name_deals_by_the_day_they_were_modified(scene: Scene) -> None:
    contact = scene.ready()
    first = scene.deal(contact, name="Ayer")
    scene.world.pass_time(days=2)
    scene.deal(contact, name="Hoy")
    today = scene.world.today()
    assert counts(scene.sync(date_from=today, date_to=today)) == {"read": 1, "created": 1}
    assert counts(scene.sync(date_to=today, dry_run=True)) == {"read": 2, "created": 1, "unchanged": 1}
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert scene.row(first).state == "invoiced"


def test_one_that_is_not_there_counts_as_failed(scene: Scene) -> None:
    scene.ready()
    result = scene.sync(opportunities=("nadie",))
    assert (counts(result), codes(result)) == ({"read": 1, "failed": 1}, ["OPPORTUNITY_NOT_FOUND"])
    assert result.document["value"]["read"] == "0.00"
    assert result.exit_code == 1


def test_a_limit_leaves_the_rest_for_another_run(scene: Scene) -> None:
    contact = scene.ready()
    for number in range(3):
        scene.deal(contact, name=f"Venta {number}")
    result = scene.sync(limit=1)
    assert counts(result) == {"read": 3, "created": 1, "failed": 2}
    assert codes(result) == ["NOT_REACHED", "NOT_REACHED"]
    assert counts(scene.sync()) == {"read": 2, "created": 2}


def test_a_dry_run_tells_what_the_run_after_it_does(scene: Scene) -> None:
    contact = scene.ready('default_city = "11001"')
    scene.deal(contact)
    other = scene.contact("900100205", company="Nueva SAS")
    scene.world.escala.edit_contact(other, {"personal": {"address": "Cra 15"}})
    scene.deal(other, name="Segunda")
    scene.deal(other, name="Tercera")
    scene.deal(None, name="Cuarta")
    dry = scene.sync(dry_run=True)
    assert scene.invoices() == []
    assert scene.report()["rows"] == []
    real = scene.sync()
    for key in ("opportunities", "value", "customers", "products"):
        assert dry.document[key] == real.document[key], key
    assert dry.document["customers"] == {"created": 1, "matched": 2}
    assert (dry.document["run"], dry.document["plan"]["calls"]["siigo"] > 0) == (None, True)


def test_a_person_who_says_no_to_the_plan_has_nothing_written(scene: Scene) -> None:
    scene.deal(scene.ready())
    told: list[dict[str, object]] = []

    def no(plan: dict[str, object]) -> bool:
        told.append(plan)
        return False

    result = scene.sync(plan=no)
    assert (counts(result), codes(result)) == ({"read": 1, "failed": 1}, ["NOT_REACHED"])
    assert scene.invoices() == []
    assert (told[0]["opportunities"], told[0]["value"]) == (1, "170000.00")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert Decimal(scene.report()["value"]["invoiced"]) == 170000


def test_what_is_new_has_its_turn_before_what_waits_for_people(scene: Scene) -> None:
    contact = scene.ready()
    waits = scene.deal(None, name="Sola")
    assert counts(scene.sync()) == {"read": 1, "needs_attention": 1}
    fresh = scene.deal(contact, name="Nueva")
    result = scene.sync()
    assert counts(result) == {"read": 2, "created": 1, "needs_attention": 1}
    made = OpportunityEvent.objects.get(opportunity__deal_id=fresh, kind="invoiced")
    assert made.at <= scene.row(waits).updated_at


def test_by_dates_what_was_invoiced_is_looked_at_wherever_it_stands_now(scene: Scene) -> None:
    scene.world.siigo.create_customer()
    scene.connect()
    invoiced, never = scene.deal(scene.contact()), scene.deal(scene.contact("900482137-2"), stage="Prospecto")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    scene.world.pass_time(hours=1)
    scene.world.escala.move_deal(invoiced, "Prospecto")
    scene.sync()
    assert counts(scene.sync(date_from=scene.world.today())) == {"read": 1, "unchanged": 1}
    assert scene.report()["rows"][0]["opportunity"] == invoiced != never
