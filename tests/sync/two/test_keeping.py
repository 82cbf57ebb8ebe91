"""The map from opportunity to invoice: in the backup, gone with its connection, erased by customer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from siigo_escala.simulators.faults import Fault
from siigo_escala.store import backup, models, personal, restoring, retention, tables
from siigo_escala.sync import disconnecting, opening
from tests.sync.two.scene import Scene, codes, counts, on_customers
from tests.sync.two.test_lost_answers import Impatient


def _made(scene: Scene) -> str:
    deal = scene.deal(scene.ready(), name="Venta a La Ceiba")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    return deal


def test_it_comes_back_with_a_backup_and_nothing_is_made_twice(scene: Scene, tmp_path: Path) -> None:
    environment = scene.world.environment
    deal = _made(scene)
    later = scene.deal(scene.contact("900482137-2", first_name="Otra"), name="Después")
    path = tmp_path / "copia.zip"
    backup.make(path, keys=environment.secret_keys, overwrite=False, now=scene.world.now())
    scene.sync()
    assert len(scene.invoices()) == 2
    restoring.restore(
        path, keys=environment.secret_keys, home=environment.home, replace=True, with_credentials=True,
        now=scene.world.now(),
    )  # fmt: skip
    assert scene.row(deal).invoice
    result = scene.sync()
    assert counts(result) == {"read": 1, "unchanged": 1}
    assert scene.row(later).invoice == scene.invoices()[1]["name"]
    assert len(scene.invoices()) == 2


def test_it_goes_with_its_connection(scene: Scene) -> None:
    _made(scene)
    connection = models.Connection.objects.get()
    disconnecting.forget(
        connection, home=scene.world.environment.home, keys=scene.world.environment.secret_keys,
        now=scene.world.now(),
    )  # fmt: skip
    assert not models.Opportunity.objects.exists()
    assert not models.OpportunityEvent.objects.exists()
    assert not models.SiigoCompany.objects.exists()


def test_a_customer_is_shown_and_erased_and_not_brought_back(scene: Scene) -> None:
    deal = _made(scene)
    connection = models.Connection.objects.get()
    (shown,) = personal.shown(personal.find(connection, "900482137-2"))["sales"]
    assert (shown["opportunity"], shown["customer"]) == (deal, "900482137")
    _erase(scene, "900482137-2")
    row = scene.row(deal)
    assert (row.customer, row.name, row.invoice != "") == ("", "", True)
    scene.world.pass_time(minutes=5)
    scene.world.escala.rename_deal(deal, "Venta a La Ceiba, otra vez")
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    other = scene.deal(scene.row(deal).contact_id, name="Nueva de La Ceiba")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert (scene.row(other).customer, scene.row(other).name) == ("", "")


def test_what_is_under_way_keeps_the_customer_it_is_looked_for_with(scene: Scene) -> None:
    deal = scene.deal(scene.ready())
    scene.world.siigo.faults.add(Fault(kind="store_then_lost", method="POST", path="/v1/invoices", times=1))
    scene.sync(stop=Impatient())
    _erase(scene, "900482137")
    assert scene.row(deal).customer == "900482137"
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert scene.row(deal).customer == ""
    assert len(scene.invoices()) == 1


def test_raw_answers_go_after_a_month_and_the_history_after_two_years(scene: Scene) -> None:
    scene.deal(scene.ready())
    scene.world.siigo.faults.add(
        Fault(kind="refuse", status=500, body={"message": "x"}, method="POST", path="/v1/invoices", times=1)
    )
    scene.sync()
    home = scene.world.environment.home
    assert models.OpportunityEvent.objects.exclude(raw="").exists()
    retention.purge(home=home, now=scene.world.now() + timedelta(days=31), dry_run=False)
    assert not models.OpportunityEvent.objects.exclude(raw="").exists()
    assert models.OpportunityEvent.objects.exists()
    retention.purge(home=home, now=scene.world.now() + timedelta(days=731), dry_run=False)
    assert not models.OpportunityEvent.objects.exists()
    assert models.Opportunity.objects.exists()


TELLING = ("52999123", "zoraida", "quintero")


def _erase(scene: Scene, identification: str = "52999123") -> None:
    connection = models.Connection.objects.get()
    assert personal.find(connection, identification)
    personal.erase(
        connection, identification, vault=opening.vault_of(scene.world.environment), now=scene.world.now()
    )


def _told() -> list[str]:
    """What of the person stands anywhere in our tables."""
    rows = {model._meta.db_table: list(tables.rows(model, using="default")) for model in tables.in_order()}
    kept = json.dumps(rows, ensure_ascii=False).casefold()
    return [word for word in TELLING if word in kept]


def _person(scene: Scene, **fields: Any) -> str:
    """A contact of hers, whole enough to be registered; the company is connected."""
    contact = scene.contact("52999123", first_name="Zoraida", last_name="Quintero")
    scene.world.escala.edit_contact(contact, {"personal": {"address": "Cra 15 # 93-47", "city": "Bogotá"}})
    return contact


def _not_registered(scene: Scene) -> tuple[str, str]:
    scene.ready("create_customers = false")
    return _person(scene), "CUSTOMER_DATA_MISSING"


def _inactive(scene: Scene) -> tuple[str, str]:
    scene.ready()
    customer = {"code": "13", "name": "Cédula"}
    made = scene.world.siigo.create_customer(identification="52999123", id_type=customer)
    scene.world.siigo.edit_customer(made["id"], active=False)
    return _person(scene), "CUSTOMER_INACTIVE"


def _refused(scene: Scene) -> tuple[str, str]:
    scene.ready()
    said = {"Errors": [{"Code": "invalid_amount", "Message": "Zoraida Quintero 52999123 no puede"}]}
    scene.world.siigo.faults.add(on_customers(kind="refuse", status=400, body=said))
    return _person(scene), "SIIGO_REFUSED"


@pytest.mark.parametrize("waits", [_not_registered, _inactive, _refused])
def test_why_an_erased_persons_opportunity_waits_does_not_tell_who_it_is(
    scene: Scene, waits: Callable[[Scene], tuple[str, str]]
) -> None:
    contact, code = waits(scene)
    scene.deal(contact, name="Venta a Zoraida")
    assert codes(scene.sync()) == [code]
    assert "zoraida" in _told()
    _erase(scene)
    assert _told() == []
    scene.deal(contact, name="Otra venta a Zoraida")
    assert codes(scene.sync()) == [code, code]
    assert _told() == []
    assert {row["code"] for row in scene.report()["rows"]} == {code}


def test_an_erased_persons_opportunity_keeps_no_name_where_only_its_contact_is_seen(scene: Scene) -> None:
    scene.ready()
    contact = _person(scene)
    deal = scene.deal(contact, name="Venta a Zoraida")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    _erase(scene)
    assert _told() == []
    scene.world.pass_time(minutes=5)
    scene.world.escala.rename_deal(deal, "Zoraida Quintero, otra vez")
    other = scene.deal(contact, name="Quintero", stage="Prospecto")
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    assert counts(scene.sync(opportunities=(other,))) == {"read": 1, "excluded": 1}
    assert _told() == []


def test_an_erased_persons_new_contact_is_remembered_too(scene: Scene) -> None:
    scene.ready()
    scene.deal(_person(scene), name="Venta a Zoraida")
    scene.sync()
    _erase(scene)
    other = _person(scene)
    deal = scene.deal(other, name="Venta a Zoraida")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert _told() == []
    scene.world.pass_time(minutes=5)
    scene.world.escala.rename_deal(deal, "Zoraida Quintero, otra vez")
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    assert _told() == []


def test_other_opportunities_of_the_contact_are_shown_and_erased_too(scene: Scene) -> None:
    scene.ready()
    contact = _person(scene)
    scene.deal(contact, name="Venta a Zoraida")
    other = scene.deal(contact, name="Otra de Zoraida Quintero", stage="Prospecto")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    shown = personal.shown(personal.find(models.Connection.objects.get(), "52999123"))
    assert (other, "Otra de Zoraida Quintero") in {
        (one["deal_id"], one["name"]) for one in shown["opportunities"]
    }
    _erase(scene)
    assert _told() == []


def _contact_deleted(scene: Scene, contact: str, _other: str) -> None:
    scene.world.escala.delete_contact(contact)


def _contact_merged(scene: Scene, contact: str, other: str) -> None:
    scene.world.escala.merge_contacts(other, contact)


@pytest.mark.parametrize("gone", [_contact_deleted, _contact_merged])
def test_an_erased_persons_opportunities_keep_no_name_once_escala_shows_them_without_her_contact(
    scene: Scene, gone: Callable[[Scene, str, str], None]
) -> None:
    ceiba = scene.ready("create_customers = false")
    scene.world.siigo.create_customer(identification="52999123", id_type={"code": "13", "name": "Cédula"})
    contact = _person(scene)
    scene.deal(contact, name="Venta a Zoraida")
    scene.deal(contact, name="Otra de Zoraida Quintero", stage="Prospecto")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    _erase(scene)
    scene.world.pass_time(minutes=5)
    scene.deal(contact, name="Venta posterior a Zoraida")
    scene.deal(contact, name="Posterior de Zoraida", stage="Prospecto")
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    theirs = scene.deal(ceiba, name="Venta a La Ceiba")
    scene.world.pass_time(minutes=5)
    gone(scene, contact, ceiba)
    for _ in range(2):
        scene.world.pass_time(days=1)
        scene.sync(sweep=True)
        assert _told() == []
    assert scene.row(theirs).name == "Venta a La Ceiba"
    scene.world.pass_time(minutes=5)
    scene.world.escala.rename_deal(theirs, "Venta a La Ceiba, otra vez")
    scene.sync()
    assert scene.row(theirs).name == "Venta a La Ceiba, otra vez", "the other contact is nobody erased"


def test_whose_contact_was_merged_with_hers_before_is_neither_shown_nor_erased(scene: Scene) -> None:
    ceiba = scene.ready("create_customers = false")
    scene.world.siigo.create_customer(identification="52999123", id_type={"code": "13", "name": "Cédula"})
    contact = _person(scene)
    scene.deal(contact, name="Venta a Zoraida")
    theirs = scene.deal(ceiba, name="Venta a La Ceiba")
    assert counts(scene.sync()) == {"read": 2, "created": 2}
    scene.world.pass_time(minutes=5)
    scene.world.escala.merge_contacts(ceiba, contact)
    assert counts(scene.sync()) == {"read": 1, "unchanged": 1}
    shown = personal.shown(personal.find(models.Connection.objects.get(), "52999123"))
    assert "La Ceiba" not in json.dumps(shown, ensure_ascii=False)
    _erase(scene)
    assert _told() == []
    scene.world.pass_time(minutes=5)
    scene.world.escala.rename_deal(theirs, "Venta a La Ceiba, otra vez")
    scene.sync(sweep=True)
    assert scene.row(theirs).name == "Venta a La Ceiba, otra vez"
    assert scene.row(theirs).customer == "900482137"
    assert _told() == []


def test_one_opportunity_without_a_contact_says_nothing_of_the_others(scene: Scene) -> None:
    scene.ready("create_customers = false")
    contact = _person(scene)
    scene.deal(contact, name="Venta a Zoraida")
    scene.sync()
    _erase(scene)
    scene.world.pass_time(minutes=5)
    scene.world.escala.delete_contact(contact)
    other = scene.deal(None, name="Venta de mostrador")
    scene.sync()
    assert scene.row(other).name == "Venta de mostrador"
    assert _told() == []


def test_an_opportunity_that_goes_to_another_customer_is_his_and_its_name_stays_untold(scene: Scene) -> None:
    """Nobody can tell whether the name that Escala shows is still the one with the person in it."""
    contact = scene.ready("create_customers = false")
    deal = scene.deal(_person(scene), name="Venta a Zoraida")
    scene.sync()
    _erase(scene)
    scene.world.escala.edit_deal(deal, {"contactId": contact, "name": "Venta a La Ceiba"})
    assert counts(scene.sync()) == {"read": 1, "created": 1}
    assert (scene.row(deal).customer, scene.row(deal).name) == ("900482137", "")
    assert counts(scene.sync()) == {}, "the index and the ledger agree on it"
